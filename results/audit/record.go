package audit

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// record is what is kept of a request. Its size does not depend on the number
// of tokens.
type record struct {
	id      string
	outcome metrics.Outcome
	empty   bool

	due, sent, arrival metrics.Instant
	end                metrics.Instant // of the stream, or the last delivery

	ttft     metrics.Span
	ttlt     metrics.Span
	stall    metrics.Span
	firstGap metrics.Span // between the first two deliveries, with or without token
	tail     metrics.Span // from the last delivery to the end
	tpot     metrics.PerToken
	tokens   int64 // N, or what was counted elsewhere
	missing  int64 // tokens in deliveries - tokens counted elsewhere
}

func newRecord(r *metrics.Request) record {
	v := r.Normalized()
	c := record{
		id:      r.ID,
		outcome: r.Outcome,
		empty:   r.Empty(),
		due:     r.Due,
		sent:    r.Sent,
		arrival: r.Arrival(),
		end:     r.End,
		ttft:    v.Raw.TTFT,
		ttlt:    v.Raw.TTLT,
		stall:   v.Raw.Stall,
		tpot:    v.TPOT.PerToken,
		tokens:  r.OutputTokens(),
	}
	n := len(r.Deliveries)
	if n == 0 {
		return c
	}
	c.missing = r.Tokens() - c.tokens
	last := r.Deliveries[n-1].At
	if end, ok := r.End.Get(); ok {
		c.tail = metrics.Known(end - last)
	} else {
		c.end = metrics.Known(last)
	}
	if n > 2 && !r.Sparse {
		c.firstGap = metrics.Known(r.Deliveries[1].At - r.Deliveries[0].At)
	}
	return c
}

// normalized returns the normalized latency in ns, or false.
func (c *record) normalized() (float64, bool) {
	if !c.ttlt.Known() {
		return 0, false
	}
	return metrics.PerToken{Total: span(c.ttlt), Tokens: c.tokens}.Nanoseconds()
}

// fromSent returns the TTFT as a tool has it that counts from sending.
func (c *record) fromSent() (time.Duration, bool) {
	lag, ok := c.lag()
	ttft, known := c.ttft.Get()
	return ttft - lag, ok && known
}

// lag returns sent - due.
func (c *record) lag() (time.Duration, bool) {
	due, ok := c.due.Get()
	sent, known := c.sent.Get()
	if !ok || !known {
		return 0, false
	}
	return sent - due, true
}

func span(s metrics.Span) time.Duration {
	d, _ := s.Get()
	return d
}

// sample collects one value of each record that has one.
func sample(records []record, value func(*record) (float64, bool)) *metrics.Exact {
	var e metrics.Exact
	for i := range records {
		if v, ok := value(&records[i]); ok {
			e.Add(v)
		}
	}
	return &e
}

func ttftOf(c *record) (float64, bool) {
	d, ok := c.ttft.Get()
	return float64(d), ok
}

func stallOf(c *record) (float64, bool) {
	d, ok := c.stall.Get()
	return float64(d), ok
}

// quantile returns the quantile of type 7, or NaN.
func quantile(e *metrics.Exact, p float64) float64 {
	q, _ := e.Quantile(metrics.Linear, p)
	return q
}
