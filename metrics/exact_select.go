package metrics

import (
	"math"
	"math/bits"
	"slices"
)

// Finding order statistics without sorting. The bits of a float64, read as an
// integer, are in the order of the values (after a twist for negative ones).
// One pass counts how many values fall into each of 2^14 ranges of
// those integers. The counts tell which few ranges hold a wanted rank, a
// second pass collects the values of these ranges, and only they are sorted.
// A range that holds too much of the sample is divided again.

// Up to sortLimit values are sorted in a copy. Beyond it, a selection takes
// the memory of n/8 values at most, and 128 KB for counts. Runs are sorted in
// a copy.
const (
	sortLimit  = 1 << 14
	numBuckets = 1 << 14
)

// selectRanks returns the values that have the given indices in the sorted
// sample of values and repeats. The ranks must be ascending and in range. values
// and repeats stay as they are.
func selectRanks(values []float64, repeats []repeat, ranks []int64) []float64 {
	out := make([]float64, len(ranks))
	repeats = sortedRepeats(repeats)
	if len(values) <= sortLimit {
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		pickRanks(out, ranks, 0, sorted, repeats)
		return out
	}
	s := selection{values: values, repeats: repeats, ranks: ranks, out: out, budget: len(values) / 8}
	s.resolve(s.guess(), 0, len(ranks))
	return out
}

