package metrics_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// A gateway keeps a Recorder with each request. The role chunk is no token,
// and the server's usage says how many tokens the chunks held.
func ExampleRecorder() {
	clock := metrics.NewClock(time.Now()) // once, when the server starts
	received := time.Now()
	after := func(d time.Duration) time.Duration { return clock.At(received.Add(d)) }

	var rec metrics.Recorder
	rec.Start(after(0))
	rec.Observe(after(1*ms), 0) // {"delta":{"role":"assistant"}}
	rec.Observe(after(200*ms), metrics.UnknownTokens)
	rec.Observe(after(240*ms), metrics.UnknownTokens)
	rec.Observe(after(280*ms), metrics.UnknownTokens)
	req := rec.Finish(after(281*ms), metrics.Completed, metrics.Known(int64(9)))

	fmt.Println(rec.Err(), rec.Warnings(), req.OutputTokens(), "tokens")
	v := rec.Normalized()
	fmt.Println("TTFT", v.Raw.TTFT, "TPOT", v.TPOT)
	// Output:
	// <nil> [] 9 tokens
	// TTFT 200ms TPOT 10ms (largest gap 40ms)
}

// One server failed after 2 s, another one answered within 300 ms. Which of
// the two is measured has to be said.
func ExampleRecorder_Restart() {
	for _, rule := range []metrics.RestartRule{metrics.KeepArrival, metrics.BeginAnew} {
		var rec metrics.Recorder
		rec.Start(0)
		rec.Restart(2000*ms, rule)
		rec.Observe(2300*ms, 1)
		rec.Observe(2320*ms, 1)
		rec.Finish(2320*ms, metrics.Completed, metrics.Count{})
		fmt.Println("TTFT", rec.Raw().TTFT)
	}
	// A preemption is no retry: the tokens so far were seen.
	var rec metrics.Recorder
	rec.Start(0)
	rec.Observe(100*ms, 1)
	rec.Restart(120*ms, metrics.KeepTokens)
	rec.Observe(2300*ms, 1)
	rec.Finish(2300*ms, metrics.Completed, metrics.Count{})
	fmt.Println("TTFT", rec.Raw().TTFT, "stall", rec.Raw().Stall)
	// Output:
	// TTFT 2.3s
	// TTFT 300ms
	// TTFT 100ms stall 2.2s
}

// A sticky error says that the record is incomplete. It is still valid.
func ExampleRecorder_Err() {
	var rec metrics.Recorder
	rec.Start(100 * ms)
	rec.Observe(300*ms, 1)
	rec.Observe(299*ms, 1) // another goroutine's clock reading came late
	rec.Observe(320*ms, 1)
	rec.Finish(330*ms, metrics.Completed, metrics.Count{})
	fmt.Println(rec.Err(), "refused:", rec.Refused())
	fmt.Println("TTFT", rec.Raw().TTFT, "TTLT", rec.Raw().TTLT)
	// Output:
	// metrics: Recorder.Observe: time runs backwards refused: 1
	// TTFT 200ms TTLT 220ms
}

// With a buffer, the record is the one that a file would hold.
func ExampleTraceRecorder() {
	var rec metrics.TraceRecorder
	rec.Keep(make([]metrics.Delivery, 0, 1024))
	rec.Start(0)
	rec.Observe(250*ms, 1)
	rec.Observe(270*ms, 4)
	rec.Observe(2270*ms, 1)
	req := rec.Finish(2271*ms, metrics.Completed, metrics.Count{})
	for gap := range metrics.Paper.TBT(&req) {
		fmt.Print(gap, " ")
	}
	fmt.Println(req.Raw() == rec.Raw())
	// Output:
	// 20ms 0s 0s 0s 2s true
}
