package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// record is a run with all its requests.
type record struct {
	Run      Run
	Requests []metrics.Request
}

// compareOptional lets cmp look at Optional values.
var compareOptional = cmp.Options{
	cmp.Comparer(func(a, b metrics.Instant) bool { return a == b }),
	cmp.Comparer(func(a, b metrics.Count) bool { return a == b }),
}

// readAll reads everything, up to the first error.
func readAll(name string, r io.Reader, opts Options) ([]record, error) {
	rd, err := NewReader(name, r, opts)
	if err != nil {
		return nil, err
	}
	var all []record
	for rd.NextRun() {
		rec := record{Run: *rd.Run()}
		for rd.Next() {
			req := *rd.Request()
			req.Deliveries = slices.Clone(req.Deliveries)
			if len(req.Deliveries) == 0 {
				req.Deliveries = nil
			}
			rec.Requests = append(rec.Requests, req)
		}
		all = append(all, rec)
	}
	return all, rd.Err()
}

func writeAll(t testing.TB, all []record) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, rec := range all {
		w := NewWriter(&b, &rec.Run)
		for i := range rec.Requests {
			if err := w.Write(&rec.Requests[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// randomRun returns a run with everything that the native format can hold.
func randomRun(rng *rand.Rand) record {
	run := Run{Source: "test", Format: FormatNative, CommonClock: rng.IntN(2) == 0}
	if rng.IntN(2) == 0 {
		run.Convention = "vllm"
		run.Duration = metrics.Known(time.Duration(rng.Int64N(1e12)))
		run.Facts = []Fact{{"model_id", "a \"b\"\n\u2028é"}, {"", "x"}, {"tokentime", "no header"}}
		run.Reported = []Reported{{"mean_ttft_ms", rng.ExpFloat64() * 1e3, "ms", MetricTTFT, "mean"},
			{"rtfx", 0, "", "", ""}, {"tiny", 5e-324, "", "", ""}, {"big", -1e300, "x", "", ""}}
		run.Resolution = time.Duration(rng.IntN(3)) * 10 * time.Microsecond
		run.AggregatesOnly = rng.IntN(2) == 0
		run.NotDerivable = []NotDerivable{{"TBT", "no gaps"}, {"", "x"}}
		run.Warnings = []metrics.Warning{{Code: "c", Message: "m <&>"}, {}}
	}
	rec := record{Run: run}
	for range rng.IntN(6) {
		rec.Requests = append(rec.Requests, randomRequest(rng))
	}
	return rec
}

func randomRequest(rng *rand.Rand) metrics.Request {
	r := metrics.Request{Outcome: metrics.Outcome(rng.IntN(5))}
	at := time.Duration(rng.Int64N(1e15) - 1e14)
	if rng.IntN(10) == 0 {
		at = -metrics.MaxInstant
	}
	maybe := func(dst *metrics.Instant) {
		if rng.IntN(2) == 0 {
			*dst = metrics.Known(at)
			at += time.Duration(rng.Int64N(1e9))
		}
	}
	maybe(&r.Due)
	maybe(&r.Sent)
	maybe(&r.Scheduled)
	for range rng.IntN(40) {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: max(0, rng.IntN(6)-3)})
		at += time.Duration(rng.Int64N(1 << rng.IntN(40)))
	}
	if rng.IntN(2) == 0 {
		for i := range r.Deliveries {
			r.Deliveries[i].Tokens = 1
		}
	}
	maybe(&r.End)
	if rng.IntN(2) == 0 {
		r.ID, r.Class = fmt.Sprintf("%d \\ \"é\"[", rng.IntN(9)), []string{"chat", "code", "ü\n"}[rng.IntN(3)]
		r.PromptTokens, r.UsageTokens = metrics.Known(rng.Int64N(1e6)), metrics.Known(metrics.MaxTokens)
	}
	return r
}

func TestNativeRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		want := []record{randomRun(rng), randomRun(rng)}
		text := writeAll(t, want)
		got, err := readAll("test", bytes.NewReader(text), Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, compareOptional); diff != "" {
			t.Fatalf("what is read differs from what was written (-want +got):\n%s\n%s", diff, text)
		}
		if again := writeAll(t, got); !bytes.Equal(again, text) {
			t.Fatalf("canonical text changes:\n%s\n%s", text, again)
		}
	}
}

