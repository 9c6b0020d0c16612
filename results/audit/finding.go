package audit

import "fmt"

// Severity says how bad a finding is.
type Severity uint8

const (
	// Info is something to know before comparing the run with another.
	Info Severity = iota
	// Warning means that numbers of the run mislead, or do so easily.
	Warning
	// Error means that the file states something wrong or contradicts
	// itself, or that the run is no measurement of the server.
	Error
)

var severityNames = [...]string{"info", "warning", "error"}

// String returns "info", "warning" or "error".
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// MarshalText returns the severity's name.
func (s Severity) MarshalText() ([]byte, error) {
	if int(s) >= len(severityNames) {
		return nil, fmt.Errorf("no severity has the number %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText accepts the names that MarshalText returns.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, name := range severityNames {
		if name == string(b) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q (want info, warning or error)", b)
}

// Finding is one thing that is wrong with a run or easily misread, and the
// proof.
type Finding struct {
	Code     string   `json:"code"` // see the table in the package documentation; stable
	Severity Severity `json:"severity"`
	Message  string   `json:"message"` // what was found, for a person
	Numbers  []Number `json:"numbers"` // the proof; never empty but for time-backwards
	Requests Requests `json:"requests"`
	Advice   string   `json:"advice"` // what to do
	Source   string   `json:"source"` // where the condition comes from
}

// Number is a number of a proof.
type Number struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // one of the units below
}

// Units of a [Number].
const (
	Nanoseconds       = "ns"
	Count             = "" // a plain number
	Ratio             = "ratio"
	Share             = "share" // in [0, 1]
	Tokens            = "tokens"
	RequestCount      = "requests"
	TokensPerSecond   = "tokens/s"
	RequestsPerSecond = "requests/s"
)

// Requests says which requests a finding is about.
type Requests struct {
	Count int64    `json:"count"` // 0: the run as a whole
	IDs   []string `json:"ids"`   // the first of them, in the order of the file
}

// maxIDs is how many requests a finding names.
const maxIDs = 5

func (r *Requests) add(id string) {
	r.Count++
	if len(r.IDs) < maxIDs {
		r.IDs = append(r.IDs, id)
	}
}
