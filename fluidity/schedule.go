package fluidity

import (
	"math/bits"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// schedule is what stays the same while the tokens of one request are held
// against their deadlines. Deadlines are instants here, not relative to the
// arrival.
//
// No instant of the request is after last, so a deadline at or after last is
// never missed and can stand for any later one: deadlines saturate there,
// and nothing overflows whatever step is.
type schedule struct {
	step time.Duration // D_d, positive
	last time.Duration // instant of the last delivery
	most int           // tokens of a delivery up to which four steps cannot overflow
}

// newSchedule returns the schedule for a request's deliveries, at least one.
func newSchedule(step time.Duration, ds []metrics.Delivery) schedule {
	// 4 most step <= metrics.MaxInstant, so that due + 4 most step and its
	// difference to any instant are within 2^63.
	return schedule{step, ds[len(ds)-1].At, int(metrics.MaxInstant / 4 / step)}
}

// after returns the deadline k tokens after the instant t <= last.
func (s *schedule) after(t time.Duration, k int64) time.Duration {
	hi, lo := bits.Mul64(uint64(s.step), uint64(k))
	if hi != 0 || lo > uint64(s.last-t) {
		return s.last
	}
	return t + time.Duration(lo)
}

// onTime walks over ds while deliveries are in time, the first deadline being
// due. It returns the number of deliveries before the first late one, the
// deadline of that one, and the number of tokens before it. Deliveries of no
// token are passed over.
func (s *schedule) onTime(ds []metrics.Delivery, due time.Duration) (n int, next time.Duration, tokens int64) {
	for i := 0; ; {
		i, due, tokens = s.fours(ds, i, due, tokens)
		for end := min(i+4, len(ds)); i < end; i++ {
			k := int64(ds[i].Tokens)
			if k == 0 {
				continue
			}
			if ds[i].At > due {
				return i, due, tokens
			}
			due = s.after(due, k)
			tokens += k
		}
		if i == len(ds) {
			return i, due, tokens
		}
	}
}

// fours takes onTime from delivery i on in steps of four deliveries, up to
// four of which one is late or so large that the sums could overflow.
//
// While no token is late, the deadline is the one at the start plus a step
// for each token since. So the four are judged by the signs of independent
// differences, with one branch.
func (s *schedule) fours(ds []metrics.Delivery, i int, due time.Duration, tokens int64) (int, time.Duration, int64) {
	step, last, most := s.step, s.last, s.most
	for ; i < len(ds)-3; i += 4 {
		b := ds[i : i+4 : i+4]
		sign := time.Duration(most - (b[0].Tokens | b[1].Tokens | b[2].Tokens | b[3].Tokens))
		sign |= due - b[0].At
		k := b[0].Tokens
		sign |= due + step*time.Duration(k) - b[1].At
		k += b[1].Tokens
		sign |= due + step*time.Duration(k) - b[2].At
		k += b[2].Tokens
		sign |= due + step*time.Duration(k) - b[3].At
		if sign < 0 {
			break
		}
		k += b[3].Tokens
		due = min(due+step*time.Duration(k), last)
		tokens += int64(k)
	}
	return i, due, tokens
}

// firstToken returns ds from its first delivery with a token on.
func firstToken(ds []metrics.Delivery) []metrics.Delivery {
	for len(ds) > 0 && ds[0].Tokens == 0 {
		ds = ds[1:]
	}
	return ds
}