// TestNativeExample reads the lines of the package documentation.
func TestNativeExample(t *testing.T) {
	const text = `{"tokentime":1,"convention":"vllm","clock":"run","duration_ns":62988329924,"facts":{"model_id":"m"}}
{"id":"0","sent_ns":0,"at_ns":[30285665,50517650],"outcome":"completed","prompt_tokens":13,"usage_tokens":2}
{"id":"1","due_ns":5,"sent_ns":9,"at_ns":[40,90],"tokens":[1,3],"end_ns":95,"outcome":"cancelled"}
`
	want := []record{{
		Run: Run{Source: "doc", Format: FormatNative, Convention: "vllm", CommonClock: true,
			Duration: metrics.Known(62988329924 * time.Nanosecond), Facts: []Fact{{"model_id", "m"}}},
		Requests: []metrics.Request{
			{ID: "0", Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: 30285665, Tokens: 1}, {At: 50517650, Tokens: 1}},
				PromptTokens: metrics.Known(int64(13)), UsageTokens: metrics.Known(int64(2))},
			{ID: "1", Due: metrics.Known(time.Duration(5)), Sent: metrics.Known(time.Duration(9)), Outcome: metrics.Cancelled,
				Deliveries: []metrics.Delivery{{At: 40, Tokens: 1}, {At: 90, Tokens: 3}}, End: metrics.Known(time.Duration(95))},
		},
	}}
	got, err := readAll("doc", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, compareOptional); diff != "" {
		t.Error(diff)
	}
	if again := writeAll(t, got); string(again) != text {
		t.Errorf("the documented lines are not canonical:\n%s", again)
	}
	doc, err := readDoc()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if !strings.Contains(doc, strings.TrimSpace(line)) {
			t.Errorf("the documentation lacks the line %s", line)
		}
	}
}

func TestNativeLenience(t *testing.T) {
	const header = `{"tokentime":1,"clock":"run"}` + "\n"
	want := metrics.Request{ID: "aé", Deliveries: []metrics.Delivery{{At: 1, Tokens: 2}}, End: metrics.Known(time.Duration(5))}
	for _, test := range []struct{ line, reason string }{
		{`{"id":"aé","at_ns":[1],"tokens":[2],"end_ns":5,"outcome":"completed"}`, "canonical"},
		{`{"outcome":"completed","end_ns":5,"tokens":[2],"at_ns":[1],"id":"aé"}`, "keys in any order"},
		{" { \"id\" : \"a\\u00e9\" ,\t\"at_ns\" : [ 1 ] , \"tokens\":[ 2 ],\"end_ns\":5, \"outcome\":\"completed\"} \r", "spaces and escapes"},
		{`{"id":"aé","class":null,"due_ns":null,"sent_ns":null,"scheduled_ns":null,"at_ns":[1],"tokens":[2],"end_ns":5,` +
			`"outcome":"completed","prompt_tokens":null,"usage_tokens":null}`, "null is as good as absent"},
		{`{"\u0069d":"aé","at_ns":[1],"tokens":[2],"end_ns":5,"\u006futcome":"complet\u0065d"}`, "escaped keys"},
	} {
		got, err := readAll("x", strings.NewReader("\n"+header+"\n\r\n"+test.line+"\n \n"), Options{})
		if err != nil || len(got) != 1 || len(got[0].Requests) != 1 {
			t.Errorf("%s: %v, %v", test.reason, got, err)
			continue
		}
		if diff := cmp.Diff(want, got[0].Requests[0], compareOptional); diff != "" {
			t.Errorf("%s:\n%s", test.reason, diff)
		}
	}
}

