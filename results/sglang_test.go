package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// sglangFile returns a line of one run with the given members replaced or,
// when empty, left out, and others added at the end.
func sglangFile(changes ...string) string {
	return changed([]string{
		`"tag": null`, `"backend": "sglang"`, `"dataset_name": "random"`, `"request_rate": Infinity`, `"max_concurrency": 8`,
		`"sharegpt_output_len": null`, `"duration": 2.5`, `"completed": 2`, `"mean_e2e_latency_ms": 1.5`,
		`"input_lens": [10, 20, 30]`, `"output_lens": [3, 2, 0]`, `"ttfts": [0.5, 0.25, 0.0]`,
		`"itls": [[0.1, 9.05e-06], [0.2], []]`, `"generated_texts": ["a", "[NaN", ""]`, `"errors": ["", "", "boom"]`,
	}, changes)
}

// changed returns an object of the members with some of them changed.
func changed(members, changes []string) string {
	for _, change := range changes {
		name, value, _ := strings.Cut(change, ":")
		i := slices.IndexFunc(members, func(m string) bool { n, _, _ := strings.Cut(m, ":"); return n == name })
		switch {
		case i < 0:
			members = append(members, change)
		case value == "":
			members = slices.Delete(members, i, i+1)
		default:
			members[i] = change
		}
	}
	return "{" + strings.Join(members, ", ") + "}\n"
}

// checkError demands an *Error with a message that begins like this, and that
// is the error is unless that is nil.
func checkError(t *testing.T, err error, message string, is error, reason string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), message) || is != nil && !errors.Is(err, is) {
		t.Errorf("%s\ngot  %v\nwant %s (%v)", reason, err, message, is)
	}
}

// warningCodes returns the codes of the warnings of a run.
func warningCodes(run *Run) string {
	var codes []string
	for _, w := range run.Warnings {
		codes = append(codes, w.Code)
	}
	return strings.Join(codes, " ")
}

func TestSGLangRecords(t *testing.T) {
	request := func(id string, prompt, usage int64, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: id, Sent: known(0), Deliveries: d, PromptTokens: metrics.Known(prompt), UsageTokens: metrics.Known(usage)}
	}
	failed := metrics.Request{ID: "2", Sent: known(0), Outcome: metrics.Failed, PromptTokens: metrics.Known(int64(30))}
	first := request("0", 10, 3, event(5e8, 1), event(6e8, 1), event(600009050, 1))
	second := request("1", 20, 2, event(25e7, 1), event(45e7, 1))
	const smoothed = "TBT"
	for _, test := range []struct {
		changes  []string
		want     []metrics.Request
		warnings string
		smoothed bool
		reason   string
	}{
		{nil, []metrics.Request{first, second, failed}, "", false, "one token a chunk: nothing was spread, nothing is smoothed"},
		{[]string{`"output_lens": [6, 2, 0]`, `"itls": [[0.02, 0.02, 0.02, 0.1], [0.2], []]`}, []metrics.Request{
			request("0", 10, 6, event(5e8, 2), event(52e7, 1), event(54e7, 1), event(56e7, 1), event(66e7, 1)), second, failed,
		}, "first-chunk-of-several-tokens gaps-spread", true, "a chunk of three tokens, or three of one: it stays spread; the first chunk held the two others"},
		{[]string{`"output_lens": [6, 2, 0]`}, []metrics.Request{
			request("0", 10, 6, event(5e8, 1), event(6e8, 1), event(600009050, 1)), second, failed,
		}, "", false, "no equal gaps: the client may be one of 2024 that never spread them, so nothing is known of the missing three"},
		{[]string{`"output_lens": [128, 2, 0]`, `"itls": [[], [0.2], []]`}, []metrics.Request{
			request("0", 10, 128, event(5e8, 128)), second, failed,
		}, "first-chunk-of-several-tokens", false, "without a gap all came at once, for example with --disable-stream"},
		{[]string{`"output_lens": [2, 2, 0]`, `"itls": [[0.02, 0.02], [0.2], []]`}, []metrics.Request{
			request("0", 10, 2, event(5e8, 1), event(52e7, 1), event(54e7, 1)), second, failed,
		}, "more-gaps-than-tokens gaps-spread", true, "a contradiction: two gaps for two tokens"},
		{[]string{`"backend": "sglang-oai"`, `"output_lens": [6, 2, 0]`, `"itls": [[0.02, 0.02, 0.02, 0.1], [0.2], []]`}, []metrics.Request{
			request("0", 10, 6, event(5e8, 1), event(52e7, 1), event(54e7, 1), event(56e7, 1), event(66e7, 1)), second, failed,
		}, "", false, "gaps between chunks are what they are, equal or not"},
		{[]string{`"backend": "sglang-oai-chat"`, `"accept_length": 2.5`, `"output_lens": [2, 2, 0]`}, []metrics.Request{
			request("0", 10, 2, event(5e8, 1), event(6e8, 1), event(600009050, 1)), second, failed,
		}, "itl-retokenized", false, "one event more than tokens is no role chunk here: only chunks with text are events"},
		{[]string{`"itls": [[0.1, 9.05e-06], [0.2], [0.3]]`, `"ttfts": [0.5, 0.25, 0.125]`}, []metrics.Request{first, second, {
			ID: "2", Sent: known(0), Outcome: metrics.Failed, PromptTokens: metrics.Known(int64(30)), Deliveries: []metrics.Delivery{event(125e6, 1), event(425e6, 1)},
		}}, "", false, "what a failed request delivered is kept"},
		{[]string{`"errors": ["", "", ""]`, `"completed": 3`}, []metrics.Request{first, second, request("2", 30, 0)}, "", false,
			"an answer without text, which the tool calls completed"},
		{[]string{`"server_info": {"model_path": "m", "internal_states": [{"x": [1, 2]}]}`, `"cached_tokens": [1, 2, 3]`, `"cache_report": {"a": 1}`, `"new": [1]`},
			[]metrics.Request{first, second, failed}, "keys-not-read", false, "what is unknown is named"},
	} {
		got, err := readAll("x", strings.NewReader(sglangFile(test.changes...)), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatSGLang {
			t.Errorf("%s: %v, %+v", test.reason, err, got)
			continue
		}
		run := &got[0].Run
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if codes := warningCodes(run); codes != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, run.Warnings, test.warnings)
		}
		lacks := slices.ContainsFunc(run.NotDerivable, func(n NotDerivable) bool { return n.Metric == smoothed })
		if lacks != test.smoothed || run.CommonClock {
			t.Errorf("%s: not derivable: %v, common clock %v", test.reason, run.NotDerivable, run.CommonClock)
		}
	}
}

