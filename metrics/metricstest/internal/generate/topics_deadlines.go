package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

func deadlines() topic {
	fluid := func(prefill, decode time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.PrefillDeadline, p.DecodeDeadline = prefill, decode }
	}
	first := func(t time.Duration) stream { return sentAt(0).tokens(t, t+50*ms) }
	second := func(t time.Duration) stream { return sentAt(0).tokens(500*ms, t) }
	late := func(by time.Duration) stream { return sentAt(0).tokens(s, 1100*ms+by) }
	return topic{"deadlines", "The fluidity index: 1 s for the first token and 100 ms for each later one, unless stated.", []row{
		{"first-at-deadline", "A token at the very instant of its deadline is a hit.", first(s), nil},
		{"first-1ns-early", "1 ns before the deadline: a hit that leaves 1 ns.", first(s - ns), nil},
		{"first-1ns-late", "1 ns after the deadline: one miss.", first(s + ns), nil},
		{"second-at-deadline", "0.5 s of slack carried into decode: the second token is due at 1.1 s.", second(1100 * ms), nil},
		{"second-1ns-late", "1 ns after the carried deadline.", second(1100*ms + ns), nil},
		{"second-at-dropped-slack", "100 ms after an early first token: in time even with the slack dropped.", second(600 * ms), nil},
		{"second-1ns-after-dropped-slack", "With the slack dropped 1 ns late, with it carried half a second early.", second(600*ms + ns), nil},
		{"late-by-D-minus-1ns", "Lateness of D_d - 1 ns: one miss by either rule.", late(100*ms - ns), nil},
		{"late-by-D", "Lateness of exactly D_d: two misses by floor, one by ceil.", late(100 * ms), nil},
		{"late-by-D-plus-1ns", "Lateness of D_d + 1 ns: two misses by either rule.", late(100*ms + ns), nil},
		{"late-by-2D-minus-1ns", "Lateness of 2 D_d - 1 ns: two misses by either rule.", late(200*ms - ns), nil},
		{"late-by-2D", "Lateness of exactly 2 D_d: three misses by floor, two by ceil.", late(200 * ms), nil},
		{"late-by-2D-plus-1ns", "Lateness of 2 D_d + 1 ns: three misses by either rule.", late(200*ms + ns), nil},
		{"late-by-10D", "Lateness of exactly 10 D_d: eleven misses by floor, ten by ceil.", late(s), nil},
		{"first-late-by-D", "A late first token is priced in units of D_d: exactly one unit.", first(1100 * ms), nil},
		{"first-late-by-7D", "The first token 7 D_d late.", first(1700 * ms), nil},
		{"first-late-by-7D-minus-1ns", "The first token 1 ns less than 7 D_d late.", first(1700*ms - ns), nil},
		{"reset-after-late", "A late token starts the schedule anew: the next ones are in time at their pace.",
			sentAt(0).after(0, s, 450*ms, 100*ms, 100*ms, 100*ms), nil},
		{"no-reset-needed", "All gaps are exactly D_d after a first token in time: all hits.",
			sentAt(0).steady(s, 100*ms, 12), nil},
		{"each-1ns-too-slow", "Gaps of D_d + 1 ns: the second token uses no bank, every one is late.",
			sentAt(0).steady(s, 100*ms+ns, 12), nil},
		{"each-1ns-too-slow-with-bank", "The same with 5 ns banked by the first token: five hits in decode, then late throughout.",
			sentAt(0).steady(s-5*ns, 100*ms+ns, 12), nil},
		{"bank-used-up-exactly", "Five gaps of 60 ms bank 200 ms, a gap of 300 ms uses them up: a hit.",
			sentAt(0).after(0, s, 60*ms, 60*ms, 60*ms, 60*ms, 60*ms, 300*ms), nil},
		{"bank-used-up-1ns-over", "A gap of 300 ms + 1 ns: late by 1 ns.",
			sentAt(0).after(0, s, 60*ms, 60*ms, 60*ms, 60*ms, 60*ms, 300*ms+ns), nil},
		{"deadline-0", "D_p = 0: a first token with any latency is late.",
			first(50 * ms), fluid(0, 100*ms)},
		{"deadline-0-at-once", "D_p = 0 and a token at the arrival: a hit.",
			sentAt(0).tokens(0, 100*ms), fluid(0, 100*ms)},
		{"decode-deadline-1ns", "D_d = 1 ns: misses are counted in nanoseconds.",
			sentAt(0).tokens(s, s+1, s+2, s+10), fluid(s, 1)},
		{"long-deadlines", "Deadlines of a day: nothing can be late.",
			sentAt(0).tokens(9*s, 99*s, 999*s), fluid(24*time.Hour, 24*time.Hour)},
		{"free-and-late", "A first token 8 s late counts as a hit where it is free, and starts the schedule.",
			sentAt(0).tokens(9*s, 9100*ms, 9201*ms), nil},
		{"early-first-token", "A first token 0.9 s early: the slack hides a stall of a second, unless it is dropped.",
			sentAt(0).tokens(100*ms, 1100*ms, 1200*ms), nil},
		{"all-late", "Every token late: an index of 0, which is defined.",
			sentAt(0).after(0, 1500*ms, 150*ms, 150*ms, 150*ms), nil},
		{"late-control-event", "Events without a token have no deadline, and take none.",
			sentAt(0).tokens(s).event(5 * s).event(6 * s), nil},
		{"burst-of-late-tokens", "A late chunk of 5: one late token and four hits.",
			sentAt(0).tokens(s).chunk(1350*ms, 5), nil},
		{"burst-then-stall", "The bank of a late chunk of 5: 500 ms from the instant of the chunk.",
			sentAt(0).tokens(s).chunk(1350*ms, 5).tokens(1850 * ms), nil},
		{"burst-then-stall-1ns", "The same, 1 ns later: a miss.",
			sentAt(0).tokens(s).chunk(1350*ms, 5).tokens(1850*ms + ns), nil},
		{"from-due", "The deadline counts from the due instant, not from the send instant.",
			dueAt(0).sent(900*ms).tokens(1100*ms, 1150*ms), nil},
		{"odd-deadlines", "Deadlines that no power of ten divides: 333 333 333 ns and 33 333 333 ns.",
			sentAt(0).after(0, 333_333_333, 33_333_333, 33_333_334, 33_333_333, 66_666_666), fluid(333_333_333, 33_333_333)},
	}}
}

