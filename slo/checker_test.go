package slo

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
)

// fixed is a Scorer with one answer; hits + misses = 0 and idle < 0 are none.
type fixed struct {
	hits, misses int64
	idle         time.Duration
}

func (f fixed) Fluidity(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64, ok bool) {
	return f.hits, f.misses, f.hits+f.misses != 0
}

func (f fixed) IdleLatency(r *metrics.Request) metrics.Span {
	if f.idle < 0 {
		return metrics.Span{}
	}
	return metrics.Known(f.idle)
}

// answer is due at 0 and sent at 1 ms, has tokens at 100, 140, 300 and 300 ms
// and ends at 320 ms.
func answer() *metrics.Request {
	return &metrics.Request{
		ID: "answer", Due: metrics.Known(0 * ms), Sent: metrics.Known(1 * ms),
		Deliveries: []metrics.Delivery{{At: 50 * ms}, {At: 100 * ms, Tokens: 1}, {At: 140 * ms, Tokens: 1}, {At: 300 * ms, Tokens: 2}},
		End:        metrics.Known(320 * ms),
	}
}

func oneToken() *metrics.Request {
	r := answer()
	r.Deliveries = r.Deliveries[:2]
	return r
}

func with(r *metrics.Request, change func(*metrics.Request)) *metrics.Request {
	change(r)
	return r
}

