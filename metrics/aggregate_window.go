package metrics

import (
	"math"
	"time"
)

// Selection says which requests a snapshot of an [Aggregate] is of. The zero
// Selection is all of them.
type Selection struct {
	// Class is one class; unknown means all together.
	Class Optional[string]

	// Last is the length of a window that ends with what was added last; 0
	// means since the start. Now is the present instant on the clock of
	// [Aggregate.Add]; it matters only to a window.
	Last time.Duration
	Now  time.Duration
}

// Snapshot returns the summary of the selected requests. It is a copy, and
// equals the [Summary] of these requests added one after the other, except
// that of two equal largest stalls either may be the one that is told of.
//
// Every request whose Add returned before the call is in it, and each is in
// it whole or not at all. One that is added meanwhile may or may not be. The
// shards are locked one by one, for as long as it takes to add up what one
// holds of one class; who wants to add then goes to another.
//
// A window holds the requests that were added in whole intervals, from the
// one that the instant Now - Last is in:
//
//	from = floor((Now - Last) / Interval) * Interval
//
// so it is Last long or up to an Interval longer, but not longer than
// the intervals that are kept; see [Aggregate.Late]. [Summary.Duration] is Now - max(from, Start),
// the time in which its requests ended, unless the options give another. A
// request belongs to the interval in which it ended, with all its tokens.
//
// It panics if a window is wanted of an Aggregate that has none.
func (a *Aggregate) Snapshot(sel Selection) *Summary {
	a.prepare()
	s := &Summary{Options: a.Options.Summary}
	s.prepare()
	from := a.window(sel)
	name, one := sel.Class.Get()
	t := a.classes.table.Load()
	var closed []*closedInterval
	for class := range t.names {
		for _, sh := range a.shards {
			if !one || t.names[class] == name {
				closed = sh.collect(class, from, s, closed)
			}
		}
	}
	for _, c := range closed { // without a lock: they do not change
		c.mergeInto(s)
	}
	if sel.Last > 0 && !s.Options.Duration.Known() {
		s.Options.Duration = Known(a.covered(sel.Now, from))
	}
	return s
}

// always is before every interval.
const always = math.MinInt64

// window returns the first interval of the selection.
func (a *Aggregate) window(sel Selection) int64 {
	if sel.Last == 0 {
		return always
	}
	if a.Options.Interval == 0 || sel.Last < 0 {
		panic("metrics: Snapshot of a window of negative length, or of an Aggregate without Options.Interval")
	}
	return max(a.interval(minus(sel.Now, sel.Last)), minus(a.interval(sel.Now), a.keep))
}

// covered returns the time from the beginning of the interval, or Start if
// that is later, to now.
func (a *Aggregate) covered(now time.Duration, from int64) time.Duration {
	begin := a.Options.Start
	if n := int64(a.Options.Interval); from >= math.MinInt64/n {
		begin = max(begin, time.Duration(from*n))
	}
	return max(0, minus(now, begin))
}

// minus returns x - y, or the nearest value that an int64 has.
func minus[T ~int64](x, y T) T {
	d := x - y
	switch {
	case y > 0 && d > x:
		return math.MinInt64
	case y < 0 && d < x:
		return math.MaxInt64
	}
	return d
}

// collect adds to sum what the shard has open of the class since the
// interval, and appends to closed the intervals that it has packed.
func (s *shard) collect(class int, from int64, sum *Summary, closed []*closedInterval) []*closedInterval {
	s.mu.Lock()
	defer s.mu.Unlock()
	if class >= len(s.cells) || s.cells[class] == nil {
		return closed
	}
	c := s.cells[class]
	if c.interval >= from {
		mustMerge(sum, &c.live)
	}
	if from == always {
		mustMerge(sum, &c.past)
		return closed
	}
	for _, iv := range c.closed {
		if iv.number >= from {
			closed = append(closed, iv)
		}
	}
	return closed
}

// mustMerge merges summaries that have the same options.
func mustMerge(to, from *Summary) {
	if err := to.Merge(from); err != nil {
		panic("metrics: summaries with the same options: " + err.Error())
	}
}
