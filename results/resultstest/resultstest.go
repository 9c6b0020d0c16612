// Package resultstest implements support for testing implementations of
// [results.Format], in the manner of testing/fstest and testing/slogtest.
//
// A reader of files is trusted with numbers that nobody looks at again. What
// such a reader must hold to, whatever its format, is checked here, on samples
// that the author of the format supplies: small whole files, one for each
// shape that the tool writes.
//
//	func TestConformance(t *testing.T) {
//		resultstest.Run(t, mytool.Format(),
//			resultstest.Sample{Name: "one run", Content: []byte(`{"requests": [...]}`)},
//			resultstest.Sample{Name: "lines", Content: lines, Lines: true, Endless: manyLines},
//		)
//	}
//
// The checks are:
//
//	detection    a sample is taken for this format, among all of package
//	             results and alone; what is no format at all is not
//	records      requests are valid, and those of Sample.Want; what a run
//	             reports is finite, in a unit, under known words; what cannot
//	             be derived is said
//	round trip   nothing is lost in the native format
//	pieces       byte by byte, in halves, with the end beside the last byte,
//	             and compressed, a sample reads the same
//	separation   Readers side by side do not disturb each other, and a Run
//	             does not change when its Reader moves on
//	truncation   a sample cut off anywhere is an error, never a short result
//	read errors  an error of the io.Reader comes through, wherever it comes
//	duplicates   a JSON object that repeats a key is an error
//	hostile      with any of its values replaced by a huge, negative,
//	             non-finite, deeply nested or otherwise wrong one, or with
//	             damaged bytes, a sample is an error or valid requests, with
//	             bounded memory and without a panic
//	memory       requests that have been read are not held
//
// What only the author knows is left to Sample.Want: that a unit which the
// file states is heeded, that a bare Infinity is accepted where the tool
// writes one, that a contradiction is found. Supply a sample for each.
package resultstest

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// Sample is the content of a file of the format under test.
type Sample struct {
	Name    string
	Content []byte

	// Want holds the requests of each run. Nil: they are not compared.
	Want [][]metrics.Request

	// Lines says that a content cut off at the end of a line may be a whole
	// one, with fewer records.
	Lines bool

	// Endless yields, piece by piece, a content of the format that goes on
	// with further requests for as long as it is asked. Nil: the format is
	// one that needs a whole run in memory, or the sample is not for this.
	Endless iter.Seq[[]byte]
}

// Run checks the format in subtests of t, one for each kind of check; see the
// package documentation. At least one sample is needed.
func Run(t *testing.T, format results.Format, samples ...Sample) {
	t.Helper()
	s := newSuite(format, samples)
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			for _, err := range s.errorsOf(c) {
				t.Error(err)
			}
		})
	}
}

// TestFormat is [Run] outside of a test: it returns what is wrong with the
// format, errors joined with [errors.Join], or nil.
func TestFormat(format results.Format, samples ...Sample) error {
	s := newSuite(format, samples)
	var all []error
	for _, c := range checks() {
		for _, err := range s.errorsOf(c) {
			all = append(all, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(all...)
}

// maxErrors bounds the errors of a check. The first ones tell enough.
const maxErrors = 5

// suite is a format with its samples.
type suite struct {
	format  results.Format
	samples []Sample
	whole   [][]run // what the samples are read as
	err     []error // that reading one whole ended with

	errs []error // of the current check
}

func newSuite(format results.Format, samples []Sample) *suite {
	if len(samples) == 0 {
		panic("resultstest: no samples")
	}
	s := &suite{format: format, samples: samples}
	for _, sample := range samples {
		runs, err := s.read(sample.Content)
		s.whole, s.err = append(s.whole, runs), append(s.err, err)
	}
	return s
}

// check is a kind of check. Its function is called once for each sample that
// can be read, with its number.
type check struct {
	name string
	f    func(s *suite, i int)
}

func checks() []check {
	return []check{
		{"detection", (*suite).detection},
		{"records", (*suite).records},
		{"round trip", (*suite).roundTrip},
		{"pieces", (*suite).pieces},
		{"separation", (*suite).separation},
		{"truncation", (*suite).truncation},
		{"read errors", (*suite).readErrors},
		{"duplicates", (*suite).duplicates},
		{"hostile", (*suite).hostile},
		{"memory", (*suite).memory},
	}
}

// errorsOf runs the check on all samples.
func (s *suite) errorsOf(c check) []error {
	s.errs = nil
	for i := range s.samples {
		if s.err[i] != nil {
			s.errorf(i, "cannot be read: %v", s.err[i])
			continue
		}
		c.f(s, i)
	}
	return s.errs
}

// errorf notes what is wrong with sample i.
func (s *suite) errorf(i int, message string, args ...any) {
	if len(s.errs) < maxErrors {
		s.errs = append(s.errs, fmt.Errorf("sample %q: %w", s.samples[i].Name, fmt.Errorf(message, args...)))
	}
}

// enough reports whether further errors would not be noted.
func (s *suite) enough() bool { return len(s.errs) >= maxErrors }
