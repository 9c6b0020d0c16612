package results

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// genAIBenchFile returns a run of one request with some members changed, and
// members behind it.
func genAIBenchFile(changes []string, behind string) string {
	record := changed([]string{`"ttft": 0.5`, `"tpot": 0.25`, `"e2e_latency": 1.25`, `"num_input_tokens": 10`, `"num_output_tokens": 4`,
		`"error_code": null`, `"error_message": null`}, changes)
	return `{"aggregated_metrics": {}, "individual_request_metrics": [` + record + `]` + behind + `}`
}

func TestGenAIBenchRecords(t *testing.T) {
	request := func(d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "0", Sent: known(0), End: known(125e7), Deliveries: d, Sparse: len(d) == 2 && d[1].Tokens > 1}
	}
	failed := func(outcome metrics.Outcome) []metrics.Request {
		return []metrics.Request{{ID: "0", Sent: known(0), PromptTokens: metrics.Known(int64(10)), Outcome: outcome}}
	}
	inMS := request(event(5e5, 1), event(125e4, 3))
	inMS.End = known(125e4)
	plain := []metrics.Request{finish(request(event(5e8, 1), event(125e7, 3)), 10, 4)}
	checkFiles(t, FormatGenAIBench, []fileTest{
		{genAIBenchFile(nil, ""), plain, "last-token-at-end", "files of 2024 have seconds"},
		{genAIBenchFile(nil, `, "_time_unit": "s"`), plain, "last-token-at-end", "seconds, stated"},
		{genAIBenchFile(nil, `, "_time_unit": "ms"`), []metrics.Request{finish(inMS, 10, 4)}, "last-token-at-end", "milliseconds, stated behind the records"},
		{genAIBenchFile([]string{`"num_output_tokens": 2`}, ""), []metrics.Request{finish(request(event(5e8, 1), event(125e7, 1)), 10, 2)}, "last-token-at-end", "two tokens lack nothing"},
		{genAIBenchFile([]string{`"num_output_tokens": 1`}, ""), []metrics.Request{finish(request(event(5e8, 1)), 10, 1)}, "", "nor does one"},
		{genAIBenchFile([]string{`"num_output_tokens": 0`}, ""), []metrics.Request{finish(request(), 10, 0)}, "", "an embedding has no token, and no TTFT"},
		{genAIBenchFile([]string{`"num_output_tokens": 4.0`}, ""), plain, "last-token-at-end", "whole numbers as floats"},
		{genAIBenchFile([]string{`"num_reasoning_tokens": 3`}, ""), plain, "last-token-at-end reasoning-tokens-apart", "reasoning tokens are not added"},
		{genAIBenchFile([]string{`"error_code": 429`, `"ttft": null`, `"e2e_latency": null`, `"num_output_tokens": null`}, ""), failed(metrics.Rejected), "", "a failure has nulls"},
		{genAIBenchFile([]string{`"error_code": 504`}, ""), failed(metrics.TimedOut), "", "a time-out"},
		{genAIBenchFile([]string{`"error_code": 499`}, ""), failed(metrics.Cancelled), "", "the client went away"},
		{genAIBenchFile([]string{`"error_code": 500`}, ""), failed(metrics.Failed), "", "a failure of the server"},
		{genAIBenchFile([]string{`"error_code": 503`}, ""), failed(metrics.Rejected), "", "the server has too much to do"},
		{genAIBenchFile(nil, `, "more": [1]`), plain, "last-token-at-end keys-not-read", "an array that is not known"},
		{strings.Replace(genAIBenchFile(nil, ""), "{}", `{"num_completed_requests": 2}`, 1), plain, "last-token-at-end completed-count-mismatch", "fewer records than stated"},
	})
}

