package metricstest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Tolerance is how far a ratio may be from the exact value v of a vector:
//
//	|got - v| <= Tolerance * max(1, |v|)
//
// It allows for a handful of float64 roundings and for no other formula.
// Durations and counts are compared exactly.
const Tolerance = 1e-12

// value is what a vector or an implementation says that a metric is.
type value struct {
	kind kind
	n    int64    // integer
	f    float64  // real
	gaps []GapRun // gaps
}

type kind uint8

const (
	absent    kind = iota // nothing was said: nothing to compare
	undefined             // it was said that there is none
	integer               // nanoseconds or a count
	real                  // a ratio, or an integer that a program wrote as a decimal
	gaps                  // times between tokens
)

func integerValue(n int64) value { return value{kind: integer, n: n} }
func realValue(f float64) value  { return value{kind: real, f: f} }

func spanValue(s metrics.Span) value {
	d, ok := s.Get()
	return durationValue(d, ok)
}

func durationValue(d time.Duration, ok bool) value {
	if !ok {
		return value{kind: undefined}
	}
	return integerValue(int64(d))
}

func ratioValue(f float64, ok bool) value {
	if !ok {
		return value{kind: undefined}
	}
	return realValue(f)
}

// quotient returns a/b, undefined when b is not positive.
func quotient(a, b float64) value { return ratioValue(a/b, b > 0) }

func gapsValue(ds []time.Duration) value {
	v := value{kind: gaps}
	for _, d := range ds {
		v.add(d, 1)
	}
	return v
}

// add appends count gaps; equal neighbors are one run.
func (v *value) add(gap time.Duration, count int64) {
	if last := len(v.gaps) - 1; last >= 0 && v.gaps[last].Gap == gap {
		v.gaps[last].Count += count
	} else if count > 0 {
		v.gaps = append(v.gaps, GapRun{gap, count})
	}
}

// number returns an integer or a real as a float64.
func (v value) number() (float64, bool) {
	switch v.kind {
	case integer:
		return float64(v.n), true
	case real:
		return v.f, true
	}
	return 0, false
}

// agrees reports whether the two are the same value of a metric. Integers
// are the same when equal, and so is a real that stands for one; ratios may
// differ by [Tolerance].
func (v value) agrees(w value, ratio bool) bool {
	switch {
	case v.kind == gaps || w.kind == gaps:
		return v.kind == w.kind && slices.Equal(v.gaps, w.gaps)
	case v.kind == undefined || w.kind == undefined || v.kind == absent || w.kind == absent:
		return v.kind == w.kind
	case v.kind == integer && w.kind == integer:
		return v.n == w.n
	}
	a, _ := v.number()
	b, _ := w.number()
	if !ratio {
		return a == b
	}
	return math.Abs(a-b) <= Tolerance*max(1, math.Abs(a), math.Abs(b)) || a == b
}

// text returns the value for people. unit is "ns", or empty for a pure number.
func (v value) text(unit string) string {
	switch v.kind {
	case absent:
		return "nothing"
	case undefined:
		return "undefined"
	case integer:
		if unit == "ns" {
			return fmt.Sprintf("%d ns (%v)", v.n, time.Duration(v.n))
		}
		return strconv.FormatInt(v.n, 10)
	case real:
		s := strconv.FormatFloat(v.f, 'g', -1, 64)
		if math.Abs(v.f) < 1e15 && math.Abs(v.f) >= 1e-4 || v.f == 0 {
			s = strconv.FormatFloat(v.f, 'f', -1, 64)
		}
		if unit == "ns" && math.Abs(v.f) < math.MaxInt64 {
			return fmt.Sprintf("%s ns (%v)", s, time.Duration(v.f))
		}
		return s
	}
	return v.gapsText()
}

// gapsText returns the gaps in one short line, runs as "3x20ms".
func (v value) gapsText() string {
	const most = 76
	var total int64
	for _, g := range v.gaps {
		total += g.Count
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", total)
	for i, g := range v.gaps {
		word := " " + g.Gap.String()
		if g.Count > 1 {
			word = fmt.Sprintf(" %dx%v", g.Count, g.Gap)
		}
		if b.Len()+len(word) > most {
			fmt.Fprintf(&b, " ... %d more runs", len(v.gaps)-i)
			break
		}
		b.WriteString(word)
	}
	if total == 0 {
		b.WriteString(" none")
	}
	return b.String()
}

// firstDifference says where two sequences of gaps part, or "".
func (v value) firstDifference(got value) string {
	if v.kind != gaps || got.kind != gaps {
		return ""
	}
	var at int64
	want, have := slices.Clone(v.gaps), slices.Clone(got.gaps)
	for len(want) > 0 && len(have) > 0 && want[0].Gap == have[0].Gap {
		n := min(want[0].Count, have[0].Count)
		at += n
		want, have = skip(want, n), skip(have, n)
	}
	next := func(g []GapRun) string {
		if len(g) == 0 {
			return "the end"
		}
		return g[0].Gap.String()
	}
	return fmt.Sprintf("at gap %d: want %s, got %s", at+1, next(want), next(have))
}

// skip takes n gaps off the first run of g, which holds that many.
func skip(g []GapRun, n int64) []GapRun {
	if g[0].Count -= n; g[0].Count == 0 {
		return g[1:]
	}
	return g
}

// sorted returns the gaps in order of length.
func (v value) sorted() value {
	all := slices.Clone(v.gaps)
	slices.SortFunc(all, func(a, b GapRun) int { return cmp.Compare(a.Gap, b.Gap) })
	w := value{kind: v.kind}
	for _, g := range all {
		w.add(g.Gap, g.Count)
	}
	return w
}
