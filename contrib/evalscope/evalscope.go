package evalscope

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// Name is the name of the format.
const Name = "evalscope"

// Format returns the format. It takes every SQLite database for its own; one
// without the table of the tool is an error.
func Format() results.Format {
	return results.Format{
		Name:       Name,
		Detect:     func(h *results.Head) bool { return bytes.HasPrefix(h.Text, []byte(magic)) },
		NewDecoder: func(c *results.Content) results.Decoder { return &decoder{content: c} },
	}
}

// decoder reads a row at a time.
type decoder struct {
	content io.Reader
	file    *database
	rows    *sql.Rows
	columns []string
	begun   bool

	run      *results.Run
	index    int     // of the next row
	earliest float64 // start_time of the run, in seconds
	row      row
	doubts   doubts
}

// NextRun opens the database.
func (d *decoder) NextRun() (*results.Run, error) {
	if d.begun {
		return nil, io.EOF
	}
	d.begun = true
	err := d.open()
	if err != nil {
		d.close()
		return nil, d.fail(err)
	}
	return d.run, nil
}

func (d *decoder) open() (err error) {
	if d.file, err = openDatabase(d.content); err != nil {
		return err
	}
	if d.columns, err = d.file.columns(); err != nil {
		return err
	}
	has := func(name string) bool { return slices.Contains(d.columns, name) }
	for _, name := range []string{"start_time", "success", "first_chunk_latency"} {
		if !has(name) {
			return &results.Error{Request: -1, Offset: -1, Field: "result." + name, Err: results.ErrMissing}
		}
	}
	if !has("inter_token_latencies") && !has("chunk_times") {
		return &results.Error{Request: -1, Offset: -1, Field: "result.inter_token_latencies", Err: results.ErrMissing}
	}
	d.run = &results.Run{Convention: metrics.EvalScope.Name, CommonClock: true}
	if d.earliest, err = d.file.earliest(); err != nil {
		return err
	}
	d.run.Resolution = resolution(d.earliest)
	d.rows, err = d.file.all()
	return err
}

// Next reads the next row.
func (d *decoder) Next(r *metrics.Request) error {
	if d.rows == nil {
		return io.EOF
	}
	if !d.rows.Next() {
		err := d.rows.Err()
		d.close()
		if err != nil {
			return d.fail(err)
		}
		d.doubts.summarize(d.run)
		return io.EOF
	}
	err := d.read(r)
	if err != nil {
		d.close()
		return d.fail(err)
	}
	d.index++
	return nil
}

// close removes what openDatabase made. What is read has been read, so an
// error would concern the temporary file only.
func (d *decoder) close() {
	if d.rows != nil {
		d.rows.Close()
		d.rows = nil
	}
	if d.file != nil {
		d.file.close()
		d.file = nil
	}
}

// fail gives err its place.
func (d *decoder) fail(err error) error {
	var e *results.Error
	if errors.As(err, &e) {
		return e
	}
	e = &results.Error{Request: -1, Offset: -1, Err: err}
	var fe *fieldError
	if errors.As(err, &fe) {
		e.Request, e.Field, e.Err = d.index, "result."+fe.field, fe.err
	} else if d.rows != nil {
		e.Request = d.index
	}
	if e.Field == "" && e.Request < 0 {
		e.Field = "result" // the table
	}
	return e
}

// fieldError is an error in a column.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// doubts count what warnings are about.
type doubts struct{ oneEvent, firsts, lasts, moved, rows int }

func (c *doubts) summarize(run *results.Run) {
	warn := func(code, message string, args ...any) {
		run.Warnings = append(run.Warnings, metrics.Warning{Code: code, Message: fmt.Sprintf(message, args...)})
	}
	if c.oneEvent > 0 {
		warn("one-event", "%d answers of several tokens have one event, which then held all of them: they were not streamed, or came at once", c.oneEvent)
	}
	if c.firsts > 0 {
		warn("role-chunk-first-token", "%d of %d requests of chat opened with an event that, by the number of events, is taken for the chunk that holds the role; "+
			"the last event of %d is taken for one without text. They count as no token; the tool's own TTFT ends at the first event", c.firsts, c.rows, c.lasts)
	}
	if c.moved > 0 {
		warn("end-before-last-event", "the latency of %d of %d requests ends up to %v before their last event; the last event is taken as the end", c.moved, c.rows, slack)
	}
}

// slack is how much earlier than its last event a request may end.
const slack = 10 * time.Microsecond

// outcome returns how a request that did not succeed ended.
func outcome(status int64) metrics.Outcome {
	switch {
	case status == 408, status == 504:
		return metrics.TimedOut
	case status == 499:
		return metrics.Cancelled
	case status == 503, status == 529, status >= 400 && status < 500:
		return metrics.Rejected
	}
	return metrics.Failed
}

// text returns s with what is no UTF-8 replaced.
func text(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
