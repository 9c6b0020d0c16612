package figure

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// summaryAt judges the requests at another decode deadline.
func summaryAt(t testing.TB, all []*metrics.Request, o Options, decode time.Duration) *fluidity.Summary {
	t.Helper()
	d := o.Deadlines
	d.Decode = decode
	s := &fluidity.Summary{Options: fluidity.Options{Deadlines: d, NoTokenRate: true}}
	for _, r := range all {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// The worked example of the fluidity index: D_p = 1 s, D_d = 0.1 s, TTFT
// 0.8 s, then gaps of 0.05, 0.05, 0.45 and 0.1 s.
//
//	token   1    2    3    4     5
//	came   .8  .85  .90  1.35  1.45
//	due   1.0  1.1  1.2  1.3   1.45
func TestTimelineOfTheWorkedExample(t *testing.T) {
	o := standard("")
	r := at("worked", 7*sec, 800*ms, 850*ms, 900*ms, 1350*ms, 1450*ms)
	f := find(t, "timeline", collect(t, o, []*metrics.Request{r}))
	due, seen := seriesOf(t, f, "", "deadline"), seriesOf(t, f, "", "tokens visible")
	stall, idle := seriesOf(t, f, "", "stall"), seriesOf(t, f, "", "reader idle")
	got := [][]float64{due.X, due.Y, seen.X, seen.Y, stall.X, stall.X2, idle.X, idle.X2}
	want := [][]float64{
		{1e9, 1.1e9, 1.2e9, 1.3e9, 1.45e9}, {1, 2, 3, 4, 5},
		{0, 0.8e9, 0.85e9, 0.9e9, 1.35e9, 1.45e9}, {0, 1, 2, 3, 4, 5},
		{0.9e9}, {1.35e9}, // token 4 is 50 ms late
		{0.2e9}, {0.8e9}, // five tokens a second want the first one at 0.2 s
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Deadlines, lateness and idle time of random requests are those that
// fluidity and goodput count.
func TestTimelineAgainstScoreAndIdleLatency(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for range 2000 {
		o := Options{Deadlines: fluidity.Deadlines{
			Prefill: time.Duration(rng.Int64N(30)), Decode: 1 + time.Duration(rng.Int64N(9)),
			Late: fluidity.MissRule(rng.IntN(2)), First: fluidity.FirstToken(rng.IntN(3)), DropSlack: rng.IntN(2) == 0,
		}}
		o.Reader = goodput.Reader{PerToken: 1 + time.Duration(rng.Int64N(9)), Tolerance: time.Duration(rng.Int64N(9)), Origin: goodput.Origin(rng.IntN(2))}
		arrival := time.Duration(rng.Int64N(100)) - 50
		r := &metrics.Request{Due: metrics.Known(arrival)}
		now := arrival
		for range 2 + rng.IntN(12) {
			now += time.Duration(rng.Int64N(20))
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: now, Tokens: rng.IntN(4)})
		}
		if r.Tokens() < 2 {
			continue
		}
		tok := newTokens(r, arrival, o)
		score, err := o.Deadlines.Score(r)
		if err != nil {
			t.Fatal(err)
		}
		if tok.score != score {
			t.Fatalf("score %v, want %v for %+v", tok.score, score, r.Deliveries)
		}
		var idle time.Duration
		for i, w := range tok.idle {
			idle += w.to - w.from
			if w.to <= w.from || i > 0 && w.from < tok.idle[i-1].to {
				t.Fatalf("idle intervals %v overlap or are empty", tok.idle)
			}
		}
		if want, _ := o.Reader.IdleLatency(r).Get(); idle != want {
			t.Fatalf("idle for %v, want %v for %+v", idle, want, r.Deliveries)
		}
		if got, want := lateSteps(tok), naiveLate(r, arrival, o.Deadlines); got != want {
			t.Fatalf("%d late deliveries, want %d for %+v under %+v", got, want, r.Deliveries, o.Deadlines)
		}
	}
}

func lateSteps(t *tokens) (n int) {
	for i := range t.steps {
		if t.steps[i].late() {
			n++
		}
	}
	return n
}

// naiveLate counts late tokens by the definition, one token at a time.
func naiveLate(r *metrics.Request, arrival time.Duration, d fluidity.Deadlines) (n int) {
	due, first := d.Prefill, true
	for _, x := range r.Deliveries {
		for range x.Tokens {
			t := x.At - arrival
			if first {
				if d.First == fluidity.Skipped {
					due = t
				} else if t > due && d.First == fluidity.Scored {
					n++
				}
				if d.DropSlack {
					due = t
				}
			} else if t > due {
				n++
			}
			due = max(due, t) + d.Decode
			first = false
		}
	}
	return n
}

// A long request is drawn by some hundred deliveries, among them both ends of
// its largest gap and its last token.
func TestLongTimelineKeepsItsStalls(t *testing.T) {
	r := &metrics.Request{ID: "long", Sent: metrics.Known(time.Duration(0))}
	now := time.Duration(0)
	for i := range 100_000 {
		now += 10 * ms
		if i == 54_321 {
			now += 5 * sec
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: now, Tokens: 1})
	}
	s := seriesOf(t, find(t, "timeline", collect(t, standard(""), []*metrics.Request{r})), "", "tokens visible")
	if len(s.X) > maxSteps+1 {
		t.Errorf("%d points, want at most %d", len(s.X), maxSteps+1)
	}
	found := false
	for i := 1; i < len(s.X); i++ {
		found = found || s.X[i]-s.X[i-1] == float64(5*sec+10*ms) && s.Y[i] == 54_322
	}
	if last := s.X[len(s.X)-1]; !found || last != float64(now) {
		t.Errorf("stall found: %v; last token at %v, want %v", found, last, now)
	}
}

func TestWhichRequestIsShown(t *testing.T) {
	a := at("a", 0, 10*ms, 20*ms, 60*ms)
	b := at("b", 0, 10*ms, 90*ms)
	c := at("c", 0, 10*ms, 90*ms)
	one := at("one", 0, 10*ms)
	sparse := at("sparse", 0, 10*ms, 900*ms)
	sparse.Sparse = true
	unsent := at("unsent", 0, 10*ms, 20*ms)
	unsent.Sent = metrics.Instant{}
	for _, tt := range []struct {
		show, want string // want is the request, or why there is none
		all        []*metrics.Request
		reason     string
	}{
		{"", "b", []*metrics.Request{a, b, c, sparse}, "the first with the largest gap that is known"},
		{"a", "a", []*metrics.Request{b, a, c}, "as asked for"},
		{"x", `no request has the ID "x"`, []*metrics.Request{a}, "none has the ID"},
		{"", "no request has two tokens whose instants are known", []*metrics.Request{one, sparse}, "no gap at all"},
		{"one", "the request has fewer than two tokens", []*metrics.Request{one}, "nothing to see"},
		{"sparse", "only the first and the last token of the request have an instant", []*metrics.Request{sparse}, "its gap is not a stall"},
		{"", "the arrival of the request is not known", []*metrics.Request{unsent}, "no time since arrival"},
	} {
		o := standard("")
		o.Show = tt.show
		col := collect(t, o, tt.all)
		f, left := timeline("timeline", run{col, ""})
		got := col.shown.request.ID
		if f == nil {
			got = left.Reason
		}
		if got != tt.want {
			t.Errorf("show %q: %q, want %q: %s", tt.show, got, tt.want, tt.reason)
		}
	}
}

// The caption says which deadlines there are, and that not all is shaded.
func TestTimelineCaption(t *testing.T) {
	slow := []time.Duration{100 * ms}
	for range 2 * maxShaded {
		slow = append(slow, slow[len(slow)-1]+2*sec)
	}
	for _, tt := range []struct {
		name   string
		change func(*Options)
		tokens []time.Duration
		want   []string
		reason string
	}{
		{"scored", func(*Options) {}, []time.Duration{100 * ms, 150 * ms},
			[]string{"Deadlines of 1 s for the first token and 100 ms for each further one: 2 met, 0 missed", "The reader was never idle.", "Shaded are gaps of"}, "as given"},
		{"skipped", func(o *Options) { o.Deadlines.First, o.Deadlines.Prefill = fluidity.Skipped, 0 }, []time.Duration{100 * ms, 150 * ms},
			[]string{"Deadlines of 100 ms for each token after the first: 1 met, 0 missed"}, "the first token has none, not one of 0 ns"},
		{"many stalls", func(*Options) {}, slow,
			[]string{fmt.Sprintf("Shaded are the %d longest of %d: gaps of 1 s or more", maxShaded, 2*maxShaded)}, "what is not drawn is told"},
	} {
		o := standard("")
		tt.change(&o)
		got := find(t, "timeline", collect(t, o, []*metrics.Request{at("a", 0, tt.tokens...)})).Caption
		for _, w := range tt.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q, want %q: %s", tt.name, got, w, tt.reason)
			}
		}
	}
}
