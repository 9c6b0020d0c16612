package fluidity

import (
	"errors"

	"github.com/tokentime/tokentime/metrics"
)

// Summary judges many requests. Set Options before the first Add; the zero
// Options are no valid ones, as D_d has no default.
//
// Two populations are kept apart. Pooled adds up deadlines, so that a long
// answer weighs more; Index is the distribution over requests, each weighing
// the same. With exact distributions a Summary keeps 16 bytes a request. It
// is not safe for concurrent use; let each goroutine fill its own and Merge
// them.
type Summary struct {
	Options Options // not to be changed after the first Add

	Requests     int64   // all that were added
	LeftOut      LeftOut // those without an index
	Pooled       Score   // sum of hits and of misses
	Reached      int64   // requests whose index is at least the target
	Extrapolated int64   // requests whose D_p the curve extrapolated

	// Index has one value or one undefined from each request.
	Index metrics.Distribution

	// MinDeadline is the distribution of the requests' minimum decode
	// deadlines; see [MinDecodeDeadline]. Undefined are requests with fewer
	// than two tokens or with gaps that were not recorded, the unfinished
	// ones as far as they are excluded, and the Unreachable ones.
	MinDeadline metrics.Distribution

	// Unreachable counts requests that miss the target at any D_d, for the
	// tokens that never came. There are none if unfinished ones are excluded.
	Unreachable int64

	ready bool
}

// ErrOverflow says that the sum of hits or of misses does not fit an int64.
var ErrOverflow = errors.New("fluidity: number of deadlines overflows int64")

func (s *Summary) prepare() {
	if s.ready {
		return
	}
	s.ready = true
	s.Index.Options = metrics.DistributionOptions{Method: s.Options.Method, Unit: metrics.Share}
	s.MinDeadline.Options = metrics.DistributionOptions{Method: s.Options.Method, Kind: metrics.OrderStatistic}
}

// Add judges the request, which must be valid. The error is that of
// [Options.Validate], or says that the plan is out of range, or ErrOverflow;
// the request is then not counted at all.
func (s *Summary) Add(r *metrics.Request) error {
	if err := s.Options.Validate(); err != nil {
		return err
	}
	s.prepare()
	j, err := s.judge(r)
	if err != nil {
		return err
	}
	pooled, ok := s.Pooled.add(j.Score)
	if !ok {
		return ErrOverflow
	}
	s.Pooled = pooled
	s.Requests++
	if j.leftOut != nil {
		*j.leftOut++
		s.Index.AddUndefined(1)
	} else {
		index, _ := j.Index().Get()
		s.Index.Add(index)
		if reached, _ := j.AtLeast(s.Options.Target); reached {
			s.Reached++
		}
		if j.extrapolated {
			s.Extrapolated++
		}
	}
	if !s.Options.NoTokenRate {
		s.addMinDeadline(r, j)
	}
	return nil
}

// judgement is what one request adds.
type judgement struct {
	Score
	extrapolated bool
	leftOut      *int64 // the counter of the reason, or nil
	paced        bool   // it can have a minimum deadline
	tokens       int64  // N
	lacking      int64  // tokens that were planned and never came
}

func (s *Summary) judge(r *metrics.Request) (judgement, error) {
	j := judgement{tokens: r.Tokens()}
	if r.Outcome != metrics.Completed || j.tokens == 0 {
		j.leftOut = s.unfinished(r)
		if s.Options.Unfinished == Excluded || j.leftOut == &s.LeftOut.Untimed {
			return j, nil
		}
		planned, ok := s.Options.Planned(r)
		if !ok {
			j.leftOut = &s.LeftOut.NoPlan
			return j, nil
		}
		if planned < 0 || planned > metrics.MaxTokens {
			return j, outOfRange("Planned", "%d tokens for request %q", planned, r.ID)
		}
		j.lacking = max(0, planned-j.tokens)
	}
	d := &s.Options.Deadlines
	v := d.score(r)
	j.paced = v.why != sparse
	j.Score, j.extrapolated = v.Score, v.extrapolated
	j.Misses += j.lacking
	if j.tokens == 0 && j.lacking > 0 && d.First == Skipped {
		j.Misses--
	}
	j.leftOut = s.undue(v.why, j.Score)
	if j.leftOut != nil {
		j.Score = Score{}
	}
	return j, nil
}

// unfinished returns the counter for a request without a complete answer.
func (s *Summary) unfinished(r *metrics.Request) *int64 {
	l := &s.LeftOut
	switch r.Outcome {
	case metrics.Cancelled:
		return &l.Cancelled
	case metrics.TimedOut:
		return &l.TimedOut
	case metrics.Failed:
		return &l.Failed
	case metrics.Rejected:
		return &l.Rejected
	}
	if r.Empty() {
		return &l.Empty
	}
	return &l.Untimed
}

// undue returns the counter of the reason why a request that is judged has no
// index, or nil if it has one.
func (s *Summary) undue(why reason, score Score) *int64 {
	switch {
	case why == noArrival:
		return &s.LeftOut.NoArrival
	case why == sparse:
		return &s.LeftOut.Sparse
	case why == noPrompt:
		return &s.LeftOut.NoPrompt
	case score == Score{}:
		return &s.LeftOut.NoneDue
	}
	return nil
}

// ShareReached returns the share of requests with an index whose index is at
// least the target; undefined if no request has one.
func (s *Summary) ShareReached() metrics.Optional[float64] {
	return Score{s.Reached, s.Index.N() - s.Reached}.Index()
}

// Merge adds all that o holds. The result equals the Summary of the union of
// the requests. Options that differ are an [*OptionError]; the two Planned
// functions, which cannot be compared, have to agree.
func (s *Summary) Merge(o *Summary) error {
	if err := s.Options.mismatch(&o.Options); err != nil {
		return err
	}
	if !o.ready {
		return nil // nothing was ever added
	}
	s.prepare()
	pooled, ok := s.Pooled.add(o.Pooled)
	if !ok {
		return ErrOverflow
	}
	if err := s.Index.Merge(&o.Index); err != nil {
		return err
	}
	if err := s.MinDeadline.Merge(&o.MinDeadline); err != nil {
		return err
	}
	s.Pooled = pooled
	s.Requests += o.Requests
	s.LeftOut.add(o.LeftOut)
	s.Reached += o.Reached
	s.Extrapolated += o.Extrapolated
	s.Unreachable += o.Unreachable
	return nil
}
