package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// latencySlack is how much earlier than its last event a request may end
// before that is an error; see the package documentation.
const latencySlack = 10 * time.Microsecond

// complete checks that the columns of the run are there and of one length.
func (d *columnDecoder) complete() error {
	var missing []string
	for _, name := range []string{"ttfts", "itls", "output_lens", "input_lens"} {
		if _, ok := d.read[name]; !ok {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) >= 3 && len(d.run.Reported) > 0 && missing[0] == "ttfts" && missing[1] == "itls":
		d.aggregatesOnly()
		return nil
	case len(missing) == 4:
		return fmt.Errorf("%w (a JSON object without the keys of %s)", ErrUnknownFormat, d.tool.name)
	case len(missing) > 0:
		return d.place(inField(missing[0], fmt.Errorf("%w beside the other arrays of the run", ErrMissing)))
	}
	n := d.read["ttfts"]
	for _, name := range []string{"itls", "output_lens", "input_lens", "start_times", "latencies", "queue_times", "errors"} {
		if k, ok := d.read[name]; ok && k != n {
			return d.place(inField(name, fmt.Errorf("%w: %d %s, %d ttfts", ErrLengths, k, name, n)))
		}
	}
	return nil
}

// aggregatesOnly takes the run for one without records. Latencies may be there
// all the same: vLLM drops the other arrays first, and a client of embeddings
// never had them. Without the tokens they belong to they are no records.
func (d *columnDecoder) aggregatesOnly() {
	d.run.AggregatesOnly = true
	why := "the file holds aggregates only; " + d.tool.option + " records the requests"
	if n := d.read["latencies"]; n > 0 {
		why = fmt.Sprintf("beside aggregates the file holds %d latencies, but no token times and counts to go with them; %s records the requests", n, d.tool.option)
	}
	d.run.notDerivable(why, "everything")
}

// interpret decides what the columns mean as a whole.
func (d *columnDecoder) interpret() {
	if !d.run.AggregatesOnly {
		if len(d.failed) == 0 {
			d.failed = slices.Grow(d.failed, len(d.ttfts))[:len(d.ttfts)]
			clear(d.failed)
		}
		d.inferFailures()
		d.earliest = math.MaxInt64
		for i, s := range d.starts {
			if !d.neverStarted(i) {
				d.earliest = min(d.earliest, s)
			}
		}
		if _, d.run.CommonClock = d.read["start_times"]; !d.run.CommonClock {
			d.run.clocksApart()
		}
		d.tool.interpret(d)
		d.warnEnds()
	}
	if len(d.unread) > 0 {
		d.run.warn("keys-not-read", fmt.Sprintf("the file has arrays or objects that this reader does not know: %s",
			strings.Join(d.unread, ", ")))
	}
}

// events returns how many events request i had, and its gaps.
func (c *columns) events(i int) (int64, []int64) {
	start := 0
	if i > 0 {
		start = c.gapEnd[i-1]
	}
	gaps := c.gaps[start:c.gapEnd[i]]
	if c.ttfts[i] == 0 && len(gaps) == 0 {
		return 0, nil
	}
	return 1 + int64(len(gaps)), gaps
}

// inferFailures finds the failed requests whose client had no text for the
// reason, and compares the counts with the stated ones.
func (d *columnDecoder) inferFailures() {
	completed, ok := d.run.Aggregate("completed")
	if !ok {
		return
	}
	stated, failed, eventless := int64(len(d.failed))-int64(completed), int64(0), int64(0)
	for i, f := range d.failed {
		if f {
			failed++
		} else if k, _ := d.events(i); k == 0 {
			eventless++
		}
	}
	switch {
	case failed == stated:
	case failed+eventless == stated:
		for i := range d.failed {
			k, _ := d.events(i)
			d.failed[i] = d.failed[i] || k == 0
		}
		d.run.warn("failed-without-message", fmt.Sprintf("%d requests have neither an event nor an error text; "+
			"they are taken as failed, because the file then has exactly the %v completed requests that it states", eventless, completed))
	default:
		d.run.warn("completed-count-mismatch", fmt.Sprintf("the file states %v completed requests, its records hold %d of %d",
			completed, int64(len(d.failed))-failed, len(d.failed)))
	}
}

// neverStarted reports whether the start of request i is the 0 of a request
// that failed before it began, not an instant.
func (c *columns) neverStarted(i int) bool {
	k, _ := c.events(i)
	return c.failed[i] && c.starts[i] == 0 && k == 0
}

// warnEnds counts the requests whose end is moved by more than the rounding of
// their gaps.
func (d *columnDecoder) warnEnds() {
	moved := 0
	for i, latency := range d.latencies {
		k, gaps := d.events(i)
		last := d.ttfts[i]
		for _, g := range gaps {
			last += g // that this may wrap around does not matter: next finds it
		}
		moved += btoi(k > 0 && latency < last-k && latency >= last-int64(latencySlack))
	}
	if moved > 0 {
		d.run.warn("end-before-last-event", fmt.Sprintf("the stated latency of %d of %d requests ends up to %v before their last event; "+
			"the last event is taken as the end", moved, len(d.latencies), latencySlack))
	}
}