func TestNativeErrors(t *testing.T) {
	const header = `{"tokentime":1,"clock":"run"}` + "\n"
	const good = `{"id":"a","at_ns":[1],"outcome":"completed"}` + "\n"
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{good, `x: not a format that is known`, ErrUnknownFormat, "requests without a header: no mark of the format"},
		{`{"tokentime":2,"clock":"run"}`, `x: line 1: tokentime: version 2 of the format is unknown; known: 1`, nil, "a later version"},
		{`{"tokentime":1.0,"clock":"run"}`, `x: line 1: tokentime: not an integer: "1.0"`, ErrNotInteger, "a version as a float"},
		{`{"tokentime":1}`, `x: line 1: clock: missing: want "run" or "request"`, ErrMissing, "no clock"},
		{`{"tokentime":1,"clock":"wall"}`, `x: line 1: clock: want "run" or "request", got`, nil, "another clock"},
		{`{"tokentime":1,"clock":null}`, `x: line 1: clock: wrong type`, ErrType, "no clock either"},
		{`{"tokentime":1,"clock":"run","clock":"run"}`, `x: line 1: clock: duplicate key`, ErrDuplicateKey, "a repeated key"},
		{`{"tokentime":1,"clock":"run","model":"m"}`, `x: line 1: model: unknown key`, ErrUnknownKey, "a fact at the top"},
		{`{"tokentime":1,"clock":"run","facts":{"a":"b","a":"c"}}`, `x: line 1: facts: duplicate key: "\"a\""`, ErrDuplicateKey, "a repeated fact"},
		{`{"tokentime":1,"clock":"run","facts":{"a":1}}`, `x: line 1: facts: a: wrong type: want a string`, ErrType, "a fact as a number"},
		{`{"tokentime":1,"clock":"run","facts":[]}`, `x: line 1: facts: wrong type: want an object, got an array`, ErrType, "facts as an array"},
		{`{"tokentime":1,"clock":"run","reported":[{"name":"a","value":1e999}]}`, `x: line 1: reported[0]: value: out of range`, ErrRange, "beyond float64"},
		{`{"tokentime":1,"clock":"run","reported":[{"nam":"a"}]}`, `x: line 1: reported[0]: nam: unknown key`, ErrUnknownKey, "a misspelt key"},
		{`{"tokentime":1,"clock":"run","duration_ns":-1}`, `x: line 1: duration_ns: out of range`, ErrRange, "a negative duration"},
		{`{"tokentime":1,"clock":"run"`, `x: line 1: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "a header cut short"},
		{header + good + `{"id":"b","at_ns":[1,2`, `x: line 3: request 1: at_ns[1]: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in an array"},
		{header + good + `{"id":"b","outcome":"com`, `x: line 3: request 1: outcome: malformed JSON: unexpected EOF`, io.ErrUnexpectedEOF, "cut in a string"},
		{header + `[1]`, `x: line 2: request 0: wrong type: want an object`, ErrType, "a line with an array"},
		{header + `hello`, `x: line 2: request 0: malformed JSON: invalid character 'h'`, nil, "a line of text"},
		{header + "\x00\x01\x02", `x: line 2: request 0: malformed JSON: invalid character`, nil, "binary junk"},
		{header + `{"id":"a","outcome":"completed"}{}`, `x: line 2: request 0: malformed JSON: more than one value`, nil, "two objects on a line"},
		{header + `{"id":"a","outcome":"completed"} x`, `x: line 2: request 0: malformed JSON: invalid character 'x'`, nil, "rubbish behind the object"},
		{header + `{"id":"a"}`, `x: line 2: request 0: outcome: missing`, ErrMissing, "how it ended is never guessed"},
		{header + `{}`, `x: line 2: request 0: outcome: missing`, ErrMissing, "an empty object"},
		{header + `{"outcome":"done"}`, `x: line 2: request 0: outcome: unknown outcome "done"`, nil, "another outcome"},
		{header + `{"outcome":"completed","end":5}`, `x: line 2: request 0: end: unknown key`, ErrUnknownKey, "a misspelt key"},
		{header + `{"outcome":"completed","":5}`, `x: line 2: request 0: unknown key: ""`, ErrUnknownKey, "an empty key"},
		{header + `{"outcome":"completed","end_ns":5,"end_ns":6}`, `x: line 2: request 0: end_ns: duplicate key`, ErrDuplicateKey, "a repeated key"},
		{header + `{"outcome":"completed","end_ns":1.5}`, `x: line 2: request 0: end_ns: not an integer: "1.5"`, ErrNotInteger, "a float"},
		{header + `{"outcome":"completed","end_ns":1e9}`, `x: line 2: request 0: end_ns: not an integer: "1e9"`, ErrNotInteger, "an exponent"},
		{header + `{"outcome":"completed","end_ns":"5"}`, `x: line 2: request 0: end_ns: wrong type: want a number`, ErrType, "a string"},
		{header + `{"outcome":"completed","class":12}`, `x: line 2: request 0: class: wrong type: want a string`, ErrType, "a class as a number"},
		{header + `{"outcome":"completed","end_ns":NaN}`, `x: line 2: request 0: end_ns: malformed JSON: invalid character 'N'`, nil, "no JSON at all"},
		{header + `{"outcome":"completed","at_ns":[1,NaN]}`, `x: line 2: request 0: at_ns[1]: not a finite number: NaN`, ErrNotFinite, "NaN in an array"},
		{header + `{"outcome":"completed","at_ns":[1,2.5,3]}`, `x: line 2: request 0: at_ns[1]: not an integer`, ErrNotInteger, "a float in an array"},
		{header + `{"outcome":"completed","at_ns":[1,9223372036854775808]}`, `x: line 2: request 0: at_ns[1]: out of range`, ErrRange, "beyond int64"},
		{header + `{"outcome":"completed","at_ns":[2305843009213693953]}`, `x: line 2: request 0: at_ns[0]: out of range`, metrics.ErrRange, "beyond metrics.MaxInstant"},
		{header + `{"outcome":"completed","at_ns":5}`, `x: line 2: request 0: at_ns: wrong type: want an array of integers, got a number`, ErrType, "no array"},
		{header + `{"outcome":"completed","at_ns":[[5]]}`, `x: line 2: request 0: at_ns[0]: wrong type`, ErrType, "an array in an array"},
		{header + `{"outcome":"completed","at_ns":[1,2],"tokens":[1]}`, `x: line 2: request 0: tokens: arrays of different lengths: 1 tokens, 2 at_ns`, ErrLengths, "arrays that do not fit"},
		{header + `{"outcome":"completed","tokens":[1]}`, `x: line 2: request 0: tokens: arrays of different lengths: 1 tokens, 0 at_ns`, ErrLengths, "tokens alone"},
		{header + `{"outcome":"completed","at_ns":[1],"tokens":[-1]}`, `x: line 2: request 0: tokens[0]: out of range: -1`, ErrRange, "a negative count"},
		{header + `{"outcome":"completed","at_ns":[5,4]}`, `x: line 2: request 0: at_ns[1]: time runs backwards: 4ns after 5ns`, metrics.ErrTimeReversed, "backwards"},
		{header + `{"outcome":"completed","sent_ns":5,"at_ns":[4]}`, `x: line 2: request 0: at_ns[0]: before the arrival`, metrics.ErrBeforeArrival, "before it was sent"},
		{header + `{"outcome":"completed","usage_tokens":-1}`, `x: line 2: request 0: usage_tokens: negative count: -1`, metrics.ErrNegative, "a negative usage"},
		{header + good + `{"outcome":"completed","tokentime":1}`, `x: line 3: request 1: tokentime: must be the first key of a header`, nil, "a header in disorder"},
		{header + good + header + good + `{}`, `x: run 1: line 5: request 1: outcome: missing`, ErrMissing, "place in a second run"},
		{header + "{\"outcome\":\"completed\",\"id\":\"\xff\"}", `x: line 2: request 0: id: malformed JSON: invalid UTF-8`, nil, "no UTF-8"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{})
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), test.message) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s\n%s\ngot  %v\nwant %s (%v)", test.reason, test.text, err, test.message, test.is)
		}
	}
}

