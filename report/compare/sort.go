package compare

import (
	"cmp"
	"math"
	"slices"
)

// radixFrom is the number of entries from which counting digits is faster
// than comparing.
const radixFrom = 1 << 12

const (
	digitBits = 11
	numDigits = 1 << digitBits
)

// sortEntries sorts by value; entries of equal values stay in their order.
// Many are sorted digit by digit of the bits of the float64, read as an
// integer, which has the order of the values if none is negative. Digits that
// all have in common cost nothing.
func sortEntries(entries []entry) {
	if len(entries) < radixFrom || slices.ContainsFunc(entries, func(e entry) bool { return math.Signbit(e.value) }) {
		slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.value, b.value) })
		return
	}
	from, to := entries, make([]entry, len(entries))
	first := math.Float64bits(entries[0].value)
	differ := uint64(0)
	for _, e := range entries {
		differ |= math.Float64bits(e.value) ^ first
	}
	for shift := 0; differ>>shift != 0; shift += digitBits {
		if differ>>shift%numDigits == 0 {
			continue
		}
		var next [numDigits]int
		for _, e := range from {
			next[math.Float64bits(e.value)>>shift%numDigits]++
		}
		at := 0
		for i, n := range next {
			next[i] = at
			at += n
		}
		for _, e := range from {
			i := &next[math.Float64bits(e.value)>>shift%numDigits]
			to[*i] = e
			*i++
		}
		from, to = to, from
	}
	if &from[0] != &entries[0] {
		copy(entries, from)
	}
}
