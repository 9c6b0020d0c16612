package figure

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// onAxis is an axis as the drawing library wants it.
type onAxis struct{ *Axis }

// Normalize is [Axis.Position].
func (a onAxis) Normalize(_, _, v float64) float64 { return a.Position(v) }

// Ticks returns the marks of the axis.
func (a onAxis) Ticks(_, _ float64) []plot.Tick { return a.ticks() }

func (a *Axis) ticks() []plot.Tick {
	switch a.Scale {
	case Log:
		return a.logTicks()
	case Nines:
		return a.ninesTicks()
	}
	return a.linearTicks()
}

// span sets the range of a linear axis from 0, or from lo if it is negative,
// to hi or a little more.
func (a *Axis) span(lo, hi float64) {
	if hi <= lo {
		hi = lo + 1
		if a.Unit == Nanoseconds {
			hi = lo + 1e6
		}
	}
	step := a.step(hi - lo)
	a.Min, a.Max = step*math.Floor(lo/step), hi
	if top := step * math.Ceil(hi/step); top-hi < 0.3*step {
		a.Max = top
	}
}

// logSpan sets the range of a log axis to round numbers around lo and hi,
// which are positive.
func (a *Axis) logSpan(lo, hi float64) {
	a.Min, a.Max = roundDown(lo), roundUp(hi)
	if a.Min >= a.Max {
		a.Min = roundDown(a.Min * 0.99)
	}
}

// roundDown returns the largest of 1, 2, 5, 10, ... times a power of ten that
// is not above v > 0.
func roundDown(v float64) float64 {
	p := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, m := range [...]float64{10, 5, 2, 1} {
		if m*p <= v {
			return m * p
		}
	}
	return p / 2 // v is just below p, which the logarithm does not show
}

// roundUp returns the least of 1, 2, 5, 10, ... times a power of ten that is
// not below v > 0.
func roundUp(v float64) float64 {
	p := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, m := range [...]float64{1, 2, 5, 10} {
		if m*p >= v {
			return m * p
		}
	}
	return 20 * p
}

// logTicks labels decades, with every digit between them as a small mark.
// Where there are few decades 2 and 5 are labeled too; where many, not all.
func (a *Axis) logTicks() []plot.Tick {
	from, to := math.Floor(math.Log10(a.Min)+1e-9), math.Ceil(math.Log10(a.Max)-1e-9)
	decades := math.Log10(a.Max / a.Min)
	every := math.Ceil(decades / 6)
	var ticks []plot.Tick
	for e := from; e <= to; e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow10(int(e))
			if v < a.Min*(1-1e-9) || v > a.Max*(1+1e-9) || m > 1 && every > 1 {
				continue
			}
			label := ""
			if m == 1 && math.Mod(e-from, every) == 0 || decades < 2.6 && (m == 2 || m == 5) || decades < 0.8 {
				label = a.format(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// ninesTicks marks 0, 90 %, 99 % and so on, and the end, which is the largest
// value.
func (a *Axis) ninesTicks() []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "0"}, {Value: 0.5, Label: "50"}}
	for k := 1.0; k < a.end-0.45; k++ {
		ticks = append(ticks, plot.Tick{Value: 1 - math.Pow(10, -k), Label: nines(int(k))})
	}
	return append(ticks, plot.Tick{Value: 1, Label: "max"})
}

// nines returns 1 - 10^-k as a percentage: "90", "99", "99.9".
func nines(k int) string {
	switch k {
	case 1:
		return "90"
	case 2:
		return "99"
	}
	return "99." + strings.Repeat("9", k-2)
}

// spaced is a horizontal axis without the labels that have no room.
type spaced struct {
	*Axis
	length float64 // of the axis, at the least
}

// newSpaced returns the horizontal axis x of a picture with the vertical axis
// y, whose labels take room from it, as do its own at both ends.
func newSpaced(x, y *Axis) spaced {
	st := style(textSize, inkText)
	widest := func(a *Axis) (w float64) {
		for _, t := range a.ticks() {
			w = max(w, st.Width(t.Label).Points())
		}
		return w
	}
	return spaced{x, width - 2*margin - widest(y) - 6 - widest(x)/2}
}

