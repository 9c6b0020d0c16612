package metrics

import "time"

// Raw holds the absolute durations of one request: what its user lived
// through. Nothing in it is divided by a number of tokens.
//
// With a the arrival (the convention's zero point), sched the instant at
// which prefill began, t_1..t_N the instants of the tokens and end that of
// the end of the stream:
//
//	ClientDelay     = sent - due     load generator lag           our definition
//	SchedulingDelay = sched - a      T_s                          arXiv:2507.09019 §2
//	Prefill         = t_1 - sched    T_p                          arXiv:2507.09019 §2
//	TTFT            = t_1 - a        T_s + T_p                    arXiv:2507.09019 §2
//	TTLT            = t_N - a        T_s + T_p + T_d              arXiv:2507.09019 §2
//	Decode          = t_N - t_1      T_d                          arXiv:2507.09019 §2
//	Stall           = max t_{i+1} - t_i   the largest gap         our definition
//	EndToEnd        = end - a        not TTLT: usage and done events follow the last token
//
// Special cases are:
//
//	an instant in the formula is unknown   undefined
//	N = 0                                  Prefill, TTFT, TTLT, Decode undefined
//	N < 2                                  Stall undefined
//	N > 1 in one delivery                  Stall 0: they came together
//	gaps not recorded ([Request.Sparse])   Stall undefined
//
// Stall is always the gap itself, also under a convention that smooths gaps.
type Raw struct {
	ClientDelay     Span
	SchedulingDelay Span
	Prefill         Span
	TTFT            Span
	TTLT            Span
	Decode          Span
	Stall           Span
	EndToEnd        Span
}

// Raw returns the request's durations under [Paper].
func (r *Request) Raw() Raw { return Paper.Raw(r) }

// Raw returns the request's durations under the convention, which decides the
// zero point, which delivery is the first and where decode ends.
// It takes time proportional to the number of deliveries and does not
// allocate.
func (c Convention) Raw(r *Request) Raw { return c.raw(r, c.extent(r)) }

func (c *Convention) raw(r *Request, e extent) Raw {
	z := c.zero(r)
	raw := Raw{
		ClientDelay:     since(r.Sent, r.Due),
		SchedulingDelay: since(r.Scheduled, z),
	}
	end := r.End
	if c.End == EndContent {
		end = Instant{}
	}
	if e.events > 0 {
		first, last := Known(e.first), Known(e.last)
		decodeEnd := c.decodeEnd(r, e)
		if c.End != EndLastToken {
			end = decodeEnd
		}
		raw.Prefill = since(first, r.Scheduled)
		raw.TTFT = since(first, z)
		raw.TTLT = since(last, z)
		raw.Decode = since(decodeEnd, first)
	}
	if !r.Sparse && (e.events > 1 || e.tokens > 1 && c.Gaps != PerChunk) {
		raw.Stall = Known(e.stall)
	}
	raw.EndToEnd = since(end, z)
	if e.events == 0 && (c.Empty == EmptyZeroTTFT || c.Empty == EmptyZeroAll) && r.Empty() {
		raw.TTFT = Known(time.Duration(0))
	}
	if c.OneToken == OneTokenNoTTFT && e.tokens == 1 {
		raw.TTFT = Span{}
	}
	return raw
}

// decodeEnd returns where T_d ends, unknown if nothing that counts was
// delivered.
func (c *Convention) decodeEnd(r *Request, e extent) Instant {
	switch {
	case e.events == 0:
		return Instant{}
	case c.End == EndStream:
		return r.End.orElse(Known(e.lastDelivery))
	}
	return Known(e.last)
}

func (c *Convention) zero(r *Request) Instant {
	switch c.Zero {
	case FromSent:
		return r.Sent
	case FromDue:
		return r.Due
	default:
		return r.Arrival()
	}
}

// extent is what one walk over the deliveries yields.
type extent struct {
	events       int64 // deliveries that count
	tokens       int64 // tokens in them
	firstTokens  int64 // tokens of the first one that counts
	first, last  time.Duration
	lastDelivery time.Duration // the last of any kind
	stall        time.Duration // largest gap between two that count
	skipped      int           // deliveries before the first that counts

	order order
}

func (c *Convention) extent(r *Request) extent { return c.walk(r, nil) }

// walk returns the extent, and writes into gaps the gaps between deliveries
// that count, events - 1 of them, unless gaps is too short for one each.
func (c *Convention) walk(r *Request, gaps []int64) extent {
	ds := r.Deliveries
	skip := c.First == FirstToken
	var e extent
	var o order
	for i := 0; i < len(ds) && ds[i].Tokens == 0 && skip; i++ {
		o.add(ds[i], ds[max(i-1, 0)].At)
		e.lastDelivery = ds[i].At
		e.skipped++
	}
	if e.skipped == len(ds) {
		e.order = o
		return e
	}
	if e.skipped > 0 {
		o.add(ds[e.skipped], e.lastDelivery)
	}
	ds = ds[e.skipped:]
	e.first, e.firstTokens = ds[0].At, int64(ds[0].Tokens)
	last, previous, stall, events, tokens := e.first, e.first, time.Duration(0), 1, e.firstTokens
	o.tokens |= ds[0].Tokens
	o.reach |= e.first
	for _, d := range ds[1:] {
		o.add(d, previous)
		previous = d.At
		if d.Tokens == 0 && skip {
			continue
		}
		gap := d.At - last
		if events <= len(gaps) {
			gaps[events-1] = int64(gap)
		}
		stall = max(stall, gap)
		last = d.At
		events++
		tokens += int64(d.Tokens)
	}
	e.last, e.lastDelivery, e.stall, e.tokens, e.order = last, previous, stall, tokens, o
	e.events = int64(events)
	return e
}