func TestGenAIBenchErrors(t *testing.T) {
	checkFileErrors(t, FormatGenAIBench, []errorTest{
		{`{"cmd": "genai-bench", "benchmark_version": "0.0.2", "traffic_scenario": ["D(1,1)"]}`, "x: byte 84: the metadata of an experiment, which is not a run", nil, "the file beside the runs"},
		{`{"a": 1}`, "x: byte 8: not a format that is known", ErrUnknownFormat, "another tool's object"},
		{genAIBenchFile([]string{`"num_output_tokens": null`}, ""), "x: request 0: num_output_tokens: missing, and no error_code", ErrMissing, "neither answer nor error"},
		{genAIBenchFile([]string{`"ttft": null`}, ""), "x: request 0: ttft: missing beside 4 tokens", ErrMissing, "tokens without a first one"},
		{genAIBenchFile([]string{`"e2e_latency": null`}, ""), "x: request 0: e2e_latency: missing beside 4 tokens", ErrMissing, "tokens without an end"},
		{genAIBenchFile([]string{`"e2e_latency": 0.25`}, ""), "x: request 0: e2e_latency: after the end of the stream", metrics.ErrAfterEnd, "an end before the first token"},
		{genAIBenchFile([]string{`"ttft": -0.5`}, ""), "x: request 0: ttft: negative time: -500ms", ErrNegativeTime, "negative"},
		{genAIBenchFile([]string{`"ttft": NaN`}, ""), "x: request 0: individual_request_metrics[0].ttft: not a finite number: NaN", ErrNotFinite, "not finite"},
		{genAIBenchFile([]string{`"ttft": "0.5"`}, ""), "x: request 0: individual_request_metrics[0].ttft: wrong type", ErrType, "a text for a time"},
		{genAIBenchFile([]string{`"num_output_tokens": 4.5`}, ""), "x: request 0: individual_request_metrics[0].num_output_tokens: not an integer", ErrNotInteger, "half a token"},
		{genAIBenchFile(nil, `, "_time_unit": "min"`), `x: _time_unit: byte `, nil, "a unit that is not known"},
		{genAIBenchFile(nil, `, "_time_unit": "s"`) + "{}", "x: byte ", nil, "more behind the object"},
		{genAIBenchFile([]string{`"ttft": 1e10`}, ""), "x: request 0: individual_request_metrics[0].ttft: out of range", ErrRange, "centuries"},
	})
}

func TestGenAIBenchRun(t *testing.T) {
	got, err := readAllAfter("x", strings.NewReader(`{"aggregated_metrics": {"scenario": "N(480,240)/(300,150)", "num_concurrency": 4, "run_duration": 2.5, "requests_per_second": 0.4,
		"mean_output_throughput_tokens_per_s": 1.6, "error_rate": NaN, "stats": {"ttft": {"stddev": 1.5, "p99": 500, "p25": null}, "num_output_tokens": {"mean": 4},
		"output_throughput": {"max": Infinity, "min": 4}}}, "_time_unit": "ms"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := got[0].Run
	want := []Reported{
		{"requests_per_second", 0.4, "requests/s", MetricRequestRate, ""},
		{"mean_output_throughput_tokens_per_s", 1.6, "tokens/s", MetricOutputRate, ""},
		{"stats.ttft.stddev", 1.5, "ms", MetricTTFT, "std"},
		{"stats.ttft.p99", 500, "ms", MetricTTFT, "p99"},
		{"stats.num_output_tokens.mean", 4, "tokens", MetricOutputLength, "mean"},
		{"stats.output_throughput.min", 4, "tokens/s", "", "min"},
	}
	if diff := cmp.Diff(want, run.Reported); diff != "" {
		t.Error(diff)
	}
	concurrency, _ := run.Stated(FactMaxConcurrency)
	workload, _ := run.Stated(FactWorkload)
	if !run.AggregatesOnly || run.Duration != known(25e8) || concurrency.Value != "4" || workload.Value != "N(480,240)/(300,150)" {
		t.Errorf("the duration is in seconds whatever the unit: %+v", run)
	}
}

// TestGenAIBenchConvention holds the TPOT that the mock data state of each
// request against that of its times under the tool's convention. The data are of
// a version that divided by N; since then it is N - 1.
func TestGenAIBenchConvention(t *testing.T) {
	rd := openRecording(t, "../formats/genai-bench/mock_run_data.json")
	stated := []float64{0.018614205326884986e9, 0.01788285404443741e9}
	for rd.NextRun() {
		for i := 0; rd.Next(); i++ {
			s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.GenAIBench}}
			if err := s.Add(rd.Request()); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.Normalized.TPOT.Stats().Mean.Get(); math.Abs(got*99/100-stated[i]) > 0.02 { // two roundings to 1 ns, by 99
				t.Errorf("request %d: TPOT %v ns, the file says %v of 100 tokens", i, got, stated[i])
			}
		}
	}
	if rd.Err() != nil {
		t.Fatal(rd.Err())
	}
}

func FuzzGenAIBench(f *testing.F) {
	f.Add([]byte(genAIBenchFile(nil, `, "_time_unit": "ms"`)))
	f.Add([]byte(`{"aggregated_metrics": {"stats": {"ttft": {"mean": 1e-3}}, "run_duration": 1}, "individual_request_metrics": null}`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatGenAIBench}) })
}
