package results

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// llmPerfElement returns an element of llmperf's file with some members
// changed.
func llmPerfElement(changes ...string) string {
	return changed([]string{
		`"error_code": null`, `"error_msg": ""`, `"inter_token_latency_s": 0.25`, `"ttft_s": 0.5`, `"end_to_end_latency_s": 1.25`,
		`"request_output_throughput_token_per_s": 3.2`, `"number_total_tokens": 14`, `"number_output_tokens": 4`, `"number_input_tokens": 10`,
	}, changes)
}

func TestLLMPerfRecords(t *testing.T) {
	request := func(usage int64, sparse bool, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "0", Sent: known(0), End: known(125e7), Deliveries: d, Sparse: sparse,
			PromptTokens: metrics.Known(int64(10)), UsageTokens: metrics.Known(usage)}
	}
	failed := metrics.Request{ID: "0", Sent: known(0), PromptTokens: metrics.Known(int64(10)), Outcome: metrics.Rejected}
	partly := failed
	partly.Outcome, partly.UsageTokens = metrics.Failed, metrics.Known(int64(4))
	partly.Deliveries, partly.Sparse = []metrics.Delivery{event(5e8, 1), event(1e9, 3)}, true
	for _, test := range []struct {
		changes  []string
		want     metrics.Request
		warnings string
		reason   string
	}{
		{nil, request(4, true, event(5e8, 1), event(1e9, 3)), "", "the last token came 4 times 0.25 s after sending"},
		{[]string{`"number_output_tokens": 2`}, request(2, false, event(5e8, 1), event(5e8, 1)), "", "two tokens lack nothing"},
		{[]string{`"number_output_tokens": 1`, `"inter_token_latency_s": 0.5`}, request(1, false, event(5e8, 1)), "", "nor does one"},
		{[]string{`"inter_token_latency_s": 0.3125024`}, request(4, true, event(5e8, 1), event(125e7, 3)), "", "9.6 µs behind the end is the clock's"},
		{[]string{`"inter_token_latency_s": 0.3125026`}, request(4, true, event(5e8, 1), event(125e7, 3)), "last-token-at-end", "10.4 µs is not"},
		{[]string{`"inter_token_latency_s": 0.1`}, request(4, true, event(5e8, 1), event(125e7, 3)), "last-token-at-end", "before the first token: divided by something else"},
		{[]string{`"inter_token_latency_s": null`}, request(4, true, event(5e8, 1), event(125e7, 3)), "last-token-at-end", "missing"},
		{[]string{`"inter_token_latency_s": NaN`}, request(4, true, event(5e8, 1), event(125e7, 3)), "last-token-at-end", "no number"},
		{[]string{`"ttft_s": 0`, `"inter_token_latency_s": 0`}, request(4, false, event(125e7, 4)), "not-streamed", "tokens without a first one"},
		{[]string{`"ttft_s": 0`, `"inter_token_latency_s": 0`, `"number_output_tokens": 0`}, request(0, false), "", "an empty answer has no TTFT of 0"},
		{[]string{`"error_code": 429`, `"ttft_s": 0`, `"end_to_end_latency_s": 0`, `"number_output_tokens": 0`, `"inter_token_latency_s": 0`}, failed, "", "a failure: zeros are fillers"},
		{[]string{`"error_code": -1`, `"end_to_end_latency_s": 0`}, partly, "", "a failure after some tokens: its end is not known, its last token is"},
	} {
		got, err := readAllAfter("x", strings.NewReader("["+llmPerfElement(test.changes...)+"]"), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatLLMPerf {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff([]metrics.Request{test.want}, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if codes := warningCodes(&got[0].Run); codes != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, got[0].Run.Warnings, test.warnings)
		}
		if run := got[0].Run; run.CommonClock || len(run.NotDerivable) < 6 || run.Convention != "llmperf" {
			t.Errorf("%s: %+v", test.reason, run)
		}
	}
}

