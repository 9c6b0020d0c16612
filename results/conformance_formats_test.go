package results_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results/resultstest"
)

// sparse returns a completed request of n tokens for Want, of which the first
// and the last are known.
func sparse(id string, sent, first, last time.Duration, n int64) metrics.Request {
	return metrics.Request{ID: id, Sent: metrics.Known(sent), Sparse: true, UsageTokens: metrics.Known(n),
		Deliveries: []metrics.Delivery{{At: first, Tokens: 1}, {At: last, Tokens: int(n - 1)}}}
}

func genAIBenchSamples() []resultstest.Sample {
	// The file states its unit at the end: 50 ms, not 50 s.
	inMS := sparse("0", 0, 50*time.Millisecond, 350*time.Millisecond, 4)
	inMS.PromptTokens, inMS.End = metrics.Known(int64(9)), metrics.Known(350*time.Millisecond)
	failed := metrics.Request{ID: "1", Sent: metrics.Known(time.Duration(0)), Outcome: metrics.Rejected}
	return []resultstest.Sample{{
		Name: "milliseconds",
		Content: []byte(`{"aggregated_metrics": {"scenario": "D(9,4)", "num_concurrency": 1, "run_duration": 1.5, "requests_per_second": NaN,
 "error_codes_frequency": {"429": 1}, "num_completed_requests": 1, "num_error_requests": 1,
 "stats": {"ttft": {"min": 50.0, "mean": 50.0, "stddev": 0.0, "sum": null, "p99": 50.0}, "num_output_tokens": {"mean": 4.0}}},
 "individual_request_metrics": [
  {"ttft": 50.0, "tpot": 100.0, "e2e_latency": 350, "num_input_tokens": 9, "num_output_tokens": 4, "error_code": null, "error_message": null},
  {"ttft": null, "e2e_latency": null, "num_output_tokens": null, "error_code": 429, "error_message": "{slow \"down\"]"}],
 "_time_unit": "ms"}
`),
		Want: [][]metrics.Request{{inMS, failed}},
	}, {
		Name:    "seconds of 2024, records only",
		Content: []byte(`{"individual_request_metrics": [{"ttft": 0.5, "e2e_latency": 0.5, "num_input_tokens": 1, "num_output_tokens": 1, "error_code": null}]}`),
	}}
}

func etalonSamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "chunks of several tokens",
		Content: []byte(`{"num_prompt_tokens": [10, 20], "num_output_tokens": [4, 0], "num_total_tokens": [14, 20], "tpot": [0.1, 0], "ttft": [0.5, 0],
 "tbt": [[0, 0.25, 0.05], []], "end_to_end_latency": [0.8, 0], "deadline_miss_rate": [Infinity, NaN]}
`),
		Want: [][]metrics.Request{{
			{ID: "0", Sent: metrics.Known(time.Duration(0)), PromptTokens: metrics.Known(int64(10)), UsageTokens: metrics.Known(int64(4)),
				Deliveries: []metrics.Delivery{{At: 500 * time.Millisecond, Tokens: 2}, {At: 750 * time.Millisecond, Tokens: 1}, {At: 800 * time.Millisecond, Tokens: 1}}},
			{ID: "1", Sent: metrics.Known(time.Duration(0)), PromptTokens: metrics.Known(int64(20)), UsageTokens: metrics.Known(int64(0))},
		}},
	}}
}

func veekshaSamples() []resultstest.Sample {
	const line = `{"request_id": %d, "session_id": 8, "scheduler_ready_at": 0.53709, "scheduler_dispatched_at": 0.53709, "client_picked_up_at": %s, ` +
		`"client_completed_at": 2.0, "num_delta_prompt_tokens": 6, "num_total_prompt_tokens": 16, "num_output_tokens": 3, "is_stream": true, ` +
		`"tpot": 0.00742, "ttfc": 0.0243, "end_to_end_latency": 0.03914, "output_throughput": NaN, "tbc": [0.00814, 0.0067]}`
	first := request("75", 0, 24300*time.Microsecond, 32440*time.Microsecond, 39140*time.Microsecond)
	first.Due, first.End = metrics.Known(-140*time.Microsecond), metrics.Known(1462770*time.Microsecond)
	first.PromptTokens, first.UsageTokens = metrics.Known(int64(16)), metrics.Known(int64(3))
	second := request("76", -230*time.Microsecond, 24070*time.Microsecond, 32210*time.Microsecond, 38910*time.Microsecond)
	second.End, second.PromptTokens, second.UsageTokens = first.End, first.PromptTokens, first.UsageTokens
	return []resultstest.Sample{{
		Name:    "two requests",
		Content: []byte(fmt.Sprintf(line+"\n"+line+"\n", 75, "0.53723", 76, "0.537")),
		Want:    [][]metrics.Request{{first, second}}, // the second was ready 90 µs after it was picked up
		Lines:   true,
		Endless: endless("", func(i int) string { return fmt.Sprintf(line+"\n", i, "0.6") }),
	}, {
		Name: "not streamed, empty",
		Content: []byte(`{"request_id": "a", "scheduler_dispatched_at": 1.0, "client_picked_up_at": null, "num_output_tokens": 3, "is_stream": false, "ttfc": 0.5, "tbc": []}` + "\n" +
			`{"request_id": "b", "scheduler_dispatched_at": 1.0, "num_output_tokens": 0, "is_stream": true, "ttfc": 0.0, "tbc": []}`),
		Lines: true,
	}}
}

