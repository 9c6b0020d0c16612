package figure

import (
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// shown holds the request that is shown token by token.
type shown struct {
	request metrics.Request
	stall   time.Duration // its largest gap
	found   bool
}

// consider takes the request if it has the ID, or, with no ID asked for, if
// its largest gap is larger than that of the one that is held.
func (s *shown) consider(r *metrics.Request, id string) {
	stall, ok := largestGap(r)
	if id != "" {
		if r.ID != id || s.found {
			return
		}
	} else if !ok || s.found && stall <= s.stall {
		return
	}
	s.found, s.stall = true, stall
	kept := append(s.request.Deliveries[:0], r.Deliveries...)
	s.request = *r
	s.request.ID, s.request.Class = strings.Clone(r.ID), strings.Clone(r.Class)
	s.request.Deliveries = kept
}

// largestGap returns the request's largest gap between tokens, and whether it
// has one that is known.
func largestGap(r *metrics.Request) (time.Duration, bool) {
	gap, ok := metrics.Paper.Raw(r).Stall.Get()
	return gap, ok
}
