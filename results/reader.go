package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// Options says how to read. The zero Options detects everything by content.
type Options struct {
	// Formats are the formats that are known, in the order in which they are
	// tried. Nil: those of [Formats].
	Formats []Format

	// Format is the Name of the one to read with, or "" to detect it.
	Format string
}

// Reader reads the runs of a file and the requests of each, one at a time; see
// the package documentation for a loop. It is not safe for concurrent use.
type Reader struct {
	name    string
	format  string
	decoder Decoder
	closer  io.Closer

	run     *Run
	index   int  // of run
	inRun   bool // requests of run may be left
	request metrics.Request
	err     error
}

// Open opens the file at path for reading. Its Reader must be closed.
func Open(path string, opts Options) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err // the *Error names the file
		}
		return nil, fileError(path, err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fileError(path, ErrDirectory)
	}
	rd, err := NewReader(path, f, opts)
	if err != nil {
		f.Close()
		return nil, err
	}
	rd.closer = f
	return rd, nil
}

// NewReader returns a Reader of the content of r. The name stands in errors
// and in [Run.Source]. NewReader reads as much as it takes to detect the
// format.
func NewReader(name string, r io.Reader, opts Options) (*Reader, error) {
	src, err := openContent(r)
	if err != nil {
		return nil, fileError(name, err)
	}
	content := &Content{src}
	format, err := opts.choose(content)
	if err != nil {
		return nil, fileError(name, err)
	}
	return &Reader{name: name, index: -1, format: format.Name, decoder: format.NewDecoder(content)}, nil
}

// NextRun advances to the next run and reports whether there is one. Requests
// of the current run that have not been read are read first, since an error in
// them must not pass unseen.
func (rd *Reader) NextRun() bool {
	for rd.Next() {
	}
	if rd.err != nil {
		return false
	}
	run, err := rd.decoder.NextRun()
	if err == io.EOF {
		return false
	}
	rd.index++
	if err != nil {
		return rd.fail(err)
	}
	run.Source, run.Format = rd.name, rd.format
	run.Facts = distinct(run.Facts)
	rd.run, rd.inRun = run, true
	return true
}

// Run returns the current run, or nil before the first call of NextRun. A
// reader of a format that is read in one pass completes its Warnings, Facts
// and NotDerivable while the requests of the run are read; after that it stays
// as it is.
func (rd *Reader) Run() *Run { return rd.run }

// Next advances to the next request of the current run and reports whether
// there is one.
func (rd *Reader) Next() bool {
	if !rd.inRun || rd.err != nil {
		return false
	}
	switch err := rd.decoder.Next(&rd.request); err {
	case nil:
		return true
	case io.EOF:
		rd.inRun = false
		rd.run.Facts = distinct(rd.run.Facts) // a Decoder may add some until here
		return false
	default:
		return rd.fail(err)
	}
}

// Request returns the current request, which is valid in the sense of
// [metrics.Request.Validate]. The Reader reuses it: it and its Deliveries
// change at the next call of Next. Copy what must stay.
func (rd *Reader) Request() *metrics.Request { return &rd.request }

// Err returns the first error, an [*Error], or nil if all was well so far.
func (rd *Reader) Err() error { return rd.err }

// Close closes the file that [Open] opened. It does nothing for a Reader of
// [NewReader].
func (rd *Reader) Close() error {
	if rd.closer == nil {
		return nil
	}
	return rd.closer.Close()
}

func (rd *Reader) fail(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Request: -1, Offset: -1, Err: err}
	}
	e.File, e.Run = rd.name, rd.index
	rd.err, rd.inRun = e, false
	return false
}

func fileError(name string, err error) error {
	return &Error{File: name, Run: -1, Request: -1, Offset: -1, Err: err}
}

// syntaxError returns what is wrong in JSON or in the reading of it, without
// the decoder's own words about where, and the offset if it is known, or -1.
func syntaxError(err error) (offset int64, cause error) {
	var se *jsontext.SyntacticError
	if errors.As(err, &se) {
		return se.ByteOffset, fmt.Errorf("malformed JSON: %w", se.Err)
	}
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), "jsontext: ") {
		err = inner // what reading the content returned
	}
	return -1, err
}
