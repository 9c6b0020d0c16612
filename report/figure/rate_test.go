package figure

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

func point(rate, smooth, tokens float64) RatePoint {
	return RatePoint{Run: "at " + short(rate), Rate: rate,
		Goodput: goodput.Stats{Smooth: metrics.Known(smooth), Tokens: metrics.Known(tokens)}}
}

func TestRateFigureMarksTheBestRates(t *testing.T) {
	points := []RatePoint{point(16, -50, 300), point(1, 10, 12), point(8, 60, 400), point(4, 90, 100)}
	before := slices.Clone(points)
	f, err := RateFigure(points)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, points); diff != "" {
		t.Errorf("the argument changed (-before +after):\n%s", diff)
	}
	type line struct{ X, Y []float64 }
	got := map[string]line{}
	for _, s := range f.Series() {
		got[s.Name] = line{s.X, s.Y}
	}
	want := map[string]line{
		"smooth goodput":         {[]float64{1, 4, 8, 16}, []float64{10, 90, 60, -50}},
		"smooth goodput is best": {[]float64{4}, []float64{90}},
		"token goodput":          {[]float64{1, 4, 8, 16}, []float64{12, 100, 400, 300}},
		"token goodput is best":  {[]float64{8}, []float64{400}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if f.Y.Min > -50 || f.Y.Max < 400 {
		t.Errorf("the axis from %v to %v does not hold the goodput", f.Y.Min, f.Y.Max)
	}
	if !strings.Contains(f.Caption, "Smooth goodput is best at 4 requests/s, with 90 tokens/s.") {
		t.Errorf("caption %q", f.Caption)
	}
}

func TestRateFigureNeedsTwoRates(t *testing.T) {
	none := RatePoint{Rate: 3}
	for _, tt := range []struct {
		points []RatePoint
		ok     bool
		reason string
	}{
		{nil, false, "no run"},
		{[]RatePoint{point(1, 1, 1)}, false, "one run has no neighbor"},
		{[]RatePoint{point(2, 1, 1), point(2, 3, 3)}, false, "the same rate twice"},
		{[]RatePoint{point(2, 1, 1), none}, false, "no duration, no goodput"},
		{[]RatePoint{point(2, 1, 1), point(math.Inf(1), 1, 1), point(math.NaN(), 1, 1), point(-1, 1, 1), point(0, 1, 1)}, false, "unlimited rates have no place on an axis"},
		{[]RatePoint{point(2, 0, 0), point(3, 0, 0)}, true, "nothing but zeros is a result"},
		{[]RatePoint{point(2, -1, 0), none, point(3, -2, 0)}, true, "the run without goodput is left out"},
	} {
		f, err := RateFigure(tt.points)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrNoRates) {
			t.Errorf("%v: %v: %s", tt.points, err, tt.reason)
		}
		if f != nil {
			checkFigure(t, f)
		}
	}
}
