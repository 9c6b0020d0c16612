package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

func roleChunk() topic {
	transcript := func(role, first time.Duration) stream {
		return sentAt(0).event(role).tokens(first, 253_120*us, 303_670*us, 354_210*us, 404_910*us, 455_440*us)
	}
	return topic{"role-chunk", "Events before the first token that hold no token.", []row{
		{"flushed-with-first-token", "Recorded: the role chunk comes 10 us before the first token. It is no token; the gap after it is no gap between tokens.",
			transcript(203_150*us, 203_160*us).ended(455_870 * us).usage(6).prompt(7), nil},
		{"flushed-at-once", "Recorded: the role chunk comes after 2.28 ms, the first token after 203.35 ms. Whoever takes it for a token reports a TTFT of 2 ms.",
			transcript(2_280*us, 203_350*us).ended(455_870 * us).usage(6).prompt(7), nil},
		{"at-the-same-instant", "The role chunk and the first token in one read: same TTFT for all, but an event more for those who count events.",
			sentAt(0).event(200*ms).steady(200*ms, 20*ms, 4).ended(260 * ms), nil},
		{"role-and-empty-delta", "Two events without a token before the first.",
			sentAt(0).event(5*ms).event(90*ms).steady(200*ms, 20*ms, 4).ended(260 * ms), nil},
		{"one-token", "A role chunk and one token: two events, but no gap between tokens.",
			sentAt(0).event(5 * ms).tokens(200 * ms).ended(201 * ms), nil},
		{"no-token", "A role chunk, then the end: no token, so no TTFT, except for tools that take the event for one.",
			sentAt(0).event(5 * ms).ended(200 * ms), nil},
		{"no-token-end-unknown", "A role chunk and no end: only who takes the event for a token knows where the stream ended.",
			sentAt(0).event(5 * ms), nil},
		{"no-token-failed", "A role chunk, then an error.",
			sentAt(0).event(5*ms).gaveUp(metrics.Failed, 200*ms), nil},
		{"no-token-usage-0", "A role chunk and a usage of 0 tokens.",
			sentAt(0).event(5 * ms).ended(200 * ms).usage(0), nil},
		{"late-role-chunk", "The role chunk itself is after the first deadline, and the token just after: one late token, not two.",
			sentAt(0).event(1500*ms).steady(1510*ms, 50*ms, 3).ended(1700 * ms), nil},
		{"early-role-late-token", "The role chunk is within the deadline of the first token, the token is not: a miss.",
			sentAt(0).event(10*ms).steady(1200*ms, 50*ms, 3).ended(1400 * ms), nil},
		{"first-chunk-of-two", "A role chunk, then two tokens in the first chunk.",
			sentAt(0).event(10*ms).chunk(200*ms, 2).chunk(240*ms, 2).ended(240 * ms), nil},
		{"keep-alive", "Empty events between the tokens: no gap begins or ends at them.",
			sentAt(0).tokens(200 * ms).event(250 * ms).event(300 * ms).tokens(350 * ms).event(360 * ms).tokens(400 * ms).ended(400 * ms), nil},
		{"64-tokens-of-a-simulator", "The shape of the recorded stream A: role chunk, 64 tokens every 20.5 ms, finish event, usage, end.",
			sentAt(0).event(202_990*us).steady(203*ms, 20_500*us, 64).event(1_494_600 * us).event(1_494_900 * us).ended(1_495 * ms).usage(64), nil},
		{"4-tokens-per-event", "The shape of the recorded stream A4: the same, four tokens per event.",
			fours().event(1_494_600 * us).event(1_494_900 * us).ended(1_495 * ms).usage(64), nil},
		{"8-tokens-role-at-once", "The shape of the recorded stream B: role chunk after 1.2 ms, 8 tokens.",
			sentAt(0).event(1_200*us).steady(202*ms, 20_400*us, 8).event(345 * ms).ended(345_200 * us).usage(8), nil},
	}}
}

// fours is 64 tokens, four at each fourth instant of 20.5 ms from 203 ms on.
func fours() stream {
	x := sentAt(0).event(202_990 * us)
	for i := range 16 {
		x = x.chunk(203*ms+20_500*us*time.Duration(4*i+3), 4)
	}
	return x
}