func TestNativeForced(t *testing.T) {
	_, err := readAll("x", strings.NewReader(`{"id":"a","outcome":"completed"}`), Options{Format: FormatNative})
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "x: line 1: header missing") {
		t.Errorf("a forced format without a header: %v", err)
	}
}

func TestNativeLongLine(t *testing.T) {
	for _, test := range []struct {
		size   int
		err    error
		reason string
	}{
		{MaxLine, nil, "the longest line"},
		{MaxLine + 1, ErrLineTooLong, "one byte more"},
		{50 << 20, ErrLineTooLong, "50 MB"},
	} {
		const head, tail = `{"outcome":"completed","id":"`, `"}`
		line := head + strings.Repeat("x", test.size-len(head)-len(tail)) + tail
		for _, end := range []string{"", "\n{\"outcome\":\"completed\"}\n"} {
			_, err := readAll("x", strings.NewReader(`{"tokentime":1,"clock":"run"}`+"\n"+line+end), Options{})
			if !errors.Is(err, test.err) {
				t.Errorf("%s: %v, want %v", test.reason, err, test.err)
			} else if err != nil && !strings.HasPrefix(err.Error(), "x: line 2: request 0: line longer than 33554432 bytes") {
				t.Errorf("%s: %v", test.reason, err)
			}
		}
	}
}

