package results

import "github.com/tokentime/tokentime/metrics"

// The formats that this package reads.
const (
	FormatNative = "tokentime"
	FormatVLLM   = "vllm"
)

// Run holds what a file states about one run. Its requests are apart: see
// [Reader.Next].
type Run struct {
	Source string // name of the file, as it was given to the reader
	Format string // FormatNative or FormatVLLM

	// Convention is the name of the [metrics.Convention] that the Reported
	// aggregates follow, or "".
	Convention string

	Duration metrics.Span // as the file states it

	// CommonClock says that all instants of the run count from one origin.
	// If false, each request has its own at the instant it was sent, absolute
	// time is unknown, and a summary must keep the clocks separate.
	CommonClock bool

	Facts    []Fact     // in the order of the file
	Reported []Reported // likewise

	// Warnings say what the reader had to decide. Their codes are
	// "role-chunk-first-token", "failed-without-message",
	// "completed-count-mismatch", "end-before-last-event",
	// "non-finite-number" and "keys-not-read".
	Warnings []metrics.Warning
}

// Fact is something that the file says about the setup of a run, under the
// file's own name: "model_id", "request_rate", the tool's version, what a user
// passed with --metadata. Value is the text of the file: a number is written
// as it is there, and a rate without limit is "inf" or "Infinity".
type Fact struct {
	Name, Value string
}

// Reported is a number that the tool computed, under the tool's own name, such
// as "mean_ttft_ms". It is never mixed with what is computed from the records.
type Reported struct {
	Name  string
	Value float64 // finite
	Unit  string  // "ms", "tokens", "requests/s" and so on; "" if none
}

// Fact returns the fact of that name, and whether there is one.
func (r *Run) Fact(name string) (string, bool) {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Aggregate returns the reported number of that name, and whether there is one.
func (r *Run) Aggregate(name string) (float64, bool) {
	for _, a := range r.Reported {
		if a.Name == name {
			return a.Value, true
		}
	}
	return 0, false
}

func (r *Run) warn(code, message string) {
	r.Warnings = append(r.Warnings, metrics.Warning{Code: code, Message: message})
}
