package metrics

import (
	"cmp"
	"slices"
)

// repeat is a value that an [Exact] holds count times: what a delivery of many
// tokens, a mean gap, or a weight adds. Written out, what a file of a hundred
// bytes can state would take 16 GB.
type repeat struct {
	value float64
	count int64
}

// minRepeat is from how many equal values on they are kept as a repeat. Three
// would save memory already; but reading is fastest without repeats, so that
// ordinary samples are to have few.
const minRepeat = 64

// addRepeat adds a repeat. It extends the last one if that has the same value,
// as have the zeros of many large deliveries.
func (e *Exact) addRepeat(r repeat) {
	e.countRepeated(r.count)
	if last := len(e.repeats) - 1; last >= 0 && e.repeats[last].value == r.value {
		e.repeats[last].count += r.count
		return
	}
	e.repeats = append(e.repeats, r)
}

// countRepeated counts n values of repeats.
func (e *Exact) countRepeated(n int64) {
	if n > maxCount-e.repeated {
		panic("metrics: more than 2^62 repeated values in an Exact")
	}
	e.repeated += n
}

// mergeRepeats adds the repeats of o, which may be e itself, as addRepeat would
// one after the other.
func (e *Exact) mergeRepeats(o *Exact) {
	if len(o.repeats) == 0 {
		return
	}
	e.countRepeated(o.repeated)
	last, first := len(e.repeats)-1, o.repeats[0]
	if last < 0 || e.repeats[last].value != first.value {
		e.repeats = append(e.repeats, o.repeats...)
		return
	}
	e.repeats = append(e.repeats, o.repeats[1:]...)
	e.repeats[last].count += first.count
}

// sortedRepeats returns the repeats ascending by value.
func sortedRepeats(repeats []repeat) []repeat {
	if len(repeats) < 2 {
		return repeats
	}
	repeats = slices.Clone(repeats)
	slices.SortFunc(repeats, func(a, b repeat) int { return cmp.Compare(a.value, b.value) })
	return repeats
}

// pickRanks sets out to the values that have the ranks in a sample which
// begins with before values of which none is wanted, and goes on with those
// of sorted and of repeats. Both, and the ranks, are ascending.
func pickRanks(out []float64, ranks []int64, before int64, sorted []float64, repeats []repeat) {
	next := int64(-1) // rank of the first value of repeats[0]
	for i, rank := range ranks {
		for len(repeats) > 0 {
			if next < 0 {
				smaller, _ := slices.BinarySearch(sorted, repeats[0].value)
				next = before + int64(smaller)
			}
			if rank < next+repeats[0].count {
				break
			}
			before += repeats[0].count
			repeats, next = repeats[1:], -1
		}
		if len(repeats) > 0 && rank >= next {
			out[i] = repeats[0].value
		} else {
			out[i] = sorted[rank-before]
		}
	}
}
