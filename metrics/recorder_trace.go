package metrics

import "time"

// TraceRecorder is a [Recorder] that also keeps the deliveries, in a buffer
// that the caller gives it, so that [TraceRecorder.Finish] returns the whole
// [Request]. It never allocates and never grows the buffer.
//
// When the buffer is full, the stream is recorded as by a Recorder: the views
// stay exact. Err returns [ErrBufferFull], Missing counts the deliveries that
// were not kept, Kept still returns those that were, and Finish returns a
// request without deliveries, since some of them would look like all of them.
// The same holds without a buffer.
//
// Control events are kept too, as deliveries of no token, because some
// conventions look at them; in a TraceRecorder they must be in order of time.
type TraceRecorder struct {
	Recorder

	kept    []Delivery
	latest  time.Duration // instant of the last delivery, control events included
	missing int64
}

// Keep sets the buffer, whose contents are overwritten up to its capacity. It
// belongs before Start and is refused afterwards. The buffer must not be used
// for another request as long as the Request that Finish returns is in use.
func (r *TraceRecorder) Keep(buffer []Delivery) {
	if r.phase != unstarted {
		r.refuse(callKeep, errStarted)
		return
	}
	r.kept = buffer[:0]
}

// Kept returns the deliveries kept so far. It is valid until the next call.
func (r *TraceRecorder) Kept() []Delivery { return r.kept }

// Missing returns how many deliveries were not kept for lack of room.
func (r *TraceRecorder) Missing() int64 { return r.missing }

// Scheduled is [Recorder.Scheduled]. The prefill begins before anything is
// delivered, control events included.
func (r *TraceRecorder) Scheduled(at time.Duration) {
	if len(r.kept) > 0 && at > r.kept[0].At && r.phase != finished && !r.facts.has(scheduledKnown) {
		r.refuse(callScheduled, errTimeReversed)
		return
	}
	r.Recorder.Scheduled(at)
}

// Observe is [Recorder.Observe], and keeps the delivery.
func (r *TraceRecorder) Observe(at time.Duration, k int) bool {
	if k == 0 {
		r.control(at)
		return false
	}
	if at < r.latest && r.delivered() && r.phase != finished {
		return r.refuse(callObserve, errTimeReversed)
	}
	if !r.Recorder.Observe(at, k) {
		return false
	}
	if k == UnknownTokens {
		k = 1
	}
	r.keep(Delivery{at, k})
	return true
}

// control takes in a control event. After the end it is ignored, as the last
// lines of a protocol are.
func (r *TraceRecorder) control(at time.Duration) {
	switch {
	case r.phase == finished:
	case !r.live(callObserve):
	case !inRange(at):
		r.refuse(callObserve, errRange)
	case at < r.start:
		r.refuse(callObserve, errBeforeArrival)
	case at < r.floor():
		r.refuse(callObserve, errTimeReversed)
	default:
		r.keep(Delivery{At: at})
	}
}

func (r *TraceRecorder) keep(d Delivery) {
	r.latest = d.At
	if len(r.kept) == cap(r.kept) {
		r.missing++
		r.note(callObserve, errBufferFull)
		return
	}
	r.kept = append(r.kept, d)
}

// delivered reports whether something was, tokens or control events.
func (r *TraceRecorder) delivered() bool { return len(r.kept) > 0 || r.missing > 0 }

// floor returns the earliest instant that may come next.
func (r *TraceRecorder) floor() time.Duration {
	if r.delivered() {
		return max(r.last, r.latest)
	}
	return r.last
}

// Restart is [Recorder.Restart]. Where it drops the tokens, it empties the
// buffer.
func (r *TraceRecorder) Restart(at time.Duration, rule RestartRule) {
	if r.restart(at, r.floor(), rule) && rule != KeepTokens {
		r.kept, r.missing = r.kept[:0], 0
	}
}

// Finish is [Recorder.Finish], but the request has its deliveries, in the
// buffer, if all of them were kept; its UsageTokens is then the usage and
// nothing else.
func (r *TraceRecorder) Finish(at time.Duration, outcome Outcome, usage Count) Request {
	again := r.phase == finished
	req := r.finish(at, r.floor(), outcome, usage)
	if again || r.phase != finished || r.missing > 0 {
		return req
	}
	if len(r.kept) > 0 {
		req.Deliveries = r.kept[:len(r.kept):len(r.kept)]
	}
	req.UsageTokens = optional(r.facts, usageKnown, int64(r.usage))
	return req
}
