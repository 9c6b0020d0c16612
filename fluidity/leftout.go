package fluidity

import (
	"fmt"
	"strings"
)

// LeftOut counts the requests of a [Summary] without an index, by reason.
type LeftOut struct {
	Cancelled int64 `json:"cancelled"`
	TimedOut  int64 `json:"timed_out"`
	Failed    int64 `json:"failed"`
	Rejected  int64 `json:"rejected"`
	Empty     int64 `json:"empty"`       // completed without a token
	Untimed   int64 `json:"untimed"`     // completed with tokens whose instants are unknown
	Sparse    int64 `json:"sparse"`      // with gaps that were not recorded: [metrics.Request.Sparse]
	NoPlan    int64 `json:"no_plan"`     // RemainingMissed, how many tokens were planned being unknown
	NoArrival int64 `json:"no_arrival"`  // D_p counts from an unknown instant
	NoPrompt  int64 `json:"no_prompt"`   // the curve needs the length of the prompt
	NoneDue   int64 `json:"no_deadline"` // one token and the first is skipped
}

// Total returns the number of requests left out.
func (l LeftOut) Total() int64 {
	return l.Cancelled + l.TimedOut + l.Failed + l.Rejected + l.Empty +
		l.Untimed + l.Sparse + l.NoPlan + l.NoArrival + l.NoPrompt + l.NoneDue
}

func (l *LeftOut) add(o LeftOut) {
	l.Cancelled += o.Cancelled
	l.TimedOut += o.TimedOut
	l.Failed += o.Failed
	l.Rejected += o.Rejected
	l.Empty += o.Empty
	l.Untimed += o.Untimed
	l.Sparse += o.Sparse
	l.NoPlan += o.NoPlan
	l.NoArrival += o.NoArrival
	l.NoPrompt += o.NoPrompt
	l.NoneDue += o.NoneDue
}

// String returns the reasons with their numbers, such as "2 failed, 1 empty",
// or "none".
func (l LeftOut) String() string {
	var parts []string
	for _, p := range []struct {
		n    int64
		name string
	}{
		{l.Cancelled, "cancelled"}, {l.TimedOut, "timed out"}, {l.Failed, "failed"}, {l.Rejected, "rejected"},
		{l.Empty, "empty"}, {l.Untimed, "without token instants"},
		{l.Sparse, "with gaps that were not recorded"}, {l.NoPlan, "without a plan"},
		{l.NoArrival, "without an arrival"}, {l.NoPrompt, "without a prompt length"}, {l.NoneDue, "without a deadline"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.name))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
