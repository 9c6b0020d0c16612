package prometheus_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	ttprom "github.com/tokentime/tokentime/contrib/prometheus"
	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// A server exports what its dashboards made for vLLM expect, and beside it
// what vLLM does not measure.
func Example() {
	objective, err := slo.Parse("ttft<=500ms,tbt.max<=200ms")
	if err != nil {
		panic(err)
	}
	observer, err := ttprom.New(ttprom.Options{
		Layout:    ttprom.VLLM(),
		Labels:    []string{"model_name"},
		Deadlines: fluidity.Deadlines{Prefill: 500 * time.Millisecond, Decode: 50 * time.Millisecond},
		Objective: objective,
	})
	if err != nil {
		panic(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(observer)
	class, err := observer.With("llama-3.1-8b") // once, not once a request
	if err != nil {
		panic(err)
	}

	// At the end of a request, from its record:
	ms := time.Millisecond
	r := metrics.Request{
		Sent:       metrics.Known(0 * ms),
		Deliveries: []metrics.Delivery{{At: 250 * ms, Tokens: 1}, {At: 270 * ms, Tokens: 4}, {At: 2270 * ms, Tokens: 1}},
		End:        metrics.Known(2280 * ms),
	}
	if err := class.Observe(&r); err != nil {
		panic(err)
	}

	response := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(response, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(response.Body.String()) {
		if strings.Contains(line, "_sum") || strings.HasPrefix(line, "tokentime_slo") || strings.HasPrefix(line, "tokentime_fluidity") {
			fmt.Print(line)
		}
	}
	// Output:
	// tokentime_fluidity_hits_total{model_name="llama-3.1-8b"} 5
	// tokentime_fluidity_misses_total{model_name="llama-3.1-8b"} 31
	// tokentime_idle_latency_seconds_sum{model_name="llama-3.1-8b"} 1.07
	// tokentime_slo_requests_total{model_name="llama-3.1-8b",verdict="met"} 0
	// tokentime_slo_requests_total{model_name="llama-3.1-8b",verdict="missed"} 1
	// tokentime_slo_requests_total{model_name="llama-3.1-8b",verdict="undefined"} 0
	// tokentime_stall_seconds_sum{model_name="llama-3.1-8b"} 2
	// vllm:e2e_request_latency_seconds_sum{model_name="llama-3.1-8b"} 2.28
	// vllm:inter_token_latency_seconds_sum{model_name="llama-3.1-8b"} 2.02
	// vllm:request_decode_time_seconds_sum{model_name="llama-3.1-8b"} 2.02
	// vllm:request_prefill_time_seconds_sum{model_name="llama-3.1-8b"} 0
	// vllm:request_queue_time_seconds_sum{model_name="llama-3.1-8b"} 0
	// vllm:request_time_per_output_token_seconds_sum{model_name="llama-3.1-8b"} 0.404
	// vllm:time_to_first_token_seconds_sum{model_name="llama-3.1-8b"} 0.25
}

// A server that keeps no deliveries records what it has tracked itself. What
// it leaves out is counted as undefined.
func ExampleClass_Record() {
	observer, err := ttprom.New(ttprom.Options{NoGaps: true})
	if err != nil {
		panic(err)
	}
	class, err := observer.With()
	if err != nil {
		panic(err)
	}
	var v ttprom.Observation
	v.OutputTokens, v.Tokens = 6, 6
	v.Normalized.Raw.TTFT = metrics.Known(250 * time.Millisecond)
	v.Normalized.Raw.Stall = metrics.Known(2 * time.Second)
	class.Record(v)

	registry := prometheus.NewRegistry()
	registry.MustRegister(observer)
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, f := range families {
		if f.GetName() == "tokentime_undefined_total" {
			for _, m := range f.GetMetric() {
				fmt.Println(m.GetLabel()[0].GetValue(), m.GetCounter().GetValue())
			}
		}
	}
	// Output:
	// benefit 1
	// decode 1
	// idle_latency 1
	// prefill 1
	// request_duration 1
	// scheduling_delay 1
	// stall 0
	// time_per_output_token 1
	// time_to_first_token 0
}
