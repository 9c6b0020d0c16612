package slo

import (
	"errors"
	"fmt"

	"github.com/tokentime/tokentime/metrics"
)

// Denominator says which requests an attainment is a share of.
type Denominator uint8

const (
	// Offered counts every request: one that failed, was rejected, was given
	// up or stayed empty does not attain, and cannot raise the attainment by
	// that. It is the zero Denominator.
	Offered Denominator = iota
	// CompletedRequests counts those that completed with at least one token.
	CompletedRequests
)

var denominatorNames = [...]string{"offered", "completed"}

// String returns the denominator's name.
func (d Denominator) String() string { return name(denominatorNames[:], "Denominator", uint8(d)) }

// MarshalText returns the denominator's name.
func (d Denominator) MarshalText() ([]byte, error) {
	return marshalName(denominatorNames[:], "denominator", uint8(d))
}

// UnmarshalText accepts the names that MarshalText returns.
func (d *Denominator) UnmarshalText(b []byte) error {
	i, err := unmarshalName(denominatorNames[:], "denominator", b)
	*d = Denominator(i)
	return err
}

// Summary judges many requests. The zero Summary has no objective; one with
// a Checker is ready.
//
// For each value that some part takes a quantile of, it keeps a distribution
// by Method, only to be able to tell the value: verdicts follow from counts.
// It is not safe for concurrent use and must not be copied after the first
// Add; let each goroutine fill its own and Merge them.
type Summary struct {
	// Not to be changed after the first Add:

	Checker     Checker
	Denominator Denominator
	Method      metrics.Method // of the distributions; zero: exact

	offered   int64
	completed int64              // with at least one token
	requests  [numVerdicts]int64 // by the verdict on the request
	parts     []partSummary      // as Checker.Objective.parts; nil until the first Add or Merge
	gaps      gapBuffer          // of one request
}

// partSummary is what a Summary knows about one part.
type partSummary struct {
	verdicts [numVerdicts]int64 // on requests, of a part about one request

	// Of a quantile over requests or gaps:
	tally  tally
	source int                  // index of the first part that measures the same
	values metrics.Distribution // empty unless source is the part itself
}

// prepare returns an error if the checker is not valid.
func (s *Summary) prepare() error {
	if s.parts != nil {
		return nil
	}
	if err := s.Checker.Validate(); err != nil {
		return err
	}
	parts := s.Checker.Objective.parts
	s.parts = make([]partSummary, len(parts))
	for i := range parts {
		p := &s.parts[i]
		p.source = i
		for j := range i {
			if parts[j].subject() == parts[i].subject() {
				p.source = j
				break
			}
		}
		p.values.Options = metrics.DistributionOptions{Method: s.Method, Kind: s.Checker.Convention.Quantile}
		if parts[i].IsShare() {
			p.values.Options.Unit = metrics.Share
		}
	}
	return nil
}

// Add judges the request, adds it, and returns the verdict of
// [Checker.Verdict]. The request must be valid. It returns an error, and adds
// nothing, for a Checker that is not valid.
//
// Under a convention that leaves out what did not complete
// (CompletedOnly), such a request has no value in a quantile over requests
// and no gap in one over gaps. Over requests, each counts once, also under a
// convention that weighs TPOT by tokens.
func (s *Summary) Add(r *metrics.Request) (Verdict, error) {
	if err := s.prepare(); err != nil {
		return Undefined, err
	}
	c := &s.Checker
	m := c.measure(r)
	v := Undefined
	for i := range s.parts {
		switch part := &c.Objective.parts[i]; part.Scope {
		case PerRequest:
			one := c.judge(r, &m, part)
			s.parts[i].verdicts[one]++
			v = c.Undefined.and(v, one)
		case OverRequests:
			s.addValue(r, &m, i)
		case OverGaps:
			s.addGaps(r, i)
		}
	}
	s.offered++
	if !unanswered(r) {
		s.completed++
	} else if c.Objective.perRequest > 0 {
		v = Missed
	}
	s.requests[v]++
	return v, nil
}

func (s *Summary) leavesOut(r *metrics.Request) bool {
	return s.Checker.Convention.CompletedOnly && r.Outcome != metrics.Completed
}

func (s *Summary) addValue(r *metrics.Request, m *measured, i int) {
	p, part := &s.parts[i], &s.Checker.Objective.parts[i]
	var v ratio
	ok := false
	if !s.leavesOut(r) {
		v, ok = s.Checker.value(r, m, part, &s.gaps)
	}
	if ok {
		p.tally.add(v, part.holds(v) != part.IsShare())
	}
	switch {
	case p.source != i:
	case ok:
		p.values.Add(v.float())
	default:
		p.values.AddUndefined(1)
	}
}

func (s *Summary) addGaps(r *metrics.Request, i int) {
	p := &s.parts[i]
	var values *metrics.Distribution
	if p.source == i {
		values = &p.values
	}
	var t tally
	if !s.leavesOut(r) {
		t = tallyGaps(s.Checker.Convention, r, s.Checker.Objective.parts[i].Max, values)
	}
	p.tally.merge(&t)
	if t.n == 0 && values != nil {
		values.AddUndefined(1)
	}
}

// ErrMismatch says that two summaries judge by different rules.
var ErrMismatch = errors.New("summaries that judge by different rules cannot be merged")

// Merge adds all that o holds. The result is the Summary of the requests of
// both. It returns an error that wraps [ErrMismatch], and changes nothing, if
// they differ in the text of the objective, the convention, the policy, the
// denominator or the method. The Scorers are not compared.
func (s *Summary) Merge(o *Summary) error {
	if what := s.differs(o); what != "" {
		return fmt.Errorf("%w: different %s", ErrMismatch, what)
	}
	if o.parts == nil {
		return nil // nothing was ever added
	}
	if err := s.prepare(); err != nil {
		return err
	}
	for i := range s.parts {
		p, q := &s.parts[i], &o.parts[i]
		if err := p.values.Merge(&q.values); err != nil {
			return err
		}
		p.tally.merge(&q.tally)
		addCounts(&p.verdicts, &q.verdicts)
	}
	s.offered += o.offered
	s.completed += o.completed
	addCounts(&s.requests, &o.requests)
	return nil
}

func (s *Summary) differs(o *Summary) string {
	switch {
	case !s.Checker.Objective.Equal(o.Checker.Objective):
		return "objectives"
	case s.Checker.Convention != o.Checker.Convention:
		return "conventions"
	case s.Checker.Undefined != o.Checker.Undefined:
		return "policies"
	case s.Denominator != o.Denominator:
		return "denominators"
	case s.Method != o.Method:
		return "methods"
	}
	return ""
}

func addCounts(to, from *[numVerdicts]int64) {
	for i, n := range from {
		to[i] += n
	}
}
