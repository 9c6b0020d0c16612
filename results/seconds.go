package results

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// parseSeconds is parseTime for seconds.
func parseSeconds(lit []byte) (int64, error) { return parseTime(lit, second) }

// parseTime returns the decimal number in lit, a JSON number in unit u, as
// integer nanoseconds:
//
//	ns = round(lit * 10^u)    to the nearest integer, a half away from zero
//
// The result is that of exact arithmetic on the text, whatever the number of
// digits: as a half rounds up in magnitude, the first digit behind the ninth
// decides alone (in seconds; behind the u-th in general).
//
// Special cases are, in seconds:
//
//	"9.05e-06"        9050: exponents are moved, not computed
//	"-0.0"            0
//	"1e-400"          0
//	"1e300"           ErrRange: not within int64
//	"1.", "", "0x1"   ErrType: no JSON number
func parseTime(lit []byte, u unit) (int64, error) {
	n, ok := scanNumber(lit)
	if !ok {
		return 0, notNumber(lit)
	}
	// Digits of value >= 1 ns are those before place point+u in the sequence
	// of whole and fraction.
	var ns uint64
	keep := int64(len(n.whole)) + n.exp + int64(u)
	size := int64(len(n.whole) + len(n.frac))
	for i := int64(0); i < keep && (i < size || ns != 0); i++ {
		if ns > math.MaxInt64/10 {
			return 0, outOfRange(lit)
		}
		ns *= 10
		if i < size {
			ns += uint64(n.digit(i))
		}
	}
	if keep >= 0 && keep < size && n.digit(keep) >= 5 {
		ns++
	}
	if ns > math.MaxInt64 {
		return 0, outOfRange(lit)
	}
	if n.negative {
		return -int64(ns), nil
	}
	return int64(ns), nil
}

// number is a JSON number taken apart: whole.frac * 10^exp.
type number struct {
	negative    bool
	whole, frac []byte
	exp         int64
}

func (n *number) digit(i int64) byte {
	if i < int64(len(n.whole)) {
		return n.whole[i] - '0'
	}
	return n.frac[i-int64(len(n.whole))] - '0'
}

// scanNumber takes lit apart and reports whether it is a JSON number.
func scanNumber(lit []byte) (n number, ok bool) {
	if len(lit) > 0 && lit[0] == '-' {
		n.negative, lit = true, lit[1:]
	}
	n.whole, lit = splitDigits(lit)
	if len(n.whole) == 0 || len(n.whole) > 1 && n.whole[0] == '0' {
		return n, false
	}
	if len(lit) > 0 && lit[0] == '.' {
		if n.frac, lit = splitDigits(lit[1:]); len(n.frac) == 0 {
			return n, false
		}
	}
	if len(lit) > 0 && (lit[0] == 'e' || lit[0] == 'E') {
		if n.exp, lit, ok = scanExponent(lit[1:]); !ok {
			return n, false
		}
	}
	return n, len(lit) == 0
}

// scanExponent reads an exponent, which it limits to a size that no number of
// digits in memory can make up for.
func scanExponent(lit []byte) (exp int64, rest []byte, ok bool) {
	const most = 1 << 50
	negative := false
	if len(lit) > 0 && (lit[0] == '-' || lit[0] == '+') {
		negative, lit = lit[0] == '-', lit[1:]
	}
	digits, rest := splitDigits(lit)
	for _, c := range digits {
		exp = min(exp*10+int64(c-'0'), most)
	}
	if negative {
		exp = -exp
	}
	return exp, rest, len(digits) > 0
}

func splitDigits(b []byte) (digits, rest []byte) {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return b[:i], b[i:]
}

func notNumber(lit []byte) error {
	for _, f := range nonFinite {
		if string(lit) == f.word || string(lit) == f.replacement {
			return fmt.Errorf("%w: %s", ErrNotFinite, f.word)
		}
	}
	return fmt.Errorf("%w: want a number, got %s", ErrType, quoted(lit))
}

func outOfRange(lit []byte) error { return fmt.Errorf("%w: %s", ErrRange, quoted(lit)) }

