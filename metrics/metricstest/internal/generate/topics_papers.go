package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

func papers() topic {
	fluid := func(prefill, decode time.Duration) func(*metricstest.Parameters) {
		return func(p *metricstest.Parameters) { p.PrefillDeadline, p.DecodeDeadline = prefill, decode }
	}
	andes := func(p *metricstest.Parameters) { p.QoETTFT, p.QoEPerToken = s, 500*ms }
	fourPerSecond := func(p *metricstest.Parameters) { p.PerToken = 250 * ms }
	tenPerSecond := sentAt(0).steady(100*ms, 100*ms, 10)
	stalled := func(before int) stream {
		x := sentAt(0).tokens(500 * ms)
		at := 500 * ms
		for i := range 20 {
			at += 40 * ms
			if i == before {
				at += 120 * ms
			}
			x = x.tokens(at)
		}
		return x
	}
	return topic{"papers", "The numbers that the papers state or that follow from their examples.", []row{
		{"waiting-10-tokens", "arXiv:2507.09019 §3.3: 10 s of waiting and 20 ms per token are 1.02 s/token in an answer of 10; the scheduling part alone is 1 s/token.",
			sentAt(0).scheduled(10*s).steady(10*s+20*ms, 20*ms, 10).ended(10*s + 200*ms), nil},
		{"waiting-1000-tokens", "arXiv:2507.09019 §3.3: the same 10 s of waiting are 0.03 s/token in an answer of 1000: a long answer hides the wait.",
			sentAt(0).scheduled(10*s).repeat(10*s+20*ms, 20*ms, 1000, 1).ended(30 * s), nil},
		{"fluidity-late-in-decode", "Deadlines of 1 s and 0.1 s; gaps .8 .05 .05 .45 .1 s have an index of 0.8: 0.4 s were banked, 0.45 s needed.",
			sentAt(0).after(0, 800*ms, 50*ms, 50*ms, 450*ms, 100*ms), fluid(s, 100*ms)},
		{"fluidity-late-first-token", "TTFT 2.35 s against 1 s costs floor(13.5) + 1 = 14 deadlines of 0.1 s: index 1/15.",
			sentAt(0).after(0, 2350*ms, 100*ms), fluid(s, 100*ms)},
		{"fluidity-all-in-time", "TTFT 0.9 s and gaps of exactly 0.1 s: index 1.",
			sentAt(0).after(0, 900*ms, 100*ms, 100*ms), fluid(s, 100*ms)},
		{"fluidity-whole-multiples", "Late by exactly 2 D_d: three misses by the published floor rule (5/8), two by the ceil rule (5/7).",
			sentAt(0).after(0, 3*s, s, s, 3*s, s, s), fluid(3*s, s)},
		{"fluidity-burst", "Three tokens at once bank two deadlines of 1 s, which a gap of 3 s uses up: index 1. One entry per chunk would miss.",
			sentAt(0).chunk(s, 3).chunk(4*s, 1), fluid(s, s)},
		{"fluidity-stall-after-8-gaps", "A stall of 160 ms among gaps of 40 ms at D_d = 50 ms: 80 ms are banked, 110 needed; decode-only index 0.95.",
			stalled(8), fluid(s, 50*ms)},
		{"fluidity-stall-after-12-gaps", "The same gaps in another order: 120 ms are banked, decode-only index 1, while TPOT is 46 ms for both.",
			stalled(12), fluid(s, 50*ms)},
		{"smooth-goodput-in-time", "A reader of 5 tokens/s and tokens every 0.1 s: no idle latency, benefit 5.",
			sentAt(0).steady(100*ms, 100*ms, 5), nil},
		{"smooth-goodput-late-start", "The first token after 1 s where the reader wanted it at 0.2 s: idle latency 0.8 s, benefit 3 by seconds and -5 by tokens.",
			sentAt(0).steady(s, 100*ms, 5), nil},
		{"smooth-goodput-stall", "Three tokens, then 1.7 s of nothing: idle latency 1.2 s from the arrival and 1.1 s from the first token; benefit 2 and -10.",
			sentAt(0).tokens(100*ms, 200*ms, 300*ms, 2*s, 2100*ms), nil},
		{"smooth-goodput-buffered-stall", "arXiv:2410.14257v2 §1: 10 tokens in the first second cover a stall of 1 s for a reader of 4 tokens/s: idle latency 0 although the largest gap is 1 s.",
			tenPerSecond.tokens(2*s, 2100*ms), fourPerSecond},
		{"smooth-goodput-held-back", "The first three tokens of smooth-goodput-stall held back until 2 s: the wait from the first token falls to 0, the wait from the arrival does not.",
			sentAt(0).chunk(2*s, 3).tokens(2*s, 2100*ms), nil},
		{"andes-in-time", "arXiv:2404.16283v2: TTFT* = 1 s, 2 tokens/s; everything before it is wanted has a QoE of 1.",
			sentAt(0).tokens(500*ms, 600*ms, 700*ms, 800*ms), andes},
		{"andes-late-start", "One second late throughout: QoE 3/7.",
			sentAt(0).tokens(2*s, 2500*ms, 3*s, 3500*ms), andes},
		{"andes-late-third-token", "The third token late by 1.5 s, the fourth read 0.5 s after it: QoE 2/3.",
			sentAt(0).tokens(s, 1500*ms, 3500*ms, 3600*ms), andes},
		{"andes-late-last-token", "andes-late-start with its last token at 10 s: QoE rises to 15/22, since the whole gets longer.",
			sentAt(0).tokens(2*s, 2500*ms, 3*s, 10*s), andes},
		{"four-token-chunk", "One chunk of 4 tokens 40 ms after the previous event: vLLM [40], SGLang [10 10 10 10], by tokens [40 0 0 0].",
			sentAt(0).tokens(500*ms).chunk(540*ms, 4), nil},
		{"per-chunk-mean", "Four chunks of 4 tokens every 40 ms: a mean between chunks is 4 times the mean between tokens.",
			sentAt(0).tokens(100*ms).chunk(140*ms, 4).chunk(180*ms, 4).chunk(220*ms, 4).chunk(260*ms, 4).ended(260 * ms), nil},
		{"same-tpot-no-stall", "Ten gaps of 46 ms. Compare same-tpot-one-stall: TPOT cannot tell them apart.",
			sentAt(0).steady(200*ms, 46*ms, 11), nil},
		{"same-tpot-one-stall", "Nine gaps of 20 ms and one of 280 ms: TPOT 46 ms again, largest gap 280 ms.",
			sentAt(0).after(0, 200*ms, 20*ms, 20*ms, 20*ms, 20*ms, 280*ms, 20*ms, 20*ms, 20*ms, 20*ms, 20*ms), nil},
		{"coordinated-omission", "The client waits 3 s for a free connection: from the due instant TTFT is 3.2 s, from the send instant 0.2 s.",
			dueAt(0).sent(3*s).steady(3200*ms, 20*ms, 5).ended(3300 * ms), nil},
		{"dropped-before-deadline", "arXiv:2410.14257v2 §4.2: the server drops a request that misses its objective anyway; charged for the wait, this does not pay.",
			sentAt(0).tokens(100*ms, 200*ms).gaveUp(metrics.Rejected, 2*s), nil},
	}}
}
