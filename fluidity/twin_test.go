package fluidity

import (
	"math/big"
	"math/rand/v2"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// The twins: slow, and meant to be obviously right. They see tokens, one
// instant each, and compute in rational numbers that cannot overflow.

// expand returns t_1..t_N.
func expand(r *metrics.Request) []time.Duration {
	var t []time.Duration
	for _, d := range r.Deliveries {
		for range d.Tokens {
			t = append(t, d.At)
		}
	}
	return t
}

func rat(d time.Duration) *big.Rat { return new(big.Rat).SetInt64(int64(d)) }

// floorDiv returns floor(a/b), b > 0.
func floorDiv(a, b *big.Rat) *big.Int {
	q := new(big.Rat).Quo(a, b)
	return new(big.Int).Div(q.Num(), q.Denom()) // Euclidean, the same as floor for a positive denominator
}

// twinScore counts without a limit.
type twinScore struct{ hits, misses *big.Int }

func (s twinScore) score() Score { return Score{s.hits.Int64(), s.misses.Int64()} }

func newTwinScore() twinScore { return twinScore{new(big.Int), new(big.Int)} }

var one = big.NewInt(1)

// slackLoop is the loop as published in arXiv:2407.07000 and arXiv:2507.09019:
// gaps, a slack that early tokens add to, and deadlines missed counted from
// the gap. It has the published choices only, or the first token skipped.
func slackLoop(d Deadlines, a time.Duration, t []time.Duration) Score {
	s := newTwinScore()
	slack := new(big.Rat)
	dd := rat(d.Decode)
	for i := range t {
		prev, deadline := a, rat(d.Prefill)
		if i > 0 {
			prev, deadline = t[i-1], dd
		} else if d.First == Skipped {
			continue
		}
		gap := new(big.Rat).Sub(rat(t[i]), rat(prev))
		left := new(big.Rat).Add(deadline, slack)
		left.Sub(left, gap)
		if left.Sign() >= 0 {
			slack = left
			s.hits.Add(s.hits, one)
			continue
		}
		s.misses.Add(s.misses, one)
		s.misses.Add(s.misses, floorDiv(left.Neg(left), dd))
		slack = new(big.Rat)
	}
	return s.score()
}

// absolute is the definition of package fluidity, token by token, with every
// option except the curve.
func absolute(d Deadlines, a time.Duration, t []time.Duration) Score {
	s := newTwinScore()
	dd := rat(d.Decode)
	due := rat(d.Prefill)
	for i := range t {
		at := new(big.Rat).Sub(rat(t[i]), rat(a))
		late := new(big.Rat).Sub(at, due)
		switch {
		case i == 0 && d.First == Skipped:
		case i == 0 && d.First == Free, late.Sign() <= 0:
			s.hits.Add(s.hits, one)
		case d.Late == Floor:
			s.misses.Add(s.misses, one)
			s.misses.Add(s.misses, floorDiv(late, dd))
		default: // ceil(x) = -floor(-x)
			s.misses.Sub(s.misses, floorDiv(new(big.Rat).Neg(late), dd))
		}
		if late.Sign() > 0 || i == 0 && (d.First == Skipped || d.DropSlack) {
			due = at
		}
		due = new(big.Rat).Add(due, dd)
	}
	return s.score()
}

// attained is the definition of TokenDeadlines, token by token.
func attained(d TokenDeadlines, a time.Duration, t []time.Duration) Score {
	s := newTwinScore()
	for i := range t {
		due := new(big.Rat).Mul(rat(d.TBT), new(big.Rat).SetInt64(int64(i)))
		due.Add(due, rat(d.TTFT))
		if new(big.Rat).Sub(rat(t[i]), rat(a)).Cmp(due) <= 0 {
			s.hits.Add(s.hits, one)
		} else {
			s.misses.Add(s.misses, one)
		}
	}
	return s.score()
}

// twinMinimum tries D_d = 1, 2, 3, ...
func twinMinimum(t []time.Duration, target Target, late MissRule) (time.Duration, bool) {
	if len(t) < 2 || target.Num > target.Den {
		return 0, false
	}
	for d := time.Duration(1); ; d++ {
		s := absolute(Deadlines{Decode: d, Late: late, First: Skipped}, 0, t)
		index := new(big.Rat).SetFrac64(s.Hits, s.Hits+s.Misses)
		if index.Cmp(new(big.Rat).SetFrac64(target.Num, target.Den)) >= 0 {
			return d, true
		}
	}
}

// randomRequest returns a request of up to n tokens whose arrival and gaps
// are whole multiples of grid, with bursts, zero gaps, control events and
// gaps that are whole multiples of one another.
func randomRequest(rng *rand.Rand, n int, grid time.Duration) *metrics.Request {
	at := time.Duration(rng.Int64N(1000)-500) * grid
	r := &metrics.Request{Sent: metrics.Known(at)}
	unit := time.Duration(1 + rng.Int64N(5))
	at += time.Duration(rng.Int64N(30)) * grid
	for tokens := rng.IntN(n + 1); tokens > 0; {
		k := 1
		switch rng.IntN(8) {
		case 0:
			k = 0
		case 1:
			k = 1 + rng.IntN(6)
		}
		k = min(k, tokens)
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: k})
		tokens -= k
		switch rng.IntN(8) {
		case 0: // a zero gap
		case 1: // a stall
			at += time.Duration(rng.Int64N(60)) * grid
		case 2, 3: // a whole multiple of the unit
			at += time.Duration(rng.Int64N(6)) * unit * grid
		default:
			at += unit * grid
		}
	}
	return r
}
