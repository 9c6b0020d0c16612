package figure

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// maxRows is how many requests a figure shows as rows, and maxRowStalls how
// many stalls of each.
const (
	maxRows      = 200
	maxRowStalls = 12
)

const rowsTitle = "Each request over time"

// requestRows draws each request as a row: the wait for its first token, the
// answer, and its stalls.
func requestRows(name string, c run) (*Figure, *LeftOut) {
	var all []rowOf
	for i, a := range c.answers {
		if a.arrival.Known() && a.end.Known() {
			all = append(all, rowOf{answer: a, index: i})
		}
	}
	if len(all) == 0 {
		return nil, &LeftOut{name, rowsTitle, c.name, "no request has a known arrival and a known end"}
	}
	byRequest := map[int][]stall{}
	for _, s := range c.stalls.all() {
		byRequest[s.request] = append(byRequest[s.request], s)
	}
	axis := "time since the arrival of each request"
	origin := func(a *answer) time.Duration { return value(a.arrival) }
	if c.Options.CommonClock {
		slices.SortStableFunc(all, func(a, b rowOf) int { return cmp.Compare(value(a.arrival), value(b.arrival)) })
		start := value(all[0].arrival)
		origin = func(*answer) time.Duration { return start }
		axis = "time since the first arrival"
	}
	rows := longestOfEach(all, byRequest)
	f := &Figure{
		Name:  name,
		Title: rowsTitle + ofRun(c),
		X:     Axis{Label: axis, Unit: Nanoseconds},
		Y:     Axis{Label: "requests in order of arrival, from below", Unit: Requests, Min: 0, Max: float64(len(all))},
		rows:  len(rows),
	}
	wait := Series{Run: c.name, Name: "waiting for the first token", Mark: Spans, ink: inkWait}
	answers := Series{Run: c.name, Name: "tokens", Mark: Spans, ink: inkRun}
	stalls := Series{Run: c.name, Name: "stalled for " + formatSpan(float64(c.leastStall())) + " or more", Mark: Spans, ink: inkStall}
	end := 0.0
	for i, r := range rows {
		y := (float64(i) + 0.5) * float64(len(all)) / float64(len(rows))
		z := origin(&r.answer)
		at := func(t time.Duration) float64 { return float64(t - z) }
		first, ok := r.first.Get()
		if !ok {
			first = value(r.end)
		}
		wait.span(at(value(r.arrival)), at(first), y, r.id)
		if ok {
			answers.span(at(first), at(value(r.end)), y, r.id)
		}
		for _, s := range longestStalls(byRequest[r.index]) {
			stalls.span(at(s.from), at(s.to), y, r.id)
		}
		end = max(end, at(value(r.end)))
	}
	for _, s := range [...]Series{wait, answers, stalls} {
		if len(s.X) > 0 {
			f.series = append(f.series, s)
		}
	}
	f.X.span(0, end)
	f.Caption = rowsCaption(c, len(rows), len(all), len(byRequest) > 0)
	return f, nil
}

// rowsCaption describes the rows; stalls says that there is one in them.
func rowsCaption(c run, rows, all int, stalls bool) string {
	s := fmt.Sprintf("Each row is a request, %s of %s.", grouped(float64(rows)), grouped(float64(len(c.answers)))) +
		untimed(len(c.answers)-all) + c.unrecorded()
	if c.stalls.limited || len(c.stalls.others) > 0 {
		s += fmt.Sprintf(" Of the stalls of a request the %d longest are drawn at most.", maxRowStalls)
	}
	switch {
	case rows < all && stalls:
		s += " Of neighbors the one with the longest stall is drawn."
	case rows < all:
		s += " Of neighbors the first is drawn."
	}
	band := "vertical"
	if !c.Options.CommonClock {
		s += " The file does not say when requests were sent, so each row begins at its own arrival, in the order of the file."
		band = "slanted"
	}
	if c.sparse > 0 && !stalls {
		return s
	}
	return s + " What stops all requests at once is a " + band + " band."
}

type rowOf struct {
	answer
	index int
}

// longestOfEach returns the requests, or of more than maxRows the one with
// the longest stall of each of maxRows equal groups of neighbors.
func longestOfEach(all []rowOf, stalls map[int][]stall) []rowOf {
	if len(all) <= maxRows {
		return all
	}
	most := func(r *rowOf) (longest time.Duration) {
		for _, s := range stalls[r.index] {
			longest = max(longest, s.length())
		}
		return longest
	}
	var out []rowOf
	for k := range maxRows {
		group := all[k*len(all)/maxRows : (k+1)*len(all)/maxRows]
		best := 0
		for i := range group {
			if most(&group[i]) > most(&group[best]) {
				best = i
			}
		}
		out = append(out, group[best])
	}
	return out
}

// longestStalls returns the maxRowStalls longest.
func longestStalls(all []stall) []stall {
	if len(all) <= maxRowStalls {
		return all
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b stall) int { return cmp.Compare(b.length(), a.length()) })
	return all[:maxRowStalls]
}

// span adds a horizontal line.
func (s *Series) span(from, to, y float64, label string) {
	s.X, s.X2, s.Y = append(s.X, from), append(s.X2, to), append(s.Y, y)
	s.Labels = append(s.Labels, label)
}