func TestLLMPerfErrors(t *testing.T) {
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{"[" + llmPerfElement() + "," + llmPerfElement(`"ttft_s": -0.5`) + "]", `x: request 1: ttft_s: negative time: -500ms`, ErrNegativeTime, "a negative time"},
		{"[" + llmPerfElement(`"end_to_end_latency_s":`) + "]", `x: request 0: end_to_end_latency_s: missing`, ErrMissing, "an answer without an end"},
		{"[" + llmPerfElement(`"ttft_s": 1.5`) + "]", `x: request 0: ttft_s: after the end`, metrics.ErrAfterEnd, "a first token behind the end"},
		{"[" + llmPerfElement(`"ttft_s": 1.5`, `"number_output_tokens": 1`) + "]", `x: request 0: ttft_s: after the end`, metrics.ErrAfterEnd, "likewise the only one"},
		{"[" + llmPerfElement(`"end_to_end_latency_s": 9e9`) + "]", `x: request 0: end_to_end_latency_s: out of range`, ErrRange, "285 years"},
		{"[" + llmPerfElement(`"ttft_s": Infinity`) + "]", `x: request 0: ttft_s: not a finite number: Infinity`, ErrNotFinite, "no time"},
		{"[" + llmPerfElement(`"number_output_tokens": 1.5`) + "]", `x: request 0: number_output_tokens: not an integer`, ErrNotInteger, "half a token"},
		{"[" + llmPerfElement(`"ttft_s": "x"`) + "]", `x: request 0: ttft_s: wrong type`, ErrType, "a text"},
		{"[" + llmPerfElement() + "] {}", `x: byte`, nil, "more behind the array"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatLLMPerf})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

// TestLLMPerfSample reads two records of the tool's own documentation. Their
// TPOT, worked out by hand, is not what the tool calls inter-token latency.
func TestLLMPerfSample(t *testing.T) {
	text, err := os.ReadFile("../../shared/data/formats/llmperf/doc_sample_individual_responses.json")
	if err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	got, err := readAll("x", strings.NewReader(string(text)), Options{})
	if err != nil || len(got) != 1 || len(got[0].Requests) != 2 {
		t.Fatal(got, err)
	}
	for i, want := range []struct{ ttft, tpot, itl, perToken string }{
		// (1.056660047942... - 0.057249318) / 104, 1.056660048 / 105; the file states 0.01006342902 s
		{"57.249318ms", "9.609719ms", "10.063429ms", "10.063429ms"},
		{"165.808393ms", "9.507876ms", "11.119221ms", "11.119222ms"},
	} {
		r := &got[0].Requests[i]
		n := metrics.LLMPerf.Normalized(r)
		decode := metrics.Paper.Normalized(r)
		var itl string
		for g := range metrics.LLMPerf.TBT(r) {
			itl += g.String()[:8]
		}
		last := metrics.PerToken{Total: r.Deliveries[1].At, Tokens: r.OutputTokens()}
		if got := fmt.Sprint(n.Raw.TTFT, " ", decode.TPOT.PerToken, " ", itl, " ", last); got != fmt.Sprint(want.ttft, " ", want.tpot, " ", want.itl[:8], " ", want.perToken) {
			t.Errorf("request %d: TTFT, TPOT, tool's ITL, t_N/N: %s, want %+v", i, got, want)
		}
		if !r.Sparse || n.TPOT.Known() {
			t.Errorf("request %d: sparse %v; the tool has no TPOT, got %v", i, r.Sparse, n.TPOT)
		}
	}
}

func FuzzLLMPerf(f *testing.F) {
	f.Add([]byte("[" + llmPerfElement() + "," + llmPerfElement(`"error_code": 429`, `"ttft_s": 0`) + "]"))
	f.Add([]byte("[" + llmPerfElement(`"ttft_s": 0`, `"number_output_tokens": 2.0`) + "]"))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatLLMPerf}) })
}
