package compare

import (
	"math"
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// A column holds the values of one metric in one run, sorted, each with the
// request that it is of, and finds quantiles of samples in which requests
// occur several times or not at all.
//
// To find one, nothing is sorted again. The wanted quantiles of the sample as
// it is are the anchors; they divide the sorted values into segments. How many
// values a request has in each segment is known. So the number of values of
// the resample below an anchor is a weighted sum over requests, and its
// quantile is a short walk from the anchor: about the standard error of its
// rank, sqrt(n p (1 - p)) for n values of n requests.
type column struct {
	kind    metrics.QuantileKind
	ps      []float64
	entries []entry // ascending by value
	n       int64   // values, counted as often as they occur
	anchors []int   // of each p: index into entries

	// One of the two, for each request: the segment of its only value, or
	// len(ps)+1 if it has none; or the number of values in each segment.
	class    []uint8
	segments []uint32

	sums     []float64 // of each request's values
	requests int64     // with a value
}

// newColumn returns the column of one value a request; NaN is none.
func newColumn(values []float64, kind metrics.QuantileKind, ps []float64) *column {
	c := &column{kind: kind, ps: ps, sums: make([]float64, len(values)), class: make([]uint8, len(values))}
	for i, v := range values {
		c.class[i] = uint8(len(ps) + 1)
		if !math.IsNaN(v) {
			c.entries = append(c.entries, entry{v, int32(i), 1})
			c.sums[i] = v
		}
	}
	c.requests = int64(len(c.entries))
	c.index()
	c.eachSegment(func(e entry, segment int) { c.class[e.owner] = uint8(segment) })
	return c
}

// newPooledColumn returns the column of the values of that many requests,
// which it takes over and sorts.
func newPooledColumn(entries []entry, requests int, kind metrics.QuantileKind, ps []float64) *column {
	c := &column{kind: kind, ps: ps, entries: entries, sums: make([]float64, requests),
		segments: make([]uint32, requests*(len(ps)+1))}
	for i, e := range entries {
		c.sums[e.owner] += float64(e.value * float64(e.count))
		if i == 0 || entries[i-1].owner != e.owner {
			c.requests++
		}
	}
	c.index()
	c.eachSegment(func(e entry, segment int) { c.segments[int(e.owner)*(len(ps)+1)+segment] += e.count })
	return c
}

// newWeightedColumn returns the column of one value a request that counts
// weights[i] times, as the convention of a tool has it.
func newWeightedColumn(values []float64, weights []uint32, kind metrics.QuantileKind, ps []float64) *column {
	var entries []entry
	for i, v := range values {
		if !math.IsNaN(v) {
			entries = append(entries, entry{v, int32(i), weights[i]})
		}
	}
	return newPooledColumn(entries, len(values), kind, ps)
}

// index sorts the entries and finds the anchors.
func (c *column) index() {
	sortEntries(c.entries)
	for _, e := range c.entries {
		c.n += int64(e.count)
	}
	c.anchors = make([]int, len(c.ps))
	at, below := 0, int64(0)
	for k, p := range c.ps {
		if c.n == 0 {
			return
		}
		rank, _ := c.kind.Position(c.n, p)
		for below+int64(c.entries[at].count) <= rank {
			below += int64(c.entries[at].count)
			at++
		}
		c.anchors[k] = at
	}
}

// eachSegment calls f with every entry and the number of anchors at or before
// it.
func (c *column) eachSegment(f func(e entry, segment int)) {
	segment := 0
	for i, e := range c.entries {
		for c.n > 0 && segment < len(c.anchors) && c.anchors[segment] <= i {
			segment++
		}
		f(e, segment)
	}
}

// exact returns the distribution of all values as package metrics has it,
// from which the figures of the sample itself are taken.
func (c *column) exact() *metrics.Exact {
	e := &metrics.Exact{}
	for _, x := range c.entries {
		e.AddN(x.value, int64(x.count))
	}
	return e
}

// weighted writes the quantiles of the sample in which request i occurs
// weights[i] times, and behind them its mean, to out: NaN if it has no value.
func (c *column) weighted(weights []uint8, out []float64) {
	counts, total, sum := c.count(weights)
	if total == 0 {
		for i := range out {
			out[i] = math.NaN()
		}
		return
	}
	below := int64(0)
	for k, p := range c.ps {
		below += counts[k]
		out[k] = c.walk(weights, c.anchors[k], below, total, p)
	}
	out[len(c.ps)] = sum / float64(total)
}

// maxSegments bounds the number of segments of a column, with that of the
// requests without a value. It is a power of two, so that an index that is
// masked needs no check.
const maxSegments = 64

// The segments of all quantiles fit.
const _ = uint(maxSegments - (len(defaultPs) + MaxConditions + 2))

// count returns the number of values in each segment, of all of them, and
// their sum.
func (c *column) count(weights []uint8) (counts [maxSegments]int64, total int64, sum float64) {
	if c.class != nil {
		counts, sum = countClasses(weights, c.class, c.sums)
	} else {
		counts, sum = countSegments(weights, c.segments, len(c.ps)+1, c.sums)
	}
	for _, n := range counts[:len(c.ps)+1] {
		total += n
	}
	return counts, total, sum
}

// countClasses adds the weights by class, and the weighted values. Four sums
// run beside each other, as each addition would otherwise wait for the one
// before.
func countClasses(weights, class []uint8, values []float64) (counts [maxSegments]int64, sum float64) {
	var n [4][maxSegments]int64
	var s [4]float64
	i := 0
	for ; i+4 <= len(weights) && i+4 <= len(class) && i+4 <= len(values); i += 4 {
		w, c, v := weights[i:i+4:i+4], class[i:i+4:i+4], values[i:i+4:i+4]
		n[0][c[0]%maxSegments] += int64(w[0])
		n[1][c[1]%maxSegments] += int64(w[1])
		n[2][c[2]%maxSegments] += int64(w[2])
		n[3][c[3]%maxSegments] += int64(w[3])
		s[0] += float64(float64(w[0]) * v[0])
		s[1] += float64(float64(w[1]) * v[1])
		s[2] += float64(float64(w[2]) * v[2])
		s[3] += float64(float64(w[3]) * v[3])
	}
	for ; i < len(weights); i++ {
		n[0][class[i]%maxSegments] += int64(weights[i])
		s[0] += float64(float64(weights[i]) * values[i])
	}
	for k := range counts {
		counts[k] = n[0][k] + n[1][k] + n[2][k] + n[3][k]
	}
	return counts, s[0] + s[1] + s[2] + s[3]
}

// countSegments adds the weighted numbers of values by segment, and the
// weighted sums of the values of each request.
func countSegments(weights []uint8, segments []uint32, size int, sums []float64) (counts [maxSegments]int64, sum float64) {
	for i, w := range weights {
		if w == 0 {
			continue
		}
		for s, n := range segments[i*size : (i+1)*size] {
			counts[s%maxSegments] += int64(w) * int64(n)
		}
		sum += float64(float64(w) * sums[i])
	}
	return counts, sum
}

// walk returns the p-quantile of total weighted values of which below come
// before the entry at.
func (c *column) walk(weights []uint8, at int, below, total int64, p float64) float64 {
	rank, t := c.kind.Position(total, p)
	size := func(i int) int64 { return int64(weights[c.entries[i].owner]) * int64(c.entries[i].count) }
	for rank < below {
		at--
		below -= size(at)
	}
	end := below + size(at) // the first rank that is not in entry at
	for rank >= end {
		at++
		end += size(at)
	}
	v := c.entries[at].value
	if t == 0 {
		return v
	}
	for rank+1 >= end {
		at++
		end += size(at)
	}
	return between(v, c.entries[at].value, t)
}

// between returns the point t of the way from a to b, as metrics.Exact rounds
// it; a test holds the two equal.
func between(a, b, t float64) float64 {
	d := b - a
	if t < 0.5 {
		return a + float64(d*t) // the conversion forbids a fused multiply-add
	}
	return b - float64(d*(1-t))
}

// minTail is how many values must lie beyond a quantile so that it is a
// property of a few of them; see [metrics.TooFewSamples].
const minTail = 10

// tooFew reports whether too little lies beyond the p-quantile, on the side
// with less: fewer than 10 values, or values of fewer than 10 requests, since
// those of one request are not independent.
func (c *column) tooFew(p float64) bool {
	if metrics.TooFewSamples(c.n, max(p, 1-p)) || c.requests < minTail {
		return true
	}
	if c.class != nil {
		return false
	}
	at := c.anchors[slices.Index(c.ps, p)]
	tail := c.entries[at+1:]
	if p < 0.5 {
		tail = c.entries[:at]
	}
	owners := map[int32]bool{}
	for _, e := range tail {
		if owners[e.owner] = true; len(owners) == minTail {
			return false
		}
	}
	return true
}

// tooFewForMean reports whether fewer than 10 requests have a value.
func (c *column) tooFewForMean() bool { return c.requests < minTail }
