package results

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatVeeksha is request_level_metrics.jsonl of veeksha, 2025 to 2026: one
// JSON object for each text request that succeeded. The file is one run; it
// states neither a setup nor aggregates, and failed requests are not in it.
//
// How a line becomes a request:
//
//   - ID is request_id. UsageTokens is num_output_tokens, PromptTokens is
//     num_total_prompt_tokens, which includes the turns of the session before,
//     or num_delta_prompt_tokens where that is null.
//   - Due is scheduler_ready_at, the instant from which the load plan let the
//     request go. Sent is client_picked_up_at, else scheduler_dispatched_at:
//     there a thread of the client takes the request over, and from there the
//     tool's latencies count. So Sent - Due is the delay of the client itself.
//     The tool sets instants before its own start to 0, and rounds. A Due that
//     is later than Sent is therefore taken as unknown (warning
//     "due-after-sent").
//   - The first chunk came ttfc after Sent, each later one a gap of tbc after
//     the one before. The file does not say how many tokens a chunk held: each
//     counts as one.
//   - A request with is_stream false has one chunk, the whole answer: its
//     tokens are one delivery at ttfc (warning "not-streamed").
//   - A ttfc of 0 without a gap is the tool's filler for an answer without a
//     chunk, which has no delivery and no latency.
//   - End is client_completed_at. end_to_end_latency ends at the last chunk and
//     is not used: it repeats the sum of ttfc and tbc.
//
// Every time is rounded to 10 µs, so [Run.Resolution] is that, and a sum of k
// gaps is off by up to k times 5 µs. Where that puts the last chunk behind
// End, End is the last chunk (warning "end-before-last-event" if it is more
// than the rounding allows, up to 10 µs beyond it; more is an error).
//
// All instants count from Sent of the first line, in the order of completion,
// so that those of later lines may be negative.
const FormatVeeksha = "veeksha"

// veekshaRounding is what the tool rounds times to.
const veekshaRounding = 10 * time.Microsecond

func detectVeeksha(h *Head) bool { return h.HasAll("ttfc", "tbc", "num_output_tokens") }

// veekshaDecoder reads a line at a time.
type veekshaDecoder struct {
	oneRun
	run    *Run
	origin time.Duration
	rec    veekshaRecord

	dueAfterSent, notStreamed, moved int
}

// veekshaRecord is a line.
type veekshaRecord struct {
	id                             string
	ready, dispatched, picked, end metrics.Instant
	prompt, delta, output          metrics.Count
	ttfc                           metrics.Span
	tbc                            []int64
	streamed                       bool
}

func newVeekshaDecoder(content *Content) *veekshaDecoder {
	return &veekshaDecoder{oneRun: newOneRun(content)}
}

func (d *veekshaDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{Convention: metrics.Veeksha.Name, CommonClock: true, Resolution: veekshaRounding}
	d.run.notDerivable("the tool does not write requests that failed", "failed requests")
	found, err := d.begin(d.read)
	if err != nil {
		return nil, err
	}
	if found {
		sent, _ := d.rec.sent()
		d.origin, _ = sent.Get()
	}
	return d.run, nil
}

func (d *veekshaDecoder) Next(r *metrics.Request) error {
	return d.next(d.read, func() error { return d.convert(r) }, d.summarize)
}

// read reads the next line into rec.
func (d *veekshaDecoder) read() error {
	d.rec = veekshaRecord{tbc: d.rec.tbc[:0], streamed: true}
	return d.w.object(d.rec.member(d.w))
}

// member returns the function that reads a member of a line.
func (rec *veekshaRecord) member(w *walker) func(name string) error {
	return func(name string) (err error) {
		switch name {
		case "request_id":
			rec.id, err = w.label()
		case "scheduler_ready_at":
			rec.ready, err = w.instant(second)
		case "scheduler_dispatched_at":
			rec.dispatched, err = w.instant(second)
		case "client_picked_up_at":
			rec.picked, err = w.instant(second)
		case "client_completed_at":
			rec.end, err = w.instant(second)
		case "num_delta_prompt_tokens":
			rec.delta, err = w.count()
		case "num_total_prompt_tokens":
			rec.prompt, err = w.count()
		case "num_output_tokens":
			rec.output, err = w.count()
		case "is_stream":
			rec.streamed, err = w.boolean()
		case "ttfc":
			rec.ttfc, err = w.wait(second)
		case "tbc":
			rec.tbc, err = w.spans(rec.tbc, second)
		default:
			err = w.skip()
		}
		return err
	}
}

