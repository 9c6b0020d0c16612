package results

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// guideLLMFile returns a report of one benchmark with the given lists of
// requests: successful, errored, incomplete.
func guideLLMFile(strategy string, lists ...string) string {
	for len(lists) < 3 {
		lists = append(lists, "")
	}
	return fmt.Sprintf(`{"metadata": {"version": 2, "guidellm_version": "0.8.0"}, "benchmarks": [{"type_": "generative_benchmark",
		"config": {"strategy": {"type_": %q, "rate": 2.0}}, "scheduler_metrics": {"measure_start_time": 1786678148.25, "measure_end_time": 1786678158.25},
		"metrics": {"request_totals": {"successful": 1, "total": 1}},
		"requests": {"successful": [%s], "errored": [%s], "incomplete": [%s], "total": null}, "start_time": 1786678148.25}]}`, strategy, lists[0], lists[1], lists[2])
}

// guideLLMRequest returns a request with the given instants, as text behind
// 1786678148, and the numbers of tokens and of chunks.
func guideLLMRequest(due, sent, first, last, end, tokens, chunks string) string {
	at := func(s string) string {
		if s == "null" {
			return s
		}
		return "17866781" + s
	}
	return fmt.Sprintf(`{"request_id": "r", "request_args": "{\"a\": [NaN", "info": {"timings": {"targeted_start": %s, "resolve_start": 1786678148.3,
		"request_start": %s, "first_token_iteration": %s, "first_output_token_iteration": 1786678157.5, "last_token_iteration": %s, "token_iterations": %s,
		"request_end": %s, "resolve_end": 1786678155.0}, "traceback": null}, "input_metrics": {"text_tokens": 9, "total_tokens": 9},
		"output_metrics": {"text_tokens": %s, "total_tokens": %s}, "output_tokens": 77}`, at(due), at(sent), at(first), at(last), chunks, at(end), tokens, tokens)
}

func TestGuideLLMRecords(t *testing.T) {
	request := func(due metrics.Instant, usage metrics.Count, sparse bool, d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "r", Due: due, Sent: known(25e7), End: known(2e9), Deliveries: d, Sparse: sparse,
			PromptTokens: metrics.Known(int64(9)), UsageTokens: usage}
	}
	var unknown metrics.Instant
	n := metrics.Known[int64]
	unsent := metrics.Request{ID: "r", Due: known(0), Outcome: metrics.Cancelled, PromptTokens: n(9)}
	failed := request(known(0), metrics.Count{}, false)
	failed.Outcome = metrics.Failed
	cancelled := request(known(0), n(5), true, event(5e8, 1), event(15e8, 4))
	cancelled.Outcome = metrics.Cancelled
	for _, test := range []struct {
		text     string
		want     []metrics.Request
		warnings string
		reason   string
	}{
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "5", "5")), []metrics.Request{
			request(known(0), n(5), true, event(5e8, 1), event(15e8, 4))}, "", "first and last token; first_output_token_iteration is not read"},
		{guideLLMFile("concurrent", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "5", "5")), []metrics.Request{
			request(unknown, n(5), true, event(5e8, 1), event(15e8, 4))}, "", "a strategy without a schedule: the target is no arrival"},
		{guideLLMFile("poisson", guideLLMRequest("48.5001", "48.5", "48.75", "49.75", "50.25", "5", "5")), []metrics.Request{
			request(unknown, n(5), true, event(5e8, 1), event(15e8, 4))}, "due-after-sent", "sent early"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "48.75", "50.25", "5", "1")), []metrics.Request{
			request(known(0), n(5), false, event(5e8, 5))}, "", "one chunk held all tokens"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "3", "3")), []metrics.Request{
			request(known(0), n(3), true, event(5e8, 1), event(15e8, 2))}, "", "of three the second is not in the file"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "2", "2")), []metrics.Request{
			request(known(0), n(2), false, event(5e8, 1), event(15e8, 1))}, "", "two tokens lack nothing"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "48.75", "50.25", "1", "1")), []metrics.Request{
			request(known(0), n(1), false, event(5e8, 1))}, "", "nor does one"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "1", "2")), []metrics.Request{
			request(known(0), n(1), false, event(5e8, 1), event(15e8, 0))}, "", "the second chunk of one token held none"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "null", "4")), []metrics.Request{
			request(known(0), metrics.Count{}, true, event(5e8, 1), event(15e8, 3))}, "", "no usage: a chunk counts as a token, as in the tool"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "null", "null", "50.25", "0", "0")), []metrics.Request{
			request(known(0), n(0), false)}, "", "an empty answer"},
		{guideLLMFile("constant", "", guideLLMRequest("48.25", "48.5", "null", "null", "50.25", "null", "0"), guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "5", "3")),
			[]metrics.Request{failed, cancelled}, "", "errored, and incomplete when the benchmark ended"},
		{guideLLMFile("constant", "", "", guideLLMRequest("48.25", "null", "null", "null", "null", "null", "0")), []metrics.Request{unsent}, "", "never sent"},
		{guideLLMFile("constant", guideLLMRequest("48.0", "48.0", "48.1", "48.15", "48.2", "5", "5")+","+guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "2", "2")), []metrics.Request{
			request(known(0), n(2), false, event(5e8, 1), event(15e8, 1))}, "outside-measured-window", "a warm-up that ended before the window"},
		{strings.Replace(guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "2", "2")), `"rate": 2.0}`, `"rate": 2.0}, "sample_size": 1`, 1), []metrics.Request{
			request(known(0), n(2), false, event(5e8, 1), event(15e8, 1))}, "requests-sampled", "a sample"},
	} {
		got, err := readAllAfter("x", strings.NewReader(test.text), Options{})
		if err != nil || len(got) != 1 || got[0].Run.Format != FormatGuideLLM {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Requests, compareOptional); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if codes := warningCodes(&got[0].Run); codes != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.reason, got[0].Run.Warnings, test.warnings)
		}
		if run := got[0].Run; !run.CommonClock || run.Resolution != 240 || len(run.NotDerivable) != 5 || run.AggregatesOnly {
			t.Errorf("%s: %+v", test.reason, run)
		}
	}
}

