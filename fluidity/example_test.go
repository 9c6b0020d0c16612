package fluidity_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// stream returns a request that arrives at 0 and whose tokens follow it and
// one another by the given gaps.
func stream(gaps ...time.Duration) *metrics.Request {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	var at time.Duration
	for _, g := range gaps {
		at += g
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	return r
}

// The same stall of 160 ms in a stream of 40 ms gaps: after eight gaps the
// reader runs dry, after twelve enough time is banked. Mean and quantiles of
// the gaps are the same.
func Example() {
	stalled := func(after int) *metrics.Request {
		gaps := make([]time.Duration, 21)
		for i := range gaps {
			gaps[i] = 40 * time.Millisecond
		}
		gaps[after+1] = 160 * time.Millisecond
		return stream(gaps...)
	}
	d := fluidity.Deadlines{Decode: 50 * time.Millisecond, First: fluidity.Skipped}
	for _, after := range []int{8, 12} {
		r := stalled(after)
		score, err := d.Score(r)
		if err != nil {
			panic(err)
		}
		fmt.Printf("stall after %d gaps: index %v, TPOT %v\n", after, score.Index(), r.Normalized().TPOT)
	}
	// Output:
	// stall after 8 gaps: index 0.95, TPOT 46ms (largest gap 160ms)
	// stall after 12 gaps: index 1, TPOT 46ms (largest gap 160ms)
}

func ExampleDeadlines_Score() {
	const ms = time.Millisecond
	d := fluidity.Deadlines{Prefill: time.Second, Decode: 100 * ms}
	score, err := d.Score(stream(800*ms, 50*ms, 50*ms, 450*ms, 100*ms))
	fmt.Println(score.Hits, score.Misses, score.Index(), err)

	reached, ok := score.AtLeast(fluidity.Target{Num: 8, Den: 10})
	fmt.Println(reached, ok)

	none, _ := d.Score(stream())
	fmt.Println(none.Index())
	// Output:
	// 4 1 0.8 <nil>
	// true true
	// –
}

func ExampleMinDecodeDeadline() {
	const ms = time.Millisecond
	r := stream(900*ms, 40*ms, 40*ms, 40*ms, 160*ms)
	fmt.Println(fluidity.MinDecodeDeadline(r, fluidity.Target{}, fluidity.Floor))
	// Output:
	// 70ms true
}

func ExampleSummary() {
	const ms = time.Millisecond
	s := fluidity.Summary{Options: fluidity.Options{
		Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * ms},
	}}
	failed := stream(500 * ms)
	failed.Outcome = metrics.Failed
	for _, r := range []*metrics.Request{
		stream(800*ms, 50*ms, 50*ms, 50*ms),
		stream(2350*ms, 100*ms),
		failed,
	} {
		if err := s.Add(r); err != nil {
			panic(err)
		}
	}
	fmt.Println("pooled index", s.Pooled.Index())
	fmt.Println("share that reaches 0.9:", s.ShareReached())
	fmt.Println("left out:", s.LeftOut)
	fmt.Println("token rate", s.TokenRate(), "per second")
	// Output:
	// pooled index 0.2631578947368421
	// share that reaches 0.9: 0.5
	// left out: 1 failed
	// token rate 10 per second
}

func ExampleFitPrefillCurve() {
	const ms = time.Millisecond
	curve, err := fluidity.FitPrefillCurve([]fluidity.PrefillSample{
		{PromptTokens: 100, TTFT: 31 * ms},
		{PromptTokens: 1000, TTFT: 120 * ms},
		{PromptTokens: 2000, TTFT: 240 * ms},
		{PromptTokens: 4000, TTFT: 520 * ms},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(curve.Predict(3000))
	fmt.Println(curve.Predict(16000))
	fmt.Println("residuals at most", curve.MaxResidual())
	// Output:
	// 371.494213ms false
	// 3.546800622s true
	// residuals at most 1.829246ms
}

func ExampleTokenDeadlines() {
	const s = time.Second
	d := fluidity.TokenDeadlines{TTFT: 3 * s, TBT: s}
	score, err := d.Score(stream(5*s, 0, 0, s)) // due at 3, 4, 5, 6 s
	fmt.Println(score.Index(), err)
	// Output:
	// 0.5 <nil>
}
