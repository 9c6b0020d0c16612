package resultstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// run is a run with all its requests.
type run struct {
	results.Run
	requests []metrics.Request
}

// name is that of all contents, in errors.
const name = "sample"

// alone returns options by which the format, and no other, reads.
func (s *suite) alone() results.Options {
	return results.Options{Formats: []results.Format{s.format}, Format: s.format.Name}
}

// read reads content with the format.
func (s *suite) read(content []byte) ([]run, error) {
	return readAll(bytes.NewReader(content), s.alone())
}

// readAll reads everything up to the first error. A panic is an error.
func readAll(r io.Reader, opts results.Options) (runs []run, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p}
		}
	}()
	rd, err := results.NewReader(name, r, opts)
	if err != nil {
		return nil, err
	}
	for rd.NextRun() {
		var all []metrics.Request
		for rd.Next() {
			all = append(all, clone(rd.Request()))
		}
		runs = append(runs, run{copyRun(rd.Run()), all})
	}
	return runs, rd.Err()
}

type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// clone returns a copy of r that lasts.
func clone(r *metrics.Request) metrics.Request {
	c := *r
	if c.Deliveries = slices.Clone(r.Deliveries); len(c.Deliveries) == 0 {
		c.Deliveries = nil
	}
	return c
}

// copyRun returns a copy of r that lasts, in which empty is nil.
func copyRun(r *results.Run) results.Run {
	c := *r
	c.Facts = append([]results.Fact(nil), r.Facts...)
	c.Reported = append([]results.Reported(nil), r.Reported...)
	c.NotDerivable = append([]results.NotDerivable(nil), r.NotDerivable...)
	c.Warnings = append([]metrics.Warning(nil), r.Warnings...)
	return c
}

// difference says how got differs from want, or returns "".
func difference(want, got []run) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d runs, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(want[i].Run, got[i].Run) {
			return fmt.Sprintf("run %d is\n\t%+v, want\n\t%+v", i, got[i].Run, want[i].Run)
		}
		if d := requestDifference(want[i].requests, got[i].requests); d != "" {
			return fmt.Sprintf("run %d: %s", i, d)
		}
	}
	return ""
}

func requestDifference(want, got []metrics.Request) string {
	for i := range min(len(want), len(got)) {
		if w, g := clone(&want[i]), clone(&got[i]); !reflect.DeepEqual(w, g) {
			return fmt.Sprintf("request %d is\n\t%+v, want\n\t%+v", i, g, w)
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d requests, want %d", len(got), len(want))
	}
	return ""
}

// badError says what is wrong with err as the error of a Reader, or returns
// "". Nil is a good error.
func badError(err error) string {
	var e *results.Error
	var p *panicError
	switch {
	case err == nil:
	case errors.As(err, &p):
		return p.Error()
	case !errors.As(err, &e):
		return fmt.Sprintf("error %q is no *results.Error", err)
	case e.File != name:
		return fmt.Sprintf("error %q does not name the file", err)
	case e.Err == nil:
		return fmt.Sprintf("error %+v does not say what is wrong", *e)
	}
	return ""
}

// badRequest says which of the requests is not valid, or returns "".
func badRequest(runs []run) string {
	for _, r := range runs {
		for i := range r.requests {
			if err := r.requests[i].Validate(); err != nil {
				return fmt.Sprintf("request %d is not valid: %v", i, err)
			}
		}
	}
	return ""
}

// native returns the runs in the native format.
func native(runs []run) ([]byte, error) {
	var b bytes.Buffer
	for i := range runs {
		w := results.NewWriter(&b, &runs[i].Run)
		for j := range runs[i].requests {
			if err := w.Write(&runs[i].requests[j]); err != nil {
				return nil, err
			}
		}
		if err := w.Flush(); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// lost says what the native format does not hold of the runs, or returns "".
func lost(runs []run) string {
	if len(runs) == 0 {
		return ""
	}
	text, err := native(runs)
	if err != nil {
		return fmt.Sprintf("cannot be written: %v", err)
	}
	back, err := readAll(bytes.NewReader(text), results.Options{Format: results.FormatNative})
	if err != nil {
		return fmt.Sprintf("cannot be read back: %v", err)
	}
	for i := range back {
		if back[i].Format == results.FormatNative && i < len(runs) {
			back[i].Format = runs[i].Format
		}
	}
	if d := difference(runs, back); d != "" {
		return d
	}
	again, err := native(back)
	if err != nil || !bytes.Equal(text, again) {
		return fmt.Sprintf("is written otherwise the second time: %v", err)
	}
	return ""
}
