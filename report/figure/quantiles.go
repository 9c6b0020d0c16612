package figure

import (
	"fmt"
	"math"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// metric is a distribution of lengths of time that runs have.
type metric struct {
	name  string // in names of figures
	title string // in sentences
	axis  string
	of    func(run) *sample
	none  string // why there is none
	gaps  bool   // it needs the gaps between tokens
}

func tbtMetric() metric {
	return metric{"tbt", "Time between tokens", "time between two tokens, of all requests",
		func(c run) *sample { return &c.tbt }, "no gaps between tokens are known", true}
}

func stallMetric() metric {
	return metric{"stall", "Largest gap of each request", "largest gap of the request",
		func(c run) *sample { return &c.stall }, "no gaps between tokens are known", true}
}

func ttftMetric() metric {
	return metric{"ttft", "Time to first token", "time to first token",
		func(c run) *sample { return &c.ttft }, "no request has a first token and a known arrival", false}
}

// cdf draws the cumulative distribution of the metric in each run.
func (m metric) cdf(runs []run) (*Figure, []LeftOut) {
	f := &Figure{
		Name:  m.name + "-cdf",
		Title: m.title + ": cumulative distribution",
		X:     Axis{Label: m.axis, Unit: Nanoseconds, Scale: Log},
		Y:     Axis{Label: "share of values that are not longer", Unit: Share, Min: 0, Max: 1},
	}
	var left []LeftOut
	for i, c := range runs {
		if m.of(c).n() == 0 {
			left = append(left, LeftOut{f.Name, f.Title, c.name, m.none})
			continue
		}
		ps := cdfShares()
		s := m.series(i, c, m.title, ps)
		s.Y = ps
		f.series = append(f.series, s)
	}
	if len(f.series) == 0 {
		return nil, left
	}
	m.logRange(&f.X, runs)
	f.Caption = m.words(runs, "Each line ends at the largest value of its run.")
	return f, left
}

// percentiles draws the quantiles of the metric on an axis of nines.
func (m metric) percentiles(runs []run) (*Figure, []LeftOut) {
	f := &Figure{
		Name:  m.name + "-percentiles",
		Title: m.title + ": percentiles",
		X:     Axis{Label: "percentile", Unit: Share, Scale: Nines, Min: 0, Max: 1},
		Y:     Axis{Label: m.axis, Unit: Nanoseconds, Scale: Log},
	}
	var left []LeftOut
	for _, c := range runs {
		f.X.end = max(f.X.end, math.Log10(float64(max(m.of(c).n(), 1)))+0.5)
	}
	f.X.end = max(f.X.end, 2)
	for i, c := range runs {
		n := m.of(c).n()
		if n == 0 {
			left = append(left, LeftOut{f.Name, f.Title, c.name, m.none})
			continue
		}
		ps := ninesShares(n)
		firm, few := ps, []float64(nil)
		for k, p := range ps {
			if metrics.TooFewSamples(n, p) {
				firm, few = ps[:k], ps[max(k-1, 0):]
				break
			}
		}
		for part, ps := range [][]float64{firm, few} {
			name := m.title
			if part == 1 {
				name += ", fewer than ten values beyond"
			}
			if len(ps) > 0 {
				s := m.series(i, c, name, ps)
				s.X, s.Y = ps, s.X
				s.thin, s.quiet = part == 1, part == 1 && len(firm) > 0
				f.series = append(f.series, s)
			}
		}
	}
	if len(f.series) == 0 {
		return nil, left
	}
	m.logRange(&f.Y, runs)
	f.Caption = m.words(runs, "Each step to the right has ten times fewer values beyond it; lines end at the largest value. "+
		"A thin line is based on fewer than ten values beyond it.")
	return f, left
}

// series returns a line of the run with the quantiles of ps as X.
func (m metric) series(i int, c run, name string, ps []float64) Series {
	s := Series{Run: c.name, Name: name, Mark: Line, X: m.of(c).quantiles(c.Options.Convention.Quantile, ps)}
	s.ink, s.dash = inkOf(i)
	return s
}

// lowShare is the index of half a percent among cdfShares.
const lowShare = 16

// cdfShares returns the probabilities whose quantiles make up a curve: every
// half percent, and nines at both ends.
func cdfShares() []float64 {
	ps := []float64{0}
	for k := -6.0; k < -2.3; k += 0.25 {
		ps = append(ps, math.Pow(10, k))
	}
	for i := 1; i < 200; i++ {
		ps = append(ps, float64(i)/200)
	}
	for k := -2.5; k > -8; k -= 0.25 {
		ps = append(ps, 1-math.Pow(10, k))
	}
	return append(ps, 1)
}

// ninesShares returns the probabilities of the percentile plot of n values:
// sixteen for each nine, those of the report's tables among them, and 1.
func ninesShares(n int64) []float64 {
	const (
		perNine = 16
		one     = 1 - 1e-6 // n (1 - p) is rounded where p is near 1
	)
	var ps []float64
	named := []float64{0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999, 0.99999999, 0.999999999}
	for k := 0; ; k++ {
		p := 1 - math.Pow(10, -float64(k)/perNine)
		for len(named) > 0 && named[0] <= p*(1+1e-12) {
			if named[0] < p*(1-1e-12) {
				ps = append(ps, named[0])
			} else {
				p = named[0] // not a rounding beside it
			}
			named = named[1:]
		}
		if (1-p)*float64(n) < one || len(named) == 0 {
			break
		}
		ps = append(ps, p)
	}
	for len(ps) > 1 && (1-ps[len(ps)-1])*float64(n) < one {
		ps = ps[:len(ps)-1]
	}
	if len(ps) == 0 {
		ps = []float64{0}
	}
	return append(ps, 1)
}

// leastTime is where an axis begins at the earliest: 1 µs.
const leastTime = 1e3

// logRange sets the range of the axis: from half a percent of the values, so
// that a stray short one does not take the room, to the largest.
func (m metric) logRange(a *Axis, runs []run) {
	lo, hi := math.Inf(1), 0.0
	for _, c := range runs {
		s := m.of(c)
		if s.n() == 0 {
			continue
		}
		hi = max(hi, s.max())
		for _, q := range s.quantiles(c.Options.Convention.Quantile, cdfShares()[lowShare:]) {
			if q > 0 {
				lo = min(lo, q)
				break
			}
		}
	}
	if hi <= 0 { // all values are zero
		lo, hi = leastTime, 10*leastTime
	}
	a.logSpan(max(min(lo, hi), min(leastTime, hi)), hi)
}

// words returns the caption: what was counted, and with which error.
func (m metric) words(runs []run, how string) string {
	var b strings.Builder
	b.WriteString(how)
	b.WriteString(" What is shorter than the axis shows stands at its edge.")
	for _, c := range runs {
		s := m.of(c)
		if s.n() == 0 {
			continue
		}
		fmt.Fprintf(&b, " %s: %s values, the largest %s", nameOr(c.name, "The run"), grouped(float64(s.n())), formatSpan(s.max()))
		if zero := s.zeroShare(); zero > 0 {
			fmt.Fprintf(&b, ", %s of them 0", formatPercent(zero))
		}
		if !s.isExact() {
			b.WriteString(", quantiles within 0.1 %")
		}
		b.WriteString(".")
		if m.gaps {
			b.WriteString(c.unrecorded())
		}
	}
	return b.String()
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
