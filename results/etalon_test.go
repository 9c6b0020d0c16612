package results

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

func etalonFile(changes ...string) string {
	return changed([]string{`"num_prompt_tokens": [10]`, `"num_output_tokens": [4]`, `"num_total_tokens": [14]`, `"tpot": [0.1]`, `"ttft": [0.5]`,
		`"tbt": [[0.25, 0, 0.05]]`, `"end_to_end_latency": [0.8]`, `"deadline_miss_rate": [NaN]`}, changes)
}

func TestEtalonRecords(t *testing.T) {
	request := func(usage int64, d ...metrics.Delivery) []metrics.Request {
		return []metrics.Request{finish(metrics.Request{ID: "0", Sent: known(0), Deliveries: d}, 10, usage)}
	}
	plain := request(4, event(5e8, 1), event(75e7, 2), event(8e8, 1))
	checkFiles(t, FormatEtalon, []fileTest{
		{etalonFile(), plain, "", "a gap of 0 is a further token of the chunk"},
		{etalonFile(`"tbt": [[0, 0.0, 0.3]]`), request(4, event(5e8, 3), event(8e8, 1)), "", "in the first chunk too"},
		{etalonFile(`"tbt": [[1e-9, 0, 0.299999999]]`), request(4, event(5e8, 1), event(500000001, 2), event(8e8, 1)), "", "1 ns is a gap"},
		{etalonFile(`"end_to_end_latency":`), plain, "", "no latencies"},
		{etalonFile(`"end_to_end_latency": [0.800000006]`), plain, "latency-mismatch", "5 ns are rounding of 4 numbers, 6 are not"},
		{etalonFile(`"end_to_end_latency": [0.800000005]`), plain, "", "5 ns are rounding"},
		{etalonFile(`"request_dispatched_at": [12.5]`), plain, "dispatch-of-several-clocks", "files of 2025"},
		{etalonFile(`"num_output_tokens": [0]`, `"ttft": [0]`, `"tbt": [[]]`, `"end_to_end_latency": [0]`), request(0), "empty-or-failed", "fillers of 0 are no latency"},
		{etalonFile(`"num_output_tokens": [0]`, `"ttft": [0]`), request(0), "empty-or-failed gaps-without-tokens", "gaps that have no begin"},
		{etalonFile(`"num_output_tokens": [3]`), request(3, event(5e8, 1), event(75e7, 2), event(8e8, 1)), "", "the client's two counts differ: both are kept"},
		{etalonFile(`"more": [1]`, `"run": 7`), plain, "keys-not-read", "an array that is not known"},
		{etalonFile(`"num_prompt_tokens": []`, `"num_output_tokens": []`, `"ttft": []`, `"tbt": []`, `"end_to_end_latency": []`), nil, "", "no request"},
	})
}

func TestEtalonErrors(t *testing.T) {
	checkFileErrors(t, FormatEtalon, []errorTest{
		{`{"a": 1}`, "x: byte 8: not a format that is known", ErrUnknownFormat, "another tool's object"},
		{etalonFile(`"tbt":`), "x: tbt: byte ", ErrLengths, "no gaps"},
		{etalonFile(`"num_output_tokens": [4, 4]`), "x: num_output_tokens: byte ", ErrLengths, "one count too many"},
		{etalonFile(`"ttft": [-0.5]`), "x: ttft[0]: byte ", ErrNegativeTime, "negative"},
		{etalonFile(`"tbt": [[0.5, -0.5]]`), "x: tbt[0][1]: byte ", ErrNegativeTime, "a negative gap"},
		{etalonFile(`"tbt": [[0.5, NaN]]`), "x: tbt[0][1]: byte ", ErrNotFinite, "a gap that is no number"},
		{etalonFile(`"tbt": [0.5]`), "x: tbt[0]: byte ", ErrType, "a gap for a list of them"},
		{etalonFile(`"num_output_tokens": [null]`), "x: num_output_tokens[0]: byte ", ErrMissing, "no count"},
		{etalonFile(`"ttft": [1e9]`, `"tbt": [[1e9, 1e9]]`), "x: request 0: tbt[1]: out of range", ErrRange, "a century"},
		{etalonFile() + "{}", "x: byte ", nil, "a second object"},
		{etalonFile()[:40], "x: ", nil, "cut short"},
	})
}

