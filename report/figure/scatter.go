package figure

import (
	"fmt"
	"math"
	"strings"
)

// maxDots is how many requests a scatter shows, of all runs together.
const maxDots = 1500

// normalizedVsRaw draws the normalized latency of each request against its
// TTFT.
func normalizedVsRaw(runs []run) (*Figure, []LeftOut) {
	f := &Figure{
		Name:  "normalized-vs-raw",
		Title: "What normalizing does to the wait",
		X:     Axis{Label: "time to first token", Unit: Nanoseconds, Scale: Log},
		Y:     Axis{Label: "normalized latency, per output token", Unit: Nanoseconds, Scale: Log},
	}
	var left []LeftOut
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{}
	var words strings.Builder
	for i, c := range runs {
		all := dilutions(c)
		if len(all) == 0 {
			left = append(left, LeftOut{f.Name, f.Title, c.name, "no request has a known time to first token and a normalized latency, both above zero"})
			continue
		}
		drawn := thin(all, maxDots/len(runs))
		s := Series{Run: c.name, Name: "request", Mark: Dots}
		s.ink, s.dash = inkOf(i)
		for _, d := range drawn {
			s.X, s.Y = append(s.X, d.x), append(s.Y, d.y)
			s.Weights, s.Labels = append(s.Weights, d.n), append(s.Labels, d.id)
		}
		for _, d := range all {
			lo, hi = [2]float64{min(lo[0], d.x), min(lo[1], d.y)}, [2]float64{max(hi[0], d.x), max(hi[1], d.y)}
		}
		f.series = append(f.series, s)
		if len(drawn) < len(all) {
			fmt.Fprintf(&words, " %s: %d of %s requests are drawn, one of each cell of a grid and all at the rim.",
				nameOr(c.name, "The run"), len(drawn), grouped(float64(len(all))))
		}
	}
	if len(f.series) == 0 {
		return nil, left
	}
	f.X.logSpan(lo[0], hi[0])
	f.Y.logSpan(lo[1], hi[1])
	f.series = append(dilutionLines(f), f.series...)
	f.Caption = "Each dot is a request; larger ones have 10, 100, 1000 output tokens or more. A dashed line is what a wait alone comes to " +
		"when it is divided by that many tokens: the further right at one height, the more of the wait is hidden." + words.String()
	return f, left
}

// dilution is a request in the scatter.
type dilution struct {
	x, y, n float64
	id      string
}

func dilutions(c run) []dilution {
	var all []dilution
	for _, a := range c.answers {
		ttft, ok := a.ttft.Get()
		latency, ok2 := a.latency.Nanoseconds()
		if ok && ok2 && ttft > 0 && latency > 0 {
			all = append(all, dilution{float64(ttft), latency, float64(a.tokens), a.id})
		}
	}
	return all
}

// dilutionLines returns the lines y = x/N for N = 1, 10, ... 10,000 as far as
// they cross the picture, with a note where there is room for one.
func dilutionLines(f *Figure) []Series {
	var all []Series
	lastX, lastY := math.Inf(1), math.Inf(1) // of the last note, in parts of the axes
	for n := 1.0; n <= 1e4; n *= 10 {
		from, to := max(f.X.Min, f.Y.Min*n), min(f.X.Max, f.Y.Max*n)
		if from >= to {
			continue
		}
		s := Series{Mark: Line, X: []float64{from, to}, Y: []float64{from / n, to / n},
			Labels: []string{"", "wait / " + grouped(n)}, ink: inkMuted, dash: 2, thin: true}
		x, y := f.X.Position(to), f.Y.Position(to/n)
		if math.Abs(x-lastX) > 0.2 || math.Abs(y-lastY) > 0.1 {
			s.noted, lastX, lastY = x > 0.3, x, y
		}
		all = append(all, s)
	}
	return all
}
