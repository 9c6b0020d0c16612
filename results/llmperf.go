package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatLLMPerf is *_individual_responses.json of llmperf (ray-project), 2023
// to 2024: an array of flat objects, one a request, and one run. It states
// nothing about the setup and no aggregate.
//
// How an element becomes a request:
//
//   - No element says when it was sent: CommonClock is false. End is
//     end_to_end_latency_s, the first token came ttft_s after sending.
//   - UsageTokens is number_output_tokens, PromptTokens number_input_tokens,
//     both counted by the client's tokenizer.
//   - inter_token_latency_s is not what its name says: the sum of all waits
//     between chunks, that for the first one included, divided by
//     number_output_tokens. So their product is when the last token came, and
//     is read as that, rounded to the nanosecond. The client's clock does not
//     run while it handles a chunk, so it is about 1 µs a chunk early. Where it
//     is earlier than the first token, later than the end by more than 10 µs,
//     or missing, the last token is taken to have come at the end (warning
//     "last-token-at-end").
//   - Times between the first and the last token are not in the file: answers
//     of more than two tokens are Sparse.
//   - A ttft_s of 0 is how the tool says that there was no token. If tokens
//     are counted all the same the answer was not streamed: all are one
//     delivery at the end (warning "not-streamed").
//   - An error_code that is not null is a failure, of the Outcome that an HTTP
//     status of that number has; the tool writes -1 if there is none. Then
//     numbers of tokens and times of 0 are fillers.
const FormatLLMPerf = "llmperf"

func detectLLMPerf(h *Head) bool {
	return h.Text[0] == '[' && h.HasAll("ttft_s", "end_to_end_latency_s", "number_output_tokens")
}

type llmPerfDecoder struct {
	w     *walker
	run   *Run
	rec   llmPerfRecord
	index int // of the next element

	atEnd, notStreamed int // requests
}

// llmPerfRecord is one element as it stands in the file.
type llmPerfRecord struct {
	ttft, latency  metrics.Span
	perToken       float64 // inter_token_latency_s
	hasPerToken    bool
	prompt, output metrics.Count
	failed         bool
	status         int64
}

func newLLMPerfDecoder(content *Content) *llmPerfDecoder {
	return &llmPerfDecoder{w: newWalker(content)}
}

func (d *llmPerfDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.LLMPerf.Name}
	d.run.clocksApart()
	d.run.gapsUnknown()
	return d.run, d.w.fail(d.w.open('['))
}

func (d *llmPerfDecoder) Next(r *metrics.Request) error {
	d.w.request = -1
	if !d.w.more() {
		d.run.count("last-token-at-end", d.atEnd, "of %d requests inter_token_latency_s times the output tokens is no instant "+
			"between the first token and the end; the last token is taken to have come at the end")
		d.run.count("not-streamed", d.notStreamed, "%d answers have output tokens but no time to first token: "+
			"they are taken as not streamed, all of their tokens as visible at the end")
		return d.w.fail(d.w.finish())
	}
	d.w.request = d.index
	err := d.rec.read(d.w)
	if err == nil {
		*r = metrics.Request{ID: strconv.Itoa(d.index), Deliveries: r.Deliveries[:0], Sent: metrics.Known(time.Duration(0))}
		err = d.convert(r)
	}
	d.index++
	return d.w.fail(err)
}

func (rec *llmPerfRecord) read(w *walker) error {
	*rec = llmPerfRecord{}
	return w.object(func(name string) (err error) {
		switch name {
		case "error_code":
			err = rec.failure(w)
		case "ttft_s":
			rec.ttft, err = w.wait(second)
		case "end_to_end_latency_s":
			rec.latency, err = w.wait(second)
		case "inter_token_latency_s":
			rec.perToken, rec.hasPerToken, err = w.number()
		case "number_output_tokens":
			rec.output, err = w.count()
		case "number_input_tokens":
			rec.prompt, err = w.count()
		default:
			err = w.skip()
		}
		return err
	})
}

// failure reads error_code, which is a number, a text or null.
func (rec *llmPerfRecord) failure(w *walker) error {
	raw, err := w.raw()
	if err != nil || raw.Kind() == 'n' {
		return err
	}
	rec.failed = true
	if status, err := parseInteger(raw); err == nil {
		rec.status = status
	}
	return nil
}

// convert makes a request of the record.
func (d *llmPerfDecoder) convert(r *metrics.Request) error {
	rec := &d.rec
	latency, ended := rec.latency.Get()
	ttft, _ := rec.ttft.Get()
	n, counted := rec.output.Get()
	r.PromptTokens = rec.prompt
	if rec.failed {
		r.Outcome = outcomeOfStatus(rec.status)
		ended = ended && latency > 0
	}
	if counted && (!rec.failed || n > 0) {
		r.UsageTokens = rec.output
	}
	switch {
	case !ended && !rec.failed:
		return inField("end_to_end_latency_s", ErrMissing)
	case latency > metrics.MaxInstant:
		return inField("end_to_end_latency_s", fmt.Errorf("%w: %v", ErrRange, latency))
	case ttft > metrics.MaxInstant:
		return inField("ttft_s", fmt.Errorf("%w: %v", ErrRange, ttft))
	}
	if ended {
		r.End = rec.latency
	}
	switch {
	case ttft == 0 && n > 0 && !rec.failed:
		d.notStreamed++
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: latency, Tokens: int(n)})
	case ttft > 0 && n > 0:
		d.deliver(r, ttft, n)
	}
	var re *metrics.RequestError
	if err := r.Validate(); errors.As(err, &re) {
		field := map[string]string{"Deliveries": "ttft_s", "End": "end_to_end_latency_s"}[re.Field]
		return &fieldError{field, -1, err}
	}
	return nil
}

// deliver adds the first and the last of n tokens.
func (d *llmPerfDecoder) deliver(r *metrics.Request, ttft time.Duration, n int64) {
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: ttft, Tokens: 1})
	if n == 1 {
		return
	}
	end, ended := r.End.Get()
	last, ok := d.rec.last(n)
	if ended && last > end && last <= end+latencySlack {
		last = end
	}
	if !ok || last < ttft || ended && last > end {
		if !ended {
			return // of a failed request nothing says when its last token came
		}
		d.atEnd++
		last = end
	}
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: last, Tokens: int(n - 1)})
	r.Sparse = n > 2
}

// last returns when the last of n tokens came, and whether that is known.
func (rec *llmPerfRecord) last(n int64) (time.Duration, bool) {
	ns := math.Round(rec.perToken * 1e9 * float64(n))
	if !rec.hasPerToken || !(ns > 0 && ns <= float64(metrics.MaxInstant)) {
		return 0, false
	}
	return time.Duration(ns), true
}
