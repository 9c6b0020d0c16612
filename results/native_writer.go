package results

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// Writer writes a run in the native format, in its canonical form. Its output
// is buffered: call Flush at the end. For a further run in the same file, make
// a further Writer after Flush.
type Writer struct {
	w      *bufio.Writer
	header []byte // until it is written
	line   []byte
	n      int   // requests written
	err    error // of the header or of w; no further request is written
}

// NewWriter returns a Writer of the run to w. Of run, all but Source and
// Format goes into the header; where a run was read from another file and that
// matters, it belongs in Facts.
func NewWriter(w io.Writer, run *Run) *Writer {
	nw := &Writer{w: bufio.NewWriterSize(w, bufferSize)}
	nw.header, nw.err = appendHeader(nil, run)
	return nw
}

// Write writes the request. It returns an [*Error] and writes nothing for one
// that is not valid or cannot be expressed: names that are not UTF-8, a line
// longer than [MaxLine]. It does not keep or change r.
func (w *Writer) Write(r *metrics.Request) error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := r.Validate(); err != nil {
		return w.fail(nativePlace(err))
	}
	line, err := appendRequest(w.line[:0], r)
	w.line = line
	if err != nil {
		return w.fail(err)
	}
	if len(line) > MaxLine {
		return w.fail(ErrLineTooLong)
	}
	w.n++
	_, w.err = w.w.Write(append(line, '\n'))
	return w.err
}

// Flush writes what is buffered, and the header if there was no request.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.err = w.w.Flush()
	return w.err
}

func (w *Writer) begin() error {
	if w.err == nil && w.header != nil {
		_, w.err = w.w.Write(w.header)
		w.header = nil
	}
	return w.err
}

func (w *Writer) fail(err error) error {
	e := &Error{File: "native output", Run: -1, Request: w.n, Offset: -1, Err: err}
	if fe, ok := err.(*fieldError); ok {
		e.Field, e.Err = fe.name(), fe.err
	}
	return e
}

// appendRequest appends the canonical line of r, without its end.
func appendRequest(b []byte, r *metrics.Request) (_ []byte, err error) {
	b = append(b, '{')
	for _, f := range [...]struct{ key, value string }{{"id", r.ID}, {"class", r.Class}} {
		if f.value == "" {
			continue
		}
		b = appendKey(b, f.key)
		if b, err = jsontext.AppendQuote(b, f.value); err != nil {
			return b, inField(f.key, err)
		}
	}
	b = appendInstant(b, "due_ns", r.Due)
	b = appendInstant(b, "sent_ns", r.Sent)
	b = appendInstant(b, "scheduled_ns", r.Scheduled)
	b = appendDeliveries(b, r.Deliveries)
	b = appendInstant(b, "end_ns", r.End)
	b = appendKey(b, "outcome")
	b = append(b, '"')
	b = append(b, r.Outcome.String()...)
	b = append(b, '"')
	b = appendCount(b, "prompt_tokens", r.PromptTokens)
	b = appendCount(b, "usage_tokens", r.UsageTokens)
	b = appendFlag(b, "sparse", r.Sparse)
	return append(b, '}'), nil
}

func appendDeliveries(b []byte, deliveries []metrics.Delivery) []byte {
	if len(deliveries) == 0 {
		return b
	}
	b = append(appendKey(b, "at_ns"), '[')
	ones := true
	for i, d := range deliveries {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(d.At), 10)
		ones = ones && d.Tokens == 1
	}
	b = append(b, ']')
	if ones {
		return b
	}
	b = append(appendKey(b, "tokens"), '[')
	for i, d := range deliveries {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(d.Tokens), 10)
	}
	return append(b, ']')
}

func appendInstant(b []byte, key string, t metrics.Instant) []byte {
	if v, ok := t.Get(); ok {
		b = strconv.AppendInt(appendKey(b, key), int64(v), 10)
	}
	return b
}

func appendCount(b []byte, key string, n metrics.Count) []byte {
	if v, ok := n.Get(); ok {
		b = strconv.AppendInt(appendKey(b, key), v, 10)
	}
	return b
}

