package generate

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

// jagged returns n gaps on a grid, in an order without a pattern: squares
// modulo a prime.
func jagged(seed, n int, grid time.Duration, most int) []time.Duration {
	var g []time.Duration
	for i := range n {
		g = append(g, grid*time.Duration((i*i*37+i*11+seed*29+seed*seed*7)%10007%(most+1)))
	}
	return g
}

func grids() topic {
	fluid := func(prefill, decode time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.PrefillDeadline, p.DecodeDeadline = prefill, decode }
	}
	t := topic{"grids", "Instants that float seconds and whole milliseconds get wrong.", []row{
		{"tenths", "Tokens every 0.1 s at D_d = 0.1 s: in float seconds 0.3 - 0.2 is less and 0.4 - 0.3 more than 0.1.",
			sentAt(0).steady(100*ms, 100*ms, 30), fluid(100*ms, 100*ms)},
		{"tenths-from-a-clock", "The same at 1 700 000 s from the origin: float seconds keep 0.2 ns there, and round each instant.",
			sentAt(1_700_000*s).steady(1_700_000*s+100*ms, 100*ms, 30), fluid(100*ms, 100*ms)},
		{"hundredths", "Gaps of 30 ms at D_d = 30 ms.",
			sentAt(0).steady(70*ms, 30*ms, 40), fluid(70*ms, 30*ms)},
		{"late-by-0.3-at-0.1", "Late by exactly three deadlines of 0.1 s: in float seconds 0.3 / 0.1 is below 3.",
			sentAt(0).tokens(500*ms, 900*ms), fluid(500*ms, 100*ms)},
		{"late-by-0.7-at-0.1", "Late by exactly seven deadlines of 0.1 s: in float seconds 0.7 / 0.1 is below 7.",
			sentAt(0).tokens(500*ms, 1300*ms, 1400*ms), fluid(500*ms, 100*ms)},
		{"late-by-1.5-at-0.05", "Late by exactly thirty deadlines of 50 ms.",
			sentAt(0).tokens(350*ms, 1900*ms), fluid(350*ms, 50*ms)},
		{"below-a-millisecond", "TTFT 0.9 ms and gaps of 0.4 ms: in whole milliseconds all are 0.",
			sentAt(0).steady(900*us, 400*us, 20).ended(9 * ms), fluid(ms, 400*us)},
		{"just-below-milliseconds", "Instants 1 ns before a millisecond: truncated, each loses one.",
			sentAt(0).tokens(200*ms-ns, 220*ms-ns, 240*ms-ns).ended(260*ms - ns), nil},
		{"gaps-of-20.7-ms", "Gaps of 20.7 ms: truncated to milliseconds a TPOT of 20, and of 20 or 21 gap by gap.",
			sentAt(0).steady(203_400*us, 20_700*us, 12).ended(431_100 * us), nil},
		{"thirds", "A decode of 100 ms in three gaps: TPOT 100/3 ms, a fraction that no decimal ends.",
			sentAt(0).tokens(200*ms, 233*ms, 267*ms, 300*ms).ended(300 * ms), nil},
		{"sevenths", "A decode of 1 s + 1 ns in seven gaps.",
			sentAt(0).steady(s, 142_857_143, 8).ended(3 * s), nil},
		{"microsecond-clock", "Instants on a grid of 1 us, as from a simulator with integer ticks.",
			sentAt(17*us).after(17*us, 203_001*us, 20_003*us, 19_998*us, 20_001*us).ended(263_100 * us), nil},
		{"quarter-microseconds", "Gaps that a grid of 1 us would round: 20.25 us.",
			sentAt(0).steady(100*us, 20_250*ns, 9).ended(300 * us), fluid(100*us, 20_250*ns)},
	}}
	for i := range 12 {
		t.rows = append(t.rows, row{
			fmt.Sprintf("jagged-%02d", i+1),
			"Gaps on a grid of 1 ms, 10 ms or 5 ms without a pattern, so that deadlines are met or missed by exactly 0 again and again.",
			sentAt(time.Duration(i)*100*ms).after(time.Duration(i)*100*ms, jagged(i, 24, []time.Duration{10 * ms, ms, 5 * ms}[i%3], []int{9, 90, 18}[i%3])...),
			fluid([]time.Duration{30 * ms, 50 * ms, 70 * ms, 100 * ms}[i%4], []time.Duration{50 * ms, 30 * ms, 45 * ms}[i%3]),
		})
	}
	return t
}

func zeroGaps() topic {
	return topic{"zero-gaps", "Tokens at one instant in deliveries of their own: a gap of 0 is a gap.", []row{
		{"in-pairs", "Every token twice: the mean of positive gaps only would be twice the mean gap.",
			sentAt(0).tokens(200*ms, 200*ms, 240*ms, 240*ms, 280*ms, 280*ms).ended(280 * ms), nil},
		{"all", "Ten deliveries at one instant.",
			sentAt(0).steady(200*ms, 0, 10).ended(200 * ms), nil},
		{"then-stall", "Five tokens at once, then one after a second.",
			sentAt(0).steady(200*ms, 0, 5).tokens(1200 * ms).ended(1200 * ms), nil},
		{"one-among-many", "A single gap of 0.",
			sentAt(0).tokens(200*ms, 220*ms, 220*ms, 240*ms).ended(240 * ms), nil},
		{"of-one-nanosecond", "Gaps of 0 and of 1 ns in turn: TPOT 1/2 ns or nearly so.",
			sentAt(0).tokens(100, 100, 101, 101, 102, 102, 103).ended(103), nil},
		{"as-one-chunk", "in-pairs as chunks of two: equal for tokens, not for chunks.",
			sentAt(0).chunk(200*ms, 2).chunk(240*ms, 2).chunk(280*ms, 2).ended(280 * ms), nil},
	}}
}

func long() topic {
	const million = 1_000_000
	return topic{"long", "Streams so long that sums of float seconds drift and sums of 32 bits overflow.", []row{
		{"million-tokens", "A million tokens, 20 ms apart: five and a half hours.",
			sentAt(0).scheduled(100*ms).repeat(200*ms, 20*ms, million, 1).ended(200*ms + 20*ms*million), nil},
		{"stall-in-the-middle", "Half an hour of tokens at an odd pace with a stall of a minute in the middle.",
			sentAt(7).repeat(1_000_000_007, 20_000_003, 50_000, 1).repeat(1_061_000_000_007, 20_000_003, 50_000, 1), nil},
		{"ten-thousand-late-tokens", "Each token 50 ms too slow: as many misses as tokens but one.",
			sentAt(0).repeat(s, 150*ms, 10_000, 1).ended(2000 * s), nil},
		{"chunks-of-1000", "A hundred thousand tokens in a hundred chunks.",
			sentAt(0).repeat(200*ms, 5*s, 100, 1000), nil},
	}}
}
