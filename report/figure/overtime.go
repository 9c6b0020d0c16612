package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// maxFrozen is how many shaded intervals are drawn.
const maxFrozen = 200

const loadTitle = "Requests over time"

// load draws how many requests were there over the time of a run.
func load(name string, c run) (*Figure, *LeftOut) {
	timed := c.timed()
	if why := c.whyNoLoad(len(timed)); why != "" {
		return nil, &LeftOut{name, loadTitle, c.name, why}
	}
	start := value(timed[0].arrival)
	for _, a := range timed {
		start = min(start, value(a.arrival))
	}
	var flight, waiting, stuck, decoding changes
	for _, a := range timed {
		begin, end := value(a.arrival)-start, value(a.end)-start
		flight.add(begin, end)
		first, ok := a.first.Get()
		if !ok {
			waiting.add(begin, end)
			continue
		}
		waiting.add(begin, first-start)
		decoding.add(first-start, end)
	}
	for _, s := range c.stalls.all() {
		if a := c.answers[s.request]; a.arrival.Known() {
			stuck.add(s.from-start, s.to-start)
		}
	}
	f := &Figure{
		Name:  name,
		Title: loadTitle + ofRun(c),
		X:     Axis{Label: "time since the first arrival", Unit: Nanoseconds},
		Y:     Axis{Label: "requests", Unit: Requests},
	}
	stall := formatSpan(float64(c.leastStall()))
	frozen := Series{Run: c.name, Name: "half of the answers stalled", Mark: Bands, ink: inkBand}
	for _, w := range longest(frozenTimes(stuck.sorted(), decoding.sorted()), maxFrozen) {
		frozen.X, frozen.X2 = append(frozen.X, float64(w.from)), append(frozen.X2, float64(w.to))
		frozen.Labels = append(frozen.Labels, formatSpan(float64(w.to-w.from)))
	}
	frozen.Y = make([]float64, len(frozen.X))
	all := []Series{frozen,
		flight.series(c, "in flight", inkRun, 0),
		waiting.series(c, "waiting for the first token", inkRun+2, 1),
		stuck.series(c, "stalled for "+stall+" or more", inkStall, 0),
		arrivals(c, timed, start)}
	end := 0.0
	for _, s := range all {
		if len(s.X) > 0 {
			f.series = append(f.series, s)
			end = max(end, slices.Max(s.X), max(0, lastOf(s.X2)))
			f.Y.Max = max(f.Y.Max, slices.Max(s.Y))
		}
	}
	f.X.span(0, end)
	f.Y.span(0, f.Y.Max)
	f.Caption = fmt.Sprintf("%s requests. Shaded is when at least two answers, and at least half of those that had begun, were inside a gap of %s or more between two tokens: a freeze of the whole server is a shaded band.",
		grouped(float64(len(timed))), stall)
	f.Caption += c.unrecorded()
	f.Caption += untimed(len(c.answers) - len(timed))
	if c.stalls.limited {
		f.Caption += fmt.Sprintf(" Of stalls that are not the longest of their request only those of %s or more are counted.", formatSpan(float64(c.stalls.least)))
	}
	return f, nil
}

func (c run) whyNoLoad(timed int) string {
	switch {
	case len(c.answers) == 0:
		return "no request"
	case !c.Options.CommonClock:
		return "the file does not say when requests were sent, so that they cannot be put on one time line"
	case timed == 0:
		return "no request has a known arrival and a known end"
	}
	return ""
}

// timed returns the requests whose arrival and end are known.
func (c run) timed() []answer {
	var all []answer
	for _, a := range c.answers {
		if a.arrival.Known() && a.end.Known() {
			all = append(all, a)
		}
	}
	return all
}

// untimed says how many requests a figure over time does not show.
func untimed(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " 1 request without a known arrival or end is not shown."
	}
	return fmt.Sprintf(" %s requests without a known arrival or end are not shown.", grouped(float64(n)))
}

// change is a number of requests that come or, if negative, go.
type change struct {
	at time.Duration
	by int
}

type changes []change

func (c *changes) add(from, to time.Duration) { *c = append(*c, change{from, 1}, change{to, -1}) }

