package metrics_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const ms = time.Millisecond

// A stream of six tokens: the first after 250 ms, four in one chunk, and the
// last after a stall of two seconds.
func stalled() *metrics.Request {
	return &metrics.Request{
		ID:         "chat-1",
		Sent:       metrics.Known(0 * ms),
		Deliveries: []metrics.Delivery{{At: 250 * ms, Tokens: 1}, {At: 270 * ms, Tokens: 4}, {At: 2270 * ms, Tokens: 1}},
	}
}

func Example() {
	v := stalled().Normalized()
	fmt.Println("TTFT", v.Raw.TTFT)
	fmt.Println("stall", v.Raw.Stall)
	fmt.Println("end-to-end", v.Raw.EndToEnd)
	fmt.Println("TPOT", v.TPOT)
	fmt.Println("normalized latency", v.Latency)
	// Output:
	// TTFT 250ms
	// stall 2s
	// end-to-end –
	// TPOT 404ms (largest gap 2s)
	// normalized latency 378.333333ms (first token 41.666667ms, scheduling not separable, + decode 336.666667ms)
}

func ExampleConvention_TBT() {
	for _, c := range []metrics.Convention{metrics.Paper, metrics.VLLM, metrics.SGLang, metrics.GuideLLM} {
		fmt.Println(c.Name, slices.Collect(c.TBT(stalled())))
	}
	// Output:
	// paper [20ms 0s 0s 0s 2s]
	// vllm [20ms 2s]
	// sglang [5ms 5ms 5ms 5ms 2s]
	// guidellm [404ms 404ms 404ms 404ms 404ms]
}

func ExampleSummary() {
	var s metrics.Summary
	for i := range 40 {
		r := &metrics.Request{ID: fmt.Sprint(i), Sent: metrics.Known(0 * ms)}
		for n := range 100 {
			at := 250*ms + time.Duration(n)*20*ms
			if i%2 == 1 && n > 0 {
				at += 5 * time.Second // one stall in every second answer
			}
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
		}
		if err := s.Add(r); err != nil {
			fmt.Println(err)
			return
		}
	}
	pooled, _ := s.Raw.TBT.Quantile(0.99)
	worst, _ := s.Raw.Stall.Quantile(0.75)
	fmt.Println("P99 of all gaps:", time.Duration(pooled))
	fmt.Println("a quarter of the answers stood still for", time.Duration(worst))
	fmt.Println("longest:", s.Largest.Gap, "in request", s.Largest.ID)
	// Output:
	// P99 of all gaps: 20ms
	// a quarter of the answers stood still for 5.02s
	// longest: 5.02s in request 1
}

func ExampleRequest_Validate() {
	r := stalled()
	r.Deliveries[2].At = 100 * ms
	fmt.Println(r.Validate())
	// Output:
	// request "chat-1": Deliveries[2]: time runs backwards: 100ms after 270ms
}