func tail() topic {
	answer := sentAt(0).steady(200*ms, 20*ms, 5) // until 280 ms
	return topic{"tail", "Events and time after the last token.", []row{
		{"usage-only", "Recorded: finish, usage and end follow the last token within 0.5 ms. TTLT and decode end at the last token.",
			answer.event(280_090 * us).event(280_410 * us).ended(280_430 * us).usage(5), nil},
		{"slow-usage", "The usage event comes half a second late: decode is not longer for it, the tools' decode is.",
			answer.event(780 * ms).ended(790 * ms).usage(5), nil},
		{"end-only", "No tail event; the stream ends 100 ms after the last token.",
			answer.ended(380 * ms), nil},
		{"end-at-last-token", "The stream ends with its last token: tools that differ by the tail agree.",
			answer.ended(280 * ms), nil},
		{"end-unknown", "Nobody says when the stream ended: no end-to-end latency; tools end at their last event.",
			answer, nil},
		{"end-unknown-with-tail", "A tail event and no end: the last event of tools is the tail.",
			answer.event(300 * ms), nil},
		{"one-token", "One token and a tail: time after the token is no time per token.",
			sentAt(0).tokens(200 * ms).event(230 * ms).ended(250 * ms).usage(1), nil},
		{"two-tokens", "Two tokens and a tail as long as their gap: TPOT is 20 ms, or 40 with the tail.",
			sentAt(0).tokens(200*ms, 220*ms).event(240 * ms).ended(240 * ms).usage(2), nil},
		{"one-chunk", "The whole answer in one chunk and a tail: decode 0; tools see the tail as decode.",
			sentAt(0).chunk(200*ms, 4).event(260 * ms).ended(260 * ms).usage(4), nil},
		{"role-and-tail", "Events without a token on both sides of the answer.",
			sentAt(0).event(100*ms).steady(200*ms, 20*ms, 5).event(500 * ms).ended(510 * ms).usage(5), nil},
		{"no-token", "Only a tail: the usage event of an empty answer.",
			sentAt(0).event(300 * ms).ended(310 * ms).usage(0), nil},
		{"late-tail", "A tail event far beyond every deadline is no late token.",
			answer.event(20 * s).ended(21 * s), nil},
	}}
}

func chunks() topic {
	return topic{"chunks", "Deliveries of several tokens: every token counts, at the instant of its delivery.", []row{
		{"first-of-4", "Four tokens in the first chunk: N - 1 = 6 gaps of which three are 0, and N - k_1 = 3 after the chunk.",
			sentAt(0).chunk(200*ms, 4).tokens(220*ms, 240*ms, 260*ms).ended(260 * ms), nil},
		{"first-of-2", "The smallest first chunk that biases T_d/(N-1).",
			sentAt(0).chunk(200*ms, 2).tokens(220 * ms).ended(220 * ms), nil},
		{"whole-answer", "One chunk holds the whole answer: decode 0, gaps 0, and no gap after the first chunk.",
			sentAt(0).chunk(200*ms, 7).ended(200 * ms), nil},
		{"bursts-of-4", "Speculative decoding: 4 tokens every 40 ms.",
			sentAt(0).chunk(200*ms, 4).chunk(240*ms, 4).chunk(280*ms, 4).chunk(320*ms, 4).ended(320 * ms), nil},
		{"one-then-4", "One token, then chunks of 4.",
			sentAt(0).tokens(200*ms).chunk(240*ms, 4).chunk(280*ms, 4).ended(280 * ms), nil},
		{"uneven", "Accepted drafts of different lengths: 1 3 1 5 2 1.",
			sentAt(0).chunk(200*ms, 1).chunk(225*ms, 3).chunk(250*ms, 1).chunk(275*ms, 5).chunk(300*ms, 2).chunk(325*ms, 1).ended(325 * ms), nil},
		{"remainder", "10 ns spread over 3 tokens are 4, 3 and 3: the sum stays exact.",
			sentAt(0).tokens(100).chunk(110, 3).ended(110), nil},
		{"remainder-2", "11 ns spread over 3 tokens are 4, 4 and 3.",
			sentAt(0).tokens(100).chunk(111, 3).ended(111), nil},
		{"gap-below-k", "2 ns spread over 3 tokens are 1, 1 and 0.",
			sentAt(0).tokens(100).chunk(102, 3).ended(102), nil},
		{"gap-0", "A second chunk at the instant of the first: all gaps 0.",
			sentAt(0).chunk(100*ms, 2).chunk(100*ms, 3).chunk(150*ms, 1).ended(150 * ms), nil},
		{"mean-with-remainder", "A mean gap of 100/3 ns dealt out as 34, 33, 33.",
			sentAt(0).tokens(1000, 1001, 1002, 1100).ended(1100), nil},
		{"coalesced-tail", "A proxy holds the last 10 tokens back: TPOT improves, the gap before them does not.",
			sentAt(0).steady(200*ms, 20*ms, 10).chunk(600*ms, 10).ended(600 * ms), nil},
		{"stream-interval-8", "A server that sends every 8 tokens.",
			sentAt(0).chunk(200*ms, 1).chunk(360*ms, 8).chunk(520*ms, 8).chunk(640*ms, 6).ended(640 * ms), nil},
		{"big-chunk", "A chunk of 5000 tokens: as many gaps of 0.",
			sentAt(0).tokens(200*ms).chunk(300*ms, 5000).tokens(320 * ms).ended(320 * ms), nil},
		{"chunk-late-by-little", "A late chunk is late with its first token only: the others are hits, since the deadline moves.",
			sentAt(0).tokens(500*ms).chunk(1150*ms, 3).tokens(1450*ms, 1451*ms).ended(1500 * ms), nil},
		{"chunk-partly-in-time", "Fixed deadlines of a late chunk: its first tokens are late, its last ones are not.",
			sentAt(0).tokens(900*ms).chunk(1250*ms, 6).ended(1250 * ms), nil},
	}}
}