// level is a number that holds from an instant on.
type level struct {
	at time.Duration
	n  int
}

// sorted returns the number over time: one level for each instant at which
// it may change.
func (c changes) sorted() []level {
	c = slices.Clone(c)
	slices.SortFunc(c, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var out []level
	n := 0
	for i, e := range c {
		n += e.by
		if i == len(c)-1 || c[i+1].at != e.at {
			out = append(out, level{e.at, n})
		}
	}
	return out
}

// maxLevels is how many levels of a line are drawn, about.
const maxLevels = 800

// series draws the number over time. Of more than maxLevels levels it keeps,
// for each of maxLevels/2 equal intervals, the least and the largest.
func (c changes) series(of run, name string, i ink, dash int) Series {
	s := Series{Run: of.name, Name: name, Mark: Steps, ink: i, dash: dash}
	for _, l := range extremes(c.sorted(), maxLevels/2) {
		s.X, s.Y = append(s.X, float64(l.at)), append(s.Y, float64(l.n))
	}
	return s
}

// extremes returns the levels, or of more than twice as many as there are
// parts the least and the largest of each equal part of their time, and the
// last.
func extremes(all []level, parts int) []level {
	if len(all) <= 2*parts {
		return all
	}
	first, length := all[0].at, all[len(all)-1].at-all[0].at+1
	part := func(l level) int { return int(float64(l.at-first) / float64(length) * float64(parts)) }
	var keep []int
	for i := 0; i < len(all); {
		least, most, j := i, i, i
		for ; j < len(all) && part(all[j]) == part(all[i]); j++ {
			if all[j].n < all[least].n {
				least = j
			}
			if all[j].n > all[most].n {
				most = j
			}
		}
		keep = append(keep, min(least, most), max(least, most))
		i = j
	}
	keep = append(keep, len(all)-1)
	var out []level
	for _, i := range slices.Compact(keep) {
		out = append(out, all[i])
	}
	return out
}

// frozenTimes returns when at least two requests, and at least half of those
// that decode, are stalled.
func frozenTimes(stuck, decoding []level) []interval {
	var out []interval
	var s, d int
	open := false
	for len(stuck) > 0 || len(decoding) > 0 {
		at := time.Duration(math.MaxInt64)
		if len(stuck) > 0 {
			at = stuck[0].at
		}
		if len(decoding) > 0 {
			at = min(at, decoding[0].at)
		}
		if len(stuck) > 0 && stuck[0].at == at {
			s, stuck = stuck[0].n, stuck[1:]
		}
		if len(decoding) > 0 && decoding[0].at == at {
			d, decoding = decoding[0].n, decoding[1:]
		}
		switch frozen := s >= 2 && 2*s >= d; {
		case frozen && !open:
			out = append(out, interval{at, at})
			open = true
		case !frozen && open:
			out[len(out)-1].to = at
			open = false
		}
	}
	return out
}

// arrivals counts the requests that arrived in equal intervals of a round
// length.
func arrivals(c run, timed []answer, start time.Duration) Series {
	var last time.Duration
	for _, a := range timed {
		last = max(last, value(a.arrival)-start)
	}
	const parts = 40
	every := time.Duration(roundUp(max(float64(last)/parts, 1e6)))
	s := Series{Run: c.name, Name: "arrivals in " + formatSpan(float64(every)), Mark: Steps, ink: inkMuted, dash: 2, thin: true}
	counts := make([]float64, last/every+1)
	for _, a := range timed {
		counts[(value(a.arrival)-start)/every]++
	}
	for i, n := range counts {
		s.X, s.Y = append(s.X, float64(i)*float64(every)), append(s.Y, n)
	}
	s.X, s.Y = append(s.X, float64(len(counts))*float64(every)), append(s.Y, 0)
	return s
}

func value(s metrics.Span) time.Duration {
	d, _ := s.Get()
	return d
}

func lastOf(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	return slices.Max(xs)
}

// ofRun returns the run's name as the end of a title.
func ofRun(c run) string {
	if c.name == "" {
		return ""
	}
	return ", " + c.name
}
