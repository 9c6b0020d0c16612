package results

import (
	"encoding/binary"
	"fmt"
	"math"
)

// parseInteger returns the value of lit, a JSON number without fraction and
// exponent. A number that has them is ErrNotInteger even if its value is a
// whole one: what writes 1e9 for an instant computes with floats.
func parseInteger(lit []byte) (int64, error) {
	n, ok := scanNumber(lit)
	switch {
	case !ok:
		return 0, notNumber(lit)
	case len(n.whole)+btoi(n.negative) != len(lit):
		return 0, fmt.Errorf("%w: %s", ErrNotInteger, quoted(lit))
	}
	var v uint64
	for _, c := range n.whole {
		if v > math.MaxInt64/10 {
			return 0, outOfRange(lit)
		}
		v = v*10 + uint64(c-'0')
	}
	if v > math.MaxInt64 {
		return 0, outOfRange(lit)
	}
	if n.negative {
		return -int64(v), nil
	}
	return int64(v), nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shortInteger is parseInteger for a positive number of at most 15 digits. It
// returns the length of the literal, or 0 if it is not of this kind. b must
// hold at least shortSpan bytes.
func shortInteger(b []byte) (v int64, n int) {
	_ = b[shortSpan-1]
	word := binary.LittleEndian.Uint64(b) ^ zeros
	n = leadingDigits(word)
	if n == 0 || b[0] == '0' {
		return 0, 0
	}
	v = int64(eightDigits(word << (64 - 8*n)))
	if n == 8 {
		word = binary.LittleEndian.Uint64(b[8:]) ^ zeros
		k := leadingDigits(word)
		if k == 8 {
			return 0, 0
		}
		v = v*int64(powersOfTen[k]) + int64(eightDigits(word<<(64-8*k)))
		n += k
	}
	if c := b[n]; c == '.' || c|0x20 == 'e' {
		return 0, 0
	}
	return v, n
}