func shortAnswers() topic {
	return topic{"short", "Answers of no token, one and two.", []row{
		{"one-token", "One token has a TTFT and no TPOT: undefined, not 0.",
			sentAt(0).tokens(200 * ms).ended(200 * ms), nil},
		{"one-token-later-end", "One token; the stream ends 50 ms later.",
			sentAt(0).tokens(200 * ms).ended(250 * ms), nil},
		{"one-token-end-unknown", "One token and nothing else.",
			sentAt(0).tokens(210 * ms), nil},
		{"one-token-at-once", "A TTFT of 0 is a TTFT: TTLT is 0 too, so the fixed share is 0/0.",
			sentAt(0).tokens(0).ended(10 * ms), nil},
		{"one-token-late", "One token after its deadline: a miss, and no deadline in decode.",
			sentAt(0).tokens(1050 * ms).ended(1050 * ms), nil},
		{"two-tokens", "One gap: N - 1 = 1, where N would halve the TPOT.",
			sentAt(0).tokens(200*ms, 230*ms).ended(230 * ms), nil},
		{"two-tokens-at-once", "Two tokens at one instant: TPOT 0 is defined here.",
			sentAt(0).chunk(200*ms, 2).ended(200 * ms), nil},
		{"three-tokens", "Two gaps: N - 2 would give 40 ms, N 13.3 ms; N - 1 gives 20 ms.",
			sentAt(0).tokens(200*ms, 215*ms, 240*ms).ended(240 * ms), nil},
		{"no-token", "A completed answer without a token is empty: no latency, except in the habits of tools.",
			sentAt(0).ended(300 * ms), nil},
		{"no-token-end-unknown", "Empty, and nobody says when it ended: nothing can be charged.",
			sentAt(0), nil},
		{"no-token-due", "Empty, with a due instant: what is charged counts from it.",
			dueAt(0).sent(100 * ms).ended(700 * ms), nil},
		{"no-token-failed", "An error before the first token: no habit for empty answers applies.",
			sentAt(0).gaveUp(metrics.Failed, 300*ms), nil},
		{"no-token-rejected", "Rejected at once: no wait.",
			sentAt(0).gaveUp(metrics.Rejected, 1*ms), nil},
		{"no-token-cancelled", "Cancelled after 2 s without a token: the wait beyond the first token's due instant is charged.",
			sentAt(0).gaveUp(metrics.Cancelled, 2*s), nil},
		{"no-token-timed-out", "A time limit of 30 s without a token.",
			sentAt(0).gaveUp(metrics.TimedOut, 30*s), nil},
		{"no-token-end-unknown-failed", "Failed without a token at an unknown instant: no benefit at all.",
			sentAt(0).unended(metrics.Failed), nil},
		{"no-token-usage-3", "Three tokens counted by the server, none delivered: not empty, and still no latency.",
			sentAt(0).ended(300 * ms).usage(3), nil},
		{"no-token-before-wanted", "An empty answer that ends before its first token was wanted costs nothing, and earns nothing.",
			sentAt(0).ended(200 * ms), nil},
		{"no-token-1ns-after-wanted", "The same, 1 ns later: the charge begins.",
			sentAt(0).ended(200*ms + ns), nil},
	}}
}

func phases() topic {
	return topic{"phases", "Reasoning, tools and text in one answer: every token delivered is a token.", []row{
		{"reasoning-then-text", "Six reasoning tokens, then four of text: TTFT is that of the first reasoning token, N is 10.",
			sentAt(0).steady(300*ms, 20*ms, 6).steady(420*ms, 20*ms, 4).ended(480 * ms).usage(10), nil},
		{"pause-between", "A pause of 600 ms between reasoning and text is a gap like any other.",
			sentAt(0).steady(300*ms, 20*ms, 6).steady(1*s, 20*ms, 4).ended(1060 * ms).usage(10), nil},
		{"reasoning-in-one-chunk", "All reasoning in one chunk, then the text.",
			sentAt(0).event(5*ms).chunk(700*ms, 40).steady(720*ms, 20*ms, 5).ended(800 * ms).usage(45), nil},
		{"hidden-reasoning", "30 reasoning tokens that are counted and never delivered: totals divide by usage, gaps do not.",
			sentAt(0).event(5*ms).steady(900*ms, 20*ms, 5).ended(980 * ms).usage(35), nil},
		{"tool-call-between", "Empty events of a tool call between two parts of the text.",
			sentAt(0).steady(200*ms, 20*ms, 3).event(260*ms).event(850*ms).steady(900*ms, 20*ms, 3).ended(940 * ms), nil},
		{"reasoning-only", "An answer that is all reasoning is not empty.",
			sentAt(0).steady(300*ms, 20*ms, 6).event(450 * ms).ended(460 * ms).usage(6), nil},
	}}
}
