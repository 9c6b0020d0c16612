package metrics

import (
	"fmt"
	"math"
	"time"
)

// PerToken is a duration divided by a number of tokens, kept as the two
// integers so that comparing it is exact. The zero PerToken is undefined.
type PerToken struct {
	Total  time.Duration
	Tokens int64 // 0: undefined
}

// Known reports whether the quotient is defined.
func (p PerToken) Known() bool { return p.Tokens > 0 }

// Nanoseconds returns Total/Tokens, rounded once, and whether it is defined.
func (p PerToken) Nanoseconds() (float64, bool) {
	if p.Tokens <= 0 {
		return math.NaN(), false
	}
	if p.Total <= 1<<53 && p.Total >= -1<<53 { // both operands exact, as Tokens <= MaxTokens
		return float64(p.Total) / float64(p.Tokens), true
	}
	whole, rest := p.Total/time.Duration(p.Tokens), p.Total%time.Duration(p.Tokens)
	return float64(whole) + float64(rest)/float64(p.Tokens), true
}

// String returns the quotient rounded to the nanosecond, as a
// [time.Duration] prints, or "–".
func (p PerToken) String() string {
	ns, ok := p.Nanoseconds()
	if !ok {
		return Undefined
	}
	return time.Duration(math.Round(ns)).String()
}

// TPOT is a time per output token together with the largest gap that it
// dilutes: a stall of g adds only g/(N-1) to it.
type TPOT struct {
	PerToken
	Stall Span
}

// String returns both, as in "46ms (largest gap 160ms)".
func (t TPOT) String() string { return fmt.Sprintf("%v (largest gap %v)", t.PerToken, t.Stall) }

// NormalizedLatency is (T_s + T_p + T_d)/N, kept as its parts because the
// first two do not depend on N: a long answer makes a long wait look short.
//
// Scheduling and Prefill are undefined when the scheduling instant is
// unknown; their sum First is TTFT/N and is known all the same.
type NormalizedLatency struct {
	Scheduling PerToken // T_s/N
	Prefill    PerToken // T_p/N
	First      PerToken // TTFT/N = T_s/N + T_p/N
	Decode     PerToken // T_d/N
	Total      PerToken // (TTFT + T_d)/N
}

// Separable reports whether the scheduling part is known apart.
func (n NormalizedLatency) Separable() bool { return n.Scheduling.Known() && n.Prefill.Known() }

// String returns the total and its parts.
func (n NormalizedLatency) String() string {
	if n.Separable() {
		return fmt.Sprintf("%v (scheduling %v + prefill %v + decode %v)", n.Total, n.Scheduling, n.Prefill, n.Decode)
	}
	return fmt.Sprintf("%v (first token %v, scheduling not separable, + decode %v)", n.Total, n.First, n.Decode)
}

// Normalized holds the per-token figures of one request beside the raw
// durations that they dilute; it cannot be had without them.
//
//	TPOT       = T_d / (N - 1)                arXiv:2507.09019 §2: T_d/N_d, the N_d tokens after the first
//	Latency    = (T_s + T_p + T_d) / N        arXiv:2507.09019 §2
//	FixedShare = TTFT / TTLT, in [0, 1]       our definition: how much of the latency does not depend on N
//
// N is [Request.OutputTokens]. A [Convention] may have another TPOT.
//
// Special cases are:
//
//	N < 2        TPOT undefined
//	N = 0        Latency undefined
//	TTLT = 0     FixedShare undefined
//	no instant   what needs it is undefined
//	k_1 unknown  TPOT undefined under TPOTFirstChunk ([Request.Sparse])
type Normalized struct {
	Raw        Raw
	TPOT       TPOT
	Latency    NormalizedLatency
	FixedShare Optional[float64]
}

// Normalized returns the request's per-token figures under [Paper].
func (r *Request) Normalized() Normalized { return Paper.Normalized(r) }

// Normalized returns the request's per-token figures under the convention.
// It takes time proportional to the number of deliveries and does not
// allocate.
func (c Convention) Normalized(r *Request) Normalized { return c.normalized(r, c.extent(r)) }

func (c *Convention) normalized(r *Request, e extent) Normalized {
	raw := c.raw(r, e)
	n := r.outputTokens(e)
	v := Normalized{Raw: raw}
	v.TPOT = TPOT{c.tpot(r, raw, n, e), raw.Stall}
	v.Latency = NormalizedLatency{
		Scheduling: perToken(raw.SchedulingDelay, n),
		Prefill:    perToken(raw.Prefill, n),
		First:      perToken(raw.TTFT, n),
		Decode:     perToken(raw.Decode, n),
		Total:      perToken(since(c.decodeEnd(r, e), c.zero(r)), n),
	}
	if (c.Empty == EmptyZeroNormalized || c.Empty == EmptyZeroAll) && r.Empty() {
		v.Latency.Total = PerToken{0, 1}
	}
	ttft, ok := raw.TTFT.Get()
	if ttlt, _ := raw.TTLT.Get(); ok && ttlt > 0 {
		v.FixedShare = Known(float64(ttft) / float64(ttlt))
	}
	return v
}

// outputTokens is OutputTokens without a second walk.
func (r *Request) outputTokens(e extent) int64 {
	if n, ok := r.UsageTokens.Get(); ok {
		return n
	}
	return e.tokens
}

func (c *Convention) tpot(r *Request, raw Raw, n int64, e extent) PerToken {
	if c.TPOT == TPOTMeanGap && (!r.Sparse || e.events == 0) {
		n = e.tokens // a token without an instant ends no gap
	}
	if n == 1 && c.OneToken == OneTokenZeroTPOT || c.Empty == EmptyZeroAll && r.Empty() {
		return PerToken{0, 1}
	}
	switch c.TPOT {
	case TPOTDecode:
		return perToken(raw.Decode, n-1)
	case TPOTDecode1ms:
		if d, _ := raw.Decode.Get(); d >= time.Millisecond {
			return perToken(raw.Decode, n-1)
		}
	case TPOTMeanGap:
		if e.events > 0 {
			return perToken(Known(e.last-e.first), n-1)
		}
	case TPOTAllTokens:
		return perToken(raw.Decode, n)
	case TPOTFirstChunk:
		if r.Sparse {
			return PerToken{}
		}
		return perToken(raw.Decode, n-e.firstTokens)
	case TPOTWithTTFT:
		return perToken(raw.TTLT, n)
	}
	return PerToken{}
}

func perToken(total Span, n int64) PerToken {
	d, ok := total.Get()
	if !ok || n < 1 {
		return PerToken{}
	}
	return PerToken{d, n}
}
