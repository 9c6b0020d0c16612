package results_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results/resultstest"
)

func at(d time.Duration) metrics.Instant { return metrics.Known(d) }

func count(n int64) metrics.Count { return metrics.Known(n) }

func sglangSamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "native endpoint, two runs",
		Content: []byte(`{"tag": null, "backend": "sglang", "request_rate": Infinity, "sharegpt_output_len": null, "server_info": {"model_path": "m", "internal_states": [{"a": [1]}]}, ` +
			`"duration": 2.5, "completed": 1, "mean_e2e_latency_ms": 375.0, "p99_itl_ms": NaN, "input_lens": [10, 20], "output_lens": [5, 0], "ttfts": [0.5, 0.0], ` +
			`"itls": [[0.25, 0.125, 0.125], []], "generated_texts": ["[NaN\"", ""], "errors": ["", "boom"]}
{"backend": "sglang-oai", "completed": 7, "mean_e2e_latency_ms": 3.5, "request_rate": "trace"}
`),
		Want: [][]metrics.Request{{
			{ID: "0", Sent: at(0), Deliveries: []metrics.Delivery{{At: 500 * time.Millisecond, Tokens: 2}, {At: 750 * time.Millisecond, Tokens: 1},
				{At: 875 * time.Millisecond, Tokens: 1}, {At: time.Second, Tokens: 1}}, PromptTokens: count(10), UsageTokens: count(5)},
			{ID: "1", Sent: at(0), Outcome: metrics.Failed, PromptTokens: count(20)},
		}, nil},
		Lines: true,
	}}
}

func guideLLMSamples() []resultstest.Sample {
	const request = `{"request_id": "a", "info": {"timings": {"targeted_start": 1786678148.25, "request_start": 1786678148.5, "first_token_iteration": 1786678148.75,` +
		` "last_token_iteration": 1786678149.75, "token_iterations": 5, "request_end": 1786678150.25}}, "input_metrics": {"total_tokens": 9}, "output_metrics": {"total_tokens": 5}}`
	return []resultstest.Sample{{
		Name: "one benchmark with requests, one without",
		Content: []byte(`{"metadata": {"version": 2, "guidellm_version": "0.8.0"}, "config": {"spec": {"data": [{"kind": "synthetic_text"}]}},
"benchmarks": [{"config": {"strategy": {"type_": "constant", "rate": 2.0}, "warmup": {"percent": null}},
"scheduler_metrics": {"measure_start_time": 1786678148.25, "measure_end_time": 1786678158.25, "request_targeted_start_delay_avg": 0.25},
"metrics": {"request_totals": {"successful": 1, "total": 1}, "time_to_first_token_ms": {"successful": {"mean": 250.0, "percentiles": {"p001": 250.0}, "pdf": [[1, 2]]}}},
"requests": {"successful": [` + request + `], "errored": [], "incomplete": [], "total": null}, "duration": 10.0},
{"metrics": {"request_latency": {"successful": {"max": 1.5}}}, "requests": {"successful": []}}]}
`),
		Want: [][]metrics.Request{{
			{ID: "a", Due: at(0), Sent: at(250 * time.Millisecond), End: at(2 * time.Second), Sparse: true, PromptTokens: count(9), UsageTokens: count(5),
				Deliveries: []metrics.Delivery{{At: 500 * time.Millisecond, Tokens: 1}, {At: 1500 * time.Millisecond, Tokens: 4}}},
		}, nil},
		Endless: endless(`{"benchmarks": [{"scheduler_metrics": {"measure_start_time": 1786678148.25, "measure_end_time": 1786678158.25}, "requests": {"successful": [`+request,
			func(int) string { return ",\n" + request }),
	}}
}

