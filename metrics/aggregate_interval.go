package metrics

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// cell holds what one shard knows of one class. Its interval never goes back.
type cell struct {
	live     Summary           // of the current interval; of everything if there are no windows
	interval int64             // number of the current one
	past     Summary           // of all before it
	closed   []*closedInterval // within reach of a window, ascending, one of a number
	late     int64
}

// mostGaps bounds the buffer of gaps that a summary keeps from one request to
// the next: 64 KB.
const mostGaps = 1 << 13

// add adds a request to the interval of that number. scratch is empty, and is
// again afterwards.
func (c *cell) add(interval, keep int64, r *Request, scratch *Summary) error {
	if interval > c.interval {
		c.advance(interval, keep)
	}
	if interval < c.interval {
		return c.addLate(interval, keep, r, scratch)
	}
	err := c.live.Add(r)
	if cap(c.live.gaps) > mostGaps {
		c.live.gaps = nil
	}
	return err
}

// addLate adds a request to an interval before the current one.
func (c *cell) addLate(interval, keep int64, r *Request, scratch *Summary) error {
	if err := scratch.Add(r); err != nil {
		return err
	}
	one := closeInterval(scratch, interval)
	one.mergeInto(&c.past)
	if interval < oldest(c.interval, keep) {
		c.late++
		return nil
	}
	i, found := slices.BinarySearchFunc(c.closed, interval, func(iv *closedInterval, n int64) int { return cmp.Compare(iv.number, n) })
	if !found {
		c.closed = slices.Insert(c.closed, i, one)
		return nil
	}
	c.closed[i].mergeInto(scratch) // a snapshot may be reading it: replace it
	one.mergeInto(scratch)
	c.closed[i] = closeInterval(scratch, interval)
	return nil
}

// advance closes the current interval and begins another.
func (c *cell) advance(interval, keep int64) {
	if c.live.Requests.Offered > 0 {
		closed := closeInterval(&c.live, c.interval)
		closed.mergeInto(&c.past)
		c.closed = append(c.closed, closed)
	}
	c.interval = interval
	n := 0
	for n < len(c.closed) && c.closed[n].number < oldest(interval, keep) {
		n++
	}
	c.closed = slices.Delete(c.closed, 0, n)
}

// oldest returns the first interval that is kept: one before the reach of a
// window, for who read the clock before the current interval began.
func oldest(interval, keep int64) int64 { return minus(minus(interval, keep), 1) }

// closedInterval is a summary in little memory. It does not change.
type closedInterval struct {
	number  int64
	summary Summary // without the counts of its HDRs
	runs    []byte  // these counts: of each HDR with values its first bucket, then runs as in its snapshot
	ends    [numDistributions]int
}

// numDistributions is the number of distributions of a Summary.
const numDistributions = 15

// closeInterval moves what s holds into a closed interval. s is empty then,
// and keeps its tables.
func closeInterval(s *Summary, number int64) *closedInterval {
	c := &closedInterval{number: number, summary: *s}
	c.summary.gaps = nil
	*s = Summary{Options: s.Options}
	s.prepare()
	emptied := s.distributions()
	for i, d := range c.summary.distributions() {
		if h := &d.hdr; h.counts != nil {
			first, end := h.span()
			if h.n > 0 {
				c.runs = binary.AppendUvarint(c.runs, uint64(first))
				c.runs = appendRuns(c.runs, h.counts[first:end])
			}
			clear(h.counts[first:end])
			emptied[i].hdr = HDR{counts: h.counts, bits: h.bits, min: math.MaxInt64, max: math.MinInt64}
			h.counts = nil
		}
		c.ends[i] = len(c.runs)
	}
	c.runs = slices.Clip(c.runs)
	return c
}

// mergeInto adds what c holds to s.
func (c *closedInterval) mergeInto(s *Summary) {
	mustMerge(s, &c.summary) // an HDR without counts adds the rest of what it has
	begin := 0
	for i, d := range s.distributions() {
		addRuns(d.hdr.counts, c.runs[begin:c.ends[i]])
		begin = c.ends[i]
	}
}

// addRuns adds counts in the form that closeInterval gives them.
func addRuns(counts []int64, runs []byte) {
	next := func() int64 {
		v, n := binary.Uvarint(runs)
		runs = runs[n:]
		return int64(v)
	}
	if len(runs) == 0 {
		return
	}
	at := next()
	for len(runs) > 0 {
		at += next()
		for range next() {
			counts[at] += next()
			at++
		}
	}
}

// span returns the buckets from the first in use to behind the last.
func (h *HDR) span() (first, end int) {
	if h.n == 0 {
		return 0, 0
	}
	bucket := func(v int64) int { return int(hdrIndex(uint64(min(max(v, 0), MaxHDR)), h.bits)) }
	return bucket(h.min), bucket(h.max) + 1
}
