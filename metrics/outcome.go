package metrics

import "fmt"

// Outcome says how a request ended.
type Outcome uint8

const (
	// Completed means that the stream ended normally. It is the zero
	// Outcome. A completed answer without a token is empty, and is counted
	// apart: see [Request.Empty].
	Completed Outcome = iota
	// Cancelled means that the user or the client gave up.
	Cancelled
	// TimedOut means that a time limit ended the request.
	TimedOut
	// Failed means that an error ended the request.
	Failed
	// Rejected means that the system refused to serve the request.
	Rejected

	numOutcomes = iota
)

func (o Outcome) text() string {
	switch o {
	case Completed:
		return "completed"
	case Cancelled:
		return "cancelled"
	case TimedOut:
		return "timed_out"
	case Failed:
		return "failed"
	case Rejected:
		return "rejected"
	}
	return ""
}

// String returns the outcome's name, as in the JSON report.
func (o Outcome) String() string {
	if s := o.text(); s != "" {
		return s
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// MarshalText returns the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) {
	s := o.text()
	if s == "" {
		return nil, fmt.Errorf("no outcome has the number %d", uint8(o))
	}
	return []byte(s), nil
}

// UnmarshalText accepts the names that MarshalText returns.
func (o *Outcome) UnmarshalText(b []byte) error {
	for i := Outcome(0); i < numOutcomes; i++ {
		if i.text() == string(b) {
			*o = i
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %q (want completed, cancelled, timed_out, failed or rejected)", b)
}
