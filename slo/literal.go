package slo

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// MaxLimit bounds every duration in an objective: about 73 years.
const MaxLimit = metrics.MaxInstant

// Digits after the point that can matter: 2^-13 h is a whole number of
// nanoseconds, and no finer part of a unit is; a percentage with 16 decimals
// is a fraction with 18, which an int64 holds.
const (
	maxDurationDecimals = 13
	maxShareDecimals    = 16
)

// parseDuration reads a decimal number with a unit, or several with falling
// units as in 1m30s, so that what a [time.Duration] prints is read. The value
// is exact: no float is involved, and what is no whole number of nanoseconds
// is refused.
func parseDuration(s string) (time.Duration, *fault) {
	var total uint64
	larger := ^uint64(0) // the unit before
	for at := 0; at < len(s); {
		d, f := parseDecimal(s[at:])
		if f != nil {
			return 0, f.after(at)
		}
		unitAt := at + d.length
		name := unitName(s[unitAt:])
		unit := nanoseconds(name)
		switch {
		case name == "" && at == 0:
			return 0, &fault{0, ErrNoUnit, fmt.Sprintf("write %sms", clip(s))}
		case name == "":
			return 0, &fault{at, ErrNoUnit, "every number needs one"}
		case unit == 0:
			return 0, &fault{unitAt, ErrUnit, "units are ns, us, µs, ms, s, m, h"}
		case unit >= larger:
			return 0, &fault{unitAt, ErrUnit, "each must be smaller than the one before"}
		}
		ns, err := d.times(unit)
		if err != nil {
			return 0, &fault{at, err, durationHint(err)}
		}
		if total += ns; total > uint64(MaxLimit) {
			return 0, &fault{at, ErrRange, durationHint(ErrRange)}
		}
		larger, at = unit, unitAt+len(name)
	}
	return time.Duration(total), nil
}

func durationHint(err error) string {
	if err == ErrRange {
		return fmt.Sprintf("the longest duration is %dns", MaxLimit)
	}
	return "durations are whole nanoseconds"
}

// unitName returns what stands before the next number.
func unitName(s string) string {
	if i := strings.IndexAny(s, ".0123456789"); i >= 0 {
		return s[:i]
	}
	return s
}

func nanoseconds(unit string) uint64 {
	switch unit {
	case "ns":
		return 1
	case "us", "µs", "μs": // micro sign and Greek letter mu
		return 1e3
	case "ms":
		return 1e6
	case "s":
		return 1e9
	case "m":
		return 60e9
	case "h":
		return 3600e9
	}
	return 0
}

// parseShare reads a fraction in [0, 1] or a percentage, exactly.
func parseShare(s string) (Share, *fault) {
	d, f := parseDecimal(s)
	if f != nil {
		return Share{}, f
	}
	den := int64(1)
	switch s[d.length:] {
	case "":
	case "%":
		den = 100
	default:
		return Share{}, &fault{d.length, ErrUnit, "a share is a percentage or a fraction, as in 90% or 0.9"}
	}
	share, err := d.over(den)
	switch {
	case err == ErrRange && den == 1:
		return Share{}, &fault{0, err, fmt.Sprintf("a share is at most 1; a percentage is written %s%%", clip(s))}
	case err == ErrRange:
		return Share{}, &fault{0, err, "a share is at most 100%"}
	case err != nil:
		return Share{}, &fault{0, err, fmt.Sprintf("write at most %d decimals", maxShareDecimals)}
	}
	return share, nil
}

// parsePercentile reads the number in "p99.9". Neither end is a quantile over
// many: the largest value has a name of its own, the smallest no use.
func parsePercentile(s string) (Share, *fault) {
	d, f := parseDecimal(s)
	if f != nil {
		return Share{}, f
	}
	if d.length < len(s) {
		return Share{}, &fault{d.length, ErrNumber, "write a percentile as in p99 or p99.9"}
	}
	p, err := d.over(100)
	if err == nil && (p.Num == 0 || p.Num == p.Den) {
		err = ErrRange
	}
	if err != nil {
		return Share{}, &fault{0, err, fmt.Sprintf("a percentile is above 0 and below 100, with at most %d decimals", maxShareDecimals)}
	}
	return p, nil
}

// decimal is a number as written, whole.frac, without zeros that change
// nothing; length counts the bytes that it was read from.
type decimal struct {
	whole, frac string
	length      int
}

// parseDecimal reads digits with at most one point among them from the start
// of s. What else Python or a float parser takes for a number is refused with
// a reason.
func parseDecimal(s string) (decimal, *fault) {
	n := countDigits(s)
	if n == 0 {
		switch {
		case strings.HasPrefix(s, "-") && len(s) > 1 && (isDigit(s[1]) || s[1] == '.'):
			return decimal{}, &fault{0, ErrNegative, "limits are at least 0"}
		case strings.HasPrefix(s, ".") && countDigits(s[1:]) > 0:
			return decimal{}, &fault{0, ErrNumber, fmt.Sprintf("write 0%s", clip(s))}
		}
		return decimal{}, &fault{0, ErrNumber, "write digits, as in 500 or 0.5"}
	}
	d := decimal{whole: strings.TrimLeft(s[:n], "0"), length: n}
	if n < len(s) && s[n] == '.' {
		k := countDigits(s[n+1:])
		if k == 0 {
			return decimal{}, &fault{n, ErrNumber, "a digit must follow the point"}
		}
		d.frac = strings.TrimRight(s[n+1:n+1+k], "0")
		d.length += 1 + k
	}
	switch rest := s[d.length:]; {
	case strings.HasPrefix(rest, "."):
		return decimal{}, &fault{d.length, ErrNumber, "a number has one point"}
	case strings.HasPrefix(rest, "e"), strings.HasPrefix(rest, "E"):
		return decimal{}, &fault{d.length, ErrNumber, "write it without an exponent"}
	}
	return d, nil
}

// times returns the number of nanoseconds in d units of so many.
func (d decimal) times(unit uint64) (uint64, error) {
	whole, ok := parseUint(d.whole)
	if hi, lo := bits.Mul64(whole, unit); !ok || hi != 0 || lo > uint64(MaxLimit) {
		return 0, ErrRange
	}
	if len(d.frac) > maxDurationDecimals {
		return 0, ErrPrecision
	}
	frac, _ := parseUint(d.frac)
	hi, lo := bits.Mul64(frac, unit)
	quo, rem := bits.Div64(hi, lo, uint64(pow10(len(d.frac)))) // frac < 10^k, so quo < unit
	if rem != 0 {
		return 0, ErrPrecision
	}
	return whole*unit + quo, nil
}

// over returns d/den, den 1 or 100, which must be in [0, 1].
func (d decimal) over(den int64) (Share, error) {
	if len(d.whole) > 3 {
		return Share{}, ErrRange
	}
	if len(d.frac) > maxShareDecimals {
		return Share{}, ErrPrecision
	}
	whole, _ := parseUint(d.whole)
	frac, _ := parseUint(d.frac)
	if whole > uint64(den) {
		return Share{}, ErrRange
	}
	scale := pow10(len(d.frac))
	s := Share{int64(whole)*scale + int64(frac), den * scale}
	if s.Num > s.Den {
		return Share{}, ErrRange
	}
	for s.Den > 1 && s.Num%10 == 0 {
		s.Num, s.Den = s.Num/10, s.Den/10
	}
	return s, nil
}

func parseUint(digits string) (n uint64, ok bool) {
	if digits == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

func pow10(k int) int64 {
	n := int64(1)
	for range k {
		n *= 10
	}
	return n
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