func serverStampsSamples() []resultstest.Sample {
	const line = `{"request_id": "bench-%d", "input_toks": 2358, "output_toks": 531, "arrival_time": 1787267980.0827403, ` +
		`"queued_ts": 27536.660701067, "scheduled_ts": 27536.660721646, "first_token_ts": 27537.350135653, "last_token_ts": 27554.231018618}` + "\n"
	want := sparse("bench-0", 0, 689434586, 17570317551, 531)
	want.Scheduled, want.PromptTokens = metrics.Known(time.Duration(20579)), metrics.Known(int64(2358))
	empty := metrics.Request{ID: "none", Sent: metrics.Known(time.Duration(339298933)), UsageTokens: metrics.Known(int64(0))}
	return []resultstest.Sample{{
		Name: "a request and an empty one",
		Content: []byte(fmt.Sprintf(line, 0) +
			`{"request_id": "none", "output_toks": 0, "queued_ts": 27537, "scheduled_ts": 0.0, "first_token_ts": 0.0, "last_token_ts": 0.0}` + "\n"),
		Want:    [][]metrics.Request{{want, empty}},
		Lines:   true,
		Endless: endless("", func(i int) string { return fmt.Sprintf(line, i) }),
	}}
}

func specDecodeSamples() []resultstest.Sample {
	const line = `{"uid": %d, "round_idx": %d, "start_pos": %d, "committed": 3, "rho": [1.0, 0.470146, NaN], "recovery_rank": null, "t_round_ms": 47.2570001}` + "\n"
	rounds := func(uid int) string {
		return fmt.Sprintf(line+line+line, uid, 0, 57, uid, 1, 60, uid, 2, 63)
	}
	want := func(id string) metrics.Request {
		r := metrics.Request{ID: id, Sent: metrics.Known(time.Duration(0)), End: metrics.Known(time.Duration(3 * 47257000)),
			PromptTokens: metrics.Known(int64(57)), UsageTokens: metrics.Known(int64(9))}
		for i := range 3 {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(i+1) * 47257000, Tokens: 3})
		}
		return r
	}
	return []resultstest.Sample{{
		Name:    "two requests",
		Content: []byte(rounds(0) + rounds(7)),
		Want:    [][]metrics.Request{{want("0"), want("7")}},
		Lines:   true,
		Endless: endless("", func(i int) string {
			return strings.ReplaceAll(rounds(i), "}", `, "padding": "`+strings.Repeat("x", 400)+`"}`)
		}),
	}}
}

func mlperfSamples() []resultstest.Sample {
	line := func(key, value string) string {
		return `:::MLLOG {"key": "` + key + `", "value": ` + value + `, "time_ms": 0.01, "namespace": "mlperf::logging", "event_type": "POINT_IN_TIME", ` +
			`"metadata": {"is_error": false, "is_warning": false, "line_no": 53}}` + "\n"
	}
	return []resultstest.Sample{{
		Name: "results",
		Content: []byte(line("loadgen_version", `"5.1.0"`) + line("loadgen_file_sha1", `{"/.clang-format":"01"}`) + line("loaded_qsl_set", "[1,2]") +
			line("effective_target_qps", "83.5") + line("generic_message", `"a"`) + line("result_validity", `"VALID"`) + line("result_mean_latency_ns", "43579602295") +
			line("result_first_token_99.90_percentile_latency_ns", "2562462764") + line("result_time_to_output_token_mean", "144594078") +
			line("result_time_per_output_token_99.00_percentile_ns", "193380124") + line("result_token_throughput", "6.90935e-09") + line("num_errors", "0")),
		Want:  [][]metrics.Request{nil},
		Lines: true,
	}}
}

func mlperfSummarySamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "results",
		Content: []byte(`================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Result is : VALID
Completed tokens per second: 24593.77
TTFT Early Stopping Result:
 * Run successful.

================================================
Additional Stats
================================================
Completed tokens per second                 : 24593.77
99.90 percentile first token latency (ns)   : 2562462764
Mean Time to Output Token (ns)               : 144594078

================================================
Test Parameters Used
================================================
target_qps : 83.5
WARNING: sample_concatenate_permutation was set to true. 
Check the generated_samples_per_query line in the detailed log for the real

No warnings encountered during test.

No errors encountered during test.
`),
		Want: [][]metrics.Request{nil},
	}}
}
