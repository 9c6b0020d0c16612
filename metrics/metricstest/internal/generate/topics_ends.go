package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

func outcomes() topic {
	begun := sentAt(0).tokens(100*ms, 300*ms, 500*ms) // the reader wants the fourth at 800 ms
	tolerant := func(p *metricstest.Parameters) { p.Tolerance = 500 * ms }
	return topic{"outcomes", "Answers that were given up: what was delivered stands, and the wait for the token that never came can be charged.", []row{
		{"completed", "The answer that the next rows cut short.",
			begun.ended(2 * s), nil},
		{"cancelled-during-stall", "Cancelled 1.2 s after the fourth token was wanted: charged 1.2 s, or nothing as delivered.",
			begun.gaveUp(metrics.Cancelled, 2*s), nil},
		{"cancelled-when-wanted", "Cancelled at the very instant at which the fourth token was wanted: no wait yet.",
			begun.gaveUp(metrics.Cancelled, 800*ms), nil},
		{"cancelled-1ns-after-wanted", "One nanosecond later: 1 ns of waiting.",
			begun.gaveUp(metrics.Cancelled, 800*ms+ns), nil},
		{"cancelled-1ns-before-wanted", "One nanosecond earlier: no wait, and not a negative one.",
			begun.gaveUp(metrics.Cancelled, 800*ms-ns), nil},
		{"cancelled-at-last-token", "Cancelled as the third token came.",
			begun.gaveUp(metrics.Cancelled, 500*ms), nil},
		{"cancelled-end-unknown", "Cancelled at an unknown instant: charged as delivered, a lower bound of the wait.",
			begun.unended(metrics.Cancelled), nil},
		{"timed-out", "A time limit during the stall costs what a cancellation does.",
			begun.gaveUp(metrics.TimedOut, 2*s), nil},
		{"failed", "An error during the stall: its tokens and gaps count.",
			begun.gaveUp(metrics.Failed, 2*s), nil},
		{"rejected-midway", "Rejected after three tokens.",
			begun.gaveUp(metrics.Rejected, 1*s), nil},
		{"late-token-and-cancelled", "A token was later than the end charge: the larger of the two waits counts.",
			sentAt(0).tokens(1900*ms, 1950*ms).gaveUp(metrics.Cancelled, 2*s), nil},
		{"cancelled-with-tolerance", "A tolerated delay of 0.5 s shifts the charge too.",
			begun.gaveUp(metrics.Cancelled, 2*s), tolerant},
		{"cancelled-after-one-token", "One token, then a stall of 5 s.",
			sentAt(0).tokens(150*ms).gaveUp(metrics.Cancelled, 5150*ms), nil},
		{"cancelled-from-due", "The charge counts from the due instant.",
			dueAt(0).sent(1*s).tokens(1100*ms, 1300*ms).gaveUp(metrics.Cancelled, 3*s), nil},
		{"cancelled-arrival-unknown", "No instant to count from: no idle latency and no benefit, but gaps and decode.",
			stream{}.tokens(100*ms, 300*ms, 500*ms).gaveUp(metrics.Cancelled, 2*s), nil},
		{"failed-one-token-usage-unknown", "An error after one token.",
			sentAt(0).tokens(100*ms).gaveUp(metrics.Failed, 110*ms), nil},
		{"cancelled-in-chunk", "Cancelled after a chunk of 4: the reader still had tokens to read.",
			sentAt(0).chunk(100*ms, 4).gaveUp(metrics.Cancelled, 900*ms), nil},
	}}
}

