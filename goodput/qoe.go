package goodput

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Ideal is the delivery that QoE compares with: the first token TTFT after
// the arrival, and every further one PerToken after the one before.
//
// Neither has a value that the field agrees on, so the zero Ideal is none,
// and QoE is undefined under it.
type Ideal struct {
	TTFT     time.Duration // TTFT*, at least 0
	PerToken time.Duration // 1/r, positive; see the function [PerToken] for a speed r in tokens/s
}

func (q Ideal) err() error {
	switch {
	case q == Ideal{}:
		return nil
	case q.TTFT < 0:
		return outOfRange("Ideal.TTFT", q.TTFT, "at least 0")
	case q.PerToken <= 0:
		return outOfRange("Ideal.PerToken", q.PerToken, "a positive duration")
	}
	return nil
}

// QoE returns the quality of experience of the tokens that were delivered,
// in [0, 1], and whether it is defined (Liu et al., "Andes: Defining and
// Enhancing Quality-of-Experience in LLM-Based Text Streaming Services",
// arXiv:2404.16283v2). Times count from the arrival:
//
//	ideal_i  = TTFT* + (i-1)/r
//	actual_1 = max(t_1, ideal_1)
//	actual_i = max(t_i, actual_{i-1} + 1/r)
//	QoE      = 1 - sum(actual_i - ideal_i) / sum(actual_N - ideal_i)
//
// ideal_i is when the reader wants token i, actual_i when the reader who
// falls behind gets to it. The sums are exact integers; the quotient is
// rounded once.
//
// Special cases are:
//
//	N = 0                                undefined
//	arrival unknown, or the zero Ideal   undefined
//	gaps not recorded                    undefined; see [metrics.Request.Sparse]
//	no token later than its ideal        1
//	N = 1                                1 in time, 0 late, by however little
//
// QoE is a share of the time until the last token, and that makes it unfit to
// be the only figure that a scheduler is judged by. To delay a token never
// raises it as long as actual_N stays; but a later actual_N lengthens the
// whole, so that one late last token can make the waits before it look
// small. With TTFT* = 1 s and r = 2/s, tokens at 2, 2.5, 3, 3.5 s have a QoE
// of 3/7, and at 2, 2.5, 3, 10 s one of 15/22. Idle latency has no such way
// out. Nor does QoE know how a request ended: an abandoned one is scored by
// what it delivered.
func (q Ideal) QoE(r *metrics.Request) (float64, bool) {
	must(q.err())
	a, ok := r.Arrival().Get()
	ds := fromFirstToken(r.Deliveries)
	if !ok || len(ds) == 0 || r.Sparse || q == (Ideal{}) {
		return 0, false
	}
	lag, n, delay := lags(ds, later(a, q.TTFT), q.PerToken)
	return q.share(lag, n, delay), true
}

// share returns the QoE of n tokens, the last of which has that lag, and whose
// lags sum to delay.
func (q Ideal) share(lag time.Duration, n uint64, delay wide) float64 {
	if (delay == wide{}) {
		return 1
	}
	// actual_N - ideal_i = lag_N + (N-i)/r
	whole := product(uint64(lag), n).plus(product(uint64(q.PerToken), n*(n-1)/2))
	return ratio(whole.minus(delay), whole)
}

// lags follows the lags actual_i - ideal_i, where ideal_1 = ideal and a
// further token is due every v > 0. It returns the last of them, the number
// of tokens and the sum of the lags.
//
// As actual_{i-1} + 1/r - ideal_i is the lag before, a lag is the largest
// lateness t_j - ideal_j so far, or 0. So the tokens that come together have
// the lag of the first of them.
func lags(ds []metrics.Delivery, ideal, v time.Duration) (lag time.Duration, n uint64, sum wide) {
	last := ds[len(ds)-1].At
	v, most := steps(v)
	i := 0
	for ; i < len(ds) && ideal < last; i++ {
		switch k := ds[i].Tokens; {
		case k == 1:
			lag = max(lag, ds[i].At-ideal)
			sum = sum.plus(wide{lo: uint64(lag)})
			n++
			ideal += v
		case k > 0:
			lag = max(lag, ds[i].At-ideal)
			sum = sum.plus(product(uint64(lag), uint64(k)))
			n += uint64(k)
			if k > most {
				ideal = last
			} else {
				ideal += v * time.Duration(k)
			}
		}
	}
	rest := uint64(tokens(ds[i:])) // in time: the lag stays
	return lag, n + rest, sum.plus(product(uint64(lag), rest))
}
