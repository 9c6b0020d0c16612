package results

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// What can be wrong with a file, apart from what metrics.Request.Validate
// finds and from malformed JSON; an [*Error] says where.
var (
	// ErrUnknownFormat means that the content is of no format that this
	// package reads.
	ErrUnknownFormat = errors.New("not a format that is known")

	ErrEmptyFile    = errors.New("empty file")
	ErrDirectory    = errors.New("is a directory, want a file")
	ErrNegativeTime = errors.New("negative time")
	ErrNotFinite    = errors.New("not a finite number")
	ErrNotInteger   = errors.New("not an integer")
	ErrRange        = errors.New("out of range")
	ErrType         = errors.New("wrong type")
	ErrLengths      = errors.New("arrays of different lengths")
	ErrMissing      = errors.New("missing")
	ErrUnknownKey   = errors.New("unknown key")
	ErrDuplicateKey = errors.New("duplicate key")
	ErrLineTooLong  = fmt.Errorf("line longer than %d bytes", MaxLine)
)

// Error says where in a file something is wrong, and what.
//
// Run and Request count from 0, Line from 1; a place that is not known or
// does not apply is negative, or 0 for Line. Offset counts bytes of the
// uncompressed content, behind a byte order mark if there is one.
type Error struct {
	File    string
	Run     int
	Request int
	Line    int64
	Offset  int64
	Field   string
	Err     error
}

// Error returns the known parts of the place and the cause, as in
// "runs.json: request 17: itls[3]: negative time: -0.5". The run is named from
// the second one on, the offset only where nothing else says where.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", e.File)
	if e.Run > 0 {
		fmt.Fprintf(&b, "run %d: ", e.Run)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Request >= 0 {
		fmt.Fprintf(&b, "request %d: ", e.Request)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	if e.Offset >= 0 && e.Request < 0 {
		fmt.Fprintf(&b, "byte %d: ", e.Offset)
	}
	var re *metrics.RequestError
	if errors.As(e.Err, &re) { // e names the place in the file's own words
		fmt.Fprint(&b, re.Err)
	} else {
		fmt.Fprint(&b, e.Err)
	}
	return b.String()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// fieldError is an error in a field, before it is known in which request.
// index is the position within the field, or -1.
type fieldError struct {
	field string
	index int
	err   error
}

func (e *fieldError) Error() string { return e.name() + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

func (e *fieldError) name() string {
	if e.index < 0 {
		return e.field
	}
	return fmt.Sprintf("%s[%d]", e.field, e.index)
}

// quoted returns the text for an error message, shortened.
func quoted(b []byte) string {
	const most = 40
	if len(b) > most {
		return fmt.Sprintf("%.*q... (%d bytes)", most, b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}
