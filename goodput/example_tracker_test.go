package goodput_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// What a server keeps for a running request: 128 bytes without a pointer. The
// trackers take in what the recorder accepted.
func ExampleTracker() {
	deadlines := fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}
	options := goodput.Options{Ideal: goodput.Ideal{TTFT: time.Second, PerToken: time.Second / 5}}
	var request struct {
		rec   metrics.Recorder
		fluid fluidity.Tracker
		read  goodput.Tracker
	}
	r := &request
	r.rec.Start(0)
	if err := r.fluid.Start(&deadlines, metrics.Count{}); err != nil {
		fmt.Println(err)
		return
	}
	for _, ms := range []int{100, 200, 300, 2000, 2100} {
		at := time.Duration(ms) * time.Millisecond
		if r.rec.Observe(at, 1) {
			since, _ := r.rec.Since(at).Get()
			r.fluid.Observe(&deadlines, since, 1)
			r.read.Observe(&options, since, 1)
		}
	}
	r.rec.Finish(5*time.Second, metrics.Cancelled, metrics.Count{})

	raw := r.rec.Raw()
	qoe, _ := r.read.QoE(&options)
	fmt.Println("TTFT", raw.TTFT, "stall", raw.Stall)
	fmt.Println("fluidity index", r.fluid.Score().Index())
	fmt.Println("idle until the last token", r.read.IdleSoFar())
	fmt.Println("idle until the user gave up", r.read.IdleLatency(&options, raw.EndToEnd, metrics.Cancelled))
	fmt.Printf("QoE %.3f\n", qoe)
	// Output:
	// TTFT 100ms stall 1.7s
	// fluidity index 0.3333333333333333
	// idle until the last token 1.2s
	// idle until the user gave up 3.8s
	// QoE 0.800
}
