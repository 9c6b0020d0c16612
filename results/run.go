package results

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Run holds what a file states about one run. Its requests are apart: see
// [Reader.Next].
type Run struct {
	Source string // name of the file, as it was given to the reader
	Format string // Name of the Format that read it

	// Convention is the name of the [metrics.Convention] that the Reported
	// aggregates follow, or "".
	Convention string

	Duration metrics.Span // as the file states it

	// CommonClock says that all instants of the run count from one origin.
	// If false, each request has its own at the instant it was sent, absolute
	// time is unknown, and a summary must keep the clocks separate.
	CommonClock bool

	// Resolution is how coarse the file's instants are, such as 10 µs; 0 is
	// the nanosecond.
	Resolution time.Duration

	Facts    []Fact     // in the order of the file
	Reported []Reported // likewise; never mixed with what follows from records

	// AggregatesOnly says that the file has no records of requests: the run
	// is what it reports, and nothing can be computed.
	AggregatesOnly bool

	// NotDerivable says what cannot be computed from the records, and why.
	NotDerivable []NotDerivable

	// Warnings say what the reader had to decide. Their codes are in the
	// package documentation, with the format.
	Warnings []metrics.Warning
}
