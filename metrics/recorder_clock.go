package metrics

import "time"

// Clock turns readings of the system's clock into offsets from the origin of
// a run. It is a value that a server makes once, from the instant it started,
// and shares between all requests:
//
//	clock := metrics.NewClock(time.Now())
//	...
//	rec.Observe(clock.At(time.Now()), 1)
//
// It uses the monotonic reading of both times, if they have one, so that a
// step of the wall clock is no gap between tokens. [time.Time] loses that
// reading when it is rounded, encoded, or moved to another zone by In.
//
// An engine that produces tokens for many requests in one step reads the clock
// once for all of them. Where each token has its own reading, time.Since of
// the origin gives the same offset for half the price of time.Now.
//
// The zero Clock has no origin: its offsets are out of range, which a
// [Recorder] refuses.
type Clock struct{ origin time.Time }

// NewClock returns the Clock with that origin.
func NewClock(origin time.Time) Clock { return Clock{origin} }

// At returns the offset of t from the origin.
func (c Clock) At(t time.Time) time.Duration { return t.Sub(c.origin) }
