package metrics

import (
	"fmt"
	"time"
)

// Tokens returns the number of tokens observed, each delivery of
// [UnknownTokens] taken for one.
func (r *Recorder) Tokens() int64 { return int64(r.tokens) }

// Outcome returns how the request ended: unknown before Finish.
func (r *Recorder) Outcome() Optional[Outcome] {
	if r.phase != finished {
		return Optional[Outcome]{}
	}
	return Known(r.outcome())
}

// Since returns the time from the arrival of the request to the instant, for
// what counts from there, such as deadlines. It is unknown unless the request
// runs.
func (r *Recorder) Since(at time.Duration) Span {
	if r.phase-waiting > streaming-waiting { // one comparison for both bounds
		return Span{}
	}
	return Known(at - r.start)
}

// Gap returns the time from the last token to the instant: before
// [Recorder.Observe], the gap that the delivery will end; at any other time,
// how long the stream has stood still. It is unknown before the first token
// and after Finish.
func (r *Recorder) Gap(at time.Duration) Span {
	if r.phase != streaming {
		return Span{}
	}
	return Known(at - r.last)
}

// Raw returns the request's durations under [Paper]: of the whole request
// after Finish, and of what there is so far before. It equals what
// [Request.Raw] returns for all deliveries.
func (r *Recorder) Raw() Raw { return r.Normalized().Raw }

// Normalized returns the request's per-token figures under [Paper], likewise.
func (r *Recorder) Normalized() Normalized {
	n, _ := r.Under(Paper)
	return n
}

// Under returns the views under another convention, and whether the Recorder
// knows enough for it. It does not if control events count as tokens
// ([FirstEvent]), or if decode goes on until the end of the stream
// ([EndStream]) and that is unknown.
func (r *Recorder) Under(c Convention) (Normalized, bool) {
	if c.First != FirstToken || c.End == EndStream && !r.facts.has(endKnown) {
		return Normalized{}, false
	}
	req := r.request()
	if r.tokens > 0 { // no empty answer; all else about deliveries is in the extent
		some := [1]Delivery{{r.first, 1}}
		req.Deliveries = some[:]
	}
	return c.normalized(&req, r.extent()), true
}

// request returns the instants around the deliveries. The origin is some
// instant: see rebase.
func (r *Recorder) request() Request {
	if r.phase == unstarted {
		return Request{}
	}
	req := Request{
		Sent:        Known(r.sent),
		Scheduled:   optional(r.facts, scheduledKnown, r.scheduled),
		Outcome:     r.outcome(),
		UsageTokens: optional(r.facts, usageKnown, int64(r.usage)),
	}
	if r.phase == finished {
		req.Due = optional[time.Duration](r.facts, dueKnown, 0)
		req.End = optional(r.facts, endKnown, r.start)
	} else {
		req.Due = optional(r.facts, dueKnown, r.start)
	}
	return req
}

// extent is what a walk over the deliveries would yield, as far as the views
// under the conventions of Under need it.
func (r *Recorder) extent() extent {
	if r.tokens == 0 {
		return extent{}
	}
	e := extent{
		events: 1,
		tokens: int64(r.tokens), firstTokens: int64(r.firstTokens),
		first: r.first, last: r.last, lastDelivery: r.last,
		stall: r.stall,
	}
	if r.tokens > r.firstTokens {
		e.events = 2 // or more: a view asks only whether there is a gap
	}
	return e
}

// Codes of the warnings of a [Recorder], beside [WarnTokenMismatch].
const WarnUnsettled = "token-count-unsettled"

// Warnings returns what is doubtful about the record after Finish: a usage
// that contradicts the deliveries, or the lack of one that is needed.
func (r *Recorder) Warnings() []Warning {
	unknown, n := r.facts.has(uncounted), int64(r.tokens)
	usage, stated := int64(r.usage), r.facts.has(usageKnown)
	switch {
	case r.phase != finished:
		return nil
	case unknown && !stated:
		return []Warning{{WarnUnsettled, fmt.Sprintf(
			"deliveries of unknown size were taken for one token each and no usage settles it: there were at least %d tokens, so TPOT and normalized latency are upper bounds; ask the server for its usage", n)}}
	case stated && unknown && usage < n:
		return []Warning{{WarnTokenMismatch, fmt.Sprintf(
			"the stated usage of %d tokens is less than the %d that were at least delivered; the stated one divides TPOT and normalized latency", usage, n)}}
	case stated && !unknown && usage != n:
		return []Warning{{WarnTokenMismatch, fmt.Sprintf(
			"the stated usage of %d tokens differs from the %d delivered; the stated one divides TPOT and normalized latency", usage, n)}}
	}
	return nil
}
