package metrics

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Method says how a [Distribution] holds its values.
type Method uint8

const (
	// ExactMethod keeps every value, in 8 bytes each; see [Exact].
	ExactMethod Method = iota
	// HDRMethod counts values in the buckets of an [HDR] of 3 significant
	// digits: 270 KB, however many there are. Values are rounded to the
	// nanosecond, or to 1e-9 of a share.
	HDRMethod
)

// Unit says what the values of a [Distribution] are.
type Unit uint8

const (
	// Nanoseconds are durations, and durations per token.
	Nanoseconds Unit = iota
	// Share values are in [0, 1].
	Share
)

var (
	methodNames = [...]string{"exact", "hdr"}
	unitNames   = [...]string{"ns", "share"}
)

// String returns "exact" or "hdr".
func (m Method) String() string { return name(methodNames[:], "Method", uint8(m)) }

// MarshalText returns the method's name.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts "exact" and "hdr".
func (m *Method) UnmarshalText(b []byte) error {
	for i, s := range methodNames {
		if s == string(b) {
			*m = Method(i)
			return nil
		}
	}
	return fmt.Errorf("unknown method %q (want exact or hdr)", b)
}

// String returns "ns" or "share".
func (u Unit) String() string { return name(unitNames[:], "Unit", uint8(u)) }

// DistributionOptions says how a [Distribution] holds its values and reads
// quantiles off them. The zero value is exact, linear, in nanoseconds.
type DistributionOptions struct {
	Method Method
	Kind   QuantileKind // of an exact distribution; an HDR has order statistics only
	Unit   Unit
}

// Distribution is the distribution of one metric: an [Exact] or an [HDR]
// under one set of methods, and the number of requests that had no value.
//
// The zero Distribution is empty and ready. It must not be copied after its
// first value and is not safe for concurrent use while values are added.
type Distribution struct {
	Options DistributionOptions // not to be changed after the first value

	exact     Exact // of ExactMethod
	hdr       HDR   // of HDRMethod, in units of 1/hdrScale
	undefined int64
}

// hdrScale returns how many steps of the HDR make one of the unit.
func (d *Distribution) hdrScale() float64 {
	if d.Options.Unit == Share {
		return 1e9
	}
	return 1
}

// toHDR returns v in steps of the HDR, rounded to the nearest one. It panics
// if v is not finite.
func (d *Distribution) toHDR(v float64) int64 {
	if v-v != 0 {
		panicNotFinite(v)
	}
	steps := math.Round(v * d.hdrScale())
	switch {
	case steps >= math.MaxInt64:
		return math.MaxInt64
	case steps <= math.MinInt64:
		return math.MinInt64
	}
	return int64(steps)
}

func (d *Distribution) fromHDR(steps int64) float64 { return float64(steps) / d.hdrScale() }

// Add adds a value in d's unit. It panics if v is NaN or infinite.
func (d *Distribution) Add(v float64) {
	if d.Options.Method == HDRMethod {
		d.hdr.Record(d.toHDR(v))
		return
	}
	d.exact.Add(v)
}

// AddN adds a value n times. It panics if n is negative.
func (d *Distribution) AddN(v float64, n int64) {
	if d.Options.Method == HDRMethod {
		d.hdr.RecordN(d.toHDR(v), n)
		return
	}
	d.exact.AddN(v, n)
}

// AddSpan adds a length of time, or counts that there was none. It panics if
// d holds shares.
func (d *Distribution) AddSpan(s Span) {
	switch {
	case !s.known:
		d.undefined++
	case d.Options.Unit == Share:
		panicSpanOfShares()
	default:
		d.addGaps(s.value, 1)
	}
}

// AddSpanN adds a length of time n times, or counts that n were none. It
// panics if d holds shares or n is negative.
func (d *Distribution) AddSpanN(s Span, n int64) {
	switch {
	case !s.known:
		d.AddUndefined(n)
	case d.Options.Unit == Share:
		panicSpanOfShares()
	default:
		d.addGaps(s.value, n)
	}
}

