package fluidity

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

var exactly = cmp.AllowUnexported(metrics.Optional[float64]{}, metrics.Span{})

// ended returns r with another outcome.
func ended(o metrics.Outcome, r *metrics.Request) *metrics.Request {
	r.Outcome = o
	return r
}

func planned(n int64) func(*metrics.Request) (int64, bool) {
	return func(*metrics.Request) (int64, bool) { return n, true }
}

func mustAdd(t testing.TB, s *Summary, rs ...*metrics.Request) {
	t.Helper()
	for _, r := range rs {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSummary(t *testing.T) {
	const ms = time.Millisecond
	s := Summary{Options: Options{Deadlines: Deadlines{Prefill: time.Second, Decode: 100 * ms}}}
	noArrival := gaps(time.Second, 1, 1)
	noArrival.Sent = metrics.Instant{}
	untimed := gaps(time.Second)
	untimed.UsageTokens = metrics.Known(int64(7))
	mustAdd(t, &s,
		gaps(time.Second, .8, .05, .05, .45, .1), // 4 hits, 1 miss; min deadline 0.65 s / 4
		gaps(time.Second, 2.35, .1),              // 1 hit, 14 misses; 0.1 s
		gaps(time.Second, .9),                    // 1 hit; one token
		gaps(time.Second),
		untimed,
		noArrival, // min deadline 1 s
		ended(metrics.Cancelled, gaps(time.Second, 1)),
		ended(metrics.TimedOut, gaps(time.Second, 1, 1, 1)),
		ended(metrics.Failed, gaps(time.Second)),
		ended(metrics.Failed, gaps(time.Second)),
		ended(metrics.Rejected, gaps(time.Second)),
	)
	type numbers struct {
		Requests       int64
		LeftOut        LeftOut
		Pooled         Score
		PooledIndex    metrics.Optional[float64]
		Reached        int64
		Share          metrics.Optional[float64]
		IndexN, IndexU int64
		MinN, MinU     int64
		FluidDeadline  metrics.Span
		Rate           metrics.Optional[float64]
	}
	want := numbers{
		Requests:    11,
		LeftOut:     LeftOut{Cancelled: 1, TimedOut: 1, Failed: 2, Rejected: 1, Empty: 1, Untimed: 1, NoArrival: 1},
		Pooled:      Score{6, 15},
		PooledIndex: metrics.Known(6. / 21),
		Reached:     1, Share: metrics.Known(1. / 3),
		IndexN: 3, IndexU: 8,
		MinN: 3, MinU: 8, // one token: no; no arrival: yes
		FluidDeadline: metrics.Known(time.Second), Rate: metrics.Known(1.),
	}
	got := numbers{s.Requests, s.LeftOut, s.Pooled, s.Pooled.Index(), s.Reached, s.ShareReached(), s.Index.N(), s.Index.Undefined(),
		s.MinDeadline.N(), s.MinDeadline.Undefined(), s.FluidDeadline(), s.TokenRate()}
	if diff := cmp.Diff(want, got, exactly); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, want := s.LeftOut.String(), "1 cancelled, 1 timed out, 2 failed, 1 rejected, 1 empty, 1 without token instants, 1 without an arrival"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSummaryReasons(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		r    *metrics.Request
		want LeftOut
	}{
		{"no prompt length", Options{Deadlines: Deadlines{Decode: 1, Curve: new(PrefillCurve)}}, gaps(1, 1, 1), LeftOut{NoPrompt: 1}},
		{"only a skipped token", Options{Deadlines: Deadlines{Decode: 1, First: Skipped}}, gaps(1, 1), LeftOut{NoneDue: 1}},
		{"no plan", Options{Deadlines: Deadlines{Decode: 1}, Unfinished: RemainingMissed, Planned: func(*metrics.Request) (int64, bool) { return 9, false }},
			ended(metrics.Failed, gaps(1, 1)), LeftOut{NoPlan: 1}},
		{"nothing planned", Options{Deadlines: Deadlines{Decode: 1}, Unfinished: RemainingMissed, Planned: planned(0)}, ended(metrics.Rejected, gaps(1)), LeftOut{NoneDue: 1}},
	} {
		s := Summary{Options: test.o}
		mustAdd(t, &s, test.r)
		if diff := cmp.Diff(test.want, s.LeftOut); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
		if s.Pooled != (Score{}) || s.Index.Undefined() != 1 || s.LeftOut.Total() != 1 {
			t.Errorf("%s: a request that is left out counts", test.name)
		}
	}
	l := LeftOut{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}
	if l.Total() != 2047 {
		t.Errorf("got a total of %d, want 2047", l.Total())
	}
	l.add(l)
	if diff := cmp.Diff(LeftOut{2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048}, l); diff != "" {
		t.Error(diff)
	}
	if got := (LeftOut{}).String(); got != "none" {
		t.Errorf("got %q, want none", got)
	}
}

func TestRemainingMissed(t *testing.T) {
	const ms = time.Millisecond
	even := func(o metrics.Outcome, n int) *metrics.Request {
		return ended(o, gaps(ms, slices.Repeat([]float64{40}, n)...))
	}
	for _, test := range []struct {
		name        string
		first       FirstToken
		r           *metrics.Request
		plan        int64
		want        Score
		unreachable bool
		reason      string
	}{
		{"completed", Scored, even(metrics.Completed, 20), 50, Score{20, 0}, false, "a complete answer has no rest"},
		{"cut", Scored, even(metrics.Cancelled, 20), 50, Score{20, 30}, true, "30 tokens never came"},
		{"cut, few lacking", Scored, even(metrics.Cancelled, 20), 22, Score{20, 2}, false, "19 decode hits to 2 misses reach 0.9"},
		{"more than planned", Scored, even(metrics.Failed, 20), 3, Score{20, 0}, false, "nothing remains"},
		{"no token", Scored, even(metrics.Rejected, 0), 50, Score{0, 50}, true, "the first token is missed too"},
		{"no token, skipped", Skipped, even(metrics.Rejected, 0), 50, Score{0, 49}, true, "a skipped first token has no deadline"},
		{"no token, free", Free, even(metrics.TimedOut, 0), 50, Score{0, 50}, true, "a free token is a hit if it comes"},
		{"empty", Scored, even(metrics.Completed, 0), 5, Score{0, 5}, true, "an empty answer is unfinished"},
	} {
		s := Summary{Options: Options{
			Deadlines:  Deadlines{Prefill: time.Second, Decode: 50 * ms, First: test.first},
			Unfinished: RemainingMissed,
			Planned:    planned(test.plan),
		}}
		mustAdd(t, &s, test.r)
		if diff := cmp.Diff(test.want, s.Pooled); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", test.name, test.reason, diff)
		}
		if (s.Unreachable == 1) != test.unreachable || s.Unreachable+s.MinDeadline.N() != 1 {
			t.Errorf("%s: unreachable is %v, want %v", test.name, s.Unreachable, test.unreachable)
		}
	}
}

func TestSummaryErrors(t *testing.T) {
	s := Summary{Options: Options{Deadlines: Deadlines{Decode: 1}}}
	late := &metrics.Request{Sent: metrics.Known(-metrics.MaxInstant), Deliveries: []metrics.Delivery{{At: metrics.MaxInstant, Tokens: 1}}}
	mustAdd(t, &s, late)
	if err := s.Add(late); !errors.Is(err, ErrOverflow) {
		t.Errorf("2^63 misses: got %v, want ErrOverflow", err)
	}
	if s.Requests != 1 || s.Pooled != (Score{0, 1<<62 + 1}) {
		t.Errorf("a refused request counts: %+v", s.Pooled)
	}
	o := Summary{Options: s.Options}
	mustAdd(t, &o, late)
	if err := s.Merge(&o); !errors.Is(err, ErrOverflow) || s.Requests != 1 {
		t.Errorf("got %v, want ErrOverflow and nothing merged", err)
	}
	var oe *OptionError
	if err := new(Summary).Add(late); !errors.As(err, &oe) {
		t.Errorf("got %v, want an OptionError", err)
	}
	for _, plan := range []int64{-1, metrics.MaxTokens + 1} {
		s := Summary{Options: Options{Deadlines: Deadlines{Decode: 1}, Unfinished: RemainingMissed, Planned: planned(plan)}}
		if err := s.Add(ended(metrics.Failed, gaps(1))); !errors.As(err, &oe) || oe.Option != "Planned" || s.Requests != 0 {
			t.Errorf("plan of %d: got %v, want an OptionError about Planned", plan, err)
		}
	}
}

func TestMergeMismatch(t *testing.T) {
	curve := mustFit(t, []PrefillSample{{1, 1}, {2, 2}, {3, 3}})
	other := mustFit(t, []PrefillSample{{1, 1}, {2, 2}, {3, 4}})
	same := mustFit(t, []PrefillSample{{3, 3}, {2, 2}, {1, 1}})
	base := Options{Deadlines: Deadlines{Decode: 1, Curve: curve}}
	with := func(change func(*Options)) Options {
		o := base
		change(&o)
		return o
	}
	for _, test := range []struct {
		option string
		o      Options
	}{
		{"", base},
		{"", with(func(o *Options) { o.Deadlines.Curve = same })},
		{"", with(func(o *Options) { o.Target = Target{9, 10} })},
		{"Deadlines", with(func(o *Options) { o.Deadlines.Decode = 2 })},
		{"Deadlines", with(func(o *Options) { o.Deadlines.Late = Ceil })},
		{"Deadlines.Curve", with(func(o *Options) { o.Deadlines.Curve = other })},
		{"Deadlines.Curve", with(func(o *Options) { o.Deadlines.Curve = nil })},
		{"Target", with(func(o *Options) { o.Target = Target{1, 2} })},
		{"Unfinished", with(func(o *Options) { o.Unfinished = RemainingMissed })},
		{"Method", with(func(o *Options) { o.Method = metrics.HDRMethod })},
		{"NoTokenRate", with(func(o *Options) { o.NoTokenRate = true })},
	} {
		a, b := Summary{Options: base}, Summary{Options: test.o}
		err := a.Merge(&b)
		var oe *OptionError
		if test.option == "" {
			if err != nil {
				t.Errorf("equal options: %v", err)
			}
		} else if !errors.As(err, &oe) || oe.Option != test.option || !errors.Is(err, ErrMismatch) {
			t.Errorf("got %v, want a mismatch of %s", err, test.option)
		}
	}
}

// randomOutcomes returns requests of every kind.
func randomOutcomes(rng *rand.Rand, n int) []*metrics.Request {
	var rs []*metrics.Request
	for range n {
		r := randomRequest(rng, 40, time.Millisecond)
		r.Outcome = metrics.Outcome(max(0, rng.IntN(12)-7))
		if rng.IntN(9) == 0 {
			r.Sent = metrics.Instant{}
		}
		rs = append(rs, r)
	}
	return rs
}

// TestSummaryEqualsTwin recomputes the numbers of a summary from lists, and
// checks that the summaries of two halves merge to that of the whole.
func TestSummaryEqualsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 14))
	for range 300 {
		rs := randomOutcomes(rng, rng.IntN(300))
		o := Options{Deadlines: randomDeadlines(rng, time.Millisecond), Method: metrics.Method(rng.IntN(2))}
		if rng.IntN(2) == 0 {
			o.Unfinished, o.Planned = RemainingMissed, planned(rng.Int64N(50))
		}
		whole, a, b := Summary{Options: o}, Summary{Options: o}, Summary{Options: o}
		mustAdd(t, &whole, rs...)
		cut := rng.IntN(len(rs) + 1)
		mustAdd(t, &a, rs[:cut]...)
		mustAdd(t, &b, rs[cut:]...)
		if err := a.Merge(&b); err != nil {
			t.Fatal(err)
		}
		checkSummary(t, &whole, rs)
		if a.Requests != whole.Requests || a.LeftOut != whole.LeftOut || a.Pooled != whole.Pooled || a.Reached != whole.Reached ||
			a.Unreachable != whole.Unreachable || a.FluidDeadline() != whole.FluidDeadline() || a.TokenRate() != whole.TokenRate() {
			t.Fatal("the merged summary differs from that of all requests")
		}
		if diff := cmp.Diff(whole.MinDeadline.Stats(), a.MinDeadline.Stats(), cmp.AllowUnexported(metrics.Optional[float64]{})); diff != "" && o.Method == metrics.HDRMethod {
			t.Fatalf("(-whole +merged)\n%s", diff)
		}
	}
}

