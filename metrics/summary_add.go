package metrics

import (
	"slices"
	"time"
)

func (s *Summary) addRaw(r *Request, raw *Raw, e extent) {
	d := &s.Raw
	d.ClientDelay.AddSpan(raw.ClientDelay)
	d.SchedulingDelay.AddSpan(raw.SchedulingDelay)
	d.Prefill.AddSpan(raw.Prefill)
	d.TTFT.AddSpan(raw.TTFT)
	d.TTLT.AddSpan(raw.TTLT)
	d.Stall.AddSpan(raw.Stall)
	d.Decode.AddSpan(raw.Decode)
	d.EndToEnd.AddSpan(raw.EndToEnd)
	s.addTBT(r, e)
	if gap, ok := raw.Stall.Get(); ok {
		s.Largest.Requests++
		if gap > s.Largest.Gap || s.Largest.Requests == 1 {
			s.locate(r, gap)
		}
	}
}

// locate notes where the largest gap of r is. It walks r a second time, which
// only a new maximum costs.
func (s *Summary) locate(r *Request, gap time.Duration) {
	l := LargestStall{Gap: gap, ID: r.ID, Requests: s.Largest.Requests}
	seen := false
	for _, d := range r.Deliveries {
		if d.Tokens == 0 && s.Options.Convention.First == FirstToken {
			continue
		}
		if seen && d.At-l.At == gap {
			break
		}
		seen = true
		l.Tokens += int64(d.Tokens)
		l.At = d.At
	}
	if a, ok := r.Arrival().Get(); ok {
		l.At -= a
	}
	s.Largest = l
}

// tpotWeight returns how often the TPOT of the request counts.
func (s *Summary) tpotWeight(r *Request, e extent) int64 {
	if s.Options.Convention.TPOTWeight == WeightTokens {
		return max(1, r.outputTokens(e))
	}
	return 1
}

func (s *Summary) addNormalized(v *Normalized, tpotWeight int64) {
	d := &s.Normalized
	d.TPOT.addPerToken(v.TPOT.PerToken, tpotWeight)
	d.Latency.addPerToken(v.Latency.Total, 1)
	d.LatencyScheduling.addPerToken(v.Latency.Scheduling, 1)
	d.LatencyPrefill.addPerToken(v.Latency.Prefill, 1)
	d.LatencyDecode.addPerToken(v.Latency.Decode, 1)
	if x, ok := v.FixedShare.Get(); ok {
		d.FixedShare.Add(x)
	} else {
		d.FixedShare.AddUndefined(1)
	}
}

// addPerToken adds the quotient the given number of times, or counts once
// that there was none.
func (d *Distribution) addPerToken(p PerToken, times int64) {
	ns, ok := p.Nanoseconds()
	switch {
	case !ok:
		d.AddUndefined(1)
	case times == 1:
		d.Add(ns)
	default:
		d.AddN(ns, times)
	}
}

// walk returns the extent of r. In the common case, Burst gaps of tokens into
// a streaming distribution, s.gaps holds the gaps afterwards, so that nobody
// walks the deliveries again.
func (s *Summary) walk(r *Request) extent {
	c := &s.Options.Convention
	s.gaps = s.gaps[:0]
	if c.Gaps != Burst || c.First != FirstToken || s.Options.Method != HDRMethod || len(r.Deliveries) < 2 || r.Sparse {
		return c.extent(r)
	}
	n := len(r.Deliveries) - 1
	s.gaps = slices.Grow(s.gaps, n)[:n]
	e := c.walk(r, s.gaps)
	s.gaps = s.gaps[:max(0, e.events-1)]
	return e
}

// addTBT adds the values of TBT, or one undefined if there are none.
func (s *Summary) addTBT(r *Request, e extent) {
	d := &s.Raw.TBT
	before := d.N()
	if len(s.gaps) > 0 {
		d.hdr.RecordAll(s.gaps)
		d.hdr.RecordN(0, e.tokens-e.events) // within deliveries of several tokens
	} else {
		s.Options.Convention.eachGap(r, func(g time.Duration, n int64) bool {
			d.addGaps(g, n)
			return true
		})
	}
	if d.N() == before {
		d.AddUndefined(1)
	}
}
