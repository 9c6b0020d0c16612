package slo

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with the text of an objective; a [*ParseError] says where.
var (
	ErrEmpty      = errors.New("no part is given")
	ErrTooLong    = errors.New("too long")
	ErrSyntax     = errors.New("does not read as a part")
	ErrMetric     = errors.New("unknown metric")
	ErrComparison = errors.New("wrong comparison")
	ErrNumber     = errors.New("not a decimal number")
	ErrNoUnit     = errors.New("a unit is missing")
	ErrUnit       = errors.New("unknown unit")
	ErrNegative   = errors.New("negative")
	ErrRange      = errors.New("out of range")
	ErrPrecision  = errors.New("finer than can be held")
	ErrDuplicate  = errors.New("limited twice")
	ErrNothing    = errors.New("no part is about one request")
)

// ParseError reports the first thing in a text that is not part of an
// objective.
type ParseError struct {
	Text   string // the whole text
	Offset int    // where the fault is, in bytes from the start of Text
	Hint   string // what to write instead, or ""
	Err    error  // one of the Err variables
}

// Error returns a sentence such as
//
//	objective part "ttft<=500", byte 6: a unit is missing: write 500ms
func (e *ParseError) Error() string {
	s := fmt.Sprintf("objective part %q, byte %d: %v", clip(e.Part()), e.Offset, e.Err)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap returns e.Err.
func (e *ParseError) Unwrap() error { return e.Err }

// Part returns the part of Text that holds the fault. Parts end at a comma
// outside parentheses, in the vLLM form at a space.
func (e *ParseError) Part() string {
	start, depth := 0, 0
	colon := colonForm(e.Text)
	for i := 0; i < len(e.Text); i++ {
		switch c := e.Text[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth <= 0, colon && isSpace(c):
			if i >= e.Offset {
				return strings.TrimSpace(e.Text[start:i])
			}
			start = i + 1
		}
	}
	return strings.TrimSpace(e.Text[start:])
}

// clip shortens hostile text for a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// fault is a [*ParseError] in the making: where it is, what, and what to
// write instead. Offsets count from the start of the text that the function
// was given.
type fault struct {
	offset int
	err    error
	hint   string
}

// after returns the fault as seen from a text in which the faulty one starts
// at offset.
func (f *fault) after(offset int) *fault {
	return &fault{offset + f.offset, f.err, f.hint}
}

func (f *fault) in(text string) *ParseError {
	return &ParseError{Text: text, Offset: f.offset, Hint: f.hint, Err: f.err}
}