func (d *columnDecoder) Next(r *metrics.Request) error {
	i := d.index
	if i >= len(d.ttfts) || d.run.AggregatesOnly {
		return io.EOF
	}
	*r = metrics.Request{
		ID:           strconv.Itoa(i),
		Deliveries:   r.Deliveries[:0],
		PromptTokens: metrics.Known(d.inputLens[i]),
	}
	if d.failed[i] {
		r.Outcome = metrics.Failed
	} else {
		r.UsageTokens = metrics.Known(d.outputLens[i])
	}
	if err := d.times(r, i); err != nil {
		return d.place(&Error{Request: i, Offset: -1, Err: err})
	}
	d.index++
	return nil
}

// times fills in the instants of request i.
func (d *columnDecoder) times(r *metrics.Request, i int) error {
	if len(d.starts) > 0 && d.neverStarted(i) {
		return nil
	}
	sent := int64(0)
	if len(d.starts) > 0 {
		if sent = d.starts[i] - d.earliest; sent < 0 || sent > int64(metrics.MaxInstant) {
			return inField("start_times", fmt.Errorf("%w: too far from the earliest of the run", ErrRange))
		}
	}
	r.Sent = metrics.Known(time.Duration(sent))
	if len(d.queues) > 0 {
		if d.queues[i] < 0 {
			return inField("queue_times", negative(d.queues[i]))
		}
		r.Due = metrics.Known(time.Duration(sent - d.queues[i]))
	}
	if err := d.deliver(r, i, sent); err != nil {
		return err
	}
	if len(d.latencies) > 0 {
		if err := d.end(r, i, sent); err != nil {
			return err
		}
	}
	if err := r.Validate(); err != nil {
		return columnPlace(err)
	}
	return nil
}

// deliver adds the events of request i.
func (d *columnDecoder) deliver(r *metrics.Request, i int, sent int64) error {
	if d.ttfts[i] < 0 {
		return inField("ttfts", negative(d.ttfts[i]))
	}
	k, gaps := d.events(i)
	if k == 0 {
		return nil
	}
	r.Deliveries = slices.Grow(r.Deliveries, int(k))[:k]
	at, ok := later(sent, d.ttfts[i])
	if !ok {
		return inField("ttfts", fmt.Errorf("%w: %v after the request was sent", ErrRange, time.Duration(d.ttfts[i])))
	}
	r.Deliveries[0] = metrics.Delivery{At: time.Duration(at), Tokens: 1}
	for j, g := range gaps {
		if at, ok = later(at, g); !ok {
			return &fieldError{"itls", j, fmt.Errorf("%w: %v after the event before it", ErrRange, time.Duration(g))}
		}
		r.Deliveries[j+1] = metrics.Delivery{At: time.Duration(at), Tokens: 1}
	}
	first, last := d.tool.tokens(&d.columns, i)
	r.Deliveries[k-1].Tokens = int(last)
	r.Deliveries[0].Tokens = int(first)
	return nil
}

// later returns t + d for d >= 0, and whether it is a valid instant.
func later(t, d int64) (int64, bool) {
	if d > int64(metrics.MaxInstant)-t {
		return 0, false
	}
	return t + d, true
}

// end sets the end of request i, which has its deliveries.
func (d *columnDecoder) end(r *metrics.Request, i int, sent int64) error {
	latency := d.latencies[i]
	if latency == 0 && (d.failed[i] || len(r.Deliveries) == 0) {
		return nil // a filler
	}
	if latency < 0 {
		return inField("latencies", negative(latency))
	}
	end, ok := later(sent, latency)
	if !ok {
		return inField("latencies", fmt.Errorf("%w: %v after the request was sent", ErrRange, time.Duration(latency)))
	}
	at := time.Duration(end)
	if n := len(r.Deliveries); n > 0 {
		last := r.Deliveries[n-1].At
		if slack := max(latencySlack, time.Duration(n)); at < last && at >= last-slack {
			at = last
		}
	}
	r.End = metrics.Known(at)
	return nil
}

// columnPlace translates where metrics found something into keys of the file.
func columnPlace(err error) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	switch {
	case re.Field == "Deliveries" && re.Index > 0:
		return &fieldError{"itls", re.Index - 1, err}
	case re.Field == "Deliveries":
		return &fieldError{"ttfts", -1, err}
	}
	field := map[string]string{"Due": "queue_times", "Sent": "start_times", "End": "latencies",
		"PromptTokens": "input_lens", "UsageTokens": "output_lens"}[re.Field]
	return &fieldError{field, -1, err}
}
