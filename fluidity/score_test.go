package fluidity

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// gaps returns the request that arrives at 1 min and whose tokens follow it
// and one another by the given gaps, in units.
func gaps(unit time.Duration, gaps ...float64) *metrics.Request {
	at := time.Minute
	r := &metrics.Request{Sent: metrics.Known(at)}
	for _, g := range gaps {
		at += time.Duration(math.Round(g * float64(unit)))
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	return r
}

// stalled has a first token and twenty gaps of 40 ms of which one, after n
// others, is 160 ms.
func stalled(n int) *metrics.Request {
	g := make([]float64, 21)
	for i := range g {
		g[i] = 40
	}
	g[n+1] = 160
	return gaps(time.Millisecond, g...)
}

// deliveries returns the request that arrives at 0 with those deliveries.
func deliveries(ds ...metrics.Delivery) *metrics.Request {
	return &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: ds}
}

func TestScore(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	paper := Deadlines{Prefill: s, Decode: 100 * ms}
	unit := Deadlines{Prefill: 3 * s, Decode: s}
	ceil := unit
	ceil.Late = Ceil
	with := func(d Deadlines, change func(*Deadlines)) Deadlines {
		change(&d)
		return d
	}
	skipped := with(unit, func(d *Deadlines) { d.First = Skipped })
	free := with(unit, func(d *Deadlines) { d.First = Free })
	drop := with(unit, func(d *Deadlines) { d.DropSlack = true })
	noSent := func(r *metrics.Request) *metrics.Request { r.Sent = metrics.Instant{}; return r }
	const huge = math.MaxInt64
	for _, test := range []struct {
		name   string
		d      Deadlines
		r      *metrics.Request
		want   Score
		reason string
	}{
		// The worked numbers of the definitions.
		{"late in decode", paper, gaps(s, .8, .05, .05, .45, .1), Score{4, 1}, "index 0.8: slack .2 + .05 + .05 + .1 is .05 short of .45"},
		{"late first token", paper, gaps(s, 2.35, .1), Score{1, 14}, "index 1/15: 1.35 s late is floor(13.5) + 1 deadlines of 0.1 s"},
		{"all in time", paper, gaps(s, .9, .1, .1), Score{3, 0}, "index 1"},
		{"whole multiples, floor", unit, gaps(s, 3, 1, 1, 3, 1, 1), Score{5, 3}, "index 5/8: late by exactly 2 D_d costs 3"},
		{"whole multiples, ceil", ceil, gaps(s, 3, 1, 1, 3, 1, 1), Score{5, 2}, "index 5/7: late by exactly 2 D_d costs 2"},
		{"burst", Deadlines{Prefill: s, Decode: s}, gaps(s, 1, 0, 0, 3), Score{4, 0}, "index 1: three tokens at once bank two deadlines"},
		{"stall after 8 gaps", Deadlines{Decode: 50 * ms, First: Skipped}, stalled(8), Score{19, 1}, "index 0.95: 80 ms banked, 110 needed"},
		{"stall after 12 gaps", Deadlines{Decode: 50 * ms, First: Skipped}, stalled(12), Score{20, 0}, "index 1.00: 120 ms banked, 110 needed"},

		// Boundaries.
		{"first token at its deadline", paper, gaps(1, 1e9), Score{1, 0}, "t_1 - a = d_1 is a hit"},
		{"first token 1 ns later", paper, gaps(1, 1e9+1), Score{0, 1}, "late"},
		{"late by D_d - 1", paper, gaps(1, 1.1e9-1), Score{0, 1}, "floor(x/D) = 0"},
		{"late by D_d, floor", paper, gaps(1, 1.1e9), Score{0, 2}, "floor(x/D) = 1"},
		{"late by D_d, ceil", with(paper, func(d *Deadlines) { d.Late = Ceil }), gaps(1, 1.1e9), Score{0, 1}, "ceil(x/D) = 1"},
		{"late by D_d + 1, ceil", with(paper, func(d *Deadlines) { d.Late = Ceil }), gaps(1, 1.1e9+1), Score{0, 2}, "ceil(x/D) = 2"},
		{"second token at its deadline", paper, gaps(1, 5e8, 6e8), Score{2, 0}, "d_2 = D_p + D_d"},
		{"second token 1 ns later", paper, gaps(1, 5e8, 6e8+1), Score{1, 1}, "late"},

		// Options.
		{"slack carried", unit, gaps(s, 1, 3), Score{2, 0}, "d_2 = 3 + 1"},
		{"slack dropped", drop, gaps(s, 1, 3), Score{1, 3}, "d_2 = 1 + 1, late by 2"},
		{"skipped, no TTFT slack", skipped, gaps(s, 1, 3), Score{0, 3}, "d_2 = 1 + 1, the first token scores nothing"},
		{"skipped ignores D_p", with(skipped, func(d *Deadlines) { d.Prefill = 0 }), gaps(s, 100, 1), Score{1, 0}, "d_2 = 100 + 1"},
		{"free and early carries slack", free, gaps(s, 1, 3), Score{2, 0}, "d_2 = 3 + 1"},
		{"free and late restarts", free, gaps(s, 9, 1), Score{2, 0}, "d_2 = 9 + 1, the first a hit all the same"},
		{"free without slack", with(free, func(d *Deadlines) { d.DropSlack = true }), gaps(s, 1, 3), Score{1, 3}, "d_2 = 1 + 1"},

		// Nothing to judge.
		{"no token", unit, gaps(s), Score{}, "N = 0 has no deadline"},
		{"no token but an event", unit, deliveries(metrics.Delivery{At: s}), Score{}, "k = 0 is no token"},
		{"one token, skipped", skipped, gaps(s, 1), Score{}, "the only token has no deadline"},
		{"no arrival", unit, noSent(gaps(s, 1, 1)), Score{}, "D_p counts from an unknown instant"},
		{"no arrival, skipped", skipped, noSent(gaps(s, 1, 1)), Score{1, 0}, "decode counts from t_1"},
		{"no arrival, free without slack", with(free, func(d *Deadlines) { d.DropSlack = true }), noSent(gaps(s, 1, 1)), Score{2, 0}, "D_p has no part in it"},
		{"no prompt length", with(unit, func(d *Deadlines) { d.Curve = new(PrefillCurve) }), gaps(s, 1, 1), Score{}, "the curve needs P"},

		// Chunks.
		{"late chunk", unit, deliveries(metrics.Delivery{At: 5 * s, Tokens: 3}, metrics.Delivery{At: 8 * s, Tokens: 1}), Score{3, 3},
			"the first of the chunk is late by 2: 3 misses; then d = 6, 7, 8"},
		{"after a late chunk", unit, deliveries(metrics.Delivery{At: 5 * s, Tokens: 3}, metrics.Delivery{At: 8*s + 1, Tokens: 1}), Score{2, 4}, "d_4 = 8"},
		{"late control event", unit, deliveries(metrics.Delivery{At: s, Tokens: 1}, metrics.Delivery{At: 9 * s}, metrics.Delivery{At: 9 * s}, metrics.Delivery{At: 9 * s}),
			Score{1, 0}, "k = 0 cannot be late"},
		{"control event first", unit, deliveries(metrics.Delivery{At: s}, metrics.Delivery{At: 3 * s, Tokens: 1}), Score{1, 0}, "the first token is the first with k > 0"},
		{"skipped chunk", skipped, deliveries(metrics.Delivery{At: 9 * s, Tokens: 3}), Score{2, 0}, "only its first token is skipped"},

		// Extremes, where a sum or product would overflow.
		{"D_d without end", Deadlines{Decode: huge}, deliveries(metrics.Delivery{At: 0, Tokens: 1}, metrics.Delivery{At: 1, Tokens: 1 << 30}, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1 << 30}),
			Score{1 + 2<<30, 0}, "no deadline after the first can be missed"},
		{"D_p without end", Deadlines{Prefill: huge, Decode: 1}, deliveries(metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), Score{1, 0}, "a + D_p is after any instant"},
		{"latest possible", Deadlines{Decode: 1}, &metrics.Request{Sent: metrics.Known(-metrics.MaxInstant), Deliveries: []metrics.Delivery{{At: metrics.MaxInstant, Tokens: 1}}},
			Score{0, 1<<62 + 1}, "late by 2^62 ns, a deadline each"},
		{"chunk past the end of time", Deadlines{Decode: 1 << 40}, deliveries(metrics.Delivery{At: 0, Tokens: 1 << 30}, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}),
			Score{1<<30 + 1, 0}, "2^70 ns banked"},
		{"four chunks whose sum overflows", Deadlines{Decode: 1 << 33}, deliveries(metrics.Delivery{At: 0, Tokens: 1 << 29}, metrics.Delivery{At: 0, Tokens: 1 << 29},
			metrics.Delivery{At: 0, Tokens: 1 << 29}, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), Score{3<<29 + 1, 0}, "1.5 2^63 ns banked"},
		{"huge chunk, short D_d", Deadlines{Decode: 2}, deliveries(metrics.Delivery{At: 0, Tokens: 1 << 30}, metrics.Delivery{At: 1<<31 + 1, Tokens: 1}), Score{1 << 30, 1}, "banked 2^31 ns, 1 too few"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.d.Score(test.r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", test.reason, diff)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	ok := Deadlines{Decode: 1}
	for _, test := range []struct {
		option string
		d      interface{ Validate() error }
	}{
		{"Deadlines.Decode", Deadlines{}},
		{"Deadlines.Decode", Deadlines{Decode: -1}},
		{"Deadlines.Prefill", Deadlines{Decode: 1, Prefill: -1}},
		{"Deadlines.Late", Deadlines{Decode: 1, Late: 2}},
		{"Deadlines.First", Deadlines{Decode: 1, First: 3}},
		{"TokenDeadlines.TTFT", TokenDeadlines{TTFT: -1}},
		{"TokenDeadlines.TBT", TokenDeadlines{TBT: -1}},
		{"Deadlines.Decode", &Options{}},
		{"Target", &Options{Deadlines: ok, Target: Target{1, 0}}},
		{"Target", &Options{Deadlines: ok, Target: Target{-1, 2}}},
		{"Target", &Options{Deadlines: ok, Target: Target{3, 2}}},
		{"Unfinished", &Options{Deadlines: ok, Unfinished: 2}},
		{"Planned", &Options{Deadlines: ok, Unfinished: RemainingMissed}},
	} {
		err := test.d.Validate()
		var oe *OptionError
		if !errors.As(err, &oe) || oe.Option != test.option || !errors.Is(err, ErrRange) {
			t.Errorf("%+v: got %v, want an OptionError about %s", test.d, err, test.option)
		}
	}
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := (Deadlines{}).Score(gaps(1)); err == nil {
		t.Error("Score under invalid options returns no error")
	}
	if _, err := (TokenDeadlines{TBT: -1}).Score(gaps(1)); err == nil {
		t.Error("Score under invalid options returns no error")
	}
}

// randomDeadlines returns options in the order of magnitude of grid.
func randomDeadlines(rng *rand.Rand, grid time.Duration) Deadlines {
	return Deadlines{
		Prefill:   time.Duration(rng.Int64N(30)) * grid,
		Decode:    time.Duration(1+rng.Int64N(8)) * grid,
		Late:      MissRule(rng.IntN(2)),
		First:     FirstToken(rng.IntN(3)),
		DropSlack: rng.IntN(2) == 0,
	}
}

func mustScore(t testing.TB, d Deadlines, r *metrics.Request) Score {
	t.Helper()
	s, err := d.Score(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScoreEqualsTwins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 60_000 {
		grid := []time.Duration{1, 1, time.Millisecond, 3, 1_000_003}[rng.IntN(5)]
		r := randomRequest(rng, 30, grid)
		a, _ := r.Arrival().Get()
		tokens := expand(r)
		d := randomDeadlines(rng, grid)
		if got, want := mustScore(t, d, r), absolute(d, a, tokens); got != want {
			t.Fatalf("case %d: %+v of %v from %v: got %+v, the absolute form has %+v", i, d, r.Deliveries, a, got, want)
		}
		d.Late, d.DropSlack = Floor, false
		if d.First == Free {
			d.First = Scored
		}
		if got, want := mustScore(t, d, r), slackLoop(d, a, tokens); got != want {
			t.Fatalf("case %d: %+v of %v from %v: got %+v, the published loop has %+v", i, d, r.Deliveries, a, got, want)
		}
	}
}

// TestScoreNearLimits compares with the twin where instants and deadlines are
// near the bounds of their types.
func TestScoreNearLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	large := func(limit int64) time.Duration {
		return time.Duration(limit>>rng.IntN(62) - rng.Int64N(3))
	}
	for i := range 10_000 {
		d := randomDeadlines(rng, 1)
		d.Prefill = max(0, large(math.MaxInt64))
		d.Decode = max(1, large(math.MaxInt64))
		at := -metrics.MaxInstant + max(0, large(int64(metrics.MaxInstant)))
		r := &metrics.Request{Sent: metrics.Known(at)}
		for range rng.IntN(12) {
			at = min(metrics.MaxInstant, at+max(0, large(int64(metrics.MaxInstant))))
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: rng.IntN(3)})
		}
		a, _ := r.Arrival().Get()
		if got, want := mustScore(t, d, r), absolute(d, a, expand(r)); got != want {
			t.Fatalf("case %d: %+v of %v from %v: got %+v, want %+v", i, d, r.Deliveries, a, got, want)
		}
	}
}

