package goodput

import (
	"fmt"
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// DefaultPerToken is the V of a [Reader] that states none: 5 tokens/s
// (arXiv:2410.14257v2 §5.2).
const DefaultPerToken = 200 * time.Millisecond

// Times per token of people who read English, from the words per minute in
// Marc Brysbaert, "How many words do we read per minute? A review and
// meta-analysis of reading rate", Journal of Memory and Language 109, 2019,
// at 1.3 tokens a word (our assumption), rounded down to the nanosecond.
const (
	SilentNonFiction = 60 * time.Second * 10 / (238 * 13) // 238 words/min, 5.2 tokens/s
	SilentFiction    = 60 * time.Second * 10 / (260 * 13) // 260 words/min, 5.6 tokens/s
	Aloud            = 60 * time.Second * 10 / (183 * 13) // 183 words/min, 4.0 tokens/s
)

// Reader is somebody, or some program, that consumes a stream of tokens at a
// steady speed and waits whenever the next token is not there.
//
// The zero Reader reads 5 tokens/s from the arrival of the request and
// tolerates no delay beyond that pace.
type Reader struct {
	PerToken  time.Duration // V, the time each token takes to consume; 0 means [DefaultPerToken]
	Tolerance time.Duration // D_0, the response delay that does not count as waiting
	Origin    Origin        // z, the instant from which the reader counts
}

// Origin says from which instant a [Reader] counts.
type Origin uint8

const (
	// FromArrival counts from [metrics.Request.Arrival]: the wait for the
	// first token is a wait (arXiv:2410.14257v2, "relative to the commitment
	// of a request").
	FromArrival Origin = iota

	// FromFirstToken counts from t_1, as secondary sources read version 1 of
	// that paper. It hides the wait for the first token, and rewards holding
	// that token back until others have gathered: tokens at 0.1, 0.2, 0.3,
	// 2.0, 2.1 s leave V = 0.2 s idle for 1.1 s, and for 0 s if the first
	// three are withheld until 2.0 s.
	FromFirstToken
)

// String returns the origin in words.
func (o Origin) String() string {
	switch o {
	case FromArrival:
		return "arrival"
	case FromFirstToken:
		return "first token"
	}
	return fmt.Sprintf("Origin(%d)", uint8(o))
}

// PerToken returns the time per token of a speed in tokens per second,
// rounded to the nearest nanosecond. The error is an [*OptionError], for a
// speed that is not a positive number or whose time per token is not between
// 1 ns and the longest [time.Duration].
func PerToken(tokensPerSecond float64) (time.Duration, error) {
	ns := math.Round(1e9 / tokensPerSecond)
	if !(tokensPerSecond > 0 && ns >= 1 && ns < math.MaxInt64) {
		return 0, outOfRange("speed", tokensPerSecond, "a positive number of tokens per second, at most 1e9")
	}
	return time.Duration(ns), nil
}

// IdleLatency returns how long the reader waited for the tokens that were
// delivered (arXiv:2410.14257v2):
//
//	l = max(0, max_i (t_i - z - D_0 - V i)),   i = 1..N
//
// t_i are the token instants, z is the arrival or t_1 by the reader's
// [Origin], D_0 its Tolerance, V its PerToken. For a reader who takes at most
// one token per V this maximum equals the sum of all waits: a wait shifts the
// rest of the reading by its own length. The result is exact.
//
// Special cases are:
//
//	N = 0                        undefined
//	arrival unknown              undefined, unless the reader counts from the first token
//	gaps not recorded            undefined; see [metrics.Request.Sparse]
//	k tokens in one delivery     the first of them decides; the others are early
//	a delivery of 0 tokens       ignored
//	t_i = z + D_0 + V i          in time
//	V i beyond all instants      in time; nothing overflows
//
// How the request ended does not matter here; see [Options.IdleLatency]. The
// cost is proportional to the number of deliveries that come before the
// reader is so far behind that no later one can be missed; nothing is
// allocated.
func (p Reader) IdleLatency(r *metrics.Request) metrics.Span {
	must(p.err())
	ds := fromFirstToken(r.Deliveries)
	want, ok := p.firstWanted(r, ds).Get()
	if !ok || len(ds) == 0 || r.Sparse {
		return metrics.Span{}
	}
	idle, _ := wait(ds, want, p.perToken(), ds[len(ds)-1].At)
	return metrics.Known(idle)
}

// perToken returns V.
func (p Reader) perToken() time.Duration {
	if p.PerToken == 0 {
		return DefaultPerToken
	}
	return p.PerToken
}

// firstWanted returns z + D_0 + V, when the reader wants the first token. ds
// are the deliveries of r from the first token on; without any, z is the
// arrival whatever the origin.
func (p Reader) firstWanted(r *metrics.Request, ds []metrics.Delivery) metrics.Instant {
	z, ok := r.Arrival().Get()
	if p.Origin == FromFirstToken && len(ds) > 0 {
		z, ok = ds[0].At, true
	}
	if !ok {
		return metrics.Instant{}
	}
	return metrics.Known(later(later(z, p.Tolerance), p.perToken()))
}

// fromFirstToken returns ds without the control events at its head: empty if
// there is no token.
func fromFirstToken(ds []metrics.Delivery) []metrics.Delivery {
	for i := range ds {
		if ds[i].Tokens > 0 {
			return ds[i:]
		}
	}
	return nil
}

// wait follows a reader who wants the first token of ds at the instant want
// and a further one every v > 0. It returns the largest lateness of a token,
// at least 0, and when the reader wants the token after the last, or some
// instant not before the horizon, which is none of the instants in ds is
// after.
//
// Reading at a pace of its own, the schedule passes the end of a fast stream
// early; from there on no token can be late.
func wait(ds []metrics.Delivery, want, v, horizon time.Duration) (late, next time.Duration) {
	v, most := steps(v)
	for i := range ds {
		if want >= horizon {
			break
		}
		switch k := ds[i].Tokens; {
		case k == 1:
			late = max(late, ds[i].At-want)
			want += v
		case k > most:
			return max(late, ds[i].At-want), horizon
		case k > 0:
			late = max(late, ds[i].At-want)
			want += v * time.Duration(k)
		}
	}
	return late, want
}

// span bounds the difference between two instants of a valid request, so a
// step of this length leads from any instant to one that none is after.
const span = 2 * metrics.MaxInstant

// steps returns v, or a span if that is less, and the largest number of such
// steps that is no longer than a span. A longer way would pass every instant
// of the request, and might overflow.
func steps(v time.Duration) (step time.Duration, most int) {
	step = min(v, span)
	return step, int(min(int64(span/step), math.MaxInt))
}

// later returns t + d for d >= 0, or the last instant there is.
func later(t, d time.Duration) time.Duration {
	if t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}
