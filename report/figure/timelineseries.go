package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/fluidity"
)

// series returns what is drawn of the request, up to the right end of the
// axis: deadlines may go on for much longer than the tokens.
func (t *tokens) series(of run, end float64) []Series {
	o := &of.Options
	stalls := Series{Run: of.name, Name: "stall", Mark: Bands, ink: inkBand}
	shaded, _ := t.stalls(of.leastStall(), o.Deadlines.Decode)
	for _, s := range shaded {
		stalls.X, stalls.X2 = append(stalls.X, float64(s.from)), append(stalls.X2, float64(s.at))
		stalls.Labels = append(stalls.Labels, fmt.Sprintf("%s without a token", formatSpan(float64(s.wait()))))
	}
	stalls.Y = make([]float64, len(stalls.X))
	idle := Series{Run: of.name, Name: "reader idle", Mark: Strips, ink: inkIdle}
	for _, w := range longest(t.idle, maxShaded*5) {
		idle.X, idle.X2 = append(idle.X, float64(w.from)), append(idle.X2, float64(w.to))
	}
	idle.Y = make([]float64, len(idle.X))
	due := Series{Run: of.name, Name: "deadline", Mark: Line, ink: inkMuted, dash: 1}
	seen := Series{Run: of.name, Name: "tokens visible", Mark: Steps, ink: inkRun, X: []float64{0}, Y: []float64{0}}
	for _, s := range t.kept() {
		if s.timed && float64(s.due) <= end {
			due.X, due.Y = append(due.X, float64(s.due)), append(due.Y, float64(s.before+1))
		}
		seen.X, seen.Y = append(seen.X, float64(s.at)), append(seen.Y, float64(s.visible))
	}
	var all []Series
	for _, s := range [...]Series{stalls, due, seen, idle} {
		if len(s.X) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// longest returns the n longest of the intervals in order of time.
func longest(all []interval, n int) []interval {
	if len(all) <= n {
		return all
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b interval) int { return cmp.Compare(b.to-b.from, a.to-a.from) })
	all = all[:n]
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	return all
}

// caption says in words what the picture shows.
func (t *tokens) caption(of run) string {
	o := &of.Options
	var b strings.Builder
	worst := t.steps[0]
	for i, s := range t.steps {
		if i == 1 || i > 1 && s.wait() > worst.wait() {
			worst = s
		}
	}
	n := t.steps[len(t.steps)-1].visible
	which := "The request with the largest gap between two tokens"
	if o.Show != "" {
		which = "The request asked for"
	}
	fmt.Fprintf(&b, "%s", which)
	if of.name != "" {
		fmt.Fprintf(&b, ", of %s", of.name)
	}
	fmt.Fprintf(&b, ": %s tokens, the first after %s.", grouped(float64(n)), formatSpan(float64(t.steps[0].at)))
	if len(t.steps) > 1 {
		fmt.Fprintf(&b, " The largest gap is %s, after token %s.", formatSpan(float64(worst.wait())), grouped(float64(worst.before)))
	}
	if index, ok := t.score.Index().Get(); t.judged && ok {
		fmt.Fprintf(&b, " Deadlines of %s: %s met, %s missed, fluidity index %s.", deadlineWords(&o.Deadlines),
			grouped(float64(t.score.Hits)), grouped(float64(t.score.Misses)), significant(index))
	}
	if idle, ok := goodputIdle(t, o); ok && idle == 0 {
		b.WriteString(" The reader was never idle.")
	} else if ok {
		fmt.Fprintf(&b, " The reader was idle for %s.", formatSpan(idle))
	}
	b.WriteString(" Shaded are ")
	if shaded, all := t.stalls(of.leastStall(), o.Deadlines.Decode); len(shaded) < all {
		fmt.Fprintf(&b, "the %d longest of %s: ", len(shaded), grouped(float64(all)))
	}
	fmt.Fprintf(&b, "gaps of %s or more", formatSpan(float64(of.leastStall())))
	if t.judged {
		b.WriteString(", and waits of a decode deadline or more for a token that came late")
	}
	b.WriteString(".")
	if len(t.steps) > maxSteps {
		fmt.Fprintf(&b, " Of %s deliveries about %d are drawn, among them both ends of the longest waits.", grouped(float64(len(t.steps))), maxSteps)
	}
	return b.String()
}

// deadlineWords says what the deadlines are, as after "deadlines of".
func deadlineWords(d *fluidity.Deadlines) string {
	first, each := formatSpan(float64(d.Prefill)), formatSpan(float64(d.Decode))
	switch {
	case d.First == fluidity.Skipped:
		return each + " for each token after the first"
	case d.Curve != nil:
		return first + " more than the predicted prefill for the first token and " + each + " for each further one"
	}
	return first + " for the first token and " + each + " for each further one"
}

// goodputIdle returns the idle latency of the request's reader.
func goodputIdle(t *tokens, o *Options) (float64, bool) {
	if o.Reader.PerToken < 0 || o.Reader.Tolerance < 0 {
		return 0, false
	}
	l, ok := o.Reader.IdleLatency(t.request).Get()
	return float64(l), ok
}