func clocks() topic {
	const day = 24 * time.Hour
	known := func(origin time.Duration) stream {
		return dueAt(origin).sent(origin+30*ms).scheduled(origin+80*ms).
			after(origin, 200*ms, 20*ms, 45*ms, 20*ms).ended(origin + 300*ms)
	}
	tokens := func(x stream) stream { return x.tokens(200*ms, 220*ms, 260*ms) }
	return topic{"clocks", "Which instants are known, which one counts, and where the origin lies.", []row{
		{"all-known", "Due, sent, scheduled, tokens and end, all different: every duration has its own value.",
			known(0), nil},
		{"origin-shifted", "All instants 7 s later: no metric changes.",
			known(7 * s), nil},
		{"negative-origin", "All instants before the origin of the run, as of a request that began before the measurement: no metric changes.",
			known(-3600 * s), nil},
		{"across-the-origin", "The request arrives before the origin and ends after it.",
			known(-210 * ms), nil},
		{"400-days", "An origin 400 days back: more nanoseconds than a float64 tells apart.",
			known(400*day + 1), nil},
		{"400-days-1ns-gaps", "Gaps of 1 ns, 400 days from the origin: as float64 nanoseconds they are 0 or 4.",
			sentAt(400*day).after(400*day, 7, 1, 1, 2, 1).ended(400*day + 13), nil},
		{"far-away", "Instants near the largest that are allowed (2^61 ns).",
			sentAt(1<<61-10).after(1<<61-10, 3, 2, 1), nil},
		{"far-before", "Instants near the smallest that are allowed (-2^61 ns).",
			sentAt(-1<<61).after(-1<<61, 3, 2, 1), nil},
		{"only-sent", "Due unknown: the arrival is the send instant; the client delay is unknown, not 0.",
			tokens(sentAt(100 * ms)).ended(300 * ms), nil},
		{"only-due", "Sent unknown: tools that count from it have no latency.",
			tokens(dueAt(100 * ms)).ended(300 * ms), nil},
		{"due-is-sent", "Sent when due: the client delay is 0, and known.",
			tokens(dueAt(100 * ms).sent(100 * ms)).ended(300 * ms), nil},
		{"sent-late", "Sent 70 ms after it was due: 70 ms of TTFT that tools do not see.",
			tokens(dueAt(100 * ms).sent(170 * ms)).ended(300 * ms), nil},
		{"retry", "A first attempt failed, the second was sent 5 s later: the user waited from the due instant on.",
			dueAt(0).sent(5*s).steady(5200*ms, 20*ms, 5).ended(5300 * ms), nil},
		{"retry-within-deadline-of-sent", "The retry alone is fast; counted from due, the first token misses many deadlines.",
			dueAt(0).sent(1900*ms).steady(2*s, 50*ms, 4).ended(2200 * ms), nil},
		{"nothing-known", "Only tokens: decode and gaps exist, latencies do not.",
			tokens(stream{}), nil},
		{"nothing-at-all", "A completed request of which nothing is known.",
			stream{}, nil},
		{"only-end", "An end without a beginning.",
			tokens(stream{}).ended(300 * ms), nil},
		{"scheduled-only", "Scheduled and nothing before it: prefill is known, scheduling delay is not.",
			tokens(stream{}.scheduled(150 * ms)).ended(300 * ms), nil},
		{"scheduled-at-arrival", "No queue: the scheduling delay is 0, and known.",
			tokens(sentAt(100 * ms).scheduled(100 * ms)).ended(300 * ms), nil},
		{"scheduled-unknown", "A client does not know when prefill began: TTFT is known as a sum only.",
			tokens(dueAt(0).sent(100 * ms)).ended(300 * ms), nil},
		{"scheduled-at-first-token", "Prefill takes no time.",
			tokens(sentAt(100 * ms).scheduled(200 * ms)).ended(300 * ms), nil},
		{"scheduled-no-token", "Scheduled, and no token: the scheduling delay is known all the same.",
			sentAt(0).scheduled(50*ms).gaveUp(metrics.Failed, 60*ms), nil},
		{"prompt-length", "The length of the prompt changes no latency.",
			tokens(sentAt(100 * ms)).prompt(4096).ended(300 * ms), nil},
		{"token-at-arrival", "The first token at the very instant of the arrival.",
			sentAt(100*ms).tokens(100*ms, 120*ms).ended(120 * ms), nil},
	}}
}

