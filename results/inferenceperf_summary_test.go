package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func TestInferencePerfSummary(t *testing.T) {
	const text = `{"benchmark_time_seconds": 20.5, "load_summary": {"count": 7, "schedule_delay": {"mean": 0.25, "min": -0.5, "p0.1": -0.25, "median": 0.125}, "send_duration": 19.5,
		"requested_rate": 2.0, "achieved_rate": 1.75, "concurrency": 8}, "successes": {"count": 6,
		"latency": {"request_latency": {"p99.9": 1.5, "max": 2}, "normalized_time_per_output_token": {"mean": 0.5}, "time_per_output_token": null, "time_to_first_token": {"mean": NaN}, "inter_token_latency": {"p90": 0.5}},
		"throughput": {"input_tokens_per_sec": 5.0, "output_tokens_per_sec": 6.0, "total_tokens_per_sec": 11.0, "requests_per_sec": 0.25},
		"prompt_tokens": {"total": 60.0, "cached": 10.0, "mean": 10.0}, "output_len": {"mean": 20.0}, "output_tokens": {"total": 120.0, "mean": 20.0}, "token_count_mismatches": 1,
		"goodput_metrics": {"goodput_percentage": 50.0, "request_goodput": 0.125, "token_goodput": 3.0, "ttft_attainment_percentage": 75.0}},
		"failures": {"count": 1, "request_latency": {"mean": 3.5}, "by_label": {"500 - x": {"count": 1, "messages": [{"message": "m"}]}}}}`
	const latency = "successes.latency."
	want := Run{Source: "x", Format: FormatInferencePerfSummary, Convention: "inference-perf", Duration: known(205e8), AggregatesOnly: true,
		Facts: []Fact{{"load_summary.requested_rate", "2.0"}, {"load_summary.concurrency", "8"}},
		Reported: []Reported{
			{"benchmark_time_seconds", 20.5, "s", MetricDuration, ""},
			{"load_summary.count", 7, "requests", "", ""},
			{"load_summary.schedule_delay.mean", 0.25, "s", MetricScheduleDelay, "mean"},
			{"load_summary.schedule_delay.min", -0.5, "s", MetricScheduleDelay, "min"},
			{"load_summary.schedule_delay.p0.1", -0.25, "s", MetricScheduleDelay, "p0.1"},
			{"load_summary.schedule_delay.median", 0.125, "s", MetricScheduleDelay, "p50"},
			{"load_summary.send_duration", 19.5, "s", "", ""},
			{"load_summary.achieved_rate", 1.75, "requests/s", "", ""},
			{"successes.count", 6, "requests", MetricCompleted, ""},
			{latency + "request_latency.p99.9", 1.5, "s", MetricEndToEnd, "p99.9"},
			{latency + "request_latency.max", 2, "s", MetricEndToEnd, "max"},
			{latency + "normalized_time_per_output_token.mean", 0.5, "s", MetricNormalized, "mean"},
			{latency + "inter_token_latency.p90", 0.5, "s", MetricITL, "p90"},
			{"successes.throughput.input_tokens_per_sec", 5, "tokens/s", "", ""},
			{"successes.throughput.output_tokens_per_sec", 6, "tokens/s", MetricOutputRate, ""},
			{"successes.throughput.total_tokens_per_sec", 11, "tokens/s", MetricTotalRate, ""},
			{"successes.throughput.requests_per_sec", 0.25, "requests/s", MetricRequestRate, ""},
			{"successes.prompt_tokens.total", 60, "tokens", MetricPromptTokens, ""},
			{"successes.prompt_tokens.cached", 10, "tokens", "", ""},
			{"successes.prompt_tokens.mean", 10, "tokens", MetricPromptLength, "mean"},
			{"successes.output_len.mean", 20, "tokens", MetricOutputLength, "mean"},
			{"successes.output_tokens.total", 120, "tokens", MetricOutputTokens, ""},
			{"successes.output_tokens.mean", 20, "tokens", "", "mean"},
			{"successes.token_count_mismatches", 1, "requests", "", ""},
			{"successes.goodput_metrics.goodput_percentage", 50, "%", "", ""},
			{"successes.goodput_metrics.request_goodput", 0.125, "requests/s", "", ""},
			{"successes.goodput_metrics.token_goodput", 3, "tokens/s", "", ""},
			{"successes.goodput_metrics.ttft_attainment_percentage", 75, "%", "", ""},
			{"failures.count", 1, "requests", MetricFailed, ""},
			{"failures.request_latency.mean", 3.5, "s", "", "mean"},
		},
		NotDerivable: []NotDerivable{{"everything", "the file holds aggregates only; per_request_lifecycle_metrics.json holds the requests, if the tool was told to write it"}},
		Warnings:     []metrics.Warning{{Code: "non-finite-number", Message: "1 numbers are not finite, and are left out"}},
	}
	got, err := readAll("x", strings.NewReader(text), Options{})
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got[0].Run, compareOptional); diff != "" {
		t.Error(diff)
	}
	if f, ok := got[0].Run.Stated(FactMaxConcurrency); !ok || f.Value != "8" {
		t.Errorf("concurrency asked for: %+v", f)
	}
}

