package metricstest

import (
	"math"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// A twist is a mistake made after the formula: got is what becomes of the
// value v.
type twist struct {
	text  string
	spans bool // it can befall spans of time only
	vague bool // it fits many values; any other explanation is better
	is    func(v, got value, vector *Vector, m *metric) bool
}

// twists returns the known ones. The first is none.
func twists() []twist {
	span := func(text string, change func(x float64) float64) twist {
		return twist{text: text, spans: true, is: func(v, got value, _ *Vector, m *metric) bool {
			return v.mapped(change).agrees(got, m.ratio)
		}}
	}
	step := func(unit time.Duration, round func(float64) float64) func(float64) float64 {
		return func(x float64) float64 { return round(x/float64(unit)) * float64(unit) }
	}
	unit := func(unit time.Duration) func(float64) float64 {
		return func(x float64) float64 { return x / float64(unit) }
	}
	instead := func(text string, of value) twist {
		return twist{text: text, is: func(v, got value, _ *Vector, m *metric) bool {
			if v.kind == undefined {
				return got.agrees(of, false)
			}
			return v.agrees(got, m.ratio)
		}}
	}
	return []twist{
		{is: func(v, got value, _ *Vector, m *metric) bool { return v.agrees(got, m.ratio) }},
		instead("0 where the metric is undefined", integerValue(0)),
		instead("1 where the metric is undefined", integerValue(1)),
		span("truncated to the millisecond", step(time.Millisecond, math.Trunc)),
		span("rounded to the millisecond", step(time.Millisecond, math.Round)),
		span("truncated to the microsecond", step(time.Microsecond, math.Trunc)),
		span("truncated to the nanosecond, by integer division", math.Trunc),
		span("rounded to the nanosecond", math.Round),
		span("in seconds, not nanoseconds", unit(time.Second)),
		span("in milliseconds, not nanoseconds", unit(time.Millisecond)),
		span("in whole milliseconds, not nanoseconds", func(x float64) float64 { return math.Trunc(x / 1e6) }),
		span("in microseconds, not nanoseconds", unit(time.Microsecond)),
		{text: "the right gaps in another order", is: func(v, got value, _ *Vector, _ *metric) bool {
			return v.kind == gaps && got.kind == gaps && v.sorted().agrees(got.sorted(), false)
		}},
		{text: "off by what float64 seconds cannot hold", spans: true, vague: true, is: offByFloat},
		{text: "undefined for an answer that was cut short", is: func(v, got value, vector *Vector, m *metric) bool {
			if vector.Stream.Outcome != metrics.Completed {
				return got.kind == undefined || got.kind == gaps && len(got.gaps) == 0
			}
			return v.agrees(got, m.ratio)
		}},
	}
}

// mapped returns the value with every number changed. Integers beyond what a
// float64 holds are left alone.
func (v value) mapped(change func(float64) float64) value {
	one := func(n int64) float64 {
		if n > 1<<53 || n < -1<<53 {
			return float64(n)
		}
		return change(float64(n))
	}
	switch v.kind {
	case integer:
		return realValue(one(v.n))
	case real:
		return realValue(change(v.f))
	case gaps:
		w := value{kind: gaps}
		for _, g := range v.gaps {
			w.add(time.Duration(one(int64(g.Gap))), g.Count)
		}
		return w
	}
	return v
}

// offByFloat reports whether the two differ by no more than what is lost when
// the instants of the vector are held as float64 seconds and subtracted.
func offByFloat(v, got value, vector *Vector, _ *metric) bool {
	lost := floatLoss(vector)
	near := func(a, b float64) bool { return math.Abs(a-b) <= lost }
	if v.kind == gaps && got.kind == gaps {
		return nearGaps(v.gaps, got.gaps, near)
	}
	a, ok := v.number()
	b, okToo := got.number()
	if !ok || !okToo {
		return v.kind == got.kind
	}
	return near(a, b)
}

// floatLoss returns four units in the last place of the latest instant, in
// nanoseconds, and at least the 1 ns that is lost when a product with 1e9 is
// truncated.
func floatLoss(v *Vector) float64 {
	var latest time.Duration
	r := v.Request()
	eachInstant(r, func(t time.Duration) time.Duration {
		latest = max(latest, t.Abs())
		return t
	})
	s := latest.Seconds()
	return max(1, 4*1e9*(math.Nextafter(s, math.Inf(1))-s))
}

func nearGaps(a, b []GapRun, near func(a, b float64) bool) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	for len(a) > 0 && len(b) > 0 {
		if !near(float64(a[0].Gap), float64(b[0].Gap)) {
			return false
		}
		n := min(a[0].Count, b[0].Count)
		a, b = skip(a, n), skip(b, n)
	}
	return len(a) == 0 && len(b) == 0
}