func inferencePerfSamples() []resultstest.Sample {
	element := func(i int) string {
		return fmt.Sprintf(`{"start_time": %d.5, "end_time": %d.75, "request": "{\"prompt\": \"[\"}", "response": null, "info": {"request_metrics": {"text": {"input_tokens": 7}},`+
			` "response_metrics": {"output_tokens": 3, "server_usage": {"completion_tokens": 3}, "response_chunks": ["{}"], "chunk_times": [%d.625, %d.6875], "output_token_times": [%d.625, %d.6875, %d.6875]},`+
			` "extra_info": {}, "input_tokens": 7}, "error": null}`, i, i, i, i, i, i, i)
	}
	return []resultstest.Sample{{
		Name: "nested",
		Content: []byte("[" + element(100) + ",\n" +
			`{"start_time": 100.0, "end_time": 101.0, "request": "{}", "info": null, "error": {"error_type": "TimeoutError", "error_msg": "m"}}` + "]\n"),
		Want: [][]metrics.Request{{
			{ID: "0", Sent: at(0), End: at(250 * time.Millisecond), PromptTokens: count(7), UsageTokens: count(3),
				Deliveries: []metrics.Delivery{{At: 125 * time.Millisecond, Tokens: 1}, {At: 187500 * time.Microsecond, Tokens: 2}}},
			{ID: "1", Sent: at(-500 * time.Millisecond), End: at(500 * time.Millisecond), Outcome: metrics.TimedOut},
		}},
		Endless: endless("["+element(1), func(i int) string { return ",\n" + element(2+i%1000000) }),
	}, {
		Name: "of 2025, stamps of lines",
		Content: []byte(`[{"start_time": 100.5, "end_time": 101.5, "request": "{}", "info": {"input_tokens": 7, "output_tokens": 3, "output_token_times": ` +
			`[100.75, 100.75003, 101.0, 101.00003, 101.25]}, "error": null}]`),
		Want: [][]metrics.Request{{{ID: "0", Sent: at(0), End: at(time.Second), Sparse: true, PromptTokens: count(7), UsageTokens: count(3),
			Deliveries: []metrics.Delivery{{At: 250 * time.Millisecond, Tokens: 1}, {At: 750 * time.Millisecond, Tokens: 2}}}}},
	}}
}

func inferencePerfSummarySamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "a stage",
		Content: []byte(`{"benchmark_time_seconds": 20.5, "load_summary": {"count": 7, "schedule_delay": {"mean": 0.25, "p0.1": -0.25}, "requested_rate": 2.0},
"successes": {"count": 7, "latency": {"time_to_first_token": {"mean": 0.25, "median": NaN}}, "prompt_len": {"mean": 3.5}}, "failures": {"count": 0, "request_latency": null}}`),
		Want: [][]metrics.Request{nil},
	}}
}

func llmPerfSamples() []resultstest.Sample {
	const element = `{"error_code": null, "error_msg": "", "inter_token_latency_s": 0.25, "ttft_s": 0.5, "end_to_end_latency_s": 1.25, ` +
		`"request_output_throughput_token_per_s": 3.2, "number_total_tokens": 14, "number_output_tokens": 4, "number_input_tokens": 10}`
	return []resultstest.Sample{{
		Name: "an answer and a failure",
		Content: []byte("[\n " + element + `, {"error_code": 429, "error_msg": "m", "inter_token_latency_s": 0, "ttft_s": 0, "end_to_end_latency_s": 0, ` +
			`"number_output_tokens": 0, "number_input_tokens": 10}` + "\n]"),
		Want: [][]metrics.Request{{
			{ID: "0", Sent: at(0), End: at(1250 * time.Millisecond), Sparse: true, PromptTokens: count(10), UsageTokens: count(4),
				Deliveries: []metrics.Delivery{{At: 500 * time.Millisecond, Tokens: 1}, {At: time.Second, Tokens: 3}}},
			{ID: "1", Sent: at(0), Outcome: metrics.Rejected, PromptTokens: count(10)},
		}},
		Endless: endless("["+element, func(int) string { return "," + element }),
	}}
}