// TestEtalonLongColumn checks that a file is found by its first array, which
// can fill all that detection looks at.
func TestEtalonLongColumn(t *testing.T) {
	for _, first := range []string{"num_prompt_tokens", "request_dispatched_at"} {
		n := 1 << 15
		column := func(value string) string { return "[" + strings.Repeat(value+", ", n-1) + value + "]" }
		text := `{"` + first + `": ` + column("10") + `, "num_output_tokens": ` + column("1") + `, "ttft": ` + column("0.5") + `, "tbt": ` + column("[]")
		if first != "num_prompt_tokens" {
			text += `, "num_prompt_tokens": ` + column("10")
		}
		got, err := readAll("x", strings.NewReader(text+"}"), Options{})
		if err != nil || got[0].Run.Format != FormatEtalon || len(got[0].Requests) != n {
			t.Errorf("%s first: %v", first, err)
		}
	}
}

// TestEtalonTwin compares deliveries with gaps put one behind the other.
func TestEtalonTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		var gaps []string
		var want []int64 // an instant for each token
		at := int64(5e8)
		want = append(want, at)
		for range rng.IntN(20) {
			g := rng.Int64N(3) * rng.Int64N(1e6)
			at += g
			gaps, want = append(gaps, fmt.Sprintf("0.%09d", g)), append(want, at)
		}
		n := len(want)
		text := etalonFile(`"tbt": [[`+strings.Join(gaps, ",")+`]]`, fmt.Sprintf(`"num_output_tokens": [%d]`, n), `"end_to_end_latency":`)
		got, err := readAll("x", strings.NewReader(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var tokens []int64
		for _, d := range got[0].Requests[0].Deliveries {
			for range d.Tokens {
				tokens = append(tokens, int64(d.At))
			}
		}
		if fmt.Sprint(tokens) != fmt.Sprint(want) {
			t.Fatalf("%s\ngot  %v\nwant %v", text, tokens, want)
		}
	}
}

func FuzzEtalon(f *testing.F) {
	f.Add([]byte(etalonFile()))
	f.Add([]byte(etalonFile(`"tbt": [[1e-9, 0, 0.299999999]]`, `"request_dispatched_at": [1]`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatEtalon}) })
}

// etalonInput returns a file with gaps as Python prints them.
func etalonInput(requests, tokens int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	var prompt, output, ttft, tbt []string
	for range requests {
		var gaps []string
		for range tokens - 1 {
			gaps = append(gaps, string(pythonSeconds(nil, 0.01+0.02*rng.Float64())))
		}
		prompt, output = append(prompt, "100"), append(output, fmt.Sprint(tokens))
		ttft = append(ttft, string(pythonSeconds(nil, rng.Float64())))
		tbt = append(tbt, "["+strings.Join(gaps, ", ")+"]")
	}
	join := func(all []string) string { return "[" + strings.Join(all, ", ") + "]" }
	return []byte(`{"num_prompt_tokens": ` + join(prompt) + `, "num_output_tokens": ` + join(output) + `, "ttft": ` + join(ttft) + `, "tbt": ` + join(tbt) + "}")
}

func BenchmarkReadEtalon(b *testing.B) { benchmarkReader(b, etalonInput(benchRequests, benchTokens)) }

func BenchmarkEncodingJSONEtalon(b *testing.B) {
	input := etalonInput(benchRequests, benchTokens)
	b.ReportAllocs()
	for b.Loop() {
		var v struct {
			Prompt []int       `json:"num_prompt_tokens"`
			Output []int       `json:"num_output_tokens"`
			TTFT   []float64   `json:"ttft"`
			TBT    [][]float64 `json:"tbt"`
		}
		if err := json.Unmarshal(input, &v); err != nil || len(v.TBT) != benchRequests {
			b.Fatal(err)
		}
	}
	reportNumbers(b, input)
}
