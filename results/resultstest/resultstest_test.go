package resultstest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/results/resultstest"
)

// faults are what can be wrong with a tally, a small format of a caller.
type faults struct {
	detectAll, detectNone  bool
	invalid, nan, unspoken bool
	metric                 string
	backwards              bool
	oneRead                bool
	shared                 *int // number of the next request, of all Readers
	growing                bool // the run changes behind its requests
	cutOff, swallow        bool
	panics, greedy, hoards bool
	foreign, placeless     bool // errors
}

// tally is a line "tally", then one line a request: "sent first last tokens".
type tally struct {
	faults
	content *results.Content
	lines   *bufio.Reader
	line    int64
	run     *results.Run
	index   int
	hoard   []string
}

func tallyFormat(f faults) results.Format {
	return results.Format{
		Name: "tally",
		Detect: func(h *results.Head) bool {
			return !f.detectNone && (f.detectAll || bytes.HasPrefix(h.Text, []byte("tally\n")))
		},
		NewDecoder: func(c *results.Content) results.Decoder {
			d := &tally{faults: f, content: c, lines: bufio.NewReader(c)}
			if f.oneRead {
				b := make([]byte, 1<<16)
				n, _ := c.Read(b)
				d.lines = bufio.NewReader(bytes.NewReader(b[:n]))
			}
			return d
		},
	}
}

func (d *tally) next() (string, error) {
	line, err := d.lines.ReadString('\n')
	d.line++
	switch {
	case err == io.EOF && line == "", d.swallow && err != nil:
		return "", io.EOF
	case err == io.EOF && !d.cutOff:
		return "", d.fail(io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		return "", d.fail(err)
	}
	return strings.TrimSpace(line), nil
}

func (d *tally) fail(err error) error {
	e := &results.Error{Request: d.index, Line: d.line, Offset: -1, Err: err}
	if d.placeless {
		e.Request, e.Line = -1, 0
	}
	if d.foreign {
		e.Err = nil
	}
	return e
}

func (d *tally) NextRun() (*results.Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	line, err := d.next()
	if err == nil && line != "tally" {
		err = d.fail(errors.New("no tally"))
	}
	if err != nil {
		return nil, err
	}
	d.run = &results.Run{NotDerivable: []results.NotDerivable{{Metric: "TBT", Why: "two instants only"}}, CommonClock: true}
	if d.unspoken {
		d.run.NotDerivable = nil
	}
	if d.nan {
		d.run.Reported = append(d.run.Reported, results.Reported{Name: "x", Value: math.NaN()})
	}
	if d.metric != "" {
		d.run.Reported = append(d.run.Reported, results.Reported{Name: "x", Metric: d.metric, Stat: "mean"})
	}
	if d.backwards {
		d.run.Resolution = -1
	}
	return d.run, nil
}

func (d *tally) Next(r *metrics.Request) error {
	line, err := d.next()
	if err != nil {
		return err
	}
	var sent, first, last, tokens int64
	if n, err := fmt.Sscanf(line, "%d %d %d %d", &sent, &first, &last, &tokens); err != nil || n != 4 || len(strings.Fields(line)) != 4 {
		return d.fail(fmt.Errorf("want four numbers: %v", err))
	}
	if tokens < 3 || tokens > metrics.MaxTokens {
		if d.panics {
			panic("tokens")
		}
		return d.fail(results.ErrRange)
	}
	if d.greedy && tokens > 100 {
		_ = make([]byte, min(tokens, 1<<30))
	}
	if d.hoards {
		d.hoard = append(d.hoard, line) // which holds on to the padding
	}
	*r = metrics.Request{ID: fmt.Sprint(d.index), Sent: metrics.Known(time.Duration(sent)), Sparse: true, Deliveries: append(r.Deliveries[:0],
		metrics.Delivery{At: time.Duration(first), Tokens: 1}, metrics.Delivery{At: time.Duration(last), Tokens: int(tokens - 1)})}
	if d.shared != nil {
		r.ID = fmt.Sprint(*d.shared)
		*d.shared++
	}
	if d.invalid {
		r.Deliveries[1].At = r.Deliveries[0].At - 1
	} else if err := r.Validate(); err != nil {
		return d.fail(err)
	}
	if d.growing {
		d.run.Facts = append(d.run.Facts, results.Fact{Name: fmt.Sprint("request ", d.index), Value: fmt.Sprint(d.lines.Buffered())})
	}
	d.index++
	return nil
}

func tallySamples() []resultstest.Sample {
	return []resultstest.Sample{{
		Name:    "two requests",
		Content: []byte("tally\n0 10 20 3\n5 6 70 39\n"),
		Want: [][]metrics.Request{{
			{ID: "0", Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: 10, Tokens: 1}, {At: 20, Tokens: 2}}, Sparse: true},
			{ID: "1", Sent: metrics.Known(time.Duration(5)), Deliveries: []metrics.Delivery{{At: 6, Tokens: 1}, {At: 70, Tokens: 38}}, Sparse: true},
		}},
		Lines: true,
		Endless: func(yield func([]byte) bool) {
			line := []byte("5 6 70 9" + strings.Repeat(" ", 1<<10) + "\n")
			for more := yield([]byte("tally\n")); more; {
				more = yield(line)
			}
		},
	}, {Name: "none", Content: []byte("tally\n"), Lines: true}}
}

