package results

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// perfAnalyzerRequest is a request as it stands in the file.
type perfAnalyzerRequest struct {
	sent   metrics.Instant // of the epoch, like at
	at     []int64         // of the responses
	out    []perfAnalyzerOutput
	text   []byte // of all of them
	answer answer
}

// perfAnalyzerOutput is a response: a piece of text, or tokens.
type perfAnalyzerOutput struct {
	textEnd int // where it ends in the text of all
	tokens  int64
	hasText bool
}

// read reads the next request.
func (q *perfAnalyzerRequest) read(w *walker) error {
	q.sent, q.at, q.out, q.text = metrics.Instant{}, q.at[:0], q.out[:0], q.text[:0]
	return w.object(func(name string) (err error) {
		switch name {
		case "timestamp":
			q.sent, err = w.epoch()
		case "response_timestamps":
			q.at, err = w.spans(q.at, nanosecond)
		case "response_outputs":
			err = w.array(func(int) error { return q.output(w) })
		default:
			err = w.skip()
		}
		return err
	})
}

// output reads what a response was.
func (q *perfAnalyzerRequest) output(w *walker) error {
	var o perfAnalyzerOutput
	err := w.object(func(name string) (err error) {
		switch kind := w.kind(); {
		case name == "response" && kind == '"':
			o.hasText = true
			q.text, err = w.appendText(q.text)
		case name == "text_output" && kind == '"':
			var text string
			text, err = w.text()
			o.tokens = int64(btoi(text != ""))
		case name == "output_ids" && kind == '[':
			err = w.array(func(int) error {
				o.tokens++
				return w.skip()
			})
		case name == "output_ids" && kind == '0':
			o.tokens, err = 1, w.skip()
		default:
			err = w.skip()
		}
		return err
	})
	o.textEnd = len(q.text)
	q.out = append(q.out, o)
	return err
}

// convert makes a request of what was read.
func (d *perfAnalyzerDecoder) convert(r *metrics.Request) error {
	q := &d.request
	sent, ok := q.sent.Get()
	if !ok {
		return inside("timestamp", ErrMissing)
	}
	if len(q.at) != len(q.out) {
		return inside("response_outputs", fmt.Errorf("%w: %d response_outputs, %d response_timestamps", ErrLengths, len(q.out), len(q.at)))
	}
	if !d.origin.Known() {
		d.origin = q.sent
	}
	origin, _ := d.origin.Get()
	for i, at := range q.at {
		if at < 0 || at > int64(metrics.MaxInstant) {
			return &fieldError{"response_timestamps", i, fmt.Errorf("%w: %d ns", ErrRange, at)}
		}
		if i > 0 && at < q.at[i-1] {
			return &fieldError{"response_timestamps", i, fmt.Errorf("%w: %d ns after %d ns", metrics.ErrTimeReversed, at, q.at[i-1])}
		}
	}
	for i := range q.at {
		q.at[i] -= int64(origin)
	}
	r.Sent = metrics.Known(sent - origin)
	q.fill(r)
	d.doubts.add(&q.answer, r.Outcome, r.Outcome == metrics.Failed && !q.answer.Failed && len(q.at) > 0)
	d.silent += btoi(len(q.at) == 0)
	if err := r.Validate(); err != nil {
		return perfAnalyzerPlace(err)
	}
	return nil
}

// fill gives r what the responses hold and say of its end.
func (q *perfAnalyzerRequest) fill(r *metrics.Request) {
	a := &q.answer
	a.begin(r.Deliveries)
	whole, stream := bytes.HasPrefix(bytes.TrimSpace(q.text), []byte("{")), false
	start := 0
	for i, o := range q.out {
		at := time.Duration(q.at[i])
		switch {
		case !o.hasText:
			a.deliver(at, o.tokens)
		case !whole:
			stream = true
			a.write(at, q.text[start:o.textEnd])
		case o.textEnd == len(q.text) && o.textEnd > start:
			a.whole(at, "", q.text)
		}
		start = o.textEnd
	}
	a.fill(r)
	r.End = a.Done
	if n := len(q.at); n > 0 && !r.End.Known() {
		r.End = metrics.Known(time.Duration(q.at[n-1]))
	}
	if a.Failed || stream && a.BrokeOff() || len(q.at) == 0 {
		r.Outcome = metrics.Failed
	}
}

// perfAnalyzerPlace translates where metrics found something into keys of the
// file.
func perfAnalyzerPlace(err error) error {
	var re *metrics.RequestError
	if errors.As(err, &re) && re.Field == "Sent" {
		return &fieldError{"timestamp", -1, err}
	}
	return &fieldError{"response_timestamps", -1, err}
}