// orderedKey maps values to integers in the same order.
func orderedKey(v float64) uint64 {
	b := math.Float64bits(v)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// keyValue is the inverse of orderedKey.
func keyValue(k uint64) float64 {
	return math.Float64frombits(k ^ (uint64(int64(^k)>>63) | 1<<63))
}

// keyRange holds the keys from lo to hi, both included.
type keyRange struct{ lo, hi uint64 }

// The least and the largest key of a finite value. They leave room at both
// ends for a bucket more.
const (
	minKey = 1 << 52
	maxKey = math.MaxUint64 - 1<<52
)

// grid divides the keys into numBuckets buckets of 2^shift keys, of which the
// second begins at lo. The first one holds whatever is below it, the last one
// whatever is above the others.
type grid struct {
	lo    uint64
	shift uint
}

// newGrid returns a grid with r in the buckets between the first and the last.
func newGrid(r keyRange) grid {
	return grid{r.lo, uint(bits.Len64((r.hi - r.lo) / (numBuckets - 2)))}
}

func (g grid) bucket(v float64) uint64 {
	start := g.lo - 1<<(g.shift&63) // of the first; 2^shift <= 2^50
	return min(saturatingSub(orderedKey(v), start)>>(g.shift&63), numBuckets-1)
}

// saturatingSub returns max(a-b, 0). A branch here would be a coin toss.
func saturatingSub(a, b uint64) uint64 {
	d, borrow := bits.Sub64(a, b, 0)
	return d &^ -borrow
}

// keys returns the keys in the bucket.
func (g grid) keys(bucket int) keyRange {
	r := keyRange{minKey, maxKey}
	if bucket > 0 {
		r.lo = g.lo + uint64(bucket-1)<<g.shift
	}
	if bucket < numBuckets-1 {
		r.hi = g.lo + uint64(bucket)<<g.shift - 1
	}
	return r
}

type selection struct {
	values  []float64
	repeats []repeat // ascending
	ranks   []int64
	out     []float64 // for each of ranks
	budget  int       // values that may be collected at once, beside repeats
	counts  [numBuckets]int
}

// wantedBucket is a bucket that holds the ranks from:to.
type wantedBucket struct {
	bucket   int
	below    int64 // values in the buckets before it, those of repeats too
	count    int   // values
	repeats  []repeat
	from, to int
}

// guess returns a grid that suits most samples: over the positive values
// among some of them. Zeros, of which bursts are full, are far from all
// others as keys, and have the first bucket for themselves.
func (s *selection) guess() grid {
	r := keyRange{math.MaxUint64, 0}
	step := len(s.values) / 1000
	for i := 0; i < len(s.values); i += step {
		if v := s.values[i]; v > 0 {
			r.lo, r.hi = min(r.lo, orderedKey(v)), max(r.hi, orderedKey(v))
		}
	}
	if r.lo > r.hi {
		r = keyRange{orderedKey(0), orderedKey(0)}
	}
	r.lo -= 4 << 52 // the least of all is hardly below 1/16 of the least seen
	return newGrid(r)
}

// resolve sets out[from:to].
func (s *selection) resolve(g grid, from, to int) {
	s.count(g)
	buckets := s.wantedBuckets(g, from, to)
	var heavy []wantedBucket
	for len(buckets) > 0 {
		batch, total := 0, 0
		for batch < len(buckets) && total+buckets[batch].count <= s.budget {
			total += buckets[batch].count
			batch++
		}
		if batch == 0 {
			heavy = append(heavy, buckets[0])
			batch = 1
		} else {
			s.collect(g, buckets[:batch], total)
		}
		buckets = buckets[batch:]
	}
	for _, b := range heavy {
		s.divide(g.keys(b.bucket), b.from, b.to)
	}
}

// count counts the values by their bucket, without those of repeats.
func (s *selection) count(g grid) {
	clear(s.counts[:])
	for _, v := range s.values {
		s.counts[g.bucket(v)]++
	}
}

// wantedBuckets returns the buckets that hold the ranks from:to, ascending.
func (s *selection) wantedBuckets(g grid, from, to int) []wantedBucket {
	var found []wantedBucket
	below, repeats := int64(0), s.repeats
	for i := 0; from < to; i++ {
		b := wantedBucket{bucket: i, below: below, count: s.counts[i], from: from}
		below += int64(b.count)
		n := 0
		for n < len(repeats) && g.bucket(repeats[n].value) == uint64(i) {
			below += repeats[n].count
			n++
		}
		b.repeats, repeats = repeats[:n], repeats[n:]
		for from < to && s.ranks[from] < below {
			from++
		}
		if b.to = from; b.from < b.to {
			found = append(found, b)
		}
	}
	return found
}

// collect sets the wanted values of the buckets, which hold total values.
func (s *selection) collect(g grid, buckets []wantedBucket, total int) {
	next := &s.counts // now 1 + where the next value of a wanted bucket goes, or 0
	clear(next[:])
	at := 1
	for _, b := range buckets {
		next[b.bucket] = at
		at += b.count
	}
	found := make([]float64, total)
	for _, v := range s.values {
		b := g.bucket(v)
		if i := next[b]; i != 0 {
			found[i-1] = v
			next[b] = i + 1
		}
	}
	for _, b := range buckets {
		slices.Sort(found[:b.count])
		pickRanks(s.out[b.from:b.to], s.ranks[b.from:b.to], b.below, found[:b.count], b.repeats)
		found = found[b.count:]
	}
}

// divide sets out[from:to], whose values have keys in r, by a finer grid.
func (s *selection) divide(r keyRange, from, to int) {
	key, differ := s.differences(r)
	if differ == 0 {
		for i := from; i < to; i++ {
			s.out[i] = keyValue(key)
		}
		return
	}
	low := uint64(1)<<bits.Len64(differ) - 1 // the bits that not all keys have in common
	s.resolve(newGrid(keyRange{max(r.lo, key&^low), min(r.hi, key|low)}), from, to)
}

// differences returns a key in r, and which bits differ among the keys in r.
func (s *selection) differences(r keyRange) (key, differ uint64) {
	span := r.hi - r.lo
	first := slices.IndexFunc(s.values, func(v float64) bool { return orderedKey(v)-r.lo <= span })
	key = orderedKey(s.values[first])
	for _, v := range s.values[first:] {
		k := orderedKey(v)
		d := k ^ key
		if k-r.lo > span {
			d = 0
		}
		differ |= d
	}
	for _, x := range s.repeats {
		if k := orderedKey(x.value); k-r.lo <= span {
			differ |= k ^ key
		}
	}
	return key, differ
}
