package results

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FormatServerStamps is a file of stamps that a serving engine took of each
// request, as JSON Lines:
//
//	{"request_id": "bench-0", "input_toks": 2358, "output_toks": 531, "arrival_time": 1787267980.0827403,
//	 "queued_ts": 27536.660701067, "scheduled_ts": 27536.660721646, "first_token_ts": 27537.350135653, "last_token_ts": 27554.231018618}
//
// The names are those of vLLM's request statistics, in seconds; a harness that
// runs the engine in its own process writes them. The file is one run and
// states neither a setup nor aggregates.
//
// How a line becomes a request:
//
//   - Sent is queued_ts, Scheduled is scheduled_ts: the scheduling delay, which
//     no file of a client holds, is Scheduled - Sent.
//   - arrival_time is not used. It is taken from the time of day, the other
//     stamps from a monotonic clock, and the difference of two clocks is no
//     wait. The warning "arrival-on-another-clock" states the spread of
//     queued_ts - arrival_time over the run: of two clocks that run alike this
//     is how much the way from the arrival to the queue varies, which no
//     latency of this run holds.
//   - The first token came at first_token_ts and the last one at last_token_ts.
//     A request of more than two tokens is Sparse: when those in between came
//     is not in the file. These are instants in the engine; what a user saw
//     came later.
//   - UsageTokens is output_toks, PromptTokens is input_toks. Of an answer
//     without a token, stamps of 0 or null are fillers.
//   - End is unknown: when the response was complete is not in the file.
//   - scheduled_ts of 0 or null: Scheduled is unknown.
//
// All instants count from queued_ts of the first line, so that those of later
// lines may be negative.
const FormatServerStamps = "server-stamps"

func detectServerStamps(h *Head) bool {
	return h.HasAll("queued_ts", "first_token_ts", "last_token_ts")
}

// serverStampsDecoder reads a line at a time.
type serverStampsDecoder struct {
	oneRun
	run    *Run
	origin time.Duration
	rec    serverStamps

	nearest, farthest time.Duration // of queued - arrival
	compared          int
}

// serverStamps is a line.
type serverStamps struct {
	id                                       string
	arrival, queued, scheduled, first, final metrics.Instant
	prompt, output                           metrics.Count
}

func newServerStampsDecoder(content *Content) *serverStampsDecoder {
	return &serverStampsDecoder{oneRun: newOneRun(content)}
}

func (d *serverStampsDecoder) NextRun() (*Run, error) {
	if d.run != nil {
		return nil, io.EOF
	}
	d.run = &Run{CommonClock: true}
	d.run.gapsUnknown()
	d.run.notDerivable("the stamps were taken in the engine", "what a client saw")
	found, err := d.begin(d.read)
	if err != nil {
		return nil, err
	}
	if found {
		d.origin, _ = d.rec.queued.Get()
	}
	return d.run, nil
}

func (d *serverStampsDecoder) Next(r *metrics.Request) error {
	return d.next(d.read, func() error { return d.convert(r) }, d.summarize)
}

// read reads the next line into rec.
func (d *serverStampsDecoder) read() error {
	d.rec = serverStamps{}
	return d.w.object(d.member)
}

func (d *serverStampsDecoder) member(name string) (err error) {
	rec, w := &d.rec, d.w
	switch name {
	case "request_id":
		rec.id, err = w.label()
	case "input_toks":
		rec.prompt, err = w.count()
	case "output_toks":
		rec.output, err = w.count()
	case "arrival_time":
		rec.arrival, err = w.instant(second)
	case "queued_ts":
		rec.queued, err = w.instant(second)
	case "scheduled_ts":
		rec.scheduled, err = w.instant(second)
	case "first_token_ts":
		rec.first, err = w.instant(second)
	case "last_token_ts":
		rec.final, err = w.instant(second)
	default:
		err = w.skip()
	}
	return err
}

func (d *serverStampsDecoder) convert(r *metrics.Request) error {
	rec := &d.rec
	*r = metrics.Request{ID: rec.id, Deliveries: r.Deliveries[:0], PromptTokens: rec.prompt, UsageTokens: rec.output}
	queued, ok := rec.queued.Get()
	if !ok {
		return inside("queued_ts", ErrMissing)
	}
	r.Sent = metrics.Known(queued - d.origin)
	if at, ok := rec.scheduled.Get(); ok && at != 0 {
		r.Scheduled = metrics.Known(at - d.origin)
	}
	if arrival, ok := rec.arrival.Get(); ok {
		d.compare(queued - arrival)
	}
	n, ok := rec.output.Get()
	if !ok {
		return inside("output_toks", ErrMissing)
	}
	if err := d.deliver(r, n); err != nil {
		return err
	}
	return serverStampsPlace(r.Validate())
}

// deliver adds the first and the last of n tokens.
func (d *serverStampsDecoder) deliver(r *metrics.Request, n int64) error {
	if n == 0 {
		return nil
	}
	first, ok := d.rec.first.Get()
	if !ok {
		return inside("first_token_ts", fmt.Errorf("%w beside %d tokens", ErrMissing, n))
	}
	last, ok := d.rec.final.Get()
	if !ok {
		return inside("last_token_ts", fmt.Errorf("%w beside %d tokens", ErrMissing, n))
	}
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: first - d.origin, Tokens: 1})
	if n > 1 {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: last - d.origin, Tokens: int(n - 1)})
	}
	r.Sparse = n > 2
	return nil
}

// compare notes queued - arrival of a request.
func (d *serverStampsDecoder) compare(wait time.Duration) {
	if d.compared == 0 {
		d.nearest, d.farthest = wait, wait
	}
	d.compared++
	d.nearest, d.farthest = min(d.nearest, wait), max(d.farthest, wait)
}

func (d *serverStampsDecoder) summarize() {
	d.run.count("arrival-on-another-clock", d.compared, fmt.Sprintf("%%d requests have an arrival_time of the time of day, all else is on a monotonic clock: "+
		"it is left out and latencies count from the queue; queued - arrival differs by up to %v between requests, which no latency here holds", d.farthest-d.nearest))
}

// serverStampsPlace translates where metrics found something into keys of the
// file.
func serverStampsPlace(err error) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	field := map[string]string{"Sent": "queued_ts", "Scheduled": "scheduled_ts", "Deliveries": "first_token_ts"}[re.Field]
	if re.Index > 0 {
		field = "last_token_ts"
	}
	return &fieldError{field, -1, err}
}
