package resultstest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing/iotest"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// detection checks that the sample is taken for the format.
func (s *suite) detection(i int) {
	if s.format.Detect == nil {
		return
	}
	all := results.Formats()
	if at := slices.IndexFunc(all, func(f results.Format) bool { return f.Name == s.format.Name }); at < 0 {
		all = append(all, s.format)
	}
	for _, formats := range [][]results.Format{all, {s.format}} {
		runs, err := readAll(bytes.NewReader(s.samples[i].Content), results.Options{Formats: formats})
		switch {
		case err != nil:
			s.errorf(i, "among %d formats: %v", len(formats), err)
		case len(runs) > 0 && runs[0].Format != s.format.Name:
			s.errorf(i, "among %d formats it is taken for %q", len(formats), runs[0].Format)
		}
	}
	if i > 0 {
		return // what follows does not depend on the sample
	}
	for _, content := range []string{"{}", "[]", "null", "{} {}\n{}", `{"a": 1, "b": [{"c": {}}]}`, `[{"a": 1}]`, "1,2\n3,4\n",
		"text", "\x00\x01\x02", "\xff\xfe", "<html>", "---\na: 1\n", `{"tokentime":1,"clock":"run"}` + "\n"} {
		if strings.Contains(content, results.FormatNative) && s.format.Name == results.FormatNative {
			continue
		}
		opts := results.Options{Formats: []results.Format{s.format}}
		if _, err := readAll(strings.NewReader(content), opts); !errors.Is(err, results.ErrUnknownFormat) {
			s.errorf(i, "the content %q, which is of no such format, gives %v, want %v", content, err, results.ErrUnknownFormat)
		}
	}
}

// records checks what the sample is read as.
func (s *suite) records(i int) {
	runs := s.whole[i]
	if len(runs) == 0 {
		s.errorf(i, "has no run and no error")
	}
	if bad := badRequest(runs); bad != "" {
		s.errorf(i, "%s", bad)
	}
	for _, r := range runs {
		s.runStates(i, &r)
	}
	want := s.samples[i].Want
	if want == nil {
		return
	}
	if len(want) != len(runs) {
		s.errorf(i, "has %d runs, want %d", len(runs), len(want))
	}
	for k := range min(len(want), len(runs)) {
		if d := requestDifference(want[k], runs[k].requests); d != "" {
			s.errorf(i, "run %d: %s", k, d)
		}
	}
}

// runStates checks what a run says of itself.
func (s *suite) runStates(i int, r *run) {
	sparse := 0
	for k := range r.requests {
		q := &r.requests[k]
		if q.Sparse {
			sparse++
		}
		if sent, ok := q.Sent.Get(); ok && sent != 0 && !r.CommonClock {
			s.errorf(i, "request %d was sent at %v, but without a common clock each counts from its own sending", k, sent)
		}
	}
	if r.AggregatesOnly && len(r.requests) > 0 {
		s.errorf(i, "a run of aggregates only has %d requests", len(r.requests))
	}
	if len(r.NotDerivable) == 0 && (sparse > 0 || r.AggregatesOnly || !r.CommonClock && len(r.requests) > 0) && s.format.Name != results.FormatNative {
		s.errorf(i, "%d sparse requests, aggregates only %v, common clock %v, but NotDerivable says nothing", sparse, r.AggregatesOnly, r.CommonClock)
	}
	for _, a := range r.Reported {
		switch {
		case math.IsNaN(a.Value) || math.IsInf(a.Value, 0):
			s.errorf(i, "reported %s is %v", a.Name, a.Value)
		case a.Metric != "" && !slices.Contains(reportedMetrics(), a.Metric):
			s.errorf(i, "reported %s: no such metric: %q", a.Name, a.Metric)
		case !isStat(a.Stat):
			s.errorf(i, "reported %s: no such statistic: %q", a.Name, a.Stat)
		}
		if _, isTime := a.Nanoseconds(); a.Metric != "" && slices.Contains(reportedMetrics()[:timeMetrics], a.Metric) && !isTime {
			s.errorf(i, "reported %s: %q is no unit of time", a.Name, a.Unit)
		}
	}
}

// timeMetrics is how many of reportedMetrics are times.
const timeMetrics = 10