// Ticks returns the marks of the axis; the last label always stays.
func (s spaced) Ticks(_, _ float64) []plot.Tick {
	const space = 6
	ticks := s.ticks()
	st := style(textSize, inkText)
	ends := func(t plot.Tick) (left, right float64) {
		at, half := s.length*s.Position(t.Value), st.Width(t.Label).Points()/2
		return at - half, at + half
	}
	last := len(ticks) - 1
	for last > 0 && ticks[last].Label == "" {
		last--
	}
	if last < 1 {
		return ticks
	}
	end, _ := ends(ticks[last])
	free := math.Inf(-1)
	for i := range last {
		if ticks[i].Label == "" {
			continue
		}
		left, right := ends(ticks[i])
		if left < free || right+space > end {
			ticks[i].Label = ""
			continue
		}
		free = right + space
	}
	return ticks
}

// linearTicks marks multiples of a round step.
func (a *Axis) linearTicks() []plot.Tick {
	step := a.step(a.Max - a.Min)
	var ticks []plot.Tick
	for i := math.Ceil(a.Min/step - 1e-9); i*step <= a.Max+step*1e-9; i++ {
		v := i*step + 0 // -0 becomes 0
		label := a.format(v)
		if a.Unit == Nanoseconds && step >= 60e9 {
			label = formatMinutes(v, step)
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}

// step returns a round distance between the marks of a linear axis of the
// given length: 1, 2 or 5 times a power of ten, of minutes and hours also
// their usual parts; whole numbers of tokens and requests.
func (a *Axis) step(length float64) float64 {
	const marks = 7
	least := length / marks
	if a.Unit == Nanoseconds {
		for _, s := range [...]float64{60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400} {
			if least > 50e9 && s*1e9 >= least {
				return s * 1e9
			}
		}
	}
	if least < 1 && (a.Unit == Tokens || a.Unit == Requests) {
		return 1
	}
	return roundUp(least)
}

// format prints a value of the axis for a tick.
func (a *Axis) format(v float64) string {
	switch a.Unit {
	case Nanoseconds:
		return formatTime(v)
	case Share:
		return short(100*v) + " %"
	}
	return grouped(v)
}

// formatTime prints a length of time in the largest unit of which it holds at
// least one, up to seconds.
func formatTime(ns float64) string {
	switch {
	case ns == 0:
		return "0"
	case ns >= 1e15:
		return strings.Replace(strconv.FormatFloat(ns/1e9, 'g', 2, 64), "e+0", "e", 1) + " s"
	case ns >= 1e9:
		return grouped(ns/1e9) + " s"
	case ns >= 1e6:
		return short(ns/1e6) + " ms"
	case ns >= 1e3:
		return short(ns/1e3) + " µs"
	}
	return short(ns) + " ns"
}

// formatMinutes prints a multiple of step, which is at least a minute, in
// minutes or hours.
func formatMinutes(ns, step float64) string {
	switch {
	case ns == 0:
		return "0"
	case step >= 3600e9:
		return grouped(ns/3600e9) + " h"
	}
	return grouped(ns/60e9) + " min"
}

// short prints v with at most four significant digits and no more than it
// needs.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64) }

// grouped prints v like short, the thousands apart.
func grouped(v float64) string {
	whole, fraction, _ := strings.Cut(short(v), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole
}

// formatSpan prints a length of time with three significant digits, for
// captions.
func formatSpan(ns float64) string {
	for _, u := range [...]struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= u.ns*0.9995 {
			return significant(ns/u.ns) + " " + u.name
		}
	}
	return short(ns) + " ns"
}

// significant prints v with three significant digits, whole from 100 on.
func significant(v float64) string {
	if v < 100 {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
		return short(v)
	}
	return grouped(math.Round(v))
}

// formatPercent prints a share; only all is 100 %, and only nothing 0 %.
func formatPercent(p float64) string {
	switch {
	case p > 0 && p < 0.001:
		return "under 0.1 %"
	case p < 1 && p > 0.999:
		return "over 99.9 %"
	}
	return significant(100*p) + " %"
}
