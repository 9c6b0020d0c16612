package fluidity

import (
	"math"
	"math/bits"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// MinDecodeDeadline returns the pace that the request kept: the smallest D_d,
// a whole number of nanoseconds and at least 1, with which its decode-only
// index (first token skipped, misses counted by the given rule) reaches the
// target,
//
//	min { D_d : index(D_d) >= target }
//
// and whether there is one. It is what arXiv:2407.07000 searches in float
// seconds to within 0.1 ms; here it is exact. It takes time proportional to
// the number of deliveries times a number of probes, about ten in practice
// and at most twice the bits of the largest gap, and does not allocate. It
// panics if the target or the rule is none.
//
// Special cases are:
//
//	N < 2                      undefined
//	gaps not recorded          undefined; see [metrics.Request.Sparse]
//	target > 1                 undefined
//	target <= 0                1 ns
//	target = 1                 max over i of (t_i - t_1) / (i - 1), rounded up
//	all tokens at one instant  1 ns
func MinDecodeDeadline(r *metrics.Request, target Target, late MissRule) (time.Duration, bool) {
	if int(late) >= len(missRuleNames) {
		panic("fluidity: " + late.String() + " is no rule")
	}
	return minDecodeDeadline(r, target.orDefault(), late, 0)
}

// minDecodeDeadline is MinDecodeDeadline with a number of misses added at
// every D_d, for tokens that never came.
func minDecodeDeadline(r *metrics.Request, target Target, late MissRule, added int64) (time.Duration, bool) {
	if r.Sparse {
		return 0, false
	}
	ds := firstToken(r.Deliveries)
	q := newQuest(ds, target, late, added)
	if best, ok := (Score{q.tokens, added}).AtLeast(target); !best || !ok {
		return 0, false // not even with every token in time
	}
	if target.Num <= 0 {
		return 1, true
	}
	return q.search(), true
}

// quest is the search for the minimum deadline of one request.
type quest struct {
	ds     []metrics.Delivery // after the first with a token, up to the last with one
	start  time.Duration      // t_1
	span   time.Duration      // t_N - t_1
	first  int64              // tokens of the first delivery
	tokens int64              // N - 1, those with a deadline
	target Target
	late   MissRule
	added  int64 // misses at every D_d
	most   int64 // misses of late tokens beyond which the target is out of reach
}

// unbounded is more than the misses of any request: a deadline each
// nanosecond between the first instant and the last, and one each token.
const unbounded = 2*int64(metrics.MaxInstant) + 2*metrics.MaxTokens

func newQuest(ds []metrics.Delivery, target Target, late MissRule, added int64) quest {
	q := quest{target: target, late: late, added: added}
	if len(ds) == 0 {
		return q
	}
	q.start, q.first = ds[0].At, int64(ds[0].Tokens)
	for ds[len(ds)-1].Tokens == 0 {
		ds = ds[:len(ds)-1]
	}
	q.ds, q.span = ds[1:], ds[len(ds)-1].At-q.start
	tokens := int64(-1)
	for _, d := range ds {
		tokens += int64(d.Tokens)
	}
	q.tokens = tokens
	if target.Num > 0 && target.Num <= target.Den && q.tokens > 0 {
		// A miss costs a hit, so hits <= tokens - 1, and
		// hits / (hits + misses) >= num/den allows hits (den - num) / num misses.
		hi, lo := bits.Mul64(uint64(q.tokens-1), uint64(target.Den-target.Num))
		q.most = unbounded
		if hi < uint64(target.Num) {
			allowed, _ := bits.Div64(hi, lo, uint64(target.Num))
			q.most = int64(min(allowed, uint64(q.most)))
		}
		q.most -= added
	}
	return q
}

// search draws two bounds together that are tight from the start. Without a
// miss the target is reached. And a token in time moves the schedule by one
// step, a late one with m misses by at most 1 + m, so that for every i
// t_i - t_1 <= (i - 1 + misses) D_d, of which misses <= most.
//
// A probe that fails says up to which D_d the misses that it saw all stay;
// that D_d is probed next, as it often is the answer, in turn with the middle.
func (q *quest) search() time.Duration {
	hi := q.pace(0)
	if q.most <= 0 {
		return hi
	}
	lo := q.pace(q.most)
	for atLow := true; lo < hi; atLow = !atLow {
		d := lo
		if !atLow {
			d += (hi - lo) / 2
		}
		if next, ok := q.reached(d); ok {
			hi = d
		} else {
			lo = next
		}
	}
	return hi
}

// pace returns the smallest D_d with which no token is late when the first
// deadline is put off by that many steps: max (t_i - t_1)/(i - 1 + steps),
// rounded up.
func (q *quest) pace(steps int64) time.Duration {
	if len(q.ds) == 0 {
		return 1
	}
	d := max(1, ceilDiv(q.span, q.tokens+steps))
	for rest, i := q.ds, q.first+steps; ; {
		s := newSchedule(d, q.ds)
		n, _, tokens := s.onTime(rest, s.after(q.start, i))
		if n == len(rest) {
			return d
		}
		rest, i = rest[n:], i+tokens
		d = ceilDiv(rest[0].At-q.start, i)
	}
}

// reached reports whether the target is reached at D_d = step. If not, it
// returns a larger D_d below which it is not reached either.
func (q *quest) reached(step time.Duration) (next time.Duration, ok bool) {
	p := probe{d: Deadlines{Decode: step, Late: q.late}, next: math.MaxInt64}
	s := schedule{step: step, last: q.start + q.span}
	due, seen := s.after(q.start, q.first), q.first
	for _, c := range q.ds {
		k := int64(c.Tokens)
		if c.At > due && k > 0 {
			p.miss(c.At-due, seen)
			if p.misses > q.most {
				return p.next, false
			}
			due = c.At
		}
		due = s.after(due, k)
		seen += k
	}
	ok, _ = Score{q.tokens - p.late, p.misses + q.added}.AtLeast(q.target)
	return p.next, ok
}

// probe is what the late tokens at one D_d add up to.
type probe struct {
	d       Deadlines
	late    int64         // late tokens
	misses  int64         // their misses
	restart int64         // tokens before the one that the schedule started from
	next    time.Duration // the smallest larger D_d at which one of them has fewer misses
}

// miss adds a token that is late by x and came when so many had been seen.
func (p *probe) miss(x time.Duration, seen int64) {
	m := p.d.missed(x)
	p.late++
	p.misses += m
	since := seen - p.restart
	p.restart = seen
	p.lower(x+time.Duration(since)*p.d.Decode, m, since)
}

// lower lowers next to the smallest D_d at which a token has fewer misses
// than m, if nothing else changes before it. The token came t after the last
// restart and is due since steps after it. It has m misses as long as
// t >= (since + m - 1) D_d, or under Ceil as long as t > (since + m - 1) D_d; a
// single miss ends with t = since D_d under both.
func (p *probe) lower(t time.Duration, m, since int64) {
	if m == 1 || p.d.Late == Ceil {
		t--
	}
	n := since + m - 1
	if hi, lo := bits.Mul64(uint64(p.next-1), uint64(n)); hi != 0 || lo > uint64(t) {
		p.next = t/time.Duration(n) + 1
	}
}

// ceilDiv returns a/b rounded up, a >= 0, b > 0.
func ceilDiv(a time.Duration, b int64) time.Duration {
	q := a / time.Duration(b)
	if a%time.Duration(b) != 0 {
		q++
	}
	return q
}