func panicSpanOfShares() {
	panic("metrics: a length of time added to a distribution of shares")
}

// addGaps adds a length of time n times, without the detour by float64 that
// a streaming distribution does not need. d is in nanoseconds.
func (d *Distribution) addGaps(g time.Duration, n int64) {
	switch {
	case d.Options.Method == ExactMethod:
		d.exact.AddN(float64(g), n)
	case n == 1:
		d.hdr.Record(int64(g))
	default:
		d.hdr.RecordN(int64(g), n)
	}
}

// AddUndefined counts n requests that have no value. It panics if n is
// negative.
func (d *Distribution) AddUndefined(n int64) {
	if n < 0 {
		panicNegativeCount(n)
	}
	d.undefined += n
}

// N returns the number of values.
func (d *Distribution) N() int64 {
	if d.Options.Method == HDRMethod {
		return d.hdr.Len()
	}
	return d.exact.n()
}

// Undefined returns how many requests had no value.
func (d *Distribution) Undefined() int64 { return d.undefined }

// Quantile returns the p-quantile, or NaN and false if there is no value:
// under Options.Kind if d is exact, else the order statistic of rank
// ceil(n p) within the error bound of [HDR]. It panics unless p is in [0, 1].
func (d *Distribution) Quantile(p float64) (float64, bool) {
	if d.Options.Method == HDRMethod {
		q, ok := d.hdr.Quantile(p)
		if !ok {
			return math.NaN(), false
		}
		return d.fromHDR(q), true
	}
	return d.exact.Quantile(d.Options.Kind, p)
}

// Stats returns the numbers that describe d, the quantiles as
// [Distribution.Quantile] has them.
func (d *Distribution) Stats() Stats {
	s := Stats{N: d.N(), Undefined: d.undefined}
	if s.N == 0 {
		return s
	}
	if d.Options.Method == HDRMethod {
		d.setHDR(&s)
	} else {
		d.setExact(&s)
	}
	return s
}

func (d *Distribution) setExact(s *Stats) {
	e := &d.exact
	m := e.moments()
	s.Min, s.Mean, s.StdDev, s.Max = Known(m.min), Known(m.mean), Known(m.stdDev), Known(m.max)
	s.setQuantiles(e.Quantiles(d.Options.Kind, standardQuantiles[:]...))
	s.setIntervals(e.Intervals(0.95, standardQuantiles[:]...))
}

func (d *Distribution) setHDR(s *Stats) {
	h := &d.hdr
	mean, _ := h.Mean()
	sd, _ := h.StdDev()
	s.Min, s.Max = Known(d.fromHDR(h.min)), Known(d.fromHDR(h.max))
	s.Mean, s.StdDev = Known(mean/d.hdrScale()), Known(sd/d.hdrScale())
	q := make([]float64, len(standardQuantiles))
	for i, v := range h.Quantiles(standardQuantiles[:]...) {
		q[i] = d.fromHDR(v)
	}
	s.setQuantiles(q)
}

// ErrOptions says that two distributions have different options, so that
// their values cannot stand in one.
var ErrOptions = errors.New("distributions with different options cannot be merged")

// Merge adds all that o holds. The result equals the distribution of both
// samples. It returns an error that wraps [ErrOptions], and changes nothing,
// if the options differ.
func (d *Distribution) Merge(o *Distribution) error {
	if d.Options != o.Options {
		return fmt.Errorf("%w: %+v and %+v", ErrOptions, d.Options, o.Options)
	}
	d.undefined += o.undefined
	if d.Options.Method == HDRMethod {
		return d.hdr.Merge(&o.hdr)
	}
	d.exact.Merge(&o.exact)
	return nil
}

// Interval returns a confidence interval of the p-quantile; see
// [Exact.Interval]. There is none if d is not exact.
func (d *Distribution) Interval(p, confidence float64) (Interval, bool) {
	if d.Options.Method != ExactMethod {
		return Interval{}, false
	}
	return d.exact.Interval(p, confidence)
}
