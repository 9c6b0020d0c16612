package figure

import "strconv"

// Figures returns every figure that the runs define, in the order in which a
// reader wants them, and for each other one the reason why it is left out.
//
//	timeline           tokens of one request against its deadlines, stalls and idle time shaded   each run
//	requests           each request as a row: waiting, tokens, stalls                             each run
//	load               requests in flight, waiting, stalled, arriving over time                   each run
//	stall-percentiles  percentiles of the largest gap of each request
//	tbt-percentiles    percentiles of the gaps of all requests
//	tbt-cdf            their cumulative distribution
//	ttft-percentiles   percentiles of the time to first token
//	ttft-cdf           its cumulative distribution
//	ttft-split         time to first token as scheduling delay and prefill                        each run
//	fluidity-curve     fluidity index against the TBT deadline
//	normalized-vs-raw  normalized latency against the time to first token
//
// What shows one run is named after its place, as in "timeline-2", if there
// are several.
func Figures(runs []*Collector) ([]*Figure, []LeftOut) {
	g := gallery{runs: named(runs)}
	if len(runs) == 0 {
		return nil, nil
	}
	g.each("timeline", timeline)
	g.each("requests", requestRows)
	g.each("load", load)
	g.together(stallMetric().percentiles)
	g.together(tbtMetric().percentiles)
	g.together(tbtMetric().cdf)
	g.together(ttftMetric().percentiles)
	g.together(ttftMetric().cdf)
	g.each("ttft-split", ttftSplit)
	g.together(fluidityCurve)
	g.together(normalizedVsRaw)
	return g.figures, g.left
}

// run is a Collector with a name of its own.
type run struct {
	*Collector
	name string
}

// named names the runs so that they can be told apart: those without a name
// after their place, as in "run 2", and one whose name was there before with
// its place behind the name.
func named(all []*Collector) []run {
	out := make([]run, len(all))
	seen := map[string]bool{}
	for i, c := range all {
		name := c.Options.Name
		if name == "" && len(all) > 1 {
			name = "run " + strconv.Itoa(i+1)
		}
		for seen[name] {
			name += " (" + strconv.Itoa(i+1) + ")"
		}
		seen[name] = true
		out[i] = run{c, name}
	}
	return out
}

type gallery struct {
	runs    []run
	figures []*Figure
	left    []LeftOut
}

// together draws all runs in one figure.
func (g *gallery) together(draw func([]run) (*Figure, []LeftOut)) {
	f, left := draw(g.runs)
	if f != nil {
		g.figures = append(g.figures, f)
	}
	g.left = append(g.left, left...)
}

// each draws a figure of each run.
func (g *gallery) each(name string, draw func(string, run) (*Figure, *LeftOut)) {
	for i, c := range g.runs {
		of := name
		if len(g.runs) > 1 {
			of += "-" + strconv.Itoa(i+1)
		}
		f, left := draw(of, c)
		if f != nil {
			g.figures = append(g.figures, f)
		} else {
			g.left = append(g.left, *left)
		}
	}
}