// sent returns when the request was sent, and the name of the field.
func (rec *veekshaRecord) sent() (metrics.Instant, string) {
	if rec.picked.Known() {
		return rec.picked, "client_picked_up_at"
	}
	return rec.dispatched, "scheduler_dispatched_at"
}

func (d *veekshaDecoder) convert(r *metrics.Request) error {
	rec := &d.rec
	*r = metrics.Request{ID: rec.id, Deliveries: r.Deliveries[:0], PromptTokens: rec.prompt, UsageTokens: rec.output}
	if !rec.prompt.Known() {
		r.PromptTokens = rec.delta
	}
	sent, field := rec.sent()
	from, ok := sent.Get()
	if !ok {
		return inside(field, ErrMissing)
	}
	r.Sent = metrics.Known(from - d.origin)
	if due, ok := rec.ready.Get(); ok && due <= from {
		r.Due = metrics.Known(due - d.origin)
	} else if ok {
		d.dueAfterSent++
	}
	if err := d.deliver(r, from-d.origin); err != nil {
		return err
	}
	d.end(r)
	return veekshaPlace(r.Validate(), field)
}

// deliver adds the chunks of the record.
func (d *veekshaDecoder) deliver(r *metrics.Request, sent time.Duration) error {
	rec := &d.rec
	ttfc, ok := rec.ttfc.Get()
	if !ok && len(rec.tbc) > 0 {
		return inside("ttfc", fmt.Errorf("%w beside tbc", ErrMissing))
	}
	n, _ := rec.output.Get()
	whole := !rec.streamed && len(rec.tbc) == 0
	if !ok || ttfc == 0 && len(rec.tbc) == 0 || whole && n == 0 {
		return nil
	}
	at, ok := later(int64(sent), int64(ttfc))
	if !ok {
		return inside("ttfc", fmt.Errorf("%w: %v", ErrRange, ttfc))
	}
	tokens := 1
	if whole {
		tokens = int(n)
		d.notStreamed++
	}
	r.Deliveries = append(slices.Grow(r.Deliveries, 1+len(rec.tbc)), metrics.Delivery{At: time.Duration(at), Tokens: tokens})
	for j, g := range rec.tbc {
		if g < 0 {
			return &fieldError{"tbc", j, negative(g)}
		}
		if at, ok = later(at, g); !ok {
			return &fieldError{"tbc", j, fmt.Errorf("%w: %v after the chunk before it", ErrRange, time.Duration(g))}
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(at), Tokens: 1})
	}
	return nil
}

// end sets the end of a request that has its deliveries.
func (d *veekshaDecoder) end(r *metrics.Request) {
	end, ok := d.rec.end.Get()
	if !ok {
		return
	}
	at := end - d.origin
	if k := len(r.Deliveries); k > 0 {
		// The k waits, Sent and End are each off by up to half of the unit.
		last, rounding := r.Deliveries[k-1].At, time.Duration(k+2)*veekshaRounding/2
		if at < last && at >= last-rounding-latencySlack {
			d.moved += btoi(at < last-rounding)
			at = last
		}
	}
	r.End = metrics.Known(at)
}

func (d *veekshaDecoder) summarize() {
	d.run.count("due-after-sent", d.dueAfterSent, "%d requests were ready after they were picked up: when they were due is taken as unknown")
	d.run.count("not-streamed", d.notStreamed, "%d answers were not streamed: all of their tokens are one delivery at the end")
	d.run.count("end-before-last-event", d.moved, "%d requests end before their last chunk by more than the rounding of their times, by up to "+
		latencySlack.String()+" more; the last chunk is taken as the end")
}

// veekshaPlace translates where metrics found something into keys of the file.
func veekshaPlace(err error, sent string) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	switch {
	case re.Field == "Deliveries" && re.Index > 0:
		return &fieldError{"tbc", re.Index - 1, err}
	case re.Field == "Deliveries":
		return &fieldError{"ttfc", -1, err}
	}
	field := map[string]string{"Due": "scheduler_ready_at", "Sent": sent, "End": "client_completed_at",
		"PromptTokens": "num_total_prompt_tokens", "UsageTokens": "num_output_tokens"}[re.Field]
	return &fieldError{field, -1, err}
}
