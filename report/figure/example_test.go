package figure_test

import (
	"fmt"
	"io"
	"log"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/figure"
)

// Two requests of a run without scheduling instants.
func Example() {
	c := &figure.Collector{Options: figure.Options{
		Name:        "demo",
		CommonClock: true,
		Deadlines:   fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond},
	}}
	for i, gap := range []time.Duration{40, 4000} {
		r := metrics.Request{ID: fmt.Sprint("request ", i), Sent: metrics.Known(time.Duration(i) * time.Second)}
		at := time.Duration(i)*time.Second + 300*time.Millisecond
		for range 3 {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
			at += gap * time.Millisecond
		}
		if err := c.Add(&r); err != nil {
			log.Fatal(err)
		}
	}

	figures, left := figure.Figures([]*figure.Collector{c})
	for _, f := range figures {
		if err := f.SVG(io.Discard); err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Name)
	}
	for _, l := range left {
		fmt.Println("left out:", l)
	}
	fmt.Println(figures[0].Caption)
	// Output:
	// timeline
	// requests
	// load
	// stall-percentiles
	// tbt-percentiles
	// tbt-cdf
	// ttft-percentiles
	// ttft-cdf
	// fluidity-curve
	// normalized-vs-raw
	// left out: Time to first token: scheduling and prefill, demo: no request has a known instant at which its prefill began
	// The request with the largest gap between two tokens, of demo: 3 tokens, the first after 300 ms. The largest gap is 4 s, after token 1. Deadlines of 1 s for the first token and 100 ms for each further one: 1 met, 73 missed, fluidity index 0.0135. The reader was idle for 7.7 s. Shaded are gaps of 1 s or more, and waits of a decode deadline or more for a token that came late.
}

func ExampleRateFigure() {
	var points []figure.RatePoint
	for rate, smooth := range map[float64]float64{1: 90, 2: 170, 4: 110} {
		points = append(points, figure.RatePoint{Rate: rate, Goodput: goodput.Stats{Smooth: metrics.Known(smooth)}})
	}
	f, err := figure.RateFigure(points)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Caption)
	// Output:
	// Smooth goodput is best at 2 requests/s, with 170 tokens/s. Each corner is a run; between runs nothing was measured.
}

// A reader of the numbers behind a picture finds the point under a pointer by
// the position along the axes.
func ExampleFigure_Area() {
	f, err := figure.RateFigure([]figure.RatePoint{
		{Rate: 2, Goodput: goodput.Stats{Smooth: metrics.Known(50.0)}},
		{Rate: 4, Goodput: goodput.Stats{Smooth: metrics.Known(100.0)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	area, s := f.Area(), f.Series()[0]
	x := area.Left + f.X.Position(s.X[0])*(area.Right-area.Left)
	y := area.Bottom - f.Y.Position(s.Y[0])*(area.Bottom-area.Top)
	fmt.Println(s.X[0], s.Y[0], x > area.Left && x < area.Right, y == (area.Top+area.Bottom)/2)
	// Output:
	// 2 50 true true
}
