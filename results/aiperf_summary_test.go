package results

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

const aiperfSummary = `{"schema_version": "1.5", "aiperf_version": "0.9.0", "request_latency": {"unit": "ms", "avg": 2620.5, "p99": 3371.25, "std": 297.5, "count": 20, "sum": 52410},
 "request_throughput": {"unit": "requests/sec", "avg": 1.5}, "request_count": {"unit": "requests", "avg": 20.0}, "benchmark_duration": {"unit": "sec", "avg": 9.317788951},
 "inter_token_latency": {"unit": "ms", "avg": NaN, "min": null, "max": 7},
 "input_config": {"endpoint": {"model_names": ["a", "b"], "urls": ["u"], "streaming": true}, "loadgen": {"concurrency": 4, "seed": null}},
 "run_info": {"trial": 0, "variation_values": {"x": 1}}, "was_cancelled": false, "warmup_metrics": {"request_count": {"unit": "requests", "avg": 3}},
 "telemetry_data": {"endpoints": {"e": {"unit": "W", "avg": 1}}}, "error_summary": [{"count": 1}], "branch_stats": {"avg": 4}}
`

func TestAIPerfSummary(t *testing.T) {
	got, err := readAll("x", strings.NewReader(aiperfSummary), Options{})
	if err != nil || len(got) != 1 {
		t.Fatal(err, len(got))
	}
	want := Run{Source: "x", Format: FormatAIPerfSummary, Convention: "aiperf", AggregatesOnly: true, Duration: metrics.Known(9317788951 * time.Nanosecond),
		Facts: []Fact{{"schema_version", "1.5"}, {"aiperf_version", "0.9.0"}, {"endpoint.model_names", "a, b"}, {"endpoint.streaming", "true"},
			{"loadgen.concurrency", "4"}, {"trial", "0"}, {"variation_values.x", "1"}, {"was_cancelled", "false"}},
		Reported: []Reported{
			{"request_latency.avg", 2620.5, "ms", MetricEndToEnd, "mean"}, {"request_latency.p99", 3371.25, "ms", MetricEndToEnd, "p99"},
			{"request_latency.std", 297.5, "ms", MetricEndToEnd, "std"}, {"request_latency.count", 20, "", "", "count"},
			{"request_latency.sum", 52410, "ms", MetricEndToEnd, "sum"},
			{"request_throughput.avg", 1.5, "requests/sec", MetricRequestRate, ""}, {"request_count.avg", 20, "requests", MetricCompleted, ""},
			{"benchmark_duration.avg", 9.317788951, "sec", MetricDuration, ""}, {"inter_token_latency.max", 7, "ms", MetricTPOT, "max"},
		},
		NotDerivable: []NotDerivable{{"everything", "the file holds aggregates only; profile_export.jsonl beside it holds the requests"}},
		Warnings:     []metrics.Warning{{Code: "non-finite-number", Message: "the file states inter_token_latency.avg as NaN: it is left out"}},
	}
	if diff := cmp.Diff([]record{{Run: want}}, got, compareOptional); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAIPerfSummaryForms holds that older forms of the file are found and say
// the same.
func TestAIPerfSummaryForms(t *testing.T) {
	want := []Reported{{"request_latency.avg", 2.5, "ms", MetricEndToEnd, "mean"}, {"request_latency.min", 1.5, "ms", MetricEndToEnd, "min"}}
	for _, test := range []struct{ text, reason string }{
		{`{"records": {"request_latency": {"tag": "request_latency", "unit": "ms", "header": "Request Latency", "avg": 2.5, "min": 1.5}}}`, "AIPerf of 2025"},
		{`{"request_latency": {"unit": "ms", "avg": 2.5, "min": 1.5}, "input_config": {}}`, "genai-perf"},
	} {
		got, err := readAll("x", strings.NewReader(test.text), Options{})
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v", test.reason, err)
		} else if diff := cmp.Diff(want, got[0].Run.Reported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

func TestAIPerfSummaryErrors(t *testing.T) {
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{`{"request_count": {"unit": 5, "avg": 1}}`, "x: request_count.unit: byte", ErrType, "a unit that is a number"},
		{`{"request_count": {"unit": "requests", "avg": 1, "avg": 2}}`, "x: request_count: byte", ErrDuplicateKey, "a statistic twice"},
		{`{"request_count": {"unit": "requests", "avg": 1e999}}`, "x: request_count.avg: byte", ErrRange, "beyond a float64"},
		{`{"benchmark_duration": {"unit": "h", "avg": 1}}`, `x: benchmark_duration.unit: byte`, nil, "an unknown unit of a time that we need"},
		{`{"benchmark_duration": {"unit": "s", "avg": -1}}`, "x: benchmark_duration: byte", ErrNegativeTime, "a negative duration"},
		{`{"benchmark_duration": {"unit": "s", "avg": 3e9}}`, "x: benchmark_duration: byte", ErrRange, "95 years"},
		{`{"schema_version": "1.5"}`, "x: byte", ErrMissing, "no metric"},
		{`{"records": [1]}`, "x: records: byte", ErrType, "a list of records"},
		{`{"request_count": {"unit": "requests"`, "x: ", nil, "cut off"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatAIPerfSummary})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzAIPerfSummary(f *testing.F) {
	f.Add([]byte(aiperfSummary))
	f.Add([]byte(`{"records": {"ttft": {"unit": "ms", "avg": 2.5, "min": null}}}`))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatAIPerfSummary}) })
}
