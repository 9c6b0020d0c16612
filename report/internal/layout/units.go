package layout

import (
	"math"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// durationUnits are tried from the largest down. A value is printed in the
// first unit of which it holds at least one.
var durationUnits = [...]struct {
	name string
	ns   float64
}{
	{"h", 3600e9}, {"min", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}, {"ns", 1},
}

// minutesFrom is the number of seconds from which minutes are easier to read.
const minutesFrom = 600

// Nanoseconds prints a duration with three significant digits and a
// unit, as in "36.4 s".
func Nanoseconds(ns float64) string {
	if ns == 0 {
		return "0 s"
	}
	abs := math.Abs(ns)
	for _, u := range durationUnits {
		limit := u.ns
		switch u.name {
		case "h":
			limit = 2 * u.ns
		case "min":
			limit = minutesFrom * 1e9
		}
		if abs >= limit*0.9995 || u.name == "ns" {
			return ThreeDigits(ns/u.ns) + " " + u.name
		}
	}
	panic("layout: unreachable")
}

// Duration prints a duration as [Nanoseconds] does.
func Duration(d time.Duration) string { return Nanoseconds(float64(d)) }

// ThreeDigits prints x with three significant digits, two below 0.1, and no
// exponent down to 0.0001. Whole numbers below 1000 print without a fraction.
func ThreeDigits(x float64) string {
	abs := math.Abs(x)
	switch {
	case x == math.Trunc(x) && abs < 1000:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case abs >= 99.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case abs >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case abs >= 0.0995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	default:
		return strconv.FormatFloat(x, 'g', 2, 64)
	}
}

// Count prints a whole number with its thousands apart.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := len(s) % 3
	if first == 0 || s[:first] == "-" {
		first += 3
	}
	if len(s) <= first {
		return s
	}
	out := s[:first]
	for i := first; i < len(s); i += 3 {
		out += "," + s[i:i+3]
	}
	return out
}

// Rate prints a number per second; large ones lose their fraction.
func Rate(x float64) string {
	if math.Abs(x) >= 1000 {
		return Count(int64(math.Round(x)))
	}
	return ThreeDigits(x)
}

// Share prints a share as a percentage.
func Share(x float64) string {
	switch p := 100 * x; {
	case p == 0 || p == 100:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	case p > 99.95: // never round up to all
		return ">99.9 %"
	case p < 0.05:
		return "<0.1 %"
	default:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
}

// Index prints a score in [0, 1]; only a true 0 or 1 prints as one.
func Index(x float64) string {
	switch {
	case x > 0 && x < 0.005:
		return "<0.01"
	case x < 1 && x >= 0.995:
		return ">0.99"
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// Optional prints the value, or "–".
func Optional[T comparable](o metrics.Optional[T], format func(T) string) string {
	if v, ok := o.Get(); ok {
		return format(v)
	}
	return metrics.Undefined
}
