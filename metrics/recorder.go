package metrics

import "time"

// UnknownTokens, as the number of tokens of a delivery, says that it held at
// least one and that nobody can tell how many: a chunk of text from a server
// that does not count. It is recorded as one token, as the files of benchmark
// clients do, and the usage that is stated at the end settles N. If none is,
// N is a lower bound, and [Recorder.Warnings] says so.
const UnknownTokens = -1

// Recorder measures one request while it runs. It is a value, made to be
// embedded in whatever a program keeps for a request: 64 bytes without a
// pointer, however long the stream. It reads no clock, allocates nothing and
// takes a few nanoseconds a token. The zero Recorder is ready for
// [Recorder.Start].
//
// Instants are offsets from the origin of the run, as in [Request]. A
// simulator has them; a server gets them from a [Clock].
//
// # What it knows
//
// A Recorder does not keep the deliveries. It keeps what [Raw] and
// [Normalized] are made of, so [Recorder.Raw] and [Recorder.Normalized] are
// exactly what these views are of a [Request] with all deliveries. What needs
// every gap, such as a distribution of TBT, needs a [TraceRecorder], or must
// be taken along the way: see [Recorder.Gap].
//
// # Errors
//
// No call returns an error, because nobody could handle one for each token. A
// call that contradicts what was recorded before it is refused: it changes
// nothing but [Recorder.Err], which keeps the first refusal, and
// [Recorder.Refused], which counts them. What comes after a refused call is
// recorded if it is in order by itself. A record with an error is valid (see
// [Request.Validate]) and incomplete; whether it still counts is for the
// program to say.
//
// # Safe use
//
// One goroutine at a time may use a Recorder: requests run side by side, the
// deliveries of one do not. Copies are independent.
type Recorder struct {
	// start is the arrival: the due instant if that is known, else sent. It is
	// not needed after Finish, which puts the end here: see rebase.
	start                               time.Duration
	sent, scheduled, first, last, stall time.Duration

	tokens, firstTokens, usage uint32

	phase   phase
	facts   facts
	problem problem
	refused uint8
}

// phase says what may come next.
type phase uint8

const (
	unstarted phase = iota
	waiting         // for the first token; last is the earliest instant it can have
	streaming
	finished
)

// facts are what is known, one bit each, and the outcome above them.
type facts uint8

const (
	dueKnown facts = 1 << iota
	scheduledKnown
	endKnown
	usageKnown
	uncounted // a delivery held UnknownTokens

	outcomeShift = iota
)

func (f facts) has(b facts) bool { return f&b != 0 }

// optional returns the value, known if the fact is.
func optional[T comparable](f, b facts, v T) Optional[T] {
	if !f.has(b) {
		return Optional[T]{}
	}
	return Known(v)
}

// Start records that the request was sent at that instant, or, on a server,
// received. Latencies count from it.
func (r *Recorder) Start(at time.Duration) {
	if r.mayStart(at, at) {
		*r = Recorder{start: at, sent: at, last: at, phase: waiting, problem: r.problem, refused: r.refused}
	}
}

// StartDue is Start for a load generator, which knows when the request was
// due, not after it was sent. Latencies count from due: the generator's own
// delay is not hidden.
func (r *Recorder) StartDue(due, sent time.Duration) {
	if r.mayStart(due, sent) {
		*r = Recorder{start: due, sent: sent, last: sent, phase: waiting, facts: dueKnown, problem: r.problem, refused: r.refused}
	}
}

func (r *Recorder) mayStart(due, sent time.Duration) bool {
	switch {
	case r.phase != unstarted:
		return r.refuse(callStart, errStarted)
	case !inRange(due) || !inRange(sent):
		return r.refuse(callStart, errRange)
	case sent < due:
		return r.refuse(callStart, errTimeReversed)
	}
	return true
}

// Scheduled records that the engine began the request's prefill. The first
// call counts: one after a preemption is no second scheduling of the request.
func (r *Recorder) Scheduled(at time.Duration) {
	switch {
	case r.facts.has(scheduledKnown) && r.phase != finished:
	case !r.live(callScheduled):
	case !inRange(at):
		r.refuse(callScheduled, errRange)
	case r.phase == waiting && at < r.last, at < r.sent, r.phase == streaming && at > r.first:
		r.refuse(callScheduled, errTimeReversed)
	default:
		r.scheduled = at
		r.facts |= scheduledKnown
		if r.phase == waiting {
			r.last = at
		}
	}
}

// Observe records that k tokens became visible, and reports whether they are
// part of the record: what else follows the stream should take in the same
// tokens. k = 0 is a control event, such as a role chunk, a ping or the end of
// the stream; it is ignored, at any time. k may be [UnknownTokens].
func (r *Recorder) Observe(at time.Duration, k int) bool {
	gap := at - r.last
	// As unsigned numbers: 0 <= gap and at <= MaxInstant, 1 <= k <= what is
	// left of MaxTokens.
	if r.phase != streaming || uint64(gap) > uint64(MaxInstant-r.last) || uint64(k-1) >= uint64(MaxTokens)-uint64(r.tokens) {
		return r.observe(at, k)
	}
	r.stall = max(r.stall, gap)
	r.last = at
	r.tokens += uint32(k)
	return true
}

// observe is Observe for what is rare: first tokens, control events, unknown
// numbers and errors.
func (r *Recorder) observe(at time.Duration, k int) bool {
	n := int64(k)
	if k == UnknownTokens {
		n = 1
	}
	switch {
	case k == 0:
		return false
	case !r.live(callObserve):
		return false
	case n < 0:
		return r.refuse(callObserve, errNegative)
	case n > MaxTokens-int64(r.tokens) || !inRange(at):
		return r.refuse(callObserve, errRange)
	case at < r.start:
		return r.refuse(callObserve, errBeforeArrival)
	case at < r.last:
		return r.refuse(callObserve, errTimeReversed)
	}
	if r.phase == waiting {
		r.first, r.last, r.firstTokens = at, at, uint32(n)
		r.phase = streaming
	}
	r.stall = max(r.stall, at-r.last)
	r.last = at
	r.tokens += uint32(n)
	if k == UnknownTokens {
		r.facts |= uncounted
	}
	return true
}