func TestSGLangRun(t *testing.T) {
	text := sglangFile(`"accept_length": 2.5`, `"concurrency": 1.25`, `"total_throughput": 81.5`, `"p99_itl_ms": NaN`, `"max_output_tokens_per_s": 7`,
		`"total_output_tokens_retokenized": 4`, `"server_info": {"model_path": "m/M", "api_key": "secret", "tp_size": 2, "internal_states": [{"a": [1]}]}`)
	want := Run{Source: "x", Format: FormatSGLang, Convention: "sglang", Duration: known(25e8),
		Facts: []Fact{{"backend", "sglang"}, {"dataset_name", "random"}, {"request_rate", "Infinity"}, {"max_concurrency", "8"},
			{"p99_itl_ms", "NaN"}, {"server_info.model_path", "m/M"}, {"server_info.tp_size", "2"}},
		Reported: []Reported{{"completed", 2, "requests", MetricCompleted, ""}, {"mean_e2e_latency_ms", 1.5, "ms", MetricEndToEnd, "mean"},
			{"accept_length", 2.5, "tokens", "", ""}, {"concurrency", 1.25, "requests", MetricConcurrency, ""},
			{"total_throughput", 81.5, "tokens/s", MetricTotalRate, ""}, {"max_output_tokens_per_s", 7, "tokens/s", MetricOutputRateMax, ""},
			{"total_output_tokens_retokenized", 4, "tokens", "", ""}},
		NotDerivable: []NotDerivable{{"concurrency", "the file does not say when requests were sent"}, {"arrivals over time", "the file does not say when requests were sent"}},
		Warnings:     []metrics.Warning{{Code: "non-finite-number", Message: "the file states p99_itl_ms as NaN: it is kept as a text and compared with nothing"}},
	}
	got, err := readAll("x", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got[0].Run, compareOptional); diff != "" {
		t.Error(diff)
	}
	if model, ok := got[0].Run.Stated(FactModel); !ok || model.Value != "m/M" {
		t.Errorf("the model is %v, %v", model, ok)
	}
}

