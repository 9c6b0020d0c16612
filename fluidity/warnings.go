package fluidity

import (
	"fmt"

	"github.com/tokentime/tokentime/metrics"
)

// Codes of the warnings of a [Summary], beside those of its distributions.
const (
	WarnLeftOut      = "fluidity-left-out"
	WarnExtrapolated = "prefill-extrapolated"
	WarnConstrained  = "prefill-curve-constrained"
	WarnUnreachable  = "fluidity-target-unreachable"
)

// Warnings returns what is doubtful about the summary's numbers, the gravest
// first.
func (s *Summary) Warnings() []metrics.Warning {
	var w []metrics.Warning
	add := func(code, format string, args ...any) {
		w = append(w, metrics.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if n := s.LeftOut.Total(); n > 0 {
		add(WarnLeftOut, "%d of %d requests have no fluidity index and are in none of its numbers: %v", n, s.Requests, s.LeftOut)
	}
	if s.Unreachable > 0 {
		add(WarnUnreachable, "%d requests miss the target at any decode deadline, for tokens that never came; they count against the token rate", s.Unreachable)
	}
	if c := s.Options.Deadlines.Curve; c != nil {
		low, high := c.Range()
		if s.Extrapolated > 0 {
			add(WarnExtrapolated, "%d requests have a prompt outside the %d to %d tokens that the prefill curve was fitted to; their first deadline is extrapolated", s.Extrapolated, low, high)
		}
		if c.Constrained() {
			add(WarnConstrained, "the samples of the prefill curve do not rise with the prompt's length as prefill times do; its residuals are %v (RMS), at most %v", c.RMS(), c.MaxResidual())
		}
	}
	w = append(w, s.Index.Warnings("fluidity index")...)
	return append(w, s.MinDeadline.Warnings("minimum decode deadline")...)
}