// TestGuideLLMReproduces reads a report whose aggregates were computed by a
// script that follows the tool's own formulas: with a warm-up request, one
// answer in a single chunk, one without usage, a failed and a cancelled one.
func TestGuideLLMReproduces(t *testing.T) {
	text, err := os.ReadFile("testdata/guidellm.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAllAfter("x", strings.NewReader(string(text)), Options{})
	if err != nil || len(got) != 1 || len(got[0].Requests) != 7 {
		t.Fatalf("%v, %+v", err, got)
	}
	run := &got[0].Run
	s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.GuideLLM}}
	for i := range got[0].Requests {
		if err := s.Add(&got[0].Requests[i]); err != nil {
			t.Fatal(err)
		}
	}
	compared := map[string]int{}
	for _, rep := range run.Reproduce(&s) {
		compared[rep.Metric]++
		if rep.Verdict != Reproduced && rep.Metric != MetricScheduleDelay {
			t.Error(rep)
		}
	}
	for _, metric := range []string{MetricTTFT, MetricTPOT, MetricITL, MetricEndToEnd} {
		if compared[metric] != 15 {
			t.Errorf("%d aggregates of %s compared, want mean, std, min, max, the median and 10 percentiles", compared[metric], metric)
		}
	}
	if codes := warningCodes(run); codes != "outside-measured-window" {
		t.Errorf("warnings %v", run.Warnings)
	}
	if d, _ := run.Duration.Get(); d != 20*time.Second {
		t.Errorf("duration %v, want the 20 s of the measured window", d)
	}
	for kind, want := range map[FactKind]string{FactModel: "m/M", FactTokenizer: "m/T", FactRequestRate: "2.0", FactArrivals: "constant", FactWorkload: "synthetic_text", FactToolVersion: "0.8.0"} {
		if f, _ := run.Stated(kind); f.Value != want {
			t.Errorf("fact of kind %d: %+v, want %q", kind, f, want)
		}
	}
	for _, f := range run.Facts {
		if strings.Contains(f.Value, "secret") {
			t.Errorf("a secret is a fact: %+v", f)
		}
	}
}