func TestChecker(t *testing.T) {
	for _, tt := range []struct {
		objective  string
		request    *metrics.Request
		convention metrics.Convention
		scorer     fixed
		want       Verdict
		reason     string
	}{
		{objective: "ttft<=100ms", request: answer(), want: Met, reason: "at the limit: 100 ms from due"},
		{objective: "ttft<=99999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "ttft<=100000001ns", request: answer(), want: Met, reason: "1 ns below"},
		{objective: "ttft<=99ms", request: answer(), convention: metrics.SGLang, want: Met, reason: "99 ms from sent"},
		{objective: "ttft<=98999999ns", request: answer(), convention: metrics.SGLang, want: Missed, reason: "1 ns above"},
		{objective: "ttlt<=300ms", request: answer(), want: Met, reason: "at the limit"},
		{objective: "ttlt<=299999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "e2e<=320ms", request: answer(), want: Met, reason: "at the limit: the end, not the last token"},
		{objective: "e2e<=319999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "tpot<=66666667ns", request: answer(), want: Met, reason: "200 ms / 3 = 66 666 666.67 ns"},
		{objective: "tpot<=66666666ns", request: answer(), want: Missed, reason: "two thirds of a nanosecond above"},
		{objective: "norm<=75ms", request: answer(), want: Met, reason: "300 ms / 4, at the limit"},
		{objective: "norm<=74999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "tbt.max<=160ms", request: answer(), want: Met, reason: "the largest gap, at the limit"},
		{objective: "stall<=159999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "tbt.max<=80ms", request: answer(), convention: metrics.SGLang, want: Missed, reason: "the gap itself, although spread over two tokens it is 80 ms"},
		{objective: "tbt.p99<=80ms", request: answer(), convention: metrics.SGLang, want: Met, reason: "gaps of 40, 80, 80 under the rule that spreads"},
		{objective: "tbt.p50<=40ms", request: answer(), want: Met, reason: "gaps of 40, 160, 0: the median is 40"},
		{objective: "tbt.p50<=39999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "tbt.p75<=100ms", request: answer(), want: Met, reason: "type 7: half-way from 40 to 160"},
		{objective: "tbt.p75<=99999999ns", request: answer(), want: Missed, reason: "1 ns above"},
		{objective: "tbt.p75<=159ms", request: answer(), convention: metrics.Convention{Quantile: metrics.OrderStatistic}, want: Missed, reason: "rank 3 of 3"},
		{objective: "idle<=1s", request: answer(), scorer: fixed{idle: time.Second}, want: Met, reason: "at the limit"},
		{objective: "idle<=1s", request: answer(), scorer: fixed{idle: time.Second + 1}, want: Missed, reason: "1 ns above"},
		{objective: "idle<=1s", request: answer(), scorer: fixed{idle: -1}, want: Undefined, reason: "the scorer has none"},
		{objective: "fluidity(1s,50ms)>=0.9", request: answer(), scorer: fixed{hits: 9, misses: 1}, want: Met, reason: "nine of ten are 0.9 exactly"},
		{objective: "fluidity(1s,50ms)>=0.9000000000000001", request: answer(), scorer: fixed{hits: 9, misses: 1}, want: Missed, reason: "1e-16 more than 0.9"},
		{objective: "fluidity(1s,50ms)>=90%", request: answer(), scorer: fixed{hits: 8_999_999_999, misses: 1_000_000_001}, want: Missed, reason: "one hit too few of 1e10"},
		{objective: "fluidity(1s,50ms)>=90%", request: answer(), want: Undefined, reason: "no deadline"},
		{objective: "fluidity(1s,50ms)>=0", request: answer(), scorer: fixed{misses: 5}, want: Met, reason: "0 of 5 is 0, which is defined"},
		{objective: "fluidity(1s,50ms)>=0.01", request: answer(), scorer: fixed{hits: 5, misses: math.MaxInt64}, want: Missed, reason: "a saturated count does not wrap"},

		{objective: "tpot<=50ms", request: oneToken(), want: Undefined, reason: "one token has no TPOT: no pass"},
		{objective: "tbt.max<=50ms", request: oneToken(), want: Undefined, reason: "one token has no gap"},
		{objective: "tbt.p99<=50ms", request: oneToken(), want: Undefined, reason: "one token has no gap"},
		{objective: "tpot<=50ms,ttft<=100ms", request: oneToken(), want: Met, reason: "judged by its TTFT alone"},
		{objective: "tpot<=50ms,ttft<=99ms", request: oneToken(), want: Missed, reason: "judged by its TTFT alone"},
		{objective: "ttft<=1s,tpot<=1ms", request: answer(), want: Missed, reason: "every part must hold"},
		{objective: "ttft<=100ms,e2e<=1s", request: with(answer(), func(r *metrics.Request) { r.End = metrics.Instant{} }), want: Met, reason: "no end-to-end"},

		{objective: "ttft<=1s", request: with(answer(), func(r *metrics.Request) { r.Outcome = metrics.Cancelled }), want: Missed, reason: "its user gave up"},
		{objective: "ttft<=1s", request: with(answer(), func(r *metrics.Request) { r.Outcome = metrics.TimedOut }), want: Missed, reason: "cut off"},
		{objective: "ttft<=1s", request: with(answer(), func(r *metrics.Request) { r.Outcome = metrics.Failed }), want: Missed, reason: "an error"},
		{objective: "ttft<=1s", request: &metrics.Request{Outcome: metrics.Rejected}, want: Missed, reason: "nothing was served"},
		{objective: "ttft<=1s", request: &metrics.Request{}, want: Missed, reason: "empty: nothing was served"},
		{objective: "ttft<=1s", request: &metrics.Request{Sent: metrics.Known(0 * ms)}, convention: metrics.VLLM, want: Missed, reason: "empty, although it has a TTFT of 0 there"},
		{objective: "p99(ttft)<=1ns", request: answer(), want: Undefined, reason: "no part is about one request"},
		{objective: "p99(ttft)<=1ns", request: &metrics.Request{Outcome: metrics.Rejected}, want: Undefined, reason: "no part is about one request"},
		{objective: "p99(ttft)<=1ns,ttft<=1s,attainment>=100%", request: answer(), want: Met, reason: "parts about many requests judge no single one"},
	} {
		c := &Checker{Objective: mustParse(t, tt.objective), Convention: tt.convention, Scorer: tt.scorer}
		if got := c.Verdict(tt.request); got != tt.want {
			t.Errorf("%s under %q: %v, want %v: %s", tt.objective, tt.convention.Name, got, tt.want, tt.reason)
		}
		if got := c.Check(tt.request).Verdict; got != tt.want {
			t.Errorf("%s under %q: Check: %v, want %v: %s", tt.objective, tt.convention.Name, got, tt.want, tt.reason)
		}
	}
}

func TestCheckerPolicy(t *testing.T) {
	for _, tt := range []struct {
		objective    string
		ignore, fail Verdict
	}{
		{"ttft<=1s", Met, Met},
		{"ttft<=1s,tpot<=1s", Met, Missed},
		{"tpot<=1s", Undefined, Missed},
		{"ttft<=1ms,tpot<=1s", Missed, Missed},
	} {
		c := Checker{Objective: mustParse(t, tt.objective)}
		ignore := c.Verdict(oneToken())
		c.Undefined = FailUndefined
		if fail := c.Verdict(oneToken()); ignore != tt.ignore || fail != tt.fail {
			t.Errorf("%s of one token: %v, %v, want %v, %v", tt.objective, ignore, fail, tt.ignore, tt.fail)
		}
	}
}

func TestCheck(t *testing.T) {
	c := &Checker{
		Objective: mustParse(t, "p99(ttft)<=1s,ttft<=90ms,tpot<=70ms,tbt.p75<=100ms,fluidity(1s,50ms)>=0.9,idle<=1s,attainment>=90%"),
		Scorer:    fixed{hits: 3, misses: 1, idle: -1},
	}
	parts := c.Objective.Parts()
	known := metrics.Known[float64]
	want := Result{
		Verdict: Missed,
		Parts: []PartResult{
			{parts[1], Missed, known(100e6)},
			{parts[2], Met, known(200e6 / 3.0)},
			{parts[3], Met, known(100e6)},
			{parts[4], Missed, known(0.75)},
			{parts[5], Undefined, metrics.Optional[float64]{}},
		},
	}
	opts := cmp.Options{cmp.AllowUnexported(Part{}), cmpopts.EquateComparable(metrics.Optional[float64]{})}
	r := answer()
	if diff := cmp.Diff(want, c.Check(r), opts); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(answer(), r, cmpopts.EquateComparable(metrics.Instant{}, metrics.Count{})); diff != "" {
		t.Errorf("the request was changed: -want +got\n%s", diff)
	}

	c = &Checker{Objective: mustParse(t, "ttft<=1s")}
	r.Outcome = metrics.Cancelled
	want = Result{Verdict: Missed, Unanswered: true, Parts: []PartResult{{c.Objective.Parts()[0], Met, known(100e6)}}}
	if diff := cmp.Diff(want, c.Check(r), opts); diff != "" {
		t.Errorf("cancelled, although its part is met: -want +got\n%s", diff)
	}
}

func TestCheckerNeedsScorer(t *testing.T) {
	for _, text := range []string{"idle<=1s", "fluidity(1s,50ms)>=0.9", "p99(idle)<=1s", "p1(fluidity(1s,50ms))>=0.9"} {
		c := &Checker{Objective: mustParse(t, text)}
		if err := c.Validate(); !errors.Is(err, ErrNoScorer) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s without a scorer: %v", text, err)
		}
		if _, err := (&Summary{Checker: *c}).Add(answer()); !errors.Is(err, ErrNoScorer) {
			t.Errorf("%s without a scorer: Summary.Add: %v", text, err)
		}
		for name, use := range map[string]func(){"Verdict": func() { c.Verdict(answer()) }, "Check": func() { c.Check(answer()) }} {
			func() {
				defer func() {
					if msg := fmt.Sprint(recover()); !strings.HasPrefix(msg, "slo: ") {
						t.Errorf("%s without a scorer: %s panics with %q", text, name, msg)
					}
				}()
				use()
			}()
		}
		c.Scorer = fixed{}
		if err := c.Validate(); err != nil {
			t.Errorf("%s with a scorer: %v", text, err)
		}
	}
	if err := new(Checker).Validate(); err != nil || new(Checker).Verdict(answer()) != Undefined {
		t.Errorf("the zero Checker: %v", err)
	}
}

// everyPart has each metric, limits that random requests are often at.
const everyPart = "ttft<=8ms,tpot<=2ms,ttlt<=20ms,e2e<=22ms,norm<=3ms,tbt.max<=4ms,tbt.p90<=3ms,idle<=3ms,fluidity(3ms,2ms)>=0.5"

// oneOf returns an objective of some of the parts.
func oneOf(rng *rand.Rand, t testing.TB, text string) Objective {
	t.Helper()
	parts := mustParse(t, text).Parts()
	rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return newObjective(parts[:1+rng.IntN(len(parts))])
}

// twinScorer takes an idle latency and hits from the request itself.
type twinScorer struct{}

func (twinScorer) Fluidity(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64, ok bool) {
	return r.Tokens() / 2, r.Tokens() - r.Tokens()/2, r.Tokens() > 0
}

func (twinScorer) IdleLatency(r *metrics.Request) metrics.Span { return r.Raw().Decode }

// twinVerdict judges a request under metrics.Paper from its expanded tokens,
// in arbitrary precision.
func twinVerdict(c *Checker, r *metrics.Request) Verdict {
	var tokens []time.Duration
	for _, d := range r.Deliveries {
		tokens = append(tokens, slices.Repeat([]time.Duration{d.At}, d.Tokens)...)
	}
	a, hasArrival := r.Due.Get()
	if !hasArrival {
		a, hasArrival = r.Sent.Get()
	}
	n := int64(len(tokens))
	divisor := n
	if u, ok := r.UsageTokens.Get(); ok {
		divisor = u
	}
	anyMet, anyMissed := false, false
	for _, part := range c.Objective.parts {
		var v *big.Rat
		set := func(defined bool, value func() time.Duration, tokens int64) {
			if defined && tokens > 0 {
				v = big.NewRat(int64(value()), tokens)
			}
		}
		first := func() time.Duration { return tokens[0] - a }
		last := func() time.Duration { return tokens[n-1] - a }
		decode := func() time.Duration { return tokens[n-1] - tokens[0] }
		switch part.Metric {
		case TTFT:
			set(n > 0 && hasArrival, first, 1)
		case TTLT:
			set(n > 0 && hasArrival, last, 1)
		case TPOT:
			set(n > 0, decode, divisor-1)
		case Normalized:
			set(n > 0 && hasArrival, last, divisor)
		case EndToEnd:
			end, ok := r.End.Get()
			set(ok && hasArrival, func() time.Duration { return end - a }, 1)
		case Idle:
			set(n > 0, decode, 1)
		case Fluidity:
			if n > 0 {
				v = big.NewRat(n/2, n)
			}
		default:
			var gaps []*big.Rat
			for i := range tokens[min(1, n):] {
				gaps = append(gaps, big.NewRat(int64(tokens[i+1]-tokens[i]), 1))
			}
			if len(gaps) > 0 && part.Metric == TBTMax {
				v = slices.MaxFunc(gaps, (*big.Rat).Cmp)
			} else if len(gaps) > 0 {
				v = twinQuantile(metrics.Linear, gaps, part.GapQuantile)
			}
		}
		switch {
		case v == nil && c.Undefined == FailUndefined:
			anyMissed = true
		case v == nil:
		case part.Metric == Fluidity && v.Cmp(big.NewRat(part.Min.Num, part.Min.Den)) < 0,
			part.Metric != Fluidity && v.Cmp(big.NewRat(int64(part.Max), 1)) > 0:
			anyMissed = true
		default:
			anyMet = true
		}
	}
	switch {
	case anyMissed || r.Outcome != metrics.Completed || n == 0 && divisor == 0:
		return Missed
	case anyMet:
		return Met
	}
	return Undefined
}

func TestCheckerRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	var seen [numVerdicts]int
	for round := range 10_000 {
		c := &Checker{Objective: oneOf(rng, t, everyPart), Scorer: twinScorer{}, Undefined: Policy(rng.IntN(2))}
		r := randomRequest(rng)
		want := twinVerdict(c, r)
		if got := c.Verdict(r); got != want {
			t.Fatalf("round %d: %v of %+v: %v, want %v", round, c.Objective, r, got, want)
		}
		if got := c.Check(r).Verdict; got != want {
			t.Fatalf("round %d: %v of %+v: Check: %v, want %v", round, c.Objective, r, got, want)
		}
		seen[want]++
	}
	if seen[Met] < 1000 || seen[Missed] < 1000 || seen[Undefined] < 100 {
		t.Errorf("the random requests do not reach every verdict: %v", seen)
	}
}

// A looser limit never turns met into missed.
func TestCheckerMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range 10_000 {
		o := oneOf(rng, t, everyPart)
		loose := o.Parts()
		for i := range loose {
			loose[i].Max += time.Duration(rng.IntN(3)) * ms
		}
		r := randomRequest(rng)
		tight := (&Checker{Objective: o, Scorer: twinScorer{}}).Verdict(r)
		wide := (&Checker{Objective: newObjective(loose), Scorer: twinScorer{}}).Verdict(r)
		if tight != wide && !(tight == Missed && wide == Met) {
			t.Fatalf("%v of %+v: %v, and %v with looser limits", o, r, tight, wide)
		}
	}
}

func TestVerdictAllocs(t *testing.T) {
	c := &Checker{Objective: mustParse(t, everyPart), Scorer: fixed{hits: 1, idle: 1}}
	r := answer()
	for i := range 200 {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: 300*ms + time.Duration(i)*ms, Tokens: 1 + i%2})
	}
	if c.Verdict(r); testing.AllocsPerRun(100, func() { c.Verdict(r) }) != 0 {
		t.Error("Verdict allocates")
	}
	for _, part := range c.Objective.Parts() { // each alone: no part is behind a missed one
		c.Objective = newObjective([]Part{part})
		if n := testing.AllocsPerRun(100, func() { c.Verdict(r) }); n != 0 {
			t.Errorf("%v: %v allocations", part, n)
		}
	}
}