func TestInferencePerfRecordings(t *testing.T) {
	const dir = "../../shared/data/formats/inference-perf"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the recorded data is not there: %v", err)
	}
	for _, test := range []struct {
		file                  string
		completed             float64
		tpot, itlMedian, sent float64
		reported              int
		reason                string
	}{
		{"stage_0_lifecycle_metrics.json", 60, 0.005779756271450008, 0, 1, 14*8 + 9, "a stage"},
		{"stage_1_kubecon_vllm_baseline.json", 1884, 0.003979301189754678, 0, 31.4, 14*8 + 9, "a stage of the KubeCon demonstration"},
		{"summary_lifecycle_metrics.json", 22042, 0.015981971148779774, 4.97829751111567e-05, 0, 14*8 + 7, "all stages: no rate was asked for"},
	} {
		rd, err := Open(filepath.Join(dir, test.file), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !rd.NextRun() || rd.Next() || rd.Run().Format != FormatInferencePerfSummary {
			t.Fatalf("%s: %v", test.file, rd.Err())
		}
		run := rd.Run()
		completed, _ := run.Report(MetricCompleted, "")
		tpot, _ := run.Report(MetricTPOT, "p50")
		if completed.Value != test.completed || tpot.Value != test.tpot || tpot.Unit != "s" || len(run.Reported) != test.reported {
			t.Errorf("%s, %s: completed %+v, TPOT %+v, %d numbers", test.file, test.reason, completed, tpot, len(run.Reported))
		}
		if itl, ok := run.Report(MetricITL, "p50"); !ok || test.itlMedian != 0 && itl.Value != test.itlMedian {
			t.Errorf("%s: ITL %+v", test.file, itl)
		}
		if rate, ok := run.Stated(FactRequestRate); ok != (test.sent > 0) {
			t.Errorf("%s: requested rate %+v", test.file, rate)
		}
		if rd.NextRun() || rd.Err() != nil {
			t.Errorf("%s: a second run, or %v", test.file, rd.Err())
		}
		rd.Close()
	}
	_, err := func() (*Reader, error) {
		rd, err := Open(filepath.Join(dir, "stage_0_prometheus_metrics.json"), Options{})
		if err != nil {
			return nil, err
		}
		defer rd.Close()
		rd.NextRun()
		return rd, rd.Err()
	}()
	checkError(t, err, filepath.Join(dir, "stage_0_prometheus_metrics.json")+": successes.queue_len: byte", ErrUnknownFormat, "figures of the server")
	if err == nil || !strings.Contains(err.Error(), "Prometheus") {
		t.Errorf("the error does not say what the file is: %v", err)
	}
}

func TestInferencePerfSummaryErrors(t *testing.T) {
	for _, test := range []struct {
		text, message string
		is            error
		reason        string
	}{
		{`{"benchmark_time_seconds": -1}`, `x: benchmark_time_seconds: byte`, ErrNegativeTime, "a negative duration"},
		{`{"benchmark_time_seconds": 1e10}`, `x: benchmark_time_seconds: byte`, ErrRange, "an endless one"},
		{`{"benchmark_time_seconds": NaN}`, `x: benchmark_time_seconds: byte`, ErrNotFinite, "one that is no number"},
		{`{"load_summary": {"count": "x"}}`, `x: load_summary.count: byte`, ErrType, "a text"},
		{`{"load_summary": {}, "successes": {}, "failures": {}}`, `x: not a format that is known (a JSON object without the figures of inference-perf)`, ErrUnknownFormat, "no number"},
		{`{"load_summary": {"count": 1, "count": 1}}`, `x: load_summary: byte`, ErrDuplicateKey, "a key twice"},
		{`{"load_summary": {"count": 1}} {}`, `x: run 1: byte`, nil, "a second document"},
		{`{"load_summary": {"count": 1}`, `x: byte`, nil, "cut off"},
		{`[]`, `x: byte`, ErrType, "an array"},
	} {
		_, err := readAll("x", strings.NewReader(test.text), Options{Format: FormatInferencePerfSummary})
		checkError(t, err, test.message, test.is, test.reason)
	}
}

func FuzzInferencePerfSummary(f *testing.F) {
	f.Add([]byte(`{"benchmark_time_seconds": 20.5, "load_summary": {"count": 7, "schedule_delay": {"mean": 0.25, "p0.1": -0.25}}, "successes": {"count": 6, "latency": {"request_latency": {"p99.9": NaN}}}}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		checkInvariants(t, input, Options{Format: FormatInferencePerfSummary})
	})
}
