package goodput_test

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// stream returns an answer whose tokens came one by one, at these numbers of
// milliseconds after the request.
func stream(ms ...int) *metrics.Request {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	for _, t := range ms {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(t) * time.Millisecond, Tokens: 1})
	}
	return r
}

// Three answers of five tokens: one fast, one that starts late, one that
// stalls. The objective sees one good and two bad ones; the smooth goodput
// sees how bad.
func Example() {
	objective, err := slo.Parse("idle<=0s")
	if err != nil {
		fmt.Println(err)
		return
	}
	checker := slo.Checker{Objective: objective, Scorer: goodput.Scorer{}}

	var s goodput.Summary
	for _, r := range []*metrics.Request{
		stream(100, 200, 300, 400, 500),
		stream(1000, 1100, 1200, 1300, 1400),
		stream(100, 200, 300, 2000, 2100),
	} {
		attained := checker.Verdict(r) == slo.Met
		idle := s.Options.IdleLatency(r)
		benefit, _ := s.Options.Benefit(r)
		fmt.Println("idle", idle, "benefit", benefit)
		if err := s.Add(r, metrics.Known(attained)); err != nil {
			fmt.Println(err)
			return
		}
	}
	v := s.Stats(metrics.Known(10 * time.Second))
	fmt.Println("request goodput", v.Requests, "1/s")
	fmt.Println("token goodput", v.Tokens, "tokens/s")
	fmt.Println("smooth goodput", v.Smooth, "tokens/s")
	// Output:
	// idle 0s benefit 5
	// idle 800ms benefit 3
	// idle 1.2s benefit 2
	// request goodput 0.1 1/s
	// token goodput 0.5 tokens/s
	// smooth goodput 1 tokens/s
}

// Ten tokens within a second, then a stall of a second. Somebody who reads 4
// tokens/s has enough to read; somebody who reads 8 has not.
func ExampleReader_IdleLatency() {
	r := stream(100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 2000, 2100)
	fmt.Println("largest gap", r.Raw().Stall)
	for _, speed := range []float64{4, 8} {
		v, err := goodput.PerToken(speed)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(speed, "tokens/s: idle", goodput.Reader{PerToken: v}.IdleLatency(r))
	}
	// Output:
	// largest gap 1s
	// 4 tokens/s: idle 0s
	// 8 tokens/s: idle 625ms
}

// A user who reads along, then waits ten seconds for the next token and gives
// up. As delivered, nothing was wrong.
func ExampleAbandoned() {
	r := stream(100, 200, 300)
	r.Outcome, r.End = metrics.Cancelled, metrics.Known(10800*time.Millisecond)
	for _, policy := range []goodput.Abandoned{goodput.ChargeTheWait, goodput.AsDelivered} {
		o := goodput.Options{Abandoned: policy}
		benefit, _ := o.Benefit(r)
		fmt.Println(policy, o.IdleLatency(r), benefit)
	}
	// Output:
	// charge 10s -22
	// as-delivered 0s 3
}

// The same two waits under each price.
func ExampleParsePenalty() {
	slow := stream(1000, 1100, 1200, 1300, 1400) // idle for 0.8 s
	for _, text := range []string{"seconds", "tokens", "share:2s", "share:2"} {
		p, err := goodput.ParsePenalty(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		benefit, _ := goodput.Options{Penalty: p}.Benefit(slow)
		fmt.Println(p, benefit)
	}
	// Output:
	// seconds 3
	// tokens -5
	// share:2s 0
	// goodput: penalty: not understood: "share:2" (want seconds, tokens, or share: and a positive duration, as in share:2s)
}

func ExampleIdeal_QoE() {
	ideal := goodput.Ideal{TTFT: time.Second, PerToken: 500 * time.Millisecond}
	for _, r := range []*metrics.Request{
		stream(500, 600, 700, 800),
		stream(2000, 2500, 3000, 3500),
		stream(1000, 1500, 3500, 3600),
	} {
		q, _ := ideal.QoE(r)
		fmt.Printf("%.3f\n", q)
	}
	// Output:
	// 1.000
	// 0.429
	// 0.667
}

// The goodput of a run in which nobody stated an objective or an ideal: what
// is undefined is null, not 0.
func ExampleSummary_Stats() {
	var s goodput.Summary
	if err := s.Add(stream(1000, 1100), metrics.Optional[bool]{}); err != nil {
		fmt.Println(err)
		return
	}
	v := s.Stats(metrics.Known(2 * time.Second))
	v.IdleLatency = nil // shortens the example
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "requests_per_s": null,
	//   "tokens_per_s": null,
	//   "smooth_tokens_per_s": 0,
	//   "benefit_tokens": 0,
	//   "benefit_undefined": 0,
	//   "benefit_uncharged": 0,
	//   "idle_latency_ns": null,
	//   "qoe": null
	// }
}