func TestWriterErrors(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b, &Run{CommonClock: true})
	for _, test := range []struct {
		request metrics.Request
		message string
	}{
		{metrics.Request{ID: "\xff"}, "native output: request 0: id: "},
		{metrics.Request{Outcome: 9}, "native output: request 0: outcome: no such outcome: 9"},
		{metrics.Request{Deliveries: []metrics.Delivery{{At: 2}, {At: 1}}}, "native output: request 0: at_ns[1]: time runs backwards"},
	} {
		if err := w.Write(&test.request); err == nil || !strings.HasPrefix(err.Error(), test.message) {
			t.Errorf("got %v, want %s", err, test.message)
		}
	}
	if err := w.Write(&metrics.Request{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "{\"tokentime\":1,\"clock\":\"run\"}\n{\"id\":\"a\",\"outcome\":\"completed\"}\n"; got != want {
		t.Errorf("after errors:\ngot  %s\nwant %s", got, want)
	}
	for _, run := range []Run{
		{Facts: []Fact{{"a", "b"}, {"a", "c"}}},
		{Facts: []Fact{{"a", "\xff"}}},
		{Reported: []Reported{{Name: "a", Value: nan()}}},
		{Duration: metrics.Known(time.Duration(-1))},
	} {
		if err := NewWriter(&b, &run).Flush(); err == nil {
			t.Errorf("a header of %+v: no error", run)
		}
	}
}

func TestWriterKeepsRequest(t *testing.T) {
	r := randomRequest(rand.New(rand.NewPCG(1, 9)))
	before := r
	before.Deliveries = slices.Clone(r.Deliveries)
	if err := NewWriter(io.Discard, &Run{}).Write(&r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, r, compareOptional); diff != "" {
		t.Error(diff)
	}
}

func TestAllocations(t *testing.T) {
	const requests, tokens = 200, 50
	input := nativeInput(t, requests, tokens)
	src := bytes.NewReader(nil)
	perRun := testing.AllocsPerRun(5, func() {
		src.Reset(input)
		rd, err := NewReader("x", src, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for rd.NextRun() {
			for rd.Next() {
			}
		}
		if rd.Err() != nil {
			t.Fatal(rd.Err())
		}
	})
	// One for each ID, whatever the tokens.
	if perRun > requests+60 {
		t.Errorf("%v allocations for %d requests of %d tokens", perRun, requests, tokens)
	}
}
