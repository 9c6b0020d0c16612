package results_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results/resultstest"
)

func aiperfNew() resultstest.Sample {
	line := func(i int) string {
		return fmt.Sprintf(`{"metadata": {"session_num": %d, "x_request_id": "r%d", "credit_issued_ns": %d, "request_start_ns": %d, "request_end_ns": %d, "benchmark_phase": "profiling", "was_cancelled": false}, `+
			`"metrics": {"input_sequence_length": {"value": 7, "unit": "tokens"}, "time_to_first_token": {"value": 0.0005, "unit": "ms"}, "request_latency": {"value": 0.0008, "unit": "ms"}, `+
			`"inter_chunk_latency": {"value": [0.0001, 0.0002], "unit": "ms"}, "output_sequence_length": {"value": 3, "unit": "tokens"}}, "error": null}`+"\n",
			i, i, 1759813207532900000+1000*i, 1759813207532900007+1000*i, 1759813207532900907+1000*i)
	}
	want := func(i int, id string) metrics.Request {
		at := time.Duration(1000 * i)
		r := request(id, at, at+500, at+600, at+800)
		r.Due, r.End = metrics.Known(at-7), metrics.Known(at+900)
		r.PromptTokens, r.UsageTokens = metrics.Known(int64(7)), metrics.Known(int64(3))
		return r
	}
	cancelled := `{"metadata": {"x_request_id": "c", "request_start_ns": 1759813207532900000, "request_ack_ns": null, "benchmark_phase": "profiling", "was_cancelled": true}, ` +
		`"metrics": {"error_isl": {"value": 9, "unit": "tokens"}}, "error": {"code": 499, "type": "RequestCancellationError", "message": "m"}}` + "\n"
	warm := strings.Replace(line(0), "profiling", "warmup", 1)
	return resultstest.Sample{
		Name:    "2026",
		Content: []byte(warm + line(0) + line(1) + cancelled),
		Want: [][]metrics.Request{{want(0, "r0"), want(1, "r1"),
			{ID: "c", Sent: metrics.Known(-7 * time.Nanosecond), Outcome: metrics.Cancelled, PromptTokens: metrics.Known(int64(9))}}},
		Lines:   true,
		Endless: endless("", line),
	}
}

func aiperfOld() resultstest.Sample {
	r := request("0", 0, 500)
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: 900, Tokens: 4})
	r.Sparse, r.UsageTokens = true, metrics.Known(int64(5))
	return resultstest.Sample{
		Name: "2025, without chunks",
		Content: []byte(`{"metadata":{"timestamp_ns":1759522419154829652,"worker_id":"w","record_processor_id":"p","credit_phase":"profiling"},` +
			`"metrics":{"ttft":{"unit":"us","value":0.5},"request_latency":{"value":900,"unit":"ns"},"output_token_count":{"value":2,"unit":"tokens"},"reasoning_token_count":{"value":3.0,"unit":"tokens"}},"error":null}` + "\n"),
		Want:  [][]metrics.Request{{r}},
		Lines: true,
	}
}

func aiperfRawSample() resultstest.Sample {
	line := func(i int) string {
		start := 5000 + 100*i
		return fmt.Sprintf(`{"metadata": {"x_request_id": "r%d", "request_start_ns": %d, "benchmark_phase": "profiling"}, "start_perf_ns": %d, "payload": {"model": "m"}, "status": 200, "responses": [`+
			`{"perf_ns": %d, "packets": [{"name": "data", "value": "{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}"}]}, `+
			`{"perf_ns": %d, "packets": [{"name": "data", "value": "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}"}]}, `+
			`{"perf_ns": %d, "packets": [{"name": "data", "value": "[DONE]"}]}], "error": null}`+"\n",
			i, 1759813207532900000+100*i, start, start+10, start+20, start+30)
	}
	want := func(i int, id string) metrics.Request {
		at := time.Duration(100 * i)
		r := request(id, at, at+20)
		r.Deliveries = append([]metrics.Delivery{{At: at + 10}}, r.Deliveries...)
		r.End = metrics.Known(at + 30)
		return r
	}
	return resultstest.Sample{
		Name:    "chat",
		Content: []byte(line(0) + line(1)),
		Want:    [][]metrics.Request{{want(0, "r0"), want(1, "r1")}},
		Lines:   true,
		Endless: endless("", line),
	}
}

func aiperfSummaries() []resultstest.Sample {
	return []resultstest.Sample{{
		Name: "schema 1.5",
		Content: []byte(`{"schema_version": "1.5", "request_latency": {"unit": "ms", "avg": 2620.5, "p99": 3371.25, "count": 20}, "request_count": {"unit": "requests", "avg": 20.0},
 "benchmark_duration": {"unit": "sec", "avg": 9.317788951}, "input_config": {"endpoint": {"model_names": ["a"]}}, "error_summary": [{"count": 1}]}`),
		Want: [][]metrics.Request{nil},
	}, {
		Name:    "2025",
		Content: []byte(`{"records": {"ttft": {"tag": "ttft", "unit": "ms", "avg": NaN, "min": null, "max": 2}, "request_count": {"unit": "requests", "avg": 1, "count": 1}}, "was_cancelled": false}`),
		Want:    [][]metrics.Request{nil},
	}}
}

func perfAnalyzerSample() resultstest.Sample {
	one := func(i int) string {
		comma := ", "
		if i == 0 {
			comma = ""
		}
		sent := 1759813207532900000 + 100*i
		return fmt.Sprintf(`%s{"timestamp": %d, "request_inputs": {"payload": "{}"}, "response_timestamps": [%d, %d, %d], "response_outputs": [{"response": "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"}, `+
			`{"text_output": "b"}, {"response": "data: [DONE]\n\n"}]}`, comma, sent, sent+10, sent+20, sent+30)
	}
	want := func(i int, id string) metrics.Request {
		at := time.Duration(100 * i)
		r := request(id, at, at+10, at+20)
		r.End = metrics.Known(at + 30)
		return r
	}
	const head = `{"experiments": [{"experiment": {"mode": "concurrency", "value": 10}, "requests": [`
	return resultstest.Sample{
		Name:    "two experiments",
		Content: []byte(head + one(0) + one(1) + `]}, {"experiment": {"mode": "request_rate", "value": 2.0}, "requests": [` + one(0) + `], "window_boundaries": [5]}], "version": "2.59.0"}`),
		Want:    [][]metrics.Request{{want(0, "0"), want(1, "1")}, {want(0, "0")}},
		Endless: endless(head, one),
	}
}

func sseCaptureSample() resultstest.Sample {
	one := func(i int) string {
		t := func(n int) string { return fmt.Sprintf("%d.%06d", 1759813207+i, n) }
		return t(100) + " : sent r" + fmt.Sprint(i) + "\n" + t(200) + ` data: {"choices":[{"delta":{"content":"a"}}]}` + "\n" + t(201) + "\n" +
			t(300) + " data: [DONE]\n" + t(301) + "\n"
	}
	want := func(i int, id string) metrics.Request {
		at := time.Duration(i) * time.Second
		r := request(id, at, at+101*time.Microsecond)
		r.End = metrics.Known(at + 201*time.Microsecond)
		return r
	}
	return resultstest.Sample{
		Name:    "ts",
		Content: []byte(one(0) + one(1)),
		Want:    [][]metrics.Request{{want(0, "r0"), want(1, "r1")}},
		Lines:   true,
		Endless: endless("", one),
	}
}
