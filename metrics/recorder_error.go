package metrics

import (
	"errors"
	"fmt"
	"math"
)

// What else can be wrong with a call of a [Recorder], beside what can be
// wrong with a [Request]; a [*RecorderError] says with which.
var (
	ErrNotStarted = errors.New("the request was not started")
	ErrStarted    = errors.New("the request was started before")
	ErrFinished   = errors.New("the request is finished")
	ErrBufferFull = errors.New("the buffer for deliveries is full")
)

// RecorderError reports the first call that a [Recorder] refused.
type RecorderError struct {
	Call string // name of the method
	Err  error  // one of the Err variables
}

func (e *RecorderError) Error() string { return fmt.Sprintf("metrics: %s: %v", e.Call, e.Err) }

// Unwrap returns e.Err.
func (e *RecorderError) Unwrap() error { return e.Err }

// problem is a RecorderError in one byte: the call above the cause, or 0.
type problem uint8

// call is a method of Recorder.
type call uint8

const (
	callStart call = iota
	callScheduled
	callObserve
	callRestart
	callFinish
	callKeep
)

var callNames = [...]string{"Recorder.Start", "Recorder.Scheduled", "Recorder.Observe", "Recorder.Restart", "Recorder.Finish", "TraceRecorder.Keep"}

// cause is one of the Err variables.
type cause uint8

const (
	noCause cause = iota
	errTimeReversed
	errBeforeArrival
	errNegative
	errRange
	errOutcome
	errNotStarted
	errStarted
	errFinished
	errBufferFull

	causeBits = 4
)

func (c cause) err() error {
	switch c {
	case errTimeReversed:
		return ErrTimeReversed
	case errBeforeArrival:
		return ErrBeforeArrival
	case errNegative:
		return ErrNegative
	case errRange:
		return ErrRange
	case errOutcome:
		return ErrOutcome
	case errNotStarted:
		return ErrNotStarted
	case errStarted:
		return ErrStarted
	case errFinished:
		return ErrFinished
	case errBufferFull:
		return ErrBufferFull
	}
	return nil
}

// refuse counts a call that has no effect and keeps the first one. It returns
// false, so that a caller can say that it refused.
func (r *Recorder) refuse(c call, why cause) bool {
	r.note(c, why)
	if r.refused < math.MaxUint8 {
		r.refused++
	}
	return false
}

// note keeps the first error.
func (r *Recorder) note(c call, why cause) {
	if r.problem == 0 {
		r.problem = problem(c)<<causeBits | problem(why)
	}
}

// Err returns the first error, a [*RecorderError], or nil. It stays until the
// Recorder is used for another request, which begins with Recorder{}.
func (r *Recorder) Err() error {
	if r.problem == 0 {
		return nil
	}
	return &RecorderError{callNames[r.problem>>causeBits], cause(r.problem & (1<<causeBits - 1)).err()}
}

// Refused returns how many calls, or parts of the last one, had no effect
// because of an error: 255 stands for 255 or more.
func (r *Recorder) Refused() int { return int(r.refused) }
