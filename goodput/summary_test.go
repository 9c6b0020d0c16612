package goodput

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

var (
	met    = metrics.Known(true)
	missed = metrics.Known(false)
	noSLO  = metrics.Optional[bool]{}
)

// fill adds requests, all with the same verdict.
func fill(t testing.TB, s *Summary, verdict metrics.Optional[bool], rs ...*metrics.Request) {
	t.Helper()
	for _, r := range rs {
		if err := s.Add(r, verdict); err != nil {
			t.Fatal(err)
		}
	}
}

// worked returns the run of DEFINITIONS §7, judged by an idle latency of 0.
func worked(t testing.TB, o Options) *Summary {
	t.Helper()
	s := &Summary{Options: o}
	for _, r := range []*metrics.Request{
		stream(t, .1, .2, .3, .4, .5), stream(t, 1, 1.1, 1.2, 1.3, 1.4), stream(t, .1, .2, .3, 2, 2.1),
	} {
		l, _ := o.IdleLatency(r).Get()
		fill(t, s, metrics.Known(l == 0), r)
	}
	return s
}

func seconds(n int64) metrics.Span { return metrics.Known(time.Duration(n) * time.Second) }

// rates is what of Stats the tables below compare.
type rates struct{ Requests, Tokens, Smooth, Benefit metrics.Optional[float64] }

func ratesOf(v Stats) rates { return rates{v.Requests, v.Tokens, v.Smooth, v.Benefit} }

func TestWorkedGoodput(t *testing.T) {
	tokens := Options{Penalty: Penalty{Form: Tokens}}
	undefined := metrics.Optional[float64]{}
	unjudged := &Summary{}
	fill(t, unjudged, noSLO, stream(t, .1))
	none := &Summary{}
	fill(t, none, missed, stream(t, 9))
	empty := &Summary{Options: Options{Abandoned: AsDelivered}}
	fill(t, empty, missed, until(stream(t), metrics.Cancelled, 3))
	usage := stream(t, .1)
	usage.UsageTokens = metrics.Known(int64(7))
	stated := &Summary{}
	fill(t, stated, met, usage)

	tests := []struct {
		name     string
		s        *Summary
		duration metrics.Span
		want     rates
		reason   string
	}{
		{"seconds", worked(t, Options{}), seconds(10), rates{known64(.1), known64(.5), known64(1), known64(10)}, "DEFINITIONS §7: 5 + 3 + 2"},
		{"tokens", worked(t, tokens), seconds(10), rates{known64(.1), known64(.5), known64(-1), known64(-10)}, "DEFINITIONS §7: 5 - 5 - 10"},
		{"duration unknown", worked(t, Options{}), metrics.Span{}, rates{undefined, undefined, undefined, known64(10)}, "no rate; the sum stands"},
		{"duration zero", worked(t, Options{}), seconds(0), rates{undefined, undefined, undefined, known64(10)}, "no rate; the sum stands"},
		{"no objective", unjudged, seconds(1), rates{undefined, undefined, known64(1), known64(1)}, "nobody said what is good"},
		{"none met", none, seconds(1), rates{known64(0), known64(0), known64(-21), known64(-21)}, "a true 0: 1 - 2.5 · 8.8 is -21"},
		{"no benefit", empty, seconds(1), rates{known64(0), known64(0), undefined, undefined}, "nothing was delivered, nothing is charged"},
		{"usage stated", stated, seconds(1), rates{known64(1), known64(7), known64(1), known64(1)}, "throughput counts what was stated, benefit what was delivered"},
		{"no request", &Summary{}, seconds(1), rates{}, "of nothing, nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ratesOf(tt.s.Stats(tt.duration))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
	c := worked(t, Options{}).Counts
	if diff := cmp.Diff(Counts{Requests: 3, Judged: 3, Met: 1, MetTokens: 5, Benefit: 3}, c); diff != "" {
		t.Errorf("attainment is 1/3 (-want +got):\n%s", diff)
	}
}

func TestPerAccelerator(t *testing.T) {
	v := worked(t, Options{}).Stats(seconds(10))
	got := v.PerAccelerator(8)
	want := rates{known64(.1 / 8), known64(.5 / 8), known64(1. / 8), known64(10)}
	if diff := cmp.Diff(want, ratesOf(got)); diff != "" {
		t.Errorf("the rates and nothing else (-want +got):\n%s", diff)
	}
	if v.Smooth != known64(1) {
		t.Error("PerAccelerator changed its receiver")
	}
	if diff := cmp.Diff(rates{}, ratesOf(Stats{}.PerAccelerator(8))); diff != "" {
		t.Errorf("undefined stays undefined (-want +got):\n%s", diff)
	}
}

func TestStatsJSON(t *testing.T) {
	keys := func(v Stats) map[string]any {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for _, dist := range []string{"idle_latency_ns", "qoe"} {
			if d, ok := m[dist].(map[string]any); ok {
				m[dist] = []any{d["n"], d["undefined"], d["max"]}
			}
		}
		return m
	}
	s := worked(t, Options{Ideal: Ideal{TTFT: time.Second, PerToken: time.Second / 5}})
	fill(t, s, missed, stream(t), until(stream(t), metrics.Cancelled, 3)) // neither has an idle latency; the second costs 7
	want := map[string]any{"requests_per_s": .1, "tokens_per_s": .5, "smooth_tokens_per_s": .3, "benefit_tokens": 3.,
		"benefit_undefined": 1., "benefit_uncharged": 0., "idle_latency_ns": []any{3., 2., 1.2e9}, "qoe": []any{3., 2., 1.}}
	if diff := cmp.Diff(want, keys(s.Stats(seconds(10)))); diff != "" {
		t.Errorf("CONTRACT's goodput object (-want +got):\n%s", diff)
	}
	want = map[string]any{"requests_per_s": nil, "tokens_per_s": nil, "smooth_tokens_per_s": nil, "benefit_tokens": nil,
		"benefit_undefined": 0., "benefit_uncharged": 0., "idle_latency_ns": nil, "qoe": nil}
	if diff := cmp.Diff(want, keys((&Summary{}).Stats(metrics.Span{}))); diff != "" {
		t.Errorf("undefined is null (-want +got):\n%s", diff)
	}
}

// TestSumIsExact compares the sum of benefits with that of exact ones, which
// is rounded once.
func TestSumIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		o := randomOptions(rng)
		if o.Penalty.Func != nil {
			continue
		}
		s := &Summary{Options: o}
		want, n := new(big.Rat), int64(0)
		for range 1 + rng.IntN(40) {
			r := randomRequest(rng)
			fill(t, s, noSLO, r)
			if b := naiveBenefit(o, r); b != nil {
				want.Add(want, b)
				n++
			}
		}
		if s.Counts.Benefit != n {
			t.Fatalf("%d benefits, want %d", s.Counts.Benefit, n)
		}
		if got, ok := s.Benefit().Get(); ok {
			if w, _ := want.Float64(); got != w {
				t.Fatalf("got %v, want %v\n%+v", got, w, o)
			}
		}
		third := new(big.Rat).Quo(want, big.NewRat(3, 1))
		if got, ok := s.Stats(seconds(3)).Smooth.Get(); ok {
			if w, _ := third.Float64(); got != w {
				t.Fatalf("smooth goodput %v, want %v\n%+v", got, w, o)
			}
		}
	}
}