// TestScoreMonotone: a longer deadline never loses a hit nor gains a miss.
func TestScoreMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	for range 20_000 {
		r := randomRequest(rng, 40, 1)
		d := randomDeadlines(rng, 1)
		longer := d
		longer.Decode += time.Duration(rng.Int64N(3))
		longer.Prefill += time.Duration(rng.Int64N(3))
		s, l := mustScore(t, d, r), mustScore(t, longer, r)
		if l.Hits < s.Hits || l.Misses > s.Misses {
			t.Fatalf("%v: %+v has %+v, %+v has %+v", r.Deliveries, d, s, longer, l)
		}
	}
}

// TestHoldingBackRaisesIndex shows what the index does not punish: the late
// second token, held back for 8 s more, costs the same single miss and gives
// all later tokens a later deadline. Nobody reads a token earlier for it.
func TestHoldingBackRaisesIndex(t *testing.T) {
	d := Deadlines{Prefill: 10 * time.Second, Decode: 10 * time.Second}
	prompt := mustScore(t, d, gaps(time.Second, 10, 11, 11, 11))
	held := mustScore(t, d, gaps(time.Second, 10, 19, 3, 11))
	if diff := cmp.Diff([]Score{{1, 3}, {3, 1}}, []Score{prompt, held}); diff != "" {
		t.Error(diff)
	}
}

