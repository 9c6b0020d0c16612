package figure

import (
	"slices"
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

// steps returns the deliveries that held tokens, with the number of tokens
// visible after each.
func steps(ds []metrics.Delivery) (at []time.Duration, visible []int64) {
	at = slices.Grow(at, len(ds))
	visible = slices.Grow(visible, len(ds))
	var n int64
	for _, d := range ds {
		if d.Tokens > 0 {
			n += int64(d.Tokens)
			at, visible = append(at, d.At), append(visible, n)
		}
	}
	return at, visible
}