// TestRun shows that a format which another module could hold passes.
func TestRun(t *testing.T) {
	resultstest.Run(t, tallyFormat(faults{}), tallySamples()...)
	byName := tallyFormat(faults{})
	byName.Detect = nil
	if err := resultstest.TestFormat(byName, tallySamples()...); err != nil {
		t.Errorf("a format that must be asked for by name: %v", err)
	}
}

// TestFaults shows that each check can fail.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		faults faults
		want   string
		reason string
	}{
		{faults{detectAll: true}, `detection: sample "two requests": the content "{}", which is of no such format`, "takes everything for its own"},
		{faults{detectNone: true}, `detection: sample "two requests": among 1 formats`, "takes nothing"},
		{faults{invalid: true}, `records: sample "two requests": request 0 is not valid: request "0": Deliveries[1]: time runs backwards`, "does not validate"},
		{faults{nan: true}, `records: sample "two requests": reported x is NaN`, "reports no number"},
		{faults{metric: "time_to_first_token"}, `records: sample "two requests": reported x: no such metric`, "has words of its own"},
		{faults{metric: results.MetricTTFT}, `records: sample "two requests": reported x: "" is no unit of time`, "reports a time without a unit"},
		{faults{unspoken: true}, `records: sample "two requests": 2 sparse requests`, "does not say what cannot be derived"},
		{faults{backwards: true}, `round trip: sample "two requests": in the native format: cannot be written: results: resolution -1ns of the run: out of range`, "states a resolution that is none"},
		{faults{oneRead: true}, `read errors: sample "two requests": with a read error behind 6 of 26 bytes`, "supposes that one Read gives all"},
		{faults{shared: new(int)}, `separation: sample "two requests": beside other Readers`, "keeps state outside of its decoder"},
		{faults{growing: true}, `bytes byte by byte: run 0 is`, "says of the run how its content came"},
		{faults{cutOff: true}, `truncation: sample "two requests": the first 24 of 26 bytes, up to "tally\n0 10 20 3\n5 6 70 3", are no error`, "takes a number that is cut off for a number"},
		{faults{swallow: true}, `truncation: sample "two requests": the first`, "takes a broken line for the end"},
		{faults{swallow: true}, `read errors: sample "two requests": with a read error behind`, "takes an error for the end"},
		{faults{foreign: true}, `does not say what is wrong`, "an error without a cause"},
		{faults{placeless: true}, `does not say where`, "an error without a place"},
		{faults{panics: true}, `hostile: sample "two requests"`, "panics"},
		{faults{greedy: true}, `made the reader allocate`, "takes a count at its word"},
		{faults{hoards: true}, `memory: sample "two requests"`, "keeps what it has read"},
	} {
		samples := tallySamples()
		if !test.faults.hoards && !test.faults.growing {
			samples[0].Endless = nil // it takes time
		}
		err := resultstest.TestFormat(tallyFormat(test.faults), samples...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("a format that %s: got\n%v\nwant %s", test.reason, err, test.want)
		}
	}
}

// TestWant shows that samples are compared with what they must be.
func TestWant(t *testing.T) {
	samples := tallySamples()
	samples[0].Want[0][1].Deliveries[1].Tokens = 7
	err := resultstest.TestFormat(tallyFormat(faults{}), samples...)
	if err == nil || !strings.Contains(err.Error(), `records: sample "two requests": run 0: request 1 is`) {
		t.Errorf("another number of tokens: %v", err)
	}
	samples[0].Content = []byte("tally\nx\n")
	err = resultstest.TestFormat(tallyFormat(faults{}), samples...)
	if err == nil || !strings.Contains(err.Error(), `sample "two requests": cannot be read: sample: line 2: request 0: want four numbers`) {
		t.Errorf("a sample that is broken: %v", err)
	}
	defer func() {
		if p := recover(); p != "resultstest: no samples" {
			t.Errorf("no samples: %v", p)
		}
	}()
	resultstest.TestFormat(tallyFormat(faults{}))
}

// loose reads one JSON object with encoding/json, which lets keys repeat.
type loose struct {
	content *results.Content
	read    bool
}

func (l *loose) NextRun() (*results.Run, error) {
	if l.read {
		return nil, io.EOF
	}
	l.read = true
	var v struct{ Loose, B *int }
	err := json.NewDecoder(l.content).Decode(&v)
	if err == nil && v.Loose == nil {
		err = results.ErrMissing
	}
	if err != nil {
		return nil, &results.Error{Request: -1, Offset: 0, Err: err}
	}
	return &results.Run{CommonClock: true}, nil
}

func (l *loose) Next(*metrics.Request) error { return io.EOF }

func TestDuplicates(t *testing.T) {
	format := results.Format{
		Name:       "loose",
		Detect:     func(h *results.Head) bool { return h.HasAll("loose") },
		NewDecoder: func(c *results.Content) results.Decoder { return &loose{content: c} },
	}
	err := resultstest.TestFormat(format, resultstest.Sample{Name: "one", Content: []byte(`{"loose": 1, "b": 2}`)})
	want := `duplicates: sample "one": with the member "\"loose\": 1" at byte 1 twice: <nil>, want duplicate key`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func ExampleTestFormat() {
	native := results.Formats()[0]
	err := resultstest.TestFormat(native, resultstest.Sample{
		Name:    "one request",
		Content: []byte(`{"tokentime":1,"clock":"run"}` + "\n" + `{"sent_ns":0,"at_ns":[5,9],"outcome":"completed"}` + "\n"),
		Lines:   true,
	})
	fmt.Println(err)
	// Output: <nil>
}