func TestMergeIsConcatenation(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		o, method := randomOptions(rng), metrics.Method(rng.IntN(2))
		whole, a, b := &Summary{Options: o, Method: method}, &Summary{Options: o, Method: method}, &Summary{Options: o, Method: method}
		for range rng.IntN(30) {
			r, verdict := randomRequest(rng), pick(rng, met, missed, noSLO)
			fill(t, whole, verdict, r)
			fill(t, pick(rng, a, b), verdict, r)
		}
		if err := a.Merge(b); err != nil {
			t.Fatal(err)
		}
		want, got := whole.Stats(seconds(7)), a.Stats(seconds(7))
		if o.Penalty.Func != nil {
			checkClose(t, &want, &got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-whole +merged):\n%s\n%+v", diff, o)
		}
		if diff := cmp.Diff(whole.Counts, a.Counts); diff != "" {
			t.Fatalf("(-whole +merged):\n%s", diff)
		}
	}
}

// checkClose checks that sums of float64 values agree within their bound, and
// makes them equal.
func checkClose(t *testing.T, want, got *Stats) {
	t.Helper()
	for _, p := range [][2]*metrics.Optional[float64]{{&want.Benefit, &got.Benefit}, {&want.Smooth, &got.Smooth}} {
		w, _ := p[0].Get()
		g, _ := p[1].Get()
		if math.Abs(w-g) > 1e-12*(1e7+math.Abs(w)) {
			t.Fatalf("got %v, want %v", g, w)
		}
		if p[0].Known() {
			*p[1] = *p[0]
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	o := Options{Ideal: Ideal{PerToken: 1}}
	for option, change := range map[string]func(*Summary){
		"Reader":    func(s *Summary) { s.Options.Reader.Tolerance = 1 },
		"Alpha":     func(s *Summary) { s.Options.Alpha = known64(0) },
		"Penalty":   func(s *Summary) { s.Options.Penalty.Form = Tokens },
		"Abandoned": func(s *Summary) { s.Options.Abandoned = AsDelivered },
		"Ideal":     func(s *Summary) { s.Options.Ideal = Ideal{} },
		"Method":    func(s *Summary) { s.Method = metrics.HDRMethod },
		"Quantile":  func(s *Summary) { s.Quantile = metrics.InverseCDF },
	} {
		a, b := &Summary{Options: o}, &Summary{Options: o}
		change(b)
		fill(t, a, met, stream(t, 1))
		fill(t, b, met, stream(t, 2))
		before := a.Stats(seconds(1))
		err := a.Merge(b)
		var oe *OptionError
		if !errors.As(err, &oe) || !errors.Is(err, ErrMismatch) || oe.Option != option {
			t.Errorf("%s: error %v", option, err)
		}
		if diff := cmp.Diff(before, a.Stats(seconds(1))); diff != "" {
			t.Errorf("%s: the refusal left a trace (-before +after):\n%s", option, diff)
		}
	}
}

func TestMergeTakesDefaultsForWhatTheyAre(t *testing.T) {
	a := &Summary{}
	b := &Summary{Options: Options{Reader: Reader{PerToken: 200 * time.Millisecond}, Alpha: known64(2.5)}}
	fill(t, b, met, stream(t, .1))
	if err := a.Merge(b); err != nil || a.Counts.Requests != 1 {
		t.Errorf("0 and the default it stands for: %v", err)
	}
	own, other := Options{Penalty: logistic}, Options{Penalty: Penalty{Name: "other", Func: logistic.Func}}
	for _, p := range []*Options{&other, {}, {Penalty: Penalty{Form: Share, Limit: 1}}} {
		if own.mismatch(p) != "Penalty" || p.mismatch(&own) != "Penalty" {
			t.Errorf("penalties %v and %v are taken for the same", own.Penalty, p.Penalty)
		}
	}
	if own.mismatch(&Options{Penalty: logistic}) != "" {
		t.Error("penalties of one name are taken for different")
	}
}

func TestWarnings(t *testing.T) {
	s := &Summary{}
	endless := stream(t, .1, .2)
	endless.Outcome = metrics.Cancelled
	fill(t, s, missed, endless, stream(t), until(stream(t, .1), metrics.Cancelled, 1), stream(t, .1))
	want := Counts{Requests: 4, Abandoned: 2, Judged: 4, Benefit: 3, Uncharged: 1}
	if diff := cmp.Diff(want, s.Counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := map[string]bool{}
	for _, w := range s.Warnings() {
		got[w.Code] = true
	}
	if !got[WarnUncharged] || !got[WarnNoBenefit] {
		t.Errorf("warnings %v", s.Warnings())
	}
	quiet := &Summary{}
	fill(t, quiet, met, stream(t, .1))
	for _, w := range quiet.Warnings() {
		if w.Code == WarnUncharged || w.Code == WarnNoBenefit {
			t.Errorf("warning without a cause: %v", w)
		}
	}
}

func TestSumBeyondFloat(t *testing.T) {
	dear := Penalty{Name: "dear", Func: func(time.Duration, int64) float64 { return math.MaxFloat64 }}
	s := &Summary{Options: Options{Penalty: dear}}
	fill(t, s, noSLO, stream(t, 1))
	v := s.Stats(seconds(1))
	if v.Benefit.Known() || v.Smooth.Known() {
		t.Errorf("2.5 times the largest float64 is %v", v.Benefit)
	}
	fill(t, s, noSLO, stream(t, 1))
	if b := s.Benefit(); b.Known() {
		t.Errorf("an infinite sum is %v", b)
	}
}

func TestAllocations(t *testing.T) {
	r := stream(t)
	for i := range 1000 {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(i) * 300 * time.Millisecond, Tokens: 1 + i%3})
	}
	r.Outcome, r.End = metrics.Cancelled, metrics.Known(time.Hour)
	ideal := Ideal{TTFT: time.Second, PerToken: time.Second / 20}
	s := &Summary{Options: Options{Ideal: ideal}, Method: metrics.HDRMethod}
	fill(t, s, met, r)
	for name, f := range map[string]func(){
		"IdleLatency": func() { Options{}.IdleLatency(r) },
		"Benefit":     func() { Options{Penalty: Penalty{Form: Share, Limit: time.Second}}.Benefit(r) },
		"QoE":         func() { ideal.QoE(r) },
		"Summary.Add": func() { _ = s.Add(r, met) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