// shortSpan is how many bytes shortSeconds and shortInteger may look at. They
// leave three of them behind the literal.
const shortSpan = 40

// shortSeconds is parseSeconds for the usual case, a positive number with at
// most 7 digits before the point and 24 behind it and no exponent: eight
// digits a step. It returns the length of the literal, or 0 if it is not of
// this kind. b must hold at least shortSpan bytes.
func shortSeconds(b []byte) (ns int64, n int) {
	_ = b[shortSpan-1]
	var whole int64
	if b[0] == '0' {
		n = 1
	} else {
		word := binary.LittleEndian.Uint64(b) ^ zeros
		n = leadingDigits(word)
		if n == 0 || n == 8 {
			return 0, 0
		}
		whole = int64(eightDigits(word<<(64-8*n))) * 1e9
	}
	if b[n] != '.' {
		return 0, 0
	}
	n++
	word := binary.LittleEndian.Uint64(b[n:]) ^ zeros
	k := leadingDigits(word)
	if k < 8 {
		if k == 0 {
			return 0, 0
		}
		ns = int64(eightDigits(word<<(64-8*k)) * powersOfTen[9-k])
		n += k
	} else {
		// Digit 9 completes the nanoseconds, digit 10 rounds them.
		ns = int64(eightDigits(word)) * 10
		n += 8
		word = binary.LittleEndian.Uint64(b[n:]) ^ zeros
		if k = leadingDigits(word); k > 0 {
			ns += int64(word & 0xff)
			if k > 1 && word>>8&0xff >= 5 {
				ns++
			}
			n += k
			if k == 8 {
				if k = leadingDigits(binary.LittleEndian.Uint64(b[n:]) ^ zeros); k == 8 {
					return 0, 0
				}
				n += k
			}
		}
	}
	if b[n]|0x20 == 'e' {
		return 0, 0
	}
	return whole + ns, n
}

// shortMilliseconds is parseTime for milliseconds, in the usual case of
// [shortSeconds].
func shortMilliseconds(b []byte) (ns int64, n int) {
	_ = b[shortSpan-1]
	var whole int64
	if b[0] == '0' {
		n = 1
	} else {
		word := binary.LittleEndian.Uint64(b) ^ zeros
		n = leadingDigits(word)
		if n == 0 || n == 8 {
			return 0, 0
		}
		whole = int64(eightDigits(word<<(64-8*n))) * 1e6
	}
	if b[n] != '.' {
		return 0, 0
	}
	n++
	word := binary.LittleEndian.Uint64(b[n:]) ^ zeros
	k := leadingDigits(word)
	if k == 0 {
		return 0, 0
	}
	// Digit 6 completes the nanoseconds, digit 7 rounds them.
	n += k
	if k <= 6 {
		ns = int64(eightDigits(word<<(64-8*k)) * powersOfTen[6-k])
	} else {
		ns = int64(eightDigits(word << 16))
		if word>>48&0xff >= 5 {
			ns++
		}
	}
	for range 2 {
		if k < 8 {
			break
		}
		k = leadingDigits(binary.LittleEndian.Uint64(b[n:]) ^ zeros)
		n += k
	}
	if k == 8 || b[n]|0x20 == 'e' {
		return 0, 0
	}
	return whole + ns, n
}

const zeros = 0x3030303030303030 // "00000000"

var powersOfTen = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// leadingDigits returns how many of the eight bytes of word, each xored with
// '0', are digits before the first that is none. The lowest byte comes first.
// A carry out of a byte changes only bytes behind one that is no digit.
func leadingDigits(word uint64) int {
	other := (word + 0x7676767676767676 | word) & 0x8080808080808080
	return bits.TrailingZeros64(other) / 8
}

// eightDigits returns the number whose decimal digits are the bytes of word,
// the lowest byte the most significant: pairs, then fours, then all eight.
func eightDigits(word uint64) uint64 {
	word = (word*10 + word>>8) & 0x00ff00ff00ff00ff
	word = (word*100 + word>>16) & 0x0000ffff0000ffff
	return (word*10000 + word>>32) & 0xffffffff
}