// checkSummary compares s with the plainest way to its numbers.
func checkSummary(t *testing.T, s *Summary, rs []*metrics.Request) {
	t.Helper()
	o := s.Options
	var pooled Score
	var with, reached int64
	var least []float64 // minimum deadlines, infinite where there is none
	for _, r := range rs {
		tokens := r.Tokens()
		var lacking int64
		if r.Outcome != metrics.Completed || tokens == 0 {
			if o.Unfinished == Excluded {
				continue
			}
			plan, _ := o.Planned(r)
			lacking = max(0, plan-tokens)
		}
		if n := tokens + lacking; n >= 2 {
			d := math.Inf(1)
			if v, ok := leastWith(r, lacking, o.Deadlines.Late); ok {
				d = float64(v)
			}
			least = append(least, d)
		}
		score := mustScore(t, o.Deadlines, r)
		if tokens > 0 && score == (Score{}) && (o.Deadlines.usesPrefill() && !r.Arrival().Known()) {
			continue
		}
		score.Misses += lacking
		if tokens == 0 && lacking > 0 && o.Deadlines.First == Skipped {
			score.Misses--
		}
		if score == (Score{}) {
			continue
		}
		pooled.Hits += score.Hits
		pooled.Misses += score.Misses
		with++
		if ok, _ := score.AtLeast(Target{}); ok {
			reached++
		}
	}
	if s.Pooled != pooled || s.Index.N() != with || s.Reached != reached || s.LeftOut.Total() != s.Requests-with {
		t.Fatalf("got %+v, %d with an index, %d reached; want %+v, %d, %d", s.Pooled, s.Index.N(), s.Reached, pooled, with, reached)
	}
	slices.Sort(least)
	got, ok := s.FluidDeadline().Get()
	if len(least) == 0 {
		if ok {
			t.Fatalf("D* is %v without a request", got)
		}
		return
	}
	want := least[(99*len(least)+99)/100-1]
	within := 0.0
	if o.Method == metrics.HDRMethod {
		within = 0.001
	}
	if ok == math.IsInf(want, 1) || ok && math.Abs(float64(got)-want) > within*want {
		t.Fatalf("D* is %v %v, want %v of %v", got, ok, want, least)
	}
}