// TestSGLangReproduces reads two runs whose aggregates were computed by a
// script that follows the tool's own formulas on chunks: one of the native
// endpoint, whose streams end up to 12 µs behind their last token, and one of
// the chat endpoint, whose do not.
func TestSGLangReproduces(t *testing.T) {
	text, err := os.ReadFile("testdata/sglang.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll("x", bytes.NewReader(text), Options{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d runs, %v", len(got), err)
	}
	for i, test := range []struct {
		warnings string
		missed   func(Reproduction) bool
		reason   string
	}{
		{"first-chunk-of-several-tokens gaps-spread", func(r Reproduction) bool {
			return r.Metric == MetricEndToEnd || r.Metric == MetricTPOT
		}, "the end of the stream is not in the file"},
		{"", func(Reproduction) bool { return false }, "nothing follows the last token"},
	} {
		s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.SGLang}}
		for j := range got[i].Requests {
			if err := s.Add(&got[i].Requests[j]); err != nil {
				t.Fatal(err)
			}
		}
		compared := got[i].Run.Reproduce(&s)
		if len(compared) != 24 {
			t.Errorf("run %d: %d aggregates compared, want mean, median, std, p90, p95 and p99 of four metrics", i, len(compared))
		}
		for _, rep := range compared {
			if missed := rep.Verdict != Reproduced; missed != test.missed(rep) {
				t.Errorf("run %d: %v; %s", i, rep, test.reason)
			}
		}
		if codes := warningCodes(&got[i].Run); codes != test.warnings {
			t.Errorf("run %d: warnings %v, want %s", i, got[i].Run.Warnings, test.warnings)
		}
	}
}

func TestSGLangErrors(t *testing.T) {
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{sglangFile(`"ttfts": [0.5, -0.5, 0]`), `x: request 1: ttfts: negative time: -500ms`, ErrNegativeTime, "a negative time"},
		{sglangFile(`"itls": [[0.1, Infinity], [], []]`), `x: request 0: itls[1]: not a finite number: Infinity`, ErrNotFinite, "a gap without end"},
		{sglangFile() + sglangFile(`"output_lens": [3, 1]`), `x: run 1: output_lens: arrays of different lengths: 2 output_lens, 3 ttfts`, ErrLengths, "in the second line"},
		{sglangFile(`"errors": [null, 1, ""]`), `x: request 1: errors: wrong type: want a string, got a number`, ErrType, "a number among texts"},
		{sglangFile(`"itls":`), `x: itls: missing beside the other arrays of the run`, ErrMissing, "an array without the others"},
		{sglangFile(`"server_info": {"tp_size": 1, "tp_size": 2}`), `x: server_info: byte`, ErrDuplicateKey, "a key twice within an object"},
		{`{"sharegpt_output_len": 1}`, `x: not a format that is known (a JSON object without the keys of SGLang)`, ErrUnknownFormat, "neither records nor aggregates"},
		{sglangFile()[:200], `x: `, nil, "cut off"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatSGLang})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func TestSGLangAggregatesOnly(t *testing.T) {
	got, err := readAll("x", strings.NewReader(sglangFile(`"input_lens":`, `"output_lens":`, `"ttfts":`, `"itls":`, `"errors":`, `"generated_texts":`)), Options{})
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	want := []NotDerivable{{"everything", "the file holds aggregates only; --output-details records the requests"}}
	if diff := cmp.Diff(want, got[0].Run.NotDerivable); diff != "" || !got[0].Run.AggregatesOnly || len(got[0].Requests) > 0 {
		t.Errorf("%+v\n%s", got[0], diff)
	}
}

func FuzzSGLang(f *testing.F) {
	f.Add([]byte(sglangFile()))
	f.Add([]byte(sglangFile(`"output_lens": [6, 2, 0]`, `"itls": [[0.02, 0.02, 0.02, 0.1], [0.2], []]`, `"server_info": {"tp_size": 1}`)))
	f.Add([]byte(sglangFile(`"backend": "sglang-oai"`, `"accept_length": 3`) + sglangFile(`"input_lens":`, `"output_lens":`, `"ttfts":`, `"itls":`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatSGLang}) })
}

// sglangInput is vllmInput as SGLang's client writes it.
func sglangInput(requests, tokens int) []byte {
	input := vllmInput(requests, tokens)
	starts := bytes.Index(input, []byte(`"start_times"`))
	texts := bytes.Index(input, []byte(`"generated_texts"`))
	input = slices.Concat(input[:starts], input[texts:], []byte("\n"))
	return bytes.Replace(input, []byte(`"backend": "vllm", `), []byte(`"backend": "sglang", "sharegpt_output_len": null, `), 1)
}

func BenchmarkReadSGLang(b *testing.B) { benchmarkReader(b, sglangInput(benchRequests, benchTokens)) }

func BenchmarkEncodingJSONSGLang(b *testing.B) {
	input := bytes.Replace(sglangInput(benchRequests, benchTokens), []byte("Infinity"), []byte("1"), 1)
	b.ReportAllocs()
	for b.Loop() {
		var run struct {
			InputLens  []int64     `json:"input_lens"`
			OutputLens []int64     `json:"output_lens"`
			TTFTs      []float64   `json:"ttfts"`
			ITLs       [][]float64 `json:"itls"`
			Errors     []string    `json:"errors"`
		}
		if err := json.Unmarshal(input, &run); err != nil {
			b.Fatal(err)
		}
		if len(run.ITLs) != benchRequests {
			b.Fatal(fmt.Sprint(len(run.ITLs)))
		}
	}
	reportNumbers(b, input)
}