func TestGuideLLMFixture(t *testing.T) {
	text, err := os.ReadFile("../../shared/data/formats/guidellm/guidellm_report_v2.json")
	if err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	got, err := readAll("x", bytes.NewReader(text), Options{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d runs, %v", len(got), err)
	}
	for i, want := range []map[string]float64{
		{"time_to_first_token_ms.successful.mean": 11.481165885925293, "time_per_output_token_ms.successful.mean": 2.4421364068984985,
			"inter_token_latency_ms.successful.mean": 1.1508464813232422, "inter_token_latency_ms.successful.count": 14,
			"request_latency.successful.percentiles.p999": 0.020308971405029297, "request_totals.successful": 2, "output_token_count.successful.total_sum": 16},
		{"request_totals.successful": 2},
	} {
		run := &got[i].Run
		if !run.AggregatesOnly || len(got[i].Requests) > 0 || len(run.NotDerivable) != 1 {
			t.Errorf("run %d: %+v", i, run.NotDerivable)
		}
		for name, value := range want {
			if v, ok := run.Aggregate(name); !ok || v != value {
				t.Errorf("run %d: %s = %v, want %v", i, name, v, value)
			}
		}
	}
	run := &got[0].Run
	if r, ok := run.Report(MetricTPOT, "p99.9"); !ok || r.Unit != "ms" || r.Value != 2.5082528591156006 {
		t.Errorf("p99.9 of TPOT: %+v", r)
	}
	if d, _ := run.Duration.Get(); d != 5019648000 { // 1786678153.2722828 - 1786678148.2526348, to the digit; a file of floats says 5.01964807510376
		t.Errorf("duration %d", d)
	}
}

// guideLLMOld is a report of 0.2 or 0.3.
const guideLLMOld = `{"benchmarks": [{"type_": "generative_benchmark", "id_": "i", "run_id": "r", "args": {"profile": {"type_": "async"}, "profile_index": 0,
	"strategy": {"type_": "constant", "rate": 2.0}, "max_number": 2}, "run_stats": {"start_time": 1750000000.0, "request_time_avg": 0.5},
	"worker": {"type_": "w", "backend_type": "openai_http", "backend_model": "m/M", "backend_info": {}}, "request_loader": {"data": "prompt_tokens=1", "processor": "p"}, "extras": {},
	"metrics": {"time_per_output_token_ms": {"successful": {"mean": 1.5}}, "time_to_first_token_ms": {"successful": {"mean": 250.0, "percentiles": {"p001": 1.0}}}},
	"total_count": {"successful": 1}, "start_time": 1750000001.0, "end_time": 1750000003.0,
	"requests": {"successful": [{"type_": "generative_text_response", "request_id": "a", "scheduler_info": {"targeted_start_time": 1750000001.0, "queued_time": -1},
		"prompt": "[", "output": "x", "prompt_tokens": 7, "output_tokens": 5, "start_time": 1750000001.25, "end_time": 1750000003.0,
		"first_token_time": 1750000001.5, "last_token_time": 1750000002.5, "request_latency": 1.75}],
		"incomplete": [{"request_id": "b", "scheduler_info": {"targeted_start_time": -1}, "prompt_tokens": 7, "output_tokens": 0, "start_time": 1750000002.0, "end_time": 1750000003.0,
		"first_token_time": null, "last_token_time": null}], "errored": []}, "duration": 2.0}]}`

func TestGuideLLMOld(t *testing.T) {
	got, err := readAll("x", strings.NewReader(guideLLMOld), Options{})
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	want := []metrics.Request{
		{ID: "a", Due: known(0), Sent: known(25e7), End: known(2e9), Sparse: true, Deliveries: []metrics.Delivery{event(5e8, 1), event(15e8, 4)},
			PromptTokens: metrics.Known(int64(7)), UsageTokens: metrics.Known(int64(5))},
		{ID: "b", Sent: known(1e9), End: known(2e9), Outcome: metrics.Cancelled, PromptTokens: metrics.Known(int64(7)), UsageTokens: metrics.Known(int64(0))},
	}
	if diff := cmp.Diff(want, got[0].Requests, compareOptional); diff != "" {
		t.Error(diff)
	}
	run := &got[0].Run
	if _, ok := run.Report(MetricTPOT, "mean"); ok {
		t.Error("the TPOT of 0.3 does not include the TTFT, and is not comparable with that of today")
	}
	if r, ok := run.Report(MetricTTFT, "p0.1"); !ok || r.Value != 1 {
		t.Errorf("p0.1 of TTFT: %+v", r)
	}
	if model, _ := run.Stated(FactModel); model.Value != "m/M" {
		t.Errorf("model: %+v", model)
	}
}

func TestGuideLLMErrors(t *testing.T) {
	good := guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "5", "5")
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{guideLLMFile("constant", good+","+guideLLMRequest("48.25", "48.5", "48.4", "49.75", "50.25", "5", "5")),
			`x: request 1: requests.successful.first_token_iteration: time runs backwards`, metrics.ErrTimeReversed, "a first token before the request"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "48.7", "50.25", "5", "5")), `x: request 0: requests.successful.last_token_iteration: time runs backwards`, metrics.ErrTimeReversed, "a clock that was set back"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "50.5", "50.25", "5", "5")), `x: request 0: requests.successful.last_token_iteration: after the end`, metrics.ErrAfterEnd, "a token behind the end"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "-5", "5")), `x: request 0: requests.successful.output_metrics.total_tokens: out of range: -5 tokens`, ErrRange, "a negative count"},
		{guideLLMFile("constant", guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "null", "0")), `x: request 0: requests.successful.output_metrics.total_tokens: missing`, ErrMissing, "a token, and no number of tokens"},
		{strings.ReplaceAll(strings.Replace(guideLLMFile("constant", good), `"measure_start_time": 1786678148.25, `, ``, 1), `, "start_time": 1786678148.25`, ``), `x: request 0: requests.successful: start_time of the benchmark: missing`, ErrMissing, "no origin"},
		{`{"benchmarks": [{"scheduler_metrics": {}, "requests": {"successful": []}, "metrics": {}}]}`, `x: benchmarks[0].metrics: byte`, errMetricsBehind, "another order of members"},
		{`{"metadata": {"guidellm_version": "1"}}`, `x: byte`, ErrUnknownFormat, "no benchmarks"},
		{`{"benchmarks": {}}`, `x: benchmarks: byte`, ErrType, "no array"},
		{guideLLMFile("constant", good) + "{}", `x: run 1: byte`, nil, "a second document"},
		{guideLLMFile("constant", good)[:700], `x: `, nil, "cut off"},
		{strings.Replace(guideLLMFile("constant", good), `"request_id": "r"`, `"request_id": "r", "request_id": "s"`, 1), `x: request 0: requests.successful: duplicate key`, ErrDuplicateKey, "a key twice"},
		{"metadata:\n  version: 2\n  guidellm_version: 0.8.0\nbenchmarks:\n- type_: generative_benchmark\n", `x: `, ErrUnknownFormat, "YAML"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatGuideLLM})
		checkError(t, err, test.message, test.is, test.reason)
	}
	_, err := readAll("x", strings.NewReader("benchmarks:\n- config: {}\n  type_: generative_benchmark\n"), Options{})
	if !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), "convert it to JSON") {
		t.Errorf("YAML: %v, want advice", err)
	}
}

func FuzzGuideLLM(f *testing.F) {
	good := guideLLMRequest("48.25", "48.5", "48.75", "49.75", "50.25", "5", "5")
	f.Add([]byte(guideLLMFile("constant", good, good, good)))
	f.Add([]byte(guideLLMFile("throughput", guideLLMRequest("48.25", "48.5", "48.75", "48.75", "50.25", "null", "1"))))
	f.Add([]byte(guideLLMOld))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatGuideLLM}) })
}
