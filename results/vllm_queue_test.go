package results

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// vllmNewest returns a file as the client of September 2026 writes it, with
// the given changes.
func vllmNewest(changes ...string) string {
	return vllmFile(append([]string{
		`"endpoint_type": "openai"`, `"backend": "openai"`, `"tokenizer_id": "t"`, `"num_prompts": 4`, `"request_rate": 2.0`, `"burstiness": 1.0`,
		`"max_concurrency": 1`, `"ramp_up_strategy": "linear"`, `"ramp_up_start_rps": 1`, `"ramp_up_end_rps": 2`,
		`"completed": 3`, `"failed": 1`, `"mean_ttft_ms":`, `"total_output_tokens": 6`,
		`"input_lens": [10, 20, 30, 40]`, `"output_lens": [3, 1, 2, 0]`, `"ttfts": [0.5, 0.25, 0.5, 0.0]`,
		`"itls": [[0.125, 0.125], [], [0.25], []]`, `"latencies": [0.75, 0.25, 0.75, 0.0]`,
		`"start_times": [100.0, 100.75, 101.0, 0.0]`, `"queue_times": [0.0, 0.25, 0.5, -101.5]`, `"errors": ["", "", "", "refused"]`,
		`"request_throughput": 1.5`, `"rtfx": 0.0`, `"max_output_tokens_per_s": 4.0`, `"max_concurrent_requests": 1`,
		`"probe_completed": 5`, `"probe_failed": 1`, `"probe_median_e2el_ms": 10.5`, `"probe_p99_e2el_ms": 12.5`, `"probe_max_e2el_ms": 13.0`,
		`"rps_change_events": [{"rps": 1, "timestamp": "2026-09-01T00:00:00"}]`,
		`"spec_decode_acceptance_rate": 62.5`, `"spec_decode_acceptance_length": 2.25`, `"spec_decode_num_drafts": 40`,
		`"spec_decode_draft_tokens": 80`, `"spec_decode_accepted_tokens": 50`, `"spec_decode_per_position_acceptance_rates": [0.75, 0.5]`,
		`"mean_client_queue_time_ms": 250.0`, `"median_client_queue_time_ms": 250.0`, `"std_client_queue_time_ms": 204.12414523193151`, `"p99_client_queue_time_ms": 495.0`,
		`"mean_e2el_ms": 583.3333333333334`, `"p99_e2el_ms": 750.0`,
		`"mean_e2el_including_client_queue_ms": 833.3333333333334`, `"median_e2el_including_client_queue_ms": 750.0`, `"p99_e2el_including_client_queue_ms": 1240.0`,
	}, changes...)...)
}

// TestVLLMClientQueue reads a file whose requests were wanted at 100, 100.5,
// and 100.5 s, and waited 0, 250 and 500 ms for the one free connection.
func TestVLLMClientQueue(t *testing.T) {
	got, err := readAll("x", strings.NewReader(vllmNewest()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := &got[0].Run
	if len(run.Warnings) > 0 {
		t.Errorf("warnings: %v", run.Warnings)
	}
	s := metrics.Summary{Options: metrics.SummaryOptions{Convention: metrics.VLLM}}
	fromDue := metrics.VLLM
	fromDue.Zero = metrics.FromDue
	scheduled := metrics.Summary{Options: metrics.SummaryOptions{Convention: fromDue}}
	for i := range got[0].Requests {
		for _, sum := range []*metrics.Summary{&s, &scheduled} {
			if err := sum.Add(&got[0].Requests[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	compared := run.Reproduce(&s)
	if len(compared) < 6 {
		t.Errorf("compared %v, want queue times and latencies", compared)
	}
	for _, rep := range compared {
		if rep.Metric != MetricEndToEndFromDue && rep.Verdict != Reproduced {
			t.Error(rep)
		}
	}
	for stat, want := range map[string]float64{"mean": 2500. / 3, "p50": 750, "p99": 1240} {
		reported, ok := run.Report(MetricEndToEndFromDue, stat)
		ns, known := aggregate(&scheduled.Raw.EndToEnd, stat)
		if !ok || !known || reported.Value != want && math.Abs(reported.Value-want) > 1e-9 || math.Abs(ns/1e6-want) > 1e-6 {
			t.Errorf("%s of the latency from the schedule: stated %v, recomputed %v ms, want %v", stat, reported, ns/1e6, want)
		}
	}
}

func TestVLLMNewestKeys(t *testing.T) {
	got, err := readAll("x", strings.NewReader(vllmNewest()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := &got[0].Run
	for name, want := range map[string]string{
		"ramp_up_strategy": "linear", "ramp_up_start_rps": "1", "ramp_up_end_rps": "2",
		"rps_change_events": `[{"rps": 1, "timestamp": "2026-09-01T00:00:00"}]`, "spec_decode_per_position_acceptance_rates": `[0.75, 0.5]`,
	} {
		if value, _ := run.Fact(name); value != want {
			t.Errorf("fact %s: %q, want %q", name, value, want)
		}
	}
	for _, want := range []Reported{
		{"probe_completed", 5, "requests", "", ""}, {"probe_failed", 1, "requests", "", ""}, {"probe_median_e2el_ms", 10.5, "ms", "", ""},
		{"probe_max_e2el_ms", 13, "ms", "", ""}, {"spec_decode_acceptance_rate", 62.5, "%", "", ""}, {"spec_decode_acceptance_length", 2.25, "tokens", "", ""},
		{"spec_decode_num_drafts", 40, "drafts", "", ""}, {"mean_client_queue_time_ms", 250, "ms", MetricScheduleDelay, "mean"},
		{"p99_e2el_including_client_queue_ms", 1240, "ms", MetricEndToEndFromDue, "p99"}, {"failed", 1, "requests", MetricFailed, ""},
	} {
		found := Reported{}
		for _, r := range run.Reported {
			if r.Name == want.Name {
				found = r
			}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s:\n%s", want.Name, diff)
		}
	}
}

func TestVLLMWithoutDetails(t *testing.T) {
	for _, test := range []struct {
		text, why, reason string
	}{
		{vllmNewest(`"input_lens":`, `"output_lens":`, `"ttfts":`, `"itls":`, `"start_times":`, `"errors":`),
			"beside aggregates the file holds 4 latencies, but no token times and counts to go with them; --save-detailed records the requests",
			"latencies and queue_times stay in the file without --save-detailed"},
		{`{"completed": 2, "total_input_sequences": 2, "input_sequence_throughput": 0.8, "request_throughput": 0.8, "mean_e2el_ms": 3.0,
			"input_lens": [1, 2], "latencies": [0.5, 0.25], "queue_times": [0, 0], "errors": ["", ""]}`,
			"beside aggregates the file holds 2 latencies, but no token times and counts to go with them; --save-detailed records the requests",
			"a client of embeddings streams nothing"},
	} {
		got, err := readAll("x", strings.NewReader(test.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		want := []NotDerivable{{"everything", test.why}}
		if diff := cmp.Diff(want, got[0].Run.NotDerivable); diff != "" || !got[0].Run.AggregatesOnly || len(got[0].Requests) > 0 {
			t.Errorf("%s: %+v\n%s", test.reason, got[0], diff)
		}
	}
}
