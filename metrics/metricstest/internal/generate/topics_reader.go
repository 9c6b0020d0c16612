package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

func reader() topic {
	pace := func(v, tolerance time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.PerToken, p.Tolerance = v, tolerance }
	}
	alpha := func(num, den int64) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.Alpha = metricstest.Rational{Num: num, Den: den} }
	}
	first := func(t time.Duration) stream { return sentAt(0).tokens(t) }
	third := func(t time.Duration) stream { return sentAt(0).tokens(100*ms, 150*ms, t) }
	return topic{"reader", "Idle latency and benefit of a reader of 5 tokens/s without tolerance and with alpha 5/2, unless stated.", []row{
		{"first-when-wanted", "The first token is wanted at V = 0.2 s, not at 0.", first(200 * ms), nil},
		{"first-1ns-late", "1 ns later: idle for 1 ns.", first(200*ms + ns), nil},
		{"first-1ns-early", "1 ns earlier: idle for 0, not for -1 ns.", first(200*ms - ns), nil},
		{"third-when-wanted", "The third token is wanted at 3 V = 0.6 s.", third(600 * ms), nil},
		{"third-1ns-late", "1 ns after the third token was wanted: idle for 1 ns.", third(600*ms + ns), nil},
		{"tolerance", "A tolerated delay of 0.5 s moves all of it.", third(1100 * ms), pace(200*ms, 500*ms)},
		{"tolerance-1ns-late", "1 ns beyond the tolerance.", third(1100*ms + ns), pace(200*ms, 500*ms)},
		{"waits-add-up", "Two waits of 0.3 s: the largest lateness is their sum, 0.6 s, not the larger.",
			sentAt(0).tokens(500*ms, 600*ms, 1200*ms, 1300*ms), nil},
		{"wait-then-fast", "A late start and a fast rest: the wait at the start was lived through.",
			sentAt(0).steady(2*s, 10*ms, 20), nil},
		{"buffered-stall", "A stall of 1 s after 10 quick tokens is covered.",
			sentAt(0).steady(100*ms, 20*ms, 10).tokens(1280 * ms), nil},
		{"half-buffered-stall", "A stall of 4 s after 10 quick tokens: 1.92 s are covered, 2.08 s are waited.",
			sentAt(0).steady(100*ms, 20*ms, 10).tokens(4280 * ms), nil},
		{"held-back-token", "third-when-wanted with its second token held back to 0.55 s: idle for 0.15 s. To hold back never helps.",
			sentAt(0).tokens(100*ms, 550*ms, 600*ms), nil},
		{"slow-reader", "One token a second: a stream at 0.2 s a token is never late.",
			sentAt(0).steady(900*ms, 200*ms, 10), pace(s, 0)},
		{"fast-reader", "A program that takes a token per nanosecond waits until the last token.",
			sentAt(0).steady(200*ms, 20*ms, 5), pace(1, 0)},
		{"odd-pace", "V = 193 923 723 ns (238 words a minute at 1.3 tokens a word).",
			sentAt(0).steady(300*ms, 200*ms, 12), pace(193_923_723, 0)},
		{"chunk", "A chunk of 6 late tokens: the first of them decides.",
			sentAt(0).chunk(900*ms, 6).tokens(1 * s), nil},
		{"alpha-0", "alpha = 0: the benefit is the number of tokens.",
			third(5 * s), alpha(0, 1)},
		{"alpha-quarter", "alpha = 1/4.",
			third(5 * s), alpha(1, 4)},
		{"benefit-below-0", "Three tokens and 59.4 s of waiting: a benefit of -145.5 by seconds.",
			third(60 * s), nil},
		{"from-due", "The reader counts from the due instant.",
			dueAt(0).sent(500*ms).tokens(700*ms, 800*ms), nil},
		{"control-events", "Events without a token are no token to read.",
			sentAt(0).event(50 * ms).event(60 * ms).tokens(300 * ms).event(350 * ms).tokens(400 * ms).ended(600 * ms), nil},
		{"arrival-unknown", "Without an arrival only the wait from the first token is known.",
			stream{}.tokens(100*ms, 500*ms, 1500*ms), nil},
		{"cancelled-slow-reader", "A reader of 1 token/s who gives up while there is still something to read has not waited.",
			sentAt(0).steady(100*ms, 100*ms, 5).gaveUp(metrics.Cancelled, 4*s), pace(s, 0)},
	}}
}

func experience() topic {
	with := func(ttft, perToken time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.QoETTFT, p.QoEPerToken = ttft, perToken }
	}
	halves := with(s, 500*ms)
	return topic{"qoe", "QoE of Andes, arXiv:2404.16283v2: the first token wanted after 1 s, two tokens/s, unless stated.", []row{
		{"one-token-in-time", "One token when it is wanted: 1.", sentAt(0).tokens(s), halves},
		{"one-token-1ns-late", "One token, late by however little: 0.", sentAt(0).tokens(s + ns), halves},
		{"second-when-wanted", "The second token is wanted at 1.5 s.", sentAt(0).tokens(200*ms, 1500*ms), halves},
		{"second-1ns-late", "1 ns later: a whole of 0.5 s + 2 ns, of which 1 ns is lost.", sentAt(0).tokens(200*ms, 1500*ms+ns), halves},
		{"catches-up", "Late tokens are read at the reader's pace, not at theirs.", sentAt(0).tokens(3*s, 3*s, 3*s, 3*s), halves},
		{"late-middle", "One late token shifts all after it, however early these are.", sentAt(0).tokens(s, 4*s, 4*s, 4*s, 4*s), halves},
		{"all-at-once-early", "A chunk before anything is wanted.", sentAt(0).chunk(10*ms, 9), halves},
		{"all-at-once-late", "A late chunk: each token is late by as much as the first.", sentAt(0).chunk(2*s, 9), halves},
		{"ttft-0", "The first token wanted at the arrival.", sentAt(0).tokens(100*ms, 300*ms), with(0, 200*ms)},
		{"odd-pace", "A pace of 333 333 333 ns: no unit divides it.", sentAt(0).tokens(1500*ms, 1600*ms, 2500*ms), with(s, 333_333_333)},
		{"abandoned", "QoE scores what was delivered, whatever became of the request.", sentAt(0).tokens(2*s, 2500*ms).gaveUp(metrics.Cancelled, 9*s), halves},
		{"arrival-unknown", "No arrival: undefined.", stream{}.tokens(2*s, 2500*ms), halves},
		{"from-due", "Counted from the due instant.", dueAt(0).sent(1500*ms).tokens(2*s, 2500*ms, 3*s, 3500*ms), halves},
	}}
}
