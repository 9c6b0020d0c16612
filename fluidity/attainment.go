package fluidity

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// TokenDeadlines gives every token a deadline of its own, fixed in advance
// and never reset:
//
//	token i is in time if t_i - a <= TTFT* + (i - 1) TBT*
//
// Its score is the token attainment of Aegaeon (SOSP '25); JITServe,
// arXiv:2504.20068, uses it per token. A stream that has fallen behind misses
// every token until it has caught up, however steady it has become; that is
// the difference from [Deadlines], where a late token is charged by its
// lateness and the schedule restarts.
type TokenDeadlines struct {
	TTFT time.Duration // TTFT* >= 0
	TBT  time.Duration // TBT* >= 0; 0 gives all tokens the deadline of the first
}

// Validate reports an option that means nothing as an [*OptionError], or nil.
func (d TokenDeadlines) Validate() error {
	switch {
	case d.TTFT < 0:
		return outOfRange("TokenDeadlines.TTFT", "%v is negative", d.TTFT)
	case d.TBT < 0:
		return outOfRange("TokenDeadlines.TBT", "%v is negative", d.TBT)
	}
	return nil
}

// Score counts the tokens of the request that were in time, as hits, and
// those that were late, as misses; its index is the token attainment. Scores
// of several requests add up to the pooled one. It takes time proportional to
// the number of deliveries and does not allocate. The error is that of
// [TokenDeadlines.Validate].
//
// Special cases are:
//
//	t_i - a = TTFT* + (i-1) TBT*   in time
//	N = 0, arrival unknown         no deadline
//	gaps not recorded              no deadline; see [metrics.Request.Sparse]
//	a delivery of k > 1 tokens     its first tokens can be late and its last ones in time
func (d TokenDeadlines) Score(r *metrics.Request) (Score, error) {
	if err := d.Validate(); err != nil {
		return Score{}, err
	}
	ds := firstToken(r.Deliveries)
	a, ok := r.Arrival().Get()
	if !ok || len(ds) == 0 || r.Sparse {
		return Score{}, nil
	}
	s := newSchedule(max(d.TBT, 1), ds)
	s.step = d.TBT
	due := a + min(d.TTFT, s.last-a)
	var score Score
	for {
		n, next, tokens := s.onTime(ds, due)
		score.Hits += tokens
		ds, due = ds[n:], next
		if len(ds) == 0 {
			return score, nil
		}
		for len(ds) > 0 && ds[0].At > due { // late tokens come in runs
			k := int64(ds[0].Tokens)
			late := d.late(ds[0].At-due, k)
			score.Misses += late
			score.Hits += k - late
			due = s.after(due, k)
			ds = ds[1:]
		}
	}
}

// late returns how many of k tokens at one instant are late, the first of
// them by x > 0: as many as deadlines are before the instant.
func (d TokenDeadlines) late(x time.Duration, k int64) int64 {
	if k <= 1 || d.TBT == 0 {
		return k
	}
	return min(k, int64((x-1)/d.TBT)+1)
}