func TestIndex(t *testing.T) {
	for _, test := range []struct {
		name string
		s    Score
		want metrics.Optional[float64]
	}{
		{"no deadline is undefined, not 1", Score{}, metrics.Optional[float64]{}},
		{"none met is a true 0", Score{0, 5}, metrics.Known(0.0)},
		{"all met", Score{5, 0}, metrics.Known(1.0)},
		{"one rounding", Score{1, 14}, metrics.Known(1. / 15)},
		{"beyond 2^53, rounded once", Score{1<<62 + 1, 1<<62 - 1}, metrics.Known(0.5)},
		{"sum beyond int64", Score{math.MaxInt64, math.MaxInt64}, metrics.Known(0.5)},
	} {
		if diff := cmp.Diff(test.want, test.s.Index(), cmp.AllowUnexported(metrics.Optional[float64]{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
}

func TestIndexRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 15))
	for range 20_000 {
		s := Score{rng.Int64() >> rng.IntN(20), 1 + rng.Int64()>>rng.IntN(63)}
		total := new(big.Int).Add(big.NewInt(s.Hits), big.NewInt(s.Misses))
		want, _ := new(big.Rat).SetFrac(big.NewInt(s.Hits), total).Float64()
		if got := s.Index(); got != metrics.Known(want) {
			t.Fatalf("%+v: got %v, want %v", s, got, want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	n := func() int64 { return rng.Int64() >> rng.IntN(63) }
	for range 50_000 {
		s := Score{n(), n()}
		if rng.IntN(2) == 0 {
			s = Score{9 * (n() >> 4), 0}
			s.Misses = s.Hits/9 + rng.Int64N(3) - 1
			s.Misses = max(0, s.Misses)
		}
		target := []Target{{}, {9, 10}, {n(), 1 + n()>>1}, {-1, 3}, {1, 1}}[rng.IntN(5)]
		got, ok := s.AtLeast(target)
		if s == (Score{}) {
			if got || ok {
				t.Fatal("a score without a deadline has an index")
			}
			continue
		}
		o := target.orDefault()
		total := new(big.Int).Add(big.NewInt(s.Hits), big.NewInt(s.Misses))
		want := new(big.Rat).SetFrac(big.NewInt(s.Hits), total).Cmp(big.NewRat(o.Num, o.Den)) >= 0
		if got != want || !ok {
			t.Fatalf("%+v at least %+v: got %v %v, want %v true", s, o, got, ok, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a target with denominator 0 does not panic")
		}
	}()
	Score{1, 1}.AtLeast(Target{1, 0})
}

func TestNames(t *testing.T) {
	got := []string{Floor.String(), Ceil.String(), MissRule(7).String(), Scored.String(), Skipped.String(), Free.String(),
		FirstToken(7).String(), Excluded.String(), RemainingMissed.String(), Unfinished(7).String()}
	want := []string{"floor", "ceil", "MissRule(7)", "scored", "skipped", "free", "FirstToken(7)", "excluded", "remaining-missed", "Unfinished(7)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestArgumentsStay(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	r := randomRequest(rng, 50, 1)
	r.Deliveries = append(r.Deliveries, metrics.Delivery{At: 1 << 40, Tokens: 3}, metrics.Delivery{At: 1 << 40})
	before := append([]metrics.Delivery(nil), r.Deliveries...)
	mustScore(t, Deadlines{Decode: 1}, r)
	MinDecodeDeadline(r, Target{}, Floor)
	if _, err := (TokenDeadlines{}).Score(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, r.Deliveries); diff != "" {
		t.Error(diff)
	}
}

func TestAllocations(t *testing.T) {
	r := stalled(8)
	r.PromptTokens = metrics.Known(int64(150))
	curve, err := FitPrefillCurve([]PrefillSample{{100, 10}, {200, 20}, {300, 40}})
	if err != nil {
		t.Fatal(err)
	}
	d := Deadlines{Decode: 50 * time.Millisecond, Curve: curve}
	streaming := Summary{Options: Options{Deadlines: d, Method: metrics.HDRMethod}}
	mustAdd(t, &streaming, r)
	for name, f := range map[string]func(){
		"Summary.Add":       func() { streaming.Add(r) },
		"Score":             func() { d.Score(r) },
		"AtLeast":           func() { Score{9, 1}.AtLeast(Target{}) },
		"MinDecodeDeadline": func() { MinDecodeDeadline(r, Target{}, Floor) },
		"TokenDeadlines":    func() { TokenDeadlines{1, 1}.Score(r) },
		"Predict":           func() { curve.Predict(150) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