func reportedMetrics() []string {
	return []string{
		results.MetricTTFT, results.MetricTPOT, results.MetricITL, results.MetricTTLT, results.MetricEndToEnd,
		results.MetricNormalized, results.MetricScheduleDelay, results.MetricTTFTFromDue, results.MetricEndToEndFromDue, results.MetricDuration,
		results.MetricOutputLength, results.MetricPromptLength, results.MetricCompleted, results.MetricFailed,
		results.MetricPromptTokens, results.MetricOutputTokens, results.MetricRequestRate, results.MetricOutputRate,
		results.MetricTotalRate, results.MetricOutputRateMax, results.MetricConcurrency, results.MetricConcurrencyMax,
	}
}

func isStat(stat string) bool {
	if digits, ok := strings.CutPrefix(stat, "p"); ok {
		p, err := strconv.ParseFloat(digits, 64)
		return err == nil && p >= 0 && p <= 100
	}
	return slices.Contains([]string{"", "mean", "std", "min", "max", "sum", "count"}, stat)
}

// roundTrip checks that the native format holds everything.
func (s *suite) roundTrip(i int) {
	if d := lost(s.whole[i]); d != "" {
		s.errorf(i, "in the native format: %s", d)
	}
}

// pieces checks that it does not matter how the content comes. A Reader looks
// at the begin of a content as a whole, so that a longer one is needed to tell.
func (s *suite) pieces(i int) {
	content := s.samples[i].Content
	s.piecesOf(i, content)
	if seq := s.samples[i].Endless; seq != nil {
		const enough = 200 << 10
		var long []byte
		for piece := range seq {
			if long = append(long, piece...); len(long) > enough {
				break
			}
		}
		s.piecesOf(i, long)
	}
	z := compressed(content)
	for _, n := range []int{2, len(z) / 2, len(z) - 1} {
		if _, err := s.read(z[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
			s.errorf(i, "compressed, the first %d of %d bytes: %v, want %v", n, len(z), err, io.ErrUnexpectedEOF)
		}
	}
}

func (s *suite) piecesOf(i int, content []byte) {
	want, wantErr := s.read(content)
	for _, r := range []struct {
		how string
		io.Reader
	}{
		{"read again", bytes.NewReader(content)},
		{"byte by byte", iotest.OneByteReader(bytes.NewReader(content))},
		{"in halves", iotest.HalfReader(bytes.NewReader(content))},
		{"with the end beside the last byte", iotest.DataErrReader(bytes.NewReader(content))},
		{"compressed", bytes.NewReader(compressed(content))},
		{"compressed, byte by byte", iotest.OneByteReader(bytes.NewReader(compressed(content)))},
	} {
		got, err := readAll(r, s.alone())
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			s.errorf(i, "%d bytes %s: error %v, want %v", len(content), r.how, err, wantErr)
		} else if d := difference(want, got); d != "" {
			s.errorf(i, "%d bytes %s: %s", len(content), r.how, d)
		}
	}
}

func compressed(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(content) // a bytes.Buffer takes everything
	z.Close()
	return b.Bytes()
}

// separation reads the sample with two Readers in turn, the next sample with a
// third, and looks at the runs once more when all is read.
func (s *suite) separation(i int) {
	j := (i + 1) % len(s.samples)
	of := []int{i, j, i}
	var readers []*results.Reader
	for _, k := range of {
		rd, err := results.NewReader(name, bytes.NewReader(s.samples[k].Content), s.alone())
		if err != nil {
			s.errorf(k, "%v", err)
			return
		}
		readers = append(readers, rd)
	}
	got := make([][]run, len(readers))
	held := make([][]*results.Run, len(readers))
	for left := len(readers); left > 0; {
		left = 0
		for k, rd := range readers {
			switch {
			case rd.Next():
				last := &got[k][len(got[k])-1]
				last.requests = append(last.requests, clone(rd.Request()))
				left++
			case rd.NextRun():
				got[k] = append(got[k], run{})
				held[k] = append(held[k], rd.Run())
				left++
			}
		}
	}
	for k := range readers {
		for n := range got[k] {
			got[k][n].Run = copyRun(held[k][n])
		}
		if s.err[of[k]] != nil {
			continue // said elsewhere
		}
		if err := readers[k].Err(); err != nil {
			s.errorf(of[k], "beside other Readers: %v", err)
		} else if d := difference(s.whole[of[k]], got[k]); d != "" {
			s.errorf(of[k], "beside other Readers: %s", d)
		}
	}
}

