package figure

import (
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// maxStalls is how many stalls of a run are kept beside the longest one of
// each request.
const maxStalls = 1 << 16

// stall is a gap between two tokens of a request, in instants of its record.
type stall struct {
	request  int // index of the answer
	from, to time.Duration
}

func (s stall) length() time.Duration { return s.to - s.from }

// stalls keeps the long gaps of a run. The longest one of each request is
// always kept. When there are more than maxStalls others, it asks for longer
// ones and forgets the shorter.
type stalls struct {
	longest []stall // at most one of each request
	others  []stall
	least   time.Duration // no shorter one is among the others; 0 before the first request
	limited bool          // some of at least the original length were forgotten
}

// add adds the stalls of a request: gaps of at least that length.
func (s *stalls) add(r *metrics.Request, index int, least time.Duration) {
	if s.least == 0 {
		s.least = least
	}
	var longest stall
	var previous time.Duration
	begun := false
	for _, d := range r.Deliveries {
		if d.Tokens == 0 {
			continue
		}
		if begun && d.At-previous >= least {
			one := stall{index, previous, d.At}
			if one.length() > longest.length() {
				one, longest = longest, one
			}
			s.keep(one)
		}
		previous, begun = d.At, true
	}
	if longest.length() > 0 {
		s.longest = append(s.longest, longest)
	}
}

// keep adds one that is not the longest of its request.
func (s *stalls) keep(one stall) {
	if one.length() == 0 {
		return
	}
	if one.length() < s.least {
		s.limited = true
		return
	}
	s.others = append(s.others, one)
	for len(s.others) > maxStalls {
		s.limited = true
		s.least *= 2
		s.others = slices.DeleteFunc(s.others, func(a stall) bool { return a.length() < s.least })
	}
}

// all returns those that are kept.
func (s *stalls) all() []stall { return slices.Concat(s.longest, s.others) }
