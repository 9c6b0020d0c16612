package figure

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// timeline draws the tokens of one request against their deadlines.
func timeline(name string, c run) (*Figure, *LeftOut) {
	r := &c.shown.request
	if why := c.whyNoTimeline(); why != "" {
		return nil, &LeftOut{name, "Tokens of one request over time", c.name, why}
	}
	z, _ := r.Arrival().Get()
	t := newTokens(r, z, c.Options)
	f := &Figure{
		Name:  name,
		Title: "Tokens of request " + nameOr(r.ID, "without an ID") + " over time" + ofRun(c),
		X:     Axis{Label: "time since arrival", Unit: Nanoseconds},
		Y:     Axis{Label: "tokens visible", Unit: Tokens},
	}
	last := t.steps[len(t.steps)-1]
	f.X.span(0, float64(last.at))
	f.Y.span(0, float64(last.visible))
	f.series = t.series(c, f.X.Max)
	f.Caption = t.caption(c)
	return f, nil
}

func (c run) whyNoTimeline() string {
	r := &c.shown.request
	switch {
	case !c.shown.found && c.Options.Show != "":
		return "no request has the ID " + strconv.Quote(c.Options.Show)
	case !c.shown.found:
		return "no request has two tokens whose instants are known"
	case r.Sparse:
		return "only the first and the last token of the request have an instant"
	case !r.Arrival().Known():
		return "the arrival of the request is not known"
	case r.Tokens() < 2:
		return "the request has fewer than two tokens"
	}
	return ""
}

// step is a delivery of tokens, in times since the arrival.
type step struct {
	at      time.Duration
	visible int64         // tokens after it
	before  int64         // tokens before it
	due     time.Duration // deadline of its first token
	timed   bool          // there is one
	from    time.Duration // when the wait for it began: the delivery before it, or the arrival
}

func (s *step) late() bool          { return s.timed && s.at > s.due }
func (s *step) wait() time.Duration { return s.at - s.from }

// tokens are the deliveries of one request with what was expected of them.
type tokens struct {
	request *metrics.Request
	steps   []step
	idle    []interval
	score   fluidity.Score
	judged  bool
}

type interval struct{ from, to time.Duration }

func newTokens(r *metrics.Request, arrival time.Duration, o Options) *tokens {
	t := &tokens{request: r}
	var tr fluidity.Tracker
	t.judged = o.Deadlines.Decode > 0 && tr.Start(&o.Deadlines, r.PromptTokens) == nil
	var n int64
	var from time.Duration
	for _, d := range r.Deliveries {
		if d.Tokens == 0 {
			continue
		}
		s := step{at: d.At - arrival, before: n, visible: n + int64(d.Tokens), from: from}
		s.due, _, s.timed = tr.Next(&o.Deadlines, s.at)
		s.timed = s.timed && t.judged
		tr.Observe(&o.Deadlines, s.at, d.Tokens)
		t.steps = append(t.steps, s)
		n, from = s.visible, s.at
	}
	t.score = tr.Score()
	t.idle = idle(t.steps, o.Reader)
	return t
}

// idle returns when the reader waited: from the instant at which a token was
// wanted to the one at which it came. The lengths add up to
// [goodput.Reader.IdleLatency].
func idle(steps []step, reader goodput.Reader) []interval {
	v := reader.PerToken
	if v == 0 {
		v = goodput.DefaultPerToken
	}
	if v < 0 || reader.Tolerance < 0 {
		return nil
	}
	var all []interval
	want := later(reader.Tolerance, v, 1)
	if reader.Origin == goodput.FromFirstToken {
		want = later(steps[0].at, later(reader.Tolerance, v, 1), 1)
	}
	for _, s := range steps {
		if s.at > want {
			all = append(all, interval{want, s.at})
			want = s.at
		}
		want = later(want, v, s.visible-s.before)
	}
	return all
}

// later returns t + k step, or an instant after all others.
func later(t, step time.Duration, k int64) time.Duration {
	const end = 2 * metrics.MaxInstant
	if t >= end || step > 0 && k > int64(end-t)/int64(step) {
		return end
	}
	return t + step*time.Duration(k)
}

// maxSteps is how many deliveries are drawn, about, and maxShaded how many
// stalls.
const (
	maxSteps  = 600
	maxShaded = 40
)

// kept returns the deliveries to draw: all of them, or of each of maxSteps/4
// parts the first, the last and both ends of the longest wait.
func (t *tokens) kept() []step {
	if len(t.steps) <= maxSteps {
		return t.steps
	}
	const parts = maxSteps / 4
	var kept []int
	for part := range parts {
		from, to := part*len(t.steps)/parts, (part+1)*len(t.steps)/parts
		longest := from
		for i := from; i < to; i++ {
			if t.steps[i].wait() > t.steps[longest].wait() {
				longest = i
			}
		}
		kept = append(kept, from, max(longest-1, 0), longest, to-1)
	}
	slices.Sort(kept)
	var out []step
	for _, i := range slices.Compact(kept) {
		out = append(out, t.steps[i])
	}
	return out
}

// stalls returns the waits to shade, in order of time: gaps of at least the
// given length, and waits of one decode deadline or more that ended in a late
// token; the longest maxShaded of them. all is how many there are.
func (t *tokens) stalls(least, decode time.Duration) (late []step, all int) {
	for i := range t.steps {
		s := &t.steps[i]
		if s.late() && (i == 0 || s.wait() >= decode) || i > 0 && s.wait() >= least {
			late = append(late, *s)
		}
	}
	all = len(late)
	if all > maxShaded {
		slices.SortStableFunc(late, func(a, b step) int { return cmp.Compare(b.wait(), a.wait()) })
		late = late[:maxShaded]
		slices.SortFunc(late, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	}
	return late, all
}
