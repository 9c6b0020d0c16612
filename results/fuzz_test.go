package results

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkInvariants holds for any input: no panic, errors are *Error and name
// the file, requests are valid, and what was read survives the native format.
func checkInvariants(t *testing.T, input []byte, opts Options) {
	t.Helper()
	got, err := readAll("fuzz", bytes.NewReader(input), opts)
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.File != "fuzz" || e.Err == nil) {
		t.Fatalf("error %#v", err)
	}
	again, againErr := readAll("fuzz", bytes.NewReader(input), opts)
	if diff := cmp.Diff(got, again, compareOptional); diff != "" || (err == nil) != (againErr == nil) {
		t.Fatalf("a second reading differs: %v, %v\n%s", err, againErr, diff)
	}
	for i := range got {
		for j := range got[i].Requests {
			if err := got[i].Requests[j].Validate(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(got) == 0 {
		return
	}
	text := writeAll(t, got)
	back, err := readAll("fuzz", bytes.NewReader(text), Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i := range got {
		got[i].Run.Format = FormatNative
	}
	if diff := cmp.Diff(got, back, compareOptional); diff != "" {
		t.Fatalf("(-read +written and read):\n%s\n%s", diff, text)
	}
}

func FuzzNative(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 4 {
		f.Add(writeAll(f, []record{randomRun(rng), randomRun(rng)}))
	}
	f.Add([]byte(`{"tokentime":1,"clock":"run"}` + "\n" + `{"at_ns":[1,2],"tokens":[0,3],"outcome":"failed"}`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatNative}) })
}

func FuzzVLLM(f *testing.F) {
	f.Add([]byte(vllmFile()))
	f.Add([]byte(vllmFile(`"start_times": [1.5, 1.0, 0.0]`, `"latencies": [0.7, 0.25, 0.0]`, `"queue_times": [0.5, 0, 0]`)))
	f.Add([]byte(vllmFile(`"endpoint_type": "openai-chat"`, `"output_lens": [2, 1, 0]`) + "\n" + vllmFile(`"errors":`)))
	f.Add([]byte(`{"input_lens":[1],"output_lens":[1],"ttfts":[1e-05],"itls":[[]]}`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatVLLM}) })
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(vllmFile()))
	f.Add(gzipped(f, []byte(vllmFile())))
	f.Add([]byte("{\"tokentime\":1,\"clock\":\"run\"}\n"))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{}) })
}
