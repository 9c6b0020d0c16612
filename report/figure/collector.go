package figure

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// Options says how one run is drawn.
type Options struct {
	// Name of the run, in legends.
	Name string

	// CommonClock says that all instants of the run count from one origin;
	// see results.Run. If false, figures over the time of the run are left
	// out.
	CommonClock bool

	// Convention decides on TTFT, gaps, normalized latency and quantiles.
	Convention metrics.Convention

	// Deadlines are those of the request that is shown token by token, and
	// of the fluidity curve, which puts others in the place of
	// Deadlines.Decode. With no Decode both are left out.
	Deadlines fluidity.Deadlines

	// Reader is whose idle time is shown beside a request.
	Reader goodput.Reader

	// Show is the ID of the request to show token by token: "" is the one
	// with the largest stall, the first of several.
	Show string

	// Stall is how long a gap must be to be shown as a stall among many
	// requests. 0 means ten decode deadlines, or 1 s if there are none.
	Stall time.Duration
}

// Collector gathers what the figures of one run need while its requests
// stream by. The zero Collector is ready.
//
// It keeps about 200 bytes a request, the gaps themselves up to a million and
// a histogram beyond (see [metrics.HDR]), the longest stall of each
// request and 65,536 others, and the deliveries of one request; with decode deadlines also 41
// histograms of the fluidity index, 11 MB in all. It is not safe for
// concurrent use.
type Collector struct {
	Options Options // not to be changed after the first Add

	answers          []answer
	tbt, ttft, stall sample
	stalls           stalls
	shown            shown
	curve            curve

	sparse int64 // requests with tokens and without known gaps
}

// answer is what is kept of a request.
type answer struct {
	id        string
	arrival   metrics.Instant
	first     metrics.Instant // of the first token
	end       metrics.Instant // of the stream, or of what is known of it
	ttft      metrics.Span
	scheduled metrics.Span // scheduling delay
	prefill   metrics.Span
	latency   metrics.PerToken // normalized latency
	tokens    int64            // that the latency was divided by
}

// Add adds a request of the run. It returns the [*metrics.RequestError] of a
// record that contradicts itself, or the error of [fluidity.Deadlines] that
// mean nothing; the request is then not in any figure. r is not kept. Add
// takes time proportional to the number of deliveries.
func (c *Collector) Add(r *metrics.Request) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if c.Options.Deadlines.Decode != 0 {
		if err := c.curve.add(r, c.Options.Deadlines); err != nil {
			return err
		}
	}
	conv := &c.Options.Convention
	v := conv.Normalized(r)
	a := answer{id: strings.Clone(r.ID), arrival: r.Arrival(), tokens: r.OutputTokens()}
	a.first, a.end = extent(r)
	if !(conv.CompletedOnly && r.Outcome != metrics.Completed) {
		a.ttft, a.scheduled, a.prefill = v.Raw.TTFT, v.Raw.SchedulingDelay, v.Raw.Prefill
		a.latency = v.Latency.Total
		c.addValues(r, &v.Raw)
	}
	if r.Sparse && r.Tokens() > 0 {
		c.sparse++
	} else {
		c.stalls.add(r, len(c.answers), c.leastStall())
	}
	c.shown.consider(r, c.Options.Show)
	c.answers = append(c.answers, a)
	return nil
}

// addValues adds the request to the distributions.
func (c *Collector) addValues(r *metrics.Request, raw *metrics.Raw) {
	if d, ok := raw.TTFT.Get(); ok {
		c.ttft.add(d)
	}
	if d, ok := raw.Stall.Get(); ok {
		c.stall.add(d)
	}
	if r.Sparse {
		return
	}
	for gap, n := range c.Options.Convention.TBTRuns(r) {
		c.tbt.addN(gap, n)
	}
}

// unrecorded says for how many requests no stall can be seen, or is "".
func (c *Collector) unrecorded() string {
	if c.sparse == 0 {
		return ""
	}
	return fmt.Sprintf(" Of %s requests the gaps between tokens were not recorded: stalls in them are not seen.", grouped(float64(c.sparse)))
}

// leastStall returns how long a gap must be to be kept.
func (c *Collector) leastStall() time.Duration {
	const times = 10
	switch decode := c.Options.Deadlines.Decode; {
	case c.Options.Stall > 0:
		return c.Options.Stall
	case decode <= 0:
		return time.Second
	case decode > metrics.MaxInstant/times:
		return metrics.MaxInstant
	default:
		return times * decode
	}
}

// extent returns the instants of the first token and of the end, or of the
// last delivery if the end is not known.
func extent(r *metrics.Request) (first, end metrics.Instant) {
	end = r.End
	if n := len(r.Deliveries); n > 0 && !end.Known() {
		end = metrics.Known(r.Deliveries[n-1].At)
	}
	for _, d := range r.Deliveries {
		if d.Tokens > 0 {
			return metrics.Known(d.At), end
		}
	}
	return metrics.Instant{}, end
}