func attainment() topic {
	with := func(ttft, tbt time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.AttainmentTTFT, p.AttainmentTBT = ttft, tbt }
	}
	third := func(t time.Duration) stream { return sentAt(0).tokens(900*ms, 950*ms, t) }
	return topic{"attainment", "Token attainment: fixed deadlines TTFT* + (i - 1) TBT*, never reset; 1 s and 100 ms unless stated.", []row{
		{"third-at-deadline", "The third token is due at 1.2 s.", third(1200 * ms), nil},
		{"third-1ns-late", "1 ns after it.", third(1200*ms + ns), nil},
		{"third-1ns-early", "1 ns before it.", third(1200*ms - ns), nil},
		{"behind-throughout", "Late by 10 ms and then steady: every token misses, where the fluidity index resets after one.",
			sentAt(0).steady(1010*ms, 100*ms, 8), nil},
		{"catches-up", "Late by 200 ms, then 50 ms a token: four misses until it has caught up.",
			sentAt(0).steady(1200*ms, 50*ms, 8), nil},
		{"tbt-0", "TBT* = 0: one deadline for all tokens.",
			sentAt(0).steady(900*ms, 50*ms, 5), with(s, 0)},
		{"ttft-0", "TTFT* = 0: the first token has to be there at the arrival.",
			sentAt(0).tokens(0, 100*ms, 201*ms), with(0, 100*ms)},
		{"chunk-at-boundary", "A chunk whose fourth token is due at its very instant: three late, three in time.",
			sentAt(0).chunk(1300*ms, 6), nil},
		{"chunk-1ns-over-boundary", "1 ns later: four late, two in time.",
			sentAt(0).chunk(1300*ms+ns, 6), nil},
		{"arrival-unknown", "No arrival: no deadline, not 100 %.",
			stream{}.tokens(100*ms, 200*ms), nil},
	}}
}

func pace() topic {
	return topic{"pace", "The smallest decode deadline at which at least 9 of 10 deadlines are met, in whole nanoseconds.", []row{
		{"steady", "Ten gaps of 40 ms: 40 ms.", sentAt(0).steady(200*ms, 40*ms, 11), nil},
		{"one-gap", "One gap: it must be met, since 0 of 1 is below 9/10.", sentAt(0).tokens(200*ms, 237*ms), nil},
		{"nine-gaps", "Nine gaps and a late last one: 8 of 9 is below 9/10.", sentAt(0).steady(200*ms, 40*ms, 9).tokens(720 * ms), nil},
		{"ten-gaps", "Ten gaps and a late last one: 9 of 10 is enough.", sentAt(0).steady(200*ms, 40*ms, 10).tokens(760 * ms), nil},
		{"early-stall", "A stall on the first gap has no bank.", sentAt(0).tokens(200*ms).steady(600*ms, 40*ms, 19), nil},
		{"late-stall", "The same gaps, the stall last: the bank pays for it.", sentAt(0).steady(200*ms, 40*ms, 19).tokens(1320 * ms), nil},
		{"rounded-up", "10 ns and 11 ns: the second is met with 10.5 ns of pace, so 11.", sentAt(0).tokens(100, 110, 121), nil},
		{"rounded-up-after-long-gap", "11 ns and 10 ns: 11, since the first gap has no bank.", sentAt(0).tokens(100, 111, 121), nil},
		{"all-at-once", "All gaps 0: the smallest deadline that there is, 1 ns.", sentAt(0).chunk(200*ms, 12), nil},
		{"one-ns", "Gaps of 1 ns.", sentAt(0).steady(100, 1, 12), nil},
		{"bursts", "Chunks of 4 every 40 ms: the first token of each has the bank of the three before it.",
			sentAt(0).chunk(200*ms, 4).chunk(240*ms, 4).chunk(280*ms, 4).chunk(320*ms, 4).chunk(360*ms, 4), nil},
		{"freeze", "A freeze of 36.4 s in 30 tokens.", sentAt(0).steady(200*ms, 220*ms, 15).steady(39_680*ms, 220*ms, 15), nil},
		{"arrival-unknown", "Decode needs no arrival.", stream{}.steady(200*ms, 40*ms, 11), nil},
		{"one-token", "No decode: undefined.", sentAt(0).tokens(170 * ms), nil},
	}}
}
