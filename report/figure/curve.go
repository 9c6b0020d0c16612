package figure

import (
	"math"
	"slices"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// curve holds the fluidity index of a run at each deadline of a sweep.
type curve struct {
	at []fluidity.Summary // by rising Decode; nil before the first request
}

// sweep returns the TBT deadlines of the curve: ten a decade from 1 ms to
// 10 s, in the rounded steps of the series R10 of ISO 3, and the run's own.
func sweep(own time.Duration) []time.Duration {
	tenths := [...]float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}
	var all []time.Duration
	for decade := 1e6; decade < 1e10; decade *= 10 {
		for _, m := range tenths {
			all = append(all, time.Duration(math.Round(m*decade)))
		}
	}
	all = append(all, 10*time.Second, own)
	slices.Sort(all)
	return slices.Compact(all)
}

// add judges the request, which must be valid, at every deadline.
func (c *curve) add(r *metrics.Request, d fluidity.Deadlines) error {
	if c.at == nil {
		if err := d.Validate(); err != nil {
			return err
		}
		for _, decode := range sweep(d.Decode) {
			d.Decode = decode
			c.at = append(c.at, fluidity.Summary{Options: fluidity.Options{
				Deadlines: d, Method: metrics.HDRMethod, NoTokenRate: true,
			}})
		}
	}
	for i := range c.at {
		if err := c.at[i].Add(r); err != nil {
			return err
		}
	}
	return nil
}

// fluidityCurve draws the index against the deadline.
func fluidityCurve(runs []run) (*Figure, []LeftOut) {
	f := &Figure{
		Name:  "fluidity-curve",
		Title: "Fluidity index against the TBT deadline",
		X:     Axis{Label: "deadline of each token after the first", Unit: Nanoseconds, Scale: Log},
		Y:     Axis{Label: "share of deadlines met", Unit: Share, Min: 0, Max: 1},
	}
	var left []LeftOut
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, c := range runs {
		pooled, mean := c.curve.series(c.name)
		if len(pooled.X) == 0 {
			left = append(left, LeftOut{f.Name, f.Title, c.name, c.curve.whyNot()})
			continue
		}
		pooled.ink, pooled.dash = inkOf(i)
		mean.ink, mean.dash, mean.quiet = pooled.ink, pooled.dash, len(runs) > 1
		f.series = append(f.series, pooled, mean)
		lo, hi = min(lo, pooled.X[0]), max(hi, pooled.X[len(pooled.X)-1])
	}
	if len(f.series) == 0 {
		return nil, left
	}
	f.X.Min, f.X.Max = lo, hi
	f.Caption = "One less the share of missed deadlines, all deadlines pooled (thick) and the mean of the requests' indices (thin), " +
		"for TBT deadlines of 1 ms to 10 s; computed for every request. Where the curve rises is the pace that the run kept; " +
		"what is missing on the right are stalls."
	return f, left
}

func (c *curve) series(run string) (pooled, mean Series) {
	pooled = Series{Run: run, Name: "pooled", Mark: Line}
	mean = Series{Run: run, Name: "mean of requests", Mark: Line, thin: true}
	for i := range c.at {
		s := c.at[i].Stats()
		p, ok := s.Pooled.Get()
		if !ok || s.Index == nil {
			continue
		}
		m, _ := s.Index.Mean.Get()
		x := float64(s.Decode)
		pooled.X, pooled.Y = append(pooled.X, x), append(pooled.Y, p)
		mean.X, mean.Y = append(mean.X, x), append(mean.Y, m)
	}
	return pooled, mean
}

func (c *curve) whyNot() string {
	if c.at == nil {
		return "no request, or no decode deadline"
	}
	return "no request has a deadline: the arrival, the tokens or their instants are not known"
}