func usage() topic {
	four := sentAt(0).steady(200*ms, 20*ms, 4) // until 260 ms
	return topic{"usage", "A count of tokens that the server states: totals divide by it, gaps and deadlines do not.", []row{
		{"equal", "Stated and delivered agree.",
			four.ended(260 * ms).usage(4), nil},
		{"larger", "Chunks of unknown size: 4 events, 13 tokens by the server's count. TPOT divides by 12.",
			four.ended(260 * ms).usage(13), nil},
		{"smaller", "The server states fewer tokens than came.",
			four.ended(260 * ms).usage(3), nil},
		{"one", "A stated 1: no TPOT, although three gaps came.",
			four.ended(260 * ms).usage(1), nil},
		{"zero", "A stated 0 with tokens delivered: totals per token are undefined, the answer is not empty.",
			four.ended(260 * ms).usage(0), nil},
		{"one-delivered-five-stated", "One event and 5 tokens by the server's count: no gap, but a TPOT of 0 or of the tail.",
			sentAt(0).tokens(200 * ms).ended(280 * ms).usage(5), nil},
		{"first-chunk-not-below", "As many tokens stated as in the first chunk: nothing is left to divide by.",
			sentAt(0).chunk(200*ms, 4).tokens(240 * ms).ended(240 * ms).usage(4), nil},
		{"chunk-counted-as-token", "16 events of 4 tokens with the usage beside them: per event the TPOT is 4 times too long.",
			sentAt(0).steady(264*ms, 82*ms, 16).ended(1495 * ms).usage(64), nil},
		{"unknown-in-bursts", "The usage is unknown: totals divide by what was delivered.",
			sentAt(0).chunk(200*ms, 3).chunk(260*ms, 3).ended(260 * ms), nil},
		{"larger-with-role-chunk", "A role chunk and chunks of unknown size.",
			sentAt(0).event(3*ms).steady(200*ms, 40*ms, 4).event(330 * ms).ended(331 * ms).usage(11), nil},
		{"cancelled", "A cancelled answer whose usage covers tokens that never came: benefit counts what was delivered.",
			four.usage(40).gaveUp(metrics.Cancelled, 3*s), nil},
	}}
}

func stalls() topic {
	return topic{"stalls", "Long gaps: they count wherever they lie, whatever the server did meanwhile.", []row{
		{"preemption", "Preempted after 5 tokens for 3 s: the gap before the sixth token is 3 s.",
			sentAt(0).steady(200*ms, 20*ms, 5).steady(3280*ms, 20*ms, 5).ended(3360 * ms), nil},
		{"preempted-twice", "Two preemptions: dropping what came before the last one hides a stall of 2 s.",
			sentAt(0).steady(200*ms, 20*ms, 4).steady(2260*ms, 20*ms, 4).steady(3320*ms, 20*ms, 4).ended(3380 * ms), nil},
		{"preempted-before-second-token", "The stall is the very first gap.",
			sentAt(0).tokens(200*ms).steady(2200*ms, 20*ms, 6).ended(2300 * ms), nil},
		{"preempted-before-last-token", "The stall is the very last gap.",
			sentAt(0).steady(200*ms, 20*ms, 6).tokens(2300 * ms).ended(2300 * ms), nil},
		{"recomputed-prefill", "Scheduled again after a preemption: the first token remains the first token.",
			sentAt(0).scheduled(50*ms).steady(200*ms, 20*ms, 3).steady(1740*ms, 20*ms, 7).ended(1860 * ms), nil},
		{"wait-only", "The whole wait is before the first token, decode is even.",
			sentAt(0).steady(4*s, 20*ms, 10).ended(4180 * ms), nil},
		{"every-other", "Every second gap is 150 ms: late and early tokens in turn.",
			sentAt(0).after(0, 900*ms, 50*ms, 150*ms, 50*ms, 150*ms, 50*ms, 150*ms, 50*ms, 150*ms).ended(1700 * ms), nil},
		{"growing", "Gaps that grow by 15 ms each: the bank empties.",
			sentAt(0).after(0, 900*ms, 40*ms, 55*ms, 70*ms, 85*ms, 100*ms, 115*ms, 130*ms, 145*ms, 160*ms, 175*ms, 190*ms).ended(2200 * ms), nil},
		{"after-a-chunk", "A chunk of 10 tokens covers the stall after it, for deadlines and for a reader.",
			sentAt(0).chunk(200*ms, 10).tokens(2 * s).ended(2 * s), nil},
	}}
}