// RestartRule says what a restart does to the record. There is no right one
// for every program, so that it has to be named at each call.
type RestartRule uint8

const (
	// KeepTokens is for a preemption, after which the answer goes on: the
	// tokens so far were seen and stay. The wait for the next one is a gap
	// like any other, so the stall stays visible.
	KeepTokens RestartRule = iota
	// KeepArrival is for a retry, as the user lives through it: the tokens of
	// the attempt that failed are dropped, as if nobody saw them, and latencies
	// still count from the arrival, so TTFT includes the attempt.
	KeepArrival
	// BeginAnew is for a retry, as the server tried last lives through it:
	// the tokens are dropped and latencies count from the restart. What the
	// failed attempt cost is then in no number.
	BeginAnew
)

// Restart records a retry or a preemption at that instant. It panics if there
// is no such rule.
//
// Under KeepArrival and BeginAnew the request has to be scheduled again, and
// no token may come before the restart. An error stays.
func (r *Recorder) Restart(at time.Duration, rule RestartRule) { r.restart(at, r.last, rule) }

// restart reports whether it did; nothing recorded is after latest.
func (r *Recorder) restart(at, latest time.Duration, rule RestartRule) bool {
	if rule > BeginAnew {
		panic("metrics: no such RestartRule")
	}
	switch {
	case !r.live(callRestart):
		return false
	case !inRange(at):
		return r.refuse(callRestart, errRange)
	case at < latest:
		return r.refuse(callRestart, errTimeReversed)
	}
	switch rule {
	case KeepArrival:
		*r = Recorder{start: r.start, sent: r.sent, last: at, phase: waiting, facts: r.facts & dueKnown,
			problem: r.problem, refused: r.refused}
	case BeginAnew:
		*r = Recorder{start: at, sent: at, last: at, phase: waiting, problem: r.problem, refused: r.refused}
	}
	return true
}

// Finish records how the stream ended, with the number of output tokens that
// the server stated, if it did, and returns the request as a file would hold
// it: the caller adds ID, Class and PromptTokens. Afterwards the Recorder
// gives the views of the whole request and takes nothing more.
//
// The deliveries were not kept. That the answer is not taken for an empty
// one, UsageTokens is the number of tokens observed if usage is unknown or 0.
//
// Special cases are:
//
//	usage differs from what was observed    no error: the usage divides TPOT and normalized latency
//	a delivery held UnknownTokens           the same, and no contradiction unless usage is less than the number of deliveries
//	an end before the last token            an error; the end is then unknown
//	no such outcome                         an error; it is then Failed
//	usage negative or above MaxTokens       an error; it is then unknown
//	a second Finish, or one without Start   an error; the request returned has an outcome and no instant
func (r *Recorder) Finish(at time.Duration, outcome Outcome, usage Count) Request {
	return r.finish(at, r.last, outcome, usage)
}

// finish is Finish where nothing recorded is after latest.
func (r *Recorder) finish(at, latest time.Duration, outcome Outcome, usage Count) Request {
	if outcome >= numOutcomes {
		r.refuse(callFinish, errOutcome)
		outcome = Failed
	}
	if !r.live(callFinish) {
		if r.phase == finished {
			outcome = r.outcome()
		}
		return Request{Outcome: outcome, UsageTokens: r.stated()}
	}
	req := Request{Sent: Known(r.sent), Scheduled: optional(r.facts, scheduledKnown, r.scheduled), Outcome: outcome}
	req.Due = optional(r.facts, dueKnown, r.start)
	switch {
	case !inRange(at):
		r.refuse(callFinish, errRange)
	case at < latest:
		r.refuse(callFinish, errTimeReversed)
	default:
		req.End = Known(at)
		r.facts |= endKnown
	}
	switch n, ok := usage.Get(); {
	case !ok:
	case n < 0:
		r.refuse(callFinish, errNegative)
	case n > MaxTokens:
		r.refuse(callFinish, errRange)
	default:
		r.usage = uint32(n)
		r.facts |= usageKnown
	}
	r.rebase(at)
	r.facts |= facts(outcome << outcomeShift)
	r.phase = finished
	req.UsageTokens = r.stated()
	return req
}

// rebase makes room for the end. If the due instant is known, it becomes the
// origin: the views hold differences of instants only.
func (r *Recorder) rebase(end time.Duration) {
	if r.facts.has(dueKnown) {
		for _, t := range [...]*time.Duration{&r.sent, &r.scheduled, &r.first, &r.last, &end} {
			*t -= r.start
		}
	}
	r.start = end
}

func (r *Recorder) outcome() Outcome { return Outcome(r.facts >> outcomeShift) }

// stated returns the usage, or the number of tokens observed if there were
// tokens and no usage.
func (r *Recorder) stated() Count {
	if r.usage == 0 && r.tokens > 0 {
		return Known(int64(r.tokens))
	}
	return optional(r.facts, usageKnown, int64(r.usage))
}

// live reports whether the request runs, and refuses the call if not.
func (r *Recorder) live(c call) bool {
	switch r.phase {
	case unstarted:
		return r.refuse(c, errNotStarted)
	case finished:
		return r.refuse(c, errFinished)
	}
	return true
}

func inRange(t time.Duration) bool { return -MaxInstant <= t && t <= MaxInstant }