// appendFlag appends the member if it is true.
func appendFlag(b []byte, key string, flag bool) []byte {
	if flag {
		b = append(appendKey(b, key), "true"...)
	}
	return b
}

// appendKey appends "key": and, unless it is the first member, a comma.
func appendKey(b []byte, key string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

// appendHeader appends the header line of run.
func appendHeader(b []byte, run *Run) ([]byte, error) {
	if run.Resolution < 0 || run.Resolution > metrics.MaxInstant {
		return b, fmt.Errorf("results: resolution %v of the run: %w", run.Resolution, ErrRange)
	}
	if d, ok := run.Duration.Get(); ok && (d < 0 || d > metrics.MaxInstant) {
		return b, fmt.Errorf("results: duration %v of the run: %w", d, ErrRange)
	}
	for _, r := range run.Reported {
		if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			return b, fmt.Errorf("results: reported %s: %w", r.Name, ErrNotFinite)
		}
	}
	clock := clockRequest
	if run.CommonClock {
		clock = clockRun
	}
	b = strconv.AppendInt(append(b, `{"tokentime":`...), nativeVersion, 10)
	w := headerWriter{b: b}
	w.text("convention", run.Convention)
	w.text("clock", clock)
	w.b = appendInstant(w.b, "duration_ns", run.Duration)
	if run.Resolution != 0 {
		w.b = appendInstant(w.b, "resolution_ns", metrics.Known(run.Resolution))
	}
	w.b = appendFlag(w.b, "aggregates_only", run.AggregatesOnly)
	w.facts(run.Facts)
	w.reported(run.Reported)
	w.pairs("not_derivable", "metric", "why", len(run.NotDerivable), func(i int) (string, string) {
		return run.NotDerivable[i].Metric, run.NotDerivable[i].Why
	})
	w.pairs("warnings", "code", "message", len(run.Warnings), func(i int) (string, string) {
		return run.Warnings[i].Code, run.Warnings[i].Message
	})
	if w.err != nil {
		return b, fmt.Errorf("results: header of the run: %w", w.err)
	}
	if len(w.b) >= MaxLine {
		return b, fmt.Errorf("results: header of the run: %w", ErrLineTooLong)
	}
	return append(w.b, '}', '\n'), nil
}

// headerWriter appends the parts of a header that are text. Its error is that
// of the first text that is not UTF-8.
type headerWriter struct {
	b   []byte
	err error
}

// text appends a member, unless the value is empty.
func (w *headerWriter) text(key, value string) {
	if value != "" {
		w.b = appendKey(w.b, key)
		w.quote(value)
	}
}

func (w *headerWriter) quote(s string) {
	var err error
	if w.b, err = jsontext.AppendQuote(w.b, s); err != nil && w.err == nil {
		w.err = fmt.Errorf("%q: %w", s, err)
	}
}

func (w *headerWriter) facts(facts []Fact) {
	if len(facts) == 0 {
		return
	}
	w.b = append(appendKey(w.b, "facts"), '{')
	seen := map[string]bool{}
	for i, f := range facts {
		if seen[f.Name] && w.err == nil {
			w.err = fmt.Errorf("fact %q: %w", f.Name, ErrDuplicateKey)
		}
		seen[f.Name] = true
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.quote(f.Name)
		w.b = append(w.b, ':')
		w.quote(f.Value)
	}
	w.b = append(w.b, '}')
}

func (w *headerWriter) reported(reported []Reported) {
	if len(reported) == 0 {
		return
	}
	w.b = append(appendKey(w.b, "reported"), '[')
	for i, r := range reported {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		w.text("name", r.Name)
		w.b = strconv.AppendFloat(appendKey(w.b, "value"), r.Value, 'g', -1, 64)
		w.text("unit", r.Unit)
		w.text("metric", r.Metric)
		w.text("stat", r.Stat)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// pairs appends a member that is an array of n objects of two texts.
func (w *headerWriter) pairs(key, first, second string, n int, at func(i int) (string, string)) {
	if n == 0 {
		return
	}
	w.b = append(appendKey(w.b, key), '[')
	for i := range n {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		a, b := at(i)
		w.text(first, a)
		w.text(second, b)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}
