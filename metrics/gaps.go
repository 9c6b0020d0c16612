package metrics

import (
	"fmt"
	"iter"
	"time"
)

// GapRule says which values the gaps between deliveries contribute to a
// tool's distribution of "inter-token latency". The first three are the chunk
// rules: what a delivery of k tokens that comes a gap g after the one before
// it stands for.
type GapRule uint8

const (
	// Burst is what a user sees: g, then k-1 zeros. All k tokens become
	// visible at once. Mean and number of values are per token.
	Burst GapRule = iota
	// PerChunk gives g once, whatever k: vLLM's "ITL". It is a time between
	// chunks, not between tokens.
	PerChunk
	// Spread gives g/k, k times: SGLang's "ITL". It hides that k tokens came
	// together. The integer remainder of g/k goes to the first values, one
	// nanosecond each, so that the sum is exact.
	Spread
	// RequestMean gives the request's mean gap (t_N - t_1)/(N - 1), N - 1
	// times: GuideLLM's "ITL". No distribution of gaps exists under it. A
	// remainder is dealt out as in Spread.
	RequestMean
	// RequestMeanWithTTFT gives (t_N - z)/K once a request, z its zero point
	// and K its number of chunks, rounded down to the nanosecond: llmperf's
	// "ITL", which includes the TTFT. K is N where the chunks were not
	// recorded ([Request.Sparse]).
	RequestMeanWithTTFT
	// NoGaps gives nothing: the tool defines no inter-token latency.
	NoGaps
)

var gapRuleNames = [...]string{"burst", "per-chunk", "spread", "request-mean", "request-mean-with-ttft", "none"}

// String returns the rule's name.
func (g GapRule) String() string { return name(gapRuleNames[:], "GapRule", uint8(g)) }

// MarshalText returns the rule's name.
func (g GapRule) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

func name(names []string, kind string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

// TBT returns the request's times between tokens under the convention, in
// order: with the zero Convention the gaps t_{i+1} - t_i, N - 1 of them
// (arXiv:2507.09019 §2).
//
// Special cases are: no values when there are fewer than two tokens; a first
// delivery of k tokens gives k - 1 zeros under Burst and nothing under
// PerChunk and Spread, since no gap leads to it; a [Request.Sparse] has no
// values under these three, and those of its means under the others.
//
// There are as many values as tokens, and a record of one delivery can state
// [MaxTokens] of these; [Convention.TBTRuns] has equal ones together.
func (c Convention) TBT(r *Request) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		c.eachGap(r, func(g time.Duration, n int64) bool {
			for ; n > 0; n-- {
				if !yield(g) {
					return false
				}
			}
			return true
		})
	}
}

// TBTRuns returns the values of TBT in order as pairs: a value, and how many
// times it occurs in a row, at least once. The values of two neighbors may be
// equal. There are at most two pairs a delivery, however many tokens are in
// it: use it for whatever does not have to look at each value.
func (c Convention) TBTRuns(r *Request) iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) { c.eachGap(r, yield) }
}

// eachGap yields the pairs of TBTRuns.
func (c *Convention) eachGap(r *Request, yield func(g time.Duration, n int64) bool) {
	switch c.Gaps {
	case Burst, PerChunk, Spread:
		c.eachDeliveryGap(r, yield)
	case RequestMean:
		e := c.extent(r)
		n := e.tokens
		if r.Sparse {
			n = r.outputTokens(e)
		}
		if e.events > 0 && n > 1 {
			deal(e.last-e.first, n-1, yield)
		}
	case RequestMeanWithTTFT:
		e := c.extent(r)
		chunks := e.events
		if r.Sparse {
			chunks = r.outputTokens(e)
		}
		if z, ok := c.zero(r).Get(); ok && e.events > 0 && chunks > 0 {
			yield((e.last-z)/time.Duration(chunks), 1)
		}
	}
}

func (c *Convention) eachDeliveryGap(r *Request, yield func(g time.Duration, n int64) bool) {
	if r.Sparse {
		return
	}
	first := true
	var prev time.Duration
	for _, d := range r.Deliveries {
		if d.Tokens == 0 && c.First == FirstToken {
			continue
		}
		gap, k := d.At-prev, int64(d.Tokens)
		more := true
		switch {
		case c.Gaps == Burst && first:
			more = k < 2 || yield(0, k-1)
		case first:
		case c.Gaps == Spread && k > 1:
			more = deal(gap, k, yield)
		case c.Gaps == Burst && k > 1:
			more = yield(gap, 1) && yield(0, k-1)
		default:
			more = yield(gap, 1)
		}
		if !more {
			return
		}
		first, prev = false, d.At
	}
}

// deal yields n values whose sum is g and which differ by at most 1 ns, the
// larger ones first.
func deal(g time.Duration, n int64, yield func(g time.Duration, n int64) bool) bool {
	each, rest := g/time.Duration(n), int64(g%time.Duration(n))
	if rest > 0 && !yield(each+1, rest) {
		return false
	}
	return yield(each, n-rest)
}