// leastWith returns the smallest D_d with which r reaches 9/10 when a number
// of planned tokens is lacking. Every D_d at which a verdict changes is a
// candidate.
func leastWith(r *metrics.Request, lacking int64, late MissRule) (time.Duration, bool) {
	if r.Tokens() == 0 {
		return 0, false
	}
	lo, hi := time.Duration(0), time.Duration(1<<40) // below; reaches it if anything does
	reaches := func(d time.Duration) bool {
		s, _ := Deadlines{Decode: d, Late: late, First: Skipped}.Score(r)
		s.Misses += lacking
		ok, _ := s.AtLeast(Target{})
		return ok
	}
	if !reaches(hi) {
		return 0, false
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; reaches(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// TestFluidDeadlineRank has one request of each minimum deadline 1..n, so
// that D* is the rank itself.
func TestFluidDeadlineRank(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 1, 2: 2, 99: 99, 100: 99, 101: 100, 200: 198, 700: 693, 1000: 990, 1001: 991} {
		s := Summary{Options: Options{Deadlines: Deadlines{Decode: 1}}}
		for i := range n {
			mustAdd(t, &s, gaps(1, 5, float64(n-i)))
		}
		if got := s.FluidDeadline(); got != metrics.Known(want) {
			t.Errorf("n = %d: got %v, want ceil(0.99 n) = %v", n, got, want)
		}
		if got, want := s.TokenRate(), metrics.Known(1e9/float64(want)); got != want {
			t.Errorf("n = %d: got %v tokens/s, want %v", n, got, want)
		}
	}
}

func TestSummaryEmpty(t *testing.T) {
	s := Summary{Options: Options{Deadlines: Deadlines{Decode: 1}}}
	if s.FluidDeadline().Known() || s.TokenRate().Known() || s.ShareReached().Known() || s.Pooled.Index().Known() {
		t.Error("a summary of no request has a number")
	}
	if w := s.Warnings(); len(w) != 0 {
		t.Errorf("a summary of no request warns: %v", w)
	}
	s.Options.NoTokenRate = true
	mustAdd(t, &s, gaps(1, 1, 1, 1))
	if s.FluidDeadline().Known() || s.MinDeadline.N()+s.MinDeadline.Undefined() != 0 {
		t.Error("minimum deadlines are computed although switched off")
	}
}

func TestSummaryWarnings(t *testing.T) {
	curve := mustFit(t, []PrefillSample{{100, 3000}, {200, 2000}, {300, 1000}})
	s := Summary{Options: Options{
		Deadlines:  Deadlines{Decode: 10, Curve: curve},
		Unfinished: RemainingMissed,
		Planned:    func(r *metrics.Request) (int64, bool) { return 100, r.ID != "unknown" },
	}}
	long := gaps(1, 10, 10)
	long.PromptTokens = metrics.Known(int64(400))
	unknown := ended(metrics.Failed, gaps(1))
	unknown.ID = "unknown"
	mustAdd(t, &s, long, unknown, ended(metrics.Cancelled, gaps(1)))
	var codes []string
	for _, w := range s.Warnings() {
		codes = append(codes, w.Code)
		if strings.Contains(w.Message, "%!") {
			t.Errorf("malformed message %q", w.Message)
		}
	}
	want := []string{WarnLeftOut, WarnUnreachable, WarnExtrapolated, WarnConstrained, metrics.WarnTooFewSamples, metrics.WarnTooFewSamples}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
