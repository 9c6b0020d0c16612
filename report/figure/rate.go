package figure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// RatePoint is one run of a set that differs in the request rate.
type RatePoint struct {
	Run     string  // name of the run
	Rate    float64 // requests/s that were offered, positive
	Goodput goodput.Stats
}

// ErrNoRates says that fewer than two runs have a goodput at different rates.
var ErrNoRates = errors.New("figure: goodput against rate needs runs at two rates or more with a known duration")

// RateFigure draws token goodput and smooth goodput of runs against their
// request rate, and marks the rate at which each is best. The order of the
// points does not matter. The error is [ErrNoRates].
func RateFigure(points []RatePoint) (*Figure, error) {
	points = slices.Clone(points)
	slices.SortStableFunc(points, func(a, b RatePoint) int { return cmp.Compare(a.Rate, b.Rate) })
	f := &Figure{
		Name:  "goodput-vs-rate",
		Title: "Goodput against request rate",
		X:     Axis{Label: "requests/s offered", Unit: RequestsPerSecond},
		Y:     Axis{Label: "tokens/s", Unit: TokensPerSecond},
	}
	lo, hi, most := 0.0, 0.0, 0.0
	rates := map[float64]bool{}
	for i, of := range [...]struct {
		name string
		get  func(*goodput.Stats) metrics.Optional[float64]
	}{
		{"smooth goodput", func(s *goodput.Stats) metrics.Optional[float64] { return s.Smooth }},
		{"token goodput", func(s *goodput.Stats) metrics.Optional[float64] { return s.Tokens }},
	} {
		s := Series{Name: of.name, Mark: Line, dotted: true}
		s.ink, s.dash = inkOf(i)
		best := 0
		for _, p := range points {
			y, ok := of.get(&p.Goodput).Get()
			if !ok || !(p.Rate > 0) || p.Rate-p.Rate != 0 {
				continue
			}
			rates[p.Rate] = true
			most = max(most, p.Rate)
			s.X, s.Y, s.Labels = append(s.X, p.Rate), append(s.Y, y), append(s.Labels, p.Run)
			lo, hi = min(lo, y), max(hi, y)
			if y > s.Y[best] {
				best = len(s.Y) - 1
			}
		}
		if len(s.X) == 0 {
			continue
		}
		mark := Series{Name: of.name + " is best", Mark: Dots, X: s.X[best : best+1], Y: s.Y[best : best+1],
			Labels: s.Labels[best : best+1], ink: s.ink, dash: s.dash, best: true}
		f.series = append(f.series, s, mark)
		f.Caption += fmt.Sprintf("%s is best at %s requests/s, with %s tokens/s. ", strings.ToUpper(of.name[:1])+of.name[1:], significant(s.X[best]), significant(s.Y[best]))
	}
	if len(rates) < 2 {
		return nil, ErrNoRates
	}
	f.X.span(0, most)
	f.Y.span(lo, hi)
	f.Caption += "Each corner is a run; between runs nothing was measured."
	return f, nil
}
