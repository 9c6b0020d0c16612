package results

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// convert makes a request of the record.
func (d *aiperfDecoder) convert(r *metrics.Request) error {
	rec := &d.rec
	start, ok := rec.start.Get()
	if !ok {
		return inside("metadata", inside("request_start_ns", ErrMissing))
	}
	sent := start - d.origin
	r.ID, r.Sent, r.Outcome = rec.id, metrics.Known(sent), rec.outcome()
	if r.ID == "" {
		r.ID = strconv.Itoa(d.index)
	}
	if due, ok := rec.due.Get(); ok && due <= start {
		r.Due = metrics.Known(due - d.origin)
	} else if ok {
		d.doubts.dueAfterSent++
		d.doubts.largest = max(d.doubts.largest, due-start)
	}
	var err error
	if d.raw {
		err = d.deliverRaw(r, sent)
	} else {
		err = d.deliver(r, int64(sent))
	}
	if err == nil {
		d.end(r)
		err = r.Validate()
	}
	if err != nil {
		err = aiperfPlace(err, d.raw)
	}
	return err
}

// deliver adds the chunks of a record of metrics.
func (d *aiperfDecoder) deliver(r *metrics.Request, sent int64) error {
	m := &d.rec.metrics
	r.PromptTokens, r.UsageTokens = m.prompt, m.output()
	if !r.PromptTokens.Known() {
		r.PromptTokens = m.failedPrompt
	}
	n, _ := r.UsageTokens.Get()
	ttft, streamed := m.ttft.Get()
	latency, hasLatency := m.latency.Get()
	switch {
	case !streamed && m.hasGaps:
		return inside("time_to_first_token", fmt.Errorf("%w beside inter_chunk_latency", ErrMissing))
	case !streamed && hasLatency && n > 0:
		d.doubts.notStreamed++
		return add(r, sent, latency, n, "request_latency")
	case !streamed:
		return nil
	case m.hasGaps:
		return d.deliverChunks(r, sent)
	case !hasLatency:
		return add(r, sent, ttft, 1, "time_to_first_token")
	case latency < ttft:
		return inside("request_latency", fmt.Errorf("%w: %v, TTFT %v", metrics.ErrTimeReversed, latency, ttft))
	case latency == ttft: // one chunk held all
		return add(r, sent, ttft, max(n, 1), "time_to_first_token")
	}
	// That there was content at latency is known, but not how much of n came
	// in between. A chunk behind the only token held none.
	if err := add(r, sent, ttft, 1, "time_to_first_token"); err != nil || n == 0 {
		return err
	}
	if r.Sparse = n > 2; r.Sparse {
		d.doubts.sparse++
	}
	return add(r, sent, latency, n-1, "request_latency")
}

// add adds a delivery of n tokens, wait after sent.
func add(r *metrics.Request, sent int64, wait time.Duration, n int64, field string) error {
	at, ok := later(sent, int64(wait))
	if !ok {
		return inside(field, fmt.Errorf("%w: %v", ErrRange, wait))
	}
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(at), Tokens: int(n)})
	return nil
}

// deliverChunks adds the chunks of a record that has the gaps between them.
func (d *aiperfDecoder) deliverChunks(r *metrics.Request, sent int64) error {
	m := &d.rec.metrics
	ttft, _ := m.ttft.Get()
	at, ok := later(sent, int64(ttft))
	if !ok {
		return inside("time_to_first_token", fmt.Errorf("%w: %v", ErrRange, ttft))
	}
	k := 1 + len(m.gaps)
	ds := slices.Grow(r.Deliveries, k)[:k]
	ds[0] = metrics.Delivery{At: time.Duration(at), Tokens: 1}
	for i, g := range m.gaps {
		if g < 0 {
			return &fieldError{"inter_chunk_latency", i, negative(g)}
		}
		if at, ok = later(at, g); !ok {
			return &fieldError{"inter_chunk_latency", i, fmt.Errorf("%w: %v after the chunk before it", ErrRange, time.Duration(g))}
		}
		ds[i+1] = metrics.Delivery{At: time.Duration(at), Tokens: 1}
	}
	r.Deliveries = ds
	if latency, ok := m.latency.Get(); ok {
		// Each of the k chunks and the latency are rounded apart.
		d.doubts.mismatch += btoi((time.Duration(at-sent) - latency).Abs() > time.Duration(k+1))
	}
	return nil
}

// end sets the end of a request that has its deliveries.
func (d *aiperfDecoder) end(r *metrics.Request) {
	end, ok := d.rec.end.Get()
	if !ok {
		return
	}
	at := end - d.origin
	if k := len(r.Deliveries); k > 0 {
		last, exact := r.Deliveries[k-1].At, time.Duration(k)
		if at < last && at >= last-max(latencySlack, exact) {
			d.doubts.moved += btoi(at < last-exact)
			at = last
		}
	}
	r.End = metrics.Known(at)
}

// aiperfPlace translates where metrics found something into keys of the file.
func aiperfPlace(err error, raw bool) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	switch {
	case re.Field == "Deliveries" && raw:
		return &fieldError{"responses", -1, err}
	case re.Field == "Deliveries" && re.Index > 0:
		return &fieldError{"inter_chunk_latency", re.Index - 1, err}
	case re.Field == "Deliveries":
		return &fieldError{"time_to_first_token", -1, err}
	}
	field := map[string]string{"Due": "credit_issued_ns", "Sent": "request_start_ns", "End": "request_end_ns",
		"PromptTokens": "input_sequence_length", "UsageTokens": "output_sequence_length"}[re.Field]
	return &fieldError{field, -1, err}
}

// summarize says what was decided about the records so far. It is called
// again when all have been read.
func (d *aiperfDecoder) summarize() {
	c := &d.doubts
	if model := d.rec.raw.model; model != "" {
		d.run.setFact("payload.model", model)
	}
	if c.warmUp > 0 {
		d.run.setFact("warmup_requests", strconv.Itoa(c.warmUp))
	}
	if c.sparse > 0 && len(d.run.NotDerivable) == 0 {
		d.run.gapsUnknown()
	}
	d.run.count("warm-up-left-out", c.warmUp, "%d requests of the warm-up are left out, as in the tool's own figures")
	d.run.count("due-after-sent", c.dueAfterSent, fmt.Sprintf("%%d requests were let go after they were sent, by up to %v: "+
		"two clocks disagree, so when they were due is taken as unknown", c.largest))
	d.run.count("not-streamed", c.notStreamed, "%d answers have a latency but no time to first token: "+
		"they are taken as not streamed, all of their tokens as visible at the end")
	d.run.count("latency-mismatch", c.mismatch, "of %d requests the latency is not the sum of TTFT and gaps; the chunks count")
	c.streams.summarize(d.run)
	d.run.count("end-before-last-event", c.moved, fmt.Sprintf("%%d requests end up to %v before their last chunk; "+
		"the last chunk is taken as the end", latencySlack))
}