// cuts returns where the content is cut off: everywhere if it is small.
func cuts(content []byte) []int {
	const most = 2048
	step := max(1, len(content)/most)
	var all []int
	for n := 0; n < len(content); n += step {
		all = append(all, n)
	}
	return all
}

// truncation checks that a content cut off is an error.
func (s *suite) truncation(i int) {
	sample := &s.samples[i]
	for _, n := range cuts(sample.Content) {
		if s.enough() {
			return
		}
		head, rest := sample.Content[:n], sample.Content[n:]
		runs, err := s.read(head)
		if bad := badError(err); bad != "" {
			s.errorf(i, "the first %d bytes: %s", n, bad)
			continue
		}
		if err != nil {
			if text := !bytes.ContainsRune(head, 0); text && !placed(err) {
				s.errorf(i, "the first %d bytes: error %q does not say where", n, err)
			}
			continue
		}
		whole := len(bytes.TrimSpace(rest)) == 0
		atLine := sample.Lines && (rest[0] == '\n' || rest[0] == '\r' || n > 0 && head[n-1] == '\n')
		switch {
		case !whole && !atLine:
			s.errorf(i, "the first %d of %d bytes, up to %q, are no error", n, len(sample.Content), tail(head))
		case whole && !reflect.DeepEqual(runs, s.whole[i]):
			s.errorf(i, "without the white space at the end: %s", difference(s.whole[i], runs))
		case atLine:
			if d := s.shorter(i, runs); d != "" {
				s.errorf(i, "the first %d bytes, up to %q: %s", n, tail(head), d)
			}
		}
	}
}

// shorter says how the requests of runs, which were read from the begin of
// sample i, differ from those of the whole, or returns "". The last request
// may be incomplete.
func (s *suite) shorter(i int, runs []run) string {
	var want, got []metrics.Request
	for _, r := range s.whole[i] {
		want = append(want, r.requests...)
	}
	for _, r := range runs {
		got = append(got, r.requests...)
	}
	if len(got) == 0 {
		return ""
	}
	if len(got) > len(want) {
		return "more requests than the whole"
	}
	return requestDifference(want[:len(got)-1], got[:len(got)-1])
}

// placed reports whether err says where, or is about the file as a whole.
func placed(err error) bool {
	var e *results.Error
	errors.As(err, &e)
	return e.Line > 0 || e.Request >= 0 || e.Offset >= 0 || e.Field != "" ||
		errors.Is(err, results.ErrEmptyFile) || errors.Is(err, results.ErrUnknownFormat)
}

// tail returns the end of b, for a message.
func tail(b []byte) []byte { return b[max(0, len(b)-30):] }

// readErrors checks that an error of the io.Reader comes through.
func (s *suite) readErrors(i int) {
	content := s.samples[i].Content
	broken := errors.New("broken pipe")
	for _, n := range append(cuts(content), len(content)) {
		if s.enough() {
			return
		}
		_, err := readAll(io.MultiReader(bytes.NewReader(content[:n]), iotest.ErrReader(broken)), s.alone())
		if bad := badError(err); bad != "" {
			s.errorf(i, "with a read error behind %d bytes: %s", n, bad)
		} else if !errors.Is(err, broken) {
			s.errorf(i, "with a read error behind %d of %d bytes, up to %q: %v", n, len(content), tail(content[:n]), err)
		}
	}
}

// duplicates repeats the first member of each JSON object.
func (s *suite) duplicates(i int) {
	content := s.samples[i].Content
	for _, m := range firstMembers(content) {
		if s.enough() {
			return
		}
		member := content[m.start:m.end]
		twice := slices.Concat(content[:m.end], []byte(","), member, content[m.end:])
		if _, err := s.read(twice); !errors.Is(err, results.ErrDuplicateKey) {
			s.errorf(i, "with the member %q at byte %d twice: %v, want %v", member[:min(len(member), 40)], m.start, err, results.ErrDuplicateKey)
		}
	}
}
