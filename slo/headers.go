package slo

import (
	"errors"
	"fmt"
	"time"
)

// Names of the headers with which a client states its objectives to a
// gateway, in the spelling of llm-d's router, and its older spelling. HTTP
// does not tell capitals apart.
const (
	HeaderTTFT    = "x-llm-d-slo-ttft-ms"
	HeaderTPOT    = "x-llm-d-slo-tpot-ms"
	OldHeaderTTFT = "x-slo-ttft-ms"
	OldHeaderTPOT = "x-slo-tpot-ms"
)

// MaxHeader bounds the value of a header, in bytes.
const MaxHeader = 64

// ErrConflict means that an objective is stated twice with different values.
var ErrConflict = errors.New("stated twice and differently")

// HeaderError reports the first header that does not state an objective.
type HeaderError struct {
	Name   string // as in the constants
	Value  string // as it was sent
	Offset int    // where the fault is, in bytes from the start of Value
	Hint   string // what to write instead
	Err    error  // ErrNumber, ErrUnit, ErrNegative, ErrRange, ErrPrecision, ErrTooLong or ErrConflict
}

// Error returns a sentence such as
//
//	header x-slo-ttft-ms: "1e3", byte 1: not a decimal number: write it without an exponent
func (e *HeaderError) Error() string {
	return fmt.Sprintf("header %s: %q, byte %d: %v: %s", e.Name, clip(e.Value), e.Offset, e.Err, e.Hint)
}

// Unwrap returns e.Err.
func (e *HeaderError) Unwrap() error { return e.Err }

// FromHeaders returns the objective that the headers of a request state. get
// returns all values of a header, none if it was not sent, as the methods
// Values of net/http's Header and Get of gRPC's MD do.
//
//	x-llm-d-slo-ttft-ms: 500      ttft<=500ms
//	x-llm-d-slo-tpot-ms: 50.25    tpot<=50.25ms
//
// x-slo-ttft-ms and x-slo-tpot-ms mean the same. One grammar holds for all,
//
//	value = digit { digit } [ "." digit { digit } ]
//
// a number of milliseconds above 0, of whole nanoseconds, and at most
// [MaxLimit]. It is read exactly. The digits are ASCII; there is no sign, no
// exponent, no unit, no separator and no space, inside or around: servers
// remove those around a value before anybody sees it.
//
// Special cases are:
//
//	no header           the zero Objective
//	one of the metrics  an objective with that part alone
//	0                   [ErrRange]: no wait is that short; who wants no limit sends no header
//	an empty value      [ErrNumber]
//	one metric stated twice, by both names or by repetition:
//	    equal numbers   one part, in the first spelling
//	    different ones  [ErrConflict]
//
// An error is a [*HeaderError], and then the Objective is zero: whether to
// refuse the request or to serve it without an objective is up to the caller.
func FromHeaders(get func(name string) []string) (Objective, error) {
	var parts []Part
	for _, m := range [...]struct {
		metric Metric
		names  [2]string
	}{
		{TTFT, [2]string{HeaderTTFT, OldHeaderTTFT}},
		{TPOT, [2]string{HeaderTPOT, OldHeaderTPOT}},
	} {
		part := Part{Metric: m.metric}
		for _, name := range m.names {
			for _, value := range get(name) {
				limit, f := parseHeader(value)
				if f == nil && part.text != "" && limit != part.Max {
					f = &fault{0, ErrConflict, fmt.Sprintf("another says %s", clip(part.text))}
				}
				if f != nil {
					return Objective{}, &HeaderError{Name: name, Value: value, Offset: f.offset, Hint: f.hint, Err: f.err}
				}
				if part.text == "" {
					part.Max, part.text = limit, fmt.Sprintf("%v<=%sms", m.metric, value)
				}
			}
		}
		if part.text != "" {
			parts = append(parts, part)
		}
	}
	return newObjective(parts), nil
}

// parseHeader reads a value by the grammar of FromHeaders.
func parseHeader(value string) (time.Duration, *fault) {
	if len(value) > MaxHeader {
		return 0, &fault{MaxHeader, ErrTooLong, fmt.Sprintf("at most %d bytes", MaxHeader)}
	}
	d, f := parseDecimal(value)
	if f != nil {
		return 0, f
	}
	if rest := value[d.length:]; rest != "" {
		if c := rest[0] | 0x20; 'a' <= c && c <= 'z' {
			return 0, &fault{d.length, ErrUnit, "the value is in milliseconds, and says so in the name of the header"}
		}
		return 0, &fault{d.length, ErrNumber, "write digits, with at most one point among them"}
	}
	limit, f := parseDuration(value + "ms")
	if f == nil && limit == 0 {
		f = &fault{0, ErrRange, "a limit is above 0; send no header for no limit"}
	}
	return limit, f
}
