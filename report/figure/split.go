package figure

import (
	"cmp"
	"fmt"
	"slices"
)

// maxColumns is how many requests a figure shows side by side.
const maxColumns = 240

const splitTitle = "Time to first token: scheduling and prefill"

// ttftSplit draws the TTFT of requests as scheduling delay and prefill.
func ttftSplit(name string, c run) (*Figure, *LeftOut) {
	var all []answer
	for _, a := range c.answers {
		if a.ttft.Known() && a.scheduled.Known() && a.prefill.Known() {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, &LeftOut{name, splitTitle, c.name, "no request has a known instant at which its prefill began"}
	}
	slices.SortStableFunc(all, func(a, b answer) int { return cmp.Compare(value(a.ttft), value(b.ttft)) })
	n := len(all)
	drawn := evenly(n, maxColumns)
	f := &Figure{
		Name:  name,
		Title: splitTitle + ofRun(c),
		X:     Axis{Label: "requests by rising time to first token", Unit: Share, Min: 0, Max: 1},
		Y:     Axis{Label: "time to first token", Unit: Nanoseconds},
	}
	prefill := Series{Run: c.name, Name: "prefill", Mark: Bars, ink: inkRun}
	waited := Series{Run: c.name, Name: "scheduling delay", Mark: Bars, ink: inkStall}
	for k, i := range drawn {
		a := all[i]
		from, to := float64(k)/float64(len(drawn)), float64(k+1)/float64(len(drawn))
		p, s := float64(value(a.prefill)), float64(value(a.scheduled))
		waited.bar(from, to, 0, s, a.id)
		prefill.bar(from, to, s, s+p, a.id)
	}
	f.series = []Series{waited, prefill}
	f.Y.span(0, float64(value(all[n-1].ttft)))
	f.Caption = fmt.Sprintf("Each column is a request: the wait until its prefill began, and above it the prefill. %s of %s requests have both parts.",
		grouped(float64(n)), grouped(float64(len(c.answers))))
	if len(drawn) < n {
		f.Caption += fmt.Sprintf(" %d are drawn, evenly spread over the ranks, with the shortest and the longest.", len(drawn))
	}
	return f, nil
}

// bar adds a rectangle.
func (s *Series) bar(x, x2, y, y2 float64, label string) {
	s.X, s.X2, s.Y, s.Y2 = append(s.X, x), append(s.X2, x2), append(s.Y, y), append(s.Y2, y2)
	s.Labels = append(s.Labels, label)
}

// evenly returns at most the given number of indices below n > 0, evenly
// spread, the first and the last among them.
func evenly(n, most int) []int {
	if n <= most {
		most = n
	}
	out := make([]int, most)
	for i := range out {
		if most > 1 {
			out[i] = int(int64(i) * int64(n-1) / int64(most-1))
		}
	}
	return out
}
