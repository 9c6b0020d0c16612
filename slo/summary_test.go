package slo

import (
	"encoding/json"
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
)

var reportOptions = cmp.Options{cmpopts.EquateComparable(metrics.Optional[float64]{})}

func add(t testing.TB, s *Summary, requests ...*metrics.Request) {
	t.Helper()
	for _, r := range requests {
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

// timed returns a completed request of two tokens: the first after ttft, the
// second after gap more.
func timed(ttft, gap time.Duration) *metrics.Request {
	return &metrics.Request{Due: metrics.Known(0 * ms), Deliveries: []metrics.Delivery{{At: ttft, Tokens: 1}, {At: ttft + gap, Tokens: 1}}}
}

func single(ttft time.Duration) *metrics.Request {
	r := timed(ttft, 0)
	r.Deliveries = r.Deliveries[:1]
	return r
}

func cut(r *metrics.Request, o metrics.Outcome) *metrics.Request {
	r.Outcome = o
	return r
}

func TestAttainment(t *testing.T) {
	run := []*metrics.Request{
		timed(100*ms, 10*ms),                         // met
		timed(500*ms, 50*ms),                         // met, at both limits
		timed(500*ms+1, 10*ms),                       // missed by 1 ns
		single(100 * ms),                             // TTFT met, no TPOT
		cut(timed(100*ms, 10*ms), metrics.Cancelled), // its parts are met
		cut(timed(100*ms, 10*ms), metrics.TimedOut),
		cut(&metrics.Request{}, metrics.Failed),
		cut(&metrics.Request{}, metrics.Rejected),
		{}, // empty
	}
	for _, tt := range []struct {
		name, objective        string
		denominator            Denominator
		policy                 Policy
		met, missed, undefined int64
		of                     int64
		attainment             metrics.Optional[float64]
		reason                 string
	}{
		{"offered", "ttft<=500ms,tpot<=50ms", Offered, IgnoreUndefined, 3, 6, 0, 9, metrics.Known(1.0 / 3),
			"five requests did not complete or are empty: they stay in the denominator and do not attain"},
		{"completed", "ttft<=500ms,tpot<=50ms", CompletedRequests, IgnoreUndefined, 3, 6, 0, 4, metrics.Known(0.75),
			"the same verdicts over the four that completed with a token"},
		{"undefined fails", "ttft<=500ms,tpot<=50ms", CompletedRequests, FailUndefined, 2, 7, 0, 4, metrics.Known(0.5),
			"the one-token answer fails by its TPOT"},
		{"no verdict", "tpot<=50ms", Offered, IgnoreUndefined, 3, 5, 1, 9, metrics.Known(1.0 / 3),
			"the one-token answer has none: in the denominator, not in the numerator"},
		{"no verdict, completed", "tpot<=50ms", CompletedRequests, IgnoreUndefined, 3, 5, 1, 4, metrics.Known(0.75),
			"likewise"},
		{"no part about one request", "p99(ttft)<=1s", Offered, IgnoreUndefined, 0, 0, 9, 0, metrics.Optional[float64]{},
			"there is nothing to attain, which is not an attainment of 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Summary{Checker: Checker{Objective: mustParse(t, tt.objective), Undefined: tt.policy}, Denominator: tt.denominator}
			add(t, s, run...)
			got := s.Report()
			got.PerRequest, got.Population, got.Verdict = nil, nil, Undefined
			want := Report{
				Objective: s.Checker.Objective, Met: tt.met, Missed: tt.missed, Undefined: tt.undefined,
				Attainment: tt.attainment, Denominator: tt.denominator, DenominatorRequests: tt.of,
			}
			if diff := cmp.Diff(want, got, reportOptions); diff != "" {
				t.Errorf("%s: -want +got\n%s", tt.reason, diff)
			}
			if got.Met+got.Missed+got.Undefined != int64(len(run)) {
				t.Errorf("verdicts do not add up to %d requests: %+v", len(run), got)
			}
		})
	}
}

func TestPopulation(t *testing.T) {
	// TTFT of 10, 20, ..., 100 ms; two gaps of 1 ms each but the last, which
	// stalls for 90 ms once.
	var run []*metrics.Request
	for i := range time.Duration(10) {
		r := timed((i+1)*10*ms, ms)
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: r.Deliveries[1].At + ms, Tokens: 1})
		run = append(run, r)
	}
	run[9].Deliveries[2].At += 89 * ms
	run = append(run, cut(timed(ms, ms), metrics.Cancelled), cut(&metrics.Request{}, metrics.Rejected))

	completedOnly := metrics.Convention{CompletedOnly: true, Quantile: metrics.OrderStatistic}
	for _, tt := range []struct {
		part       string
		convention metrics.Convention
		want       PopulationReport
		reason     string
	}{
		{"p50(ttft)<=50ms", metrics.Paper, PopulationReport{Verdict: Met, ValueNS: metrics.Known(50e6), N: 11, Undefined: 1},
			"1, 10, ..., 100 ms: what the cancelled one delivered counts"},
		{"p50(ttft)<=49999999ns", metrics.Paper, PopulationReport{Verdict: Missed, ValueNS: metrics.Known(50e6), N: 11, Undefined: 1},
			"1 ns above"},
		{"p50(ttft)<=50ms", completedOnly, PopulationReport{Verdict: Met, ValueNS: metrics.Known(50e6), N: 10, Undefined: 2},
			"rank 5 of 10, 20, ..., 100 ms: the convention leaves the cancelled one out"},
		{"p51(ttft)<=50ms", completedOnly, PopulationReport{Verdict: Missed, ValueNS: metrics.Known(60e6), N: 10, Undefined: 2},
			"rank 6"},
		{"p90(tbt)<=1ms", completedOnly, PopulationReport{Verdict: Met, ValueNS: metrics.Known(1e6), N: 20, Undefined: 2},
			"rank 18 of 20 pooled gaps, of which one is 90 ms"},
		{"p96(tbt)<=1ms", completedOnly, PopulationReport{Verdict: Missed, ValueNS: metrics.Known(90e6), N: 20, Undefined: 2},
			"rank 20 of 20"},
		{"p90(tbt.max)<=1ms", completedOnly, PopulationReport{Verdict: Met, ValueNS: metrics.Known(1e6), N: 10, Undefined: 2},
			"rank 9 of 10 requests"},
		{"p91(stall)<=1ms", completedOnly, PopulationReport{Verdict: Missed, ValueNS: metrics.Known(90e6), N: 10, Undefined: 2},
			"rank 10 of 10 requests"},
		{"p99(tbt.p50)<=1ms", completedOnly, PopulationReport{Verdict: Met, ValueNS: metrics.Known(1e6), N: 10, Undefined: 2},
			"every request's own lower median is 1 ms"},
		{"p99(norm)<=1s", metrics.Convention{Zero: metrics.FromSent}, PopulationReport{Verdict: Undefined, N: 0, Undefined: 12},
			"no request says when it was sent"},
		{"p30(fluidity(1s,50ms))>=75%", completedOnly, PopulationReport{Verdict: Met, ValueShare: metrics.Known(0.75), N: 10, Undefined: 2},
			"three of four deadlines in every request"},
		{"p30(fluidity(1s,50ms))>=75.01%", completedOnly, PopulationReport{Verdict: Missed, ValueShare: metrics.Known(0.75), N: 10, Undefined: 2},
			"three of four deadlines in every request"},
		{"p99(idle)<=1s", completedOnly, PopulationReport{Verdict: Met, ValueNS: metrics.Known(1e9), N: 10, Undefined: 2},
			"at the limit"},
	} {
		o := mustParse(t, tt.part)
		s := &Summary{Checker: Checker{Objective: o, Convention: tt.convention, Scorer: fixed{hits: 3, misses: 1, idle: time.Second}}}
		add(t, s, run...)
		tt.want.Part = tt.part
		if diff := cmp.Diff([]PopulationReport{tt.want}, s.Report().Population, reportOptions); diff != "" {
			t.Errorf("%s under %v: %s: -want +got\n%s", tt.part, tt.convention.Quantile, tt.reason, diff)
		}
		if got := s.Report().Verdict; got != tt.want.Verdict {
			t.Errorf("%s: overall %v", tt.part, got)
		}
	}
}

// An attainment is compared as the fraction that it is.
func TestPopulationAttainment(t *testing.T) {
	for _, tt := range []struct {
		limit       string
		met, missed int
		denominator Denominator
		want        Verdict
		reason      string
	}{
		{"90%", 9, 1, Offered, Met, "nine of ten, at the limit"},
		{"90%", 89, 11, Offered, Missed, "one too few of a hundred"},
		{"0.9", 90, 10, Offered, Met, "at the limit"},
		{"33.33333333333333%", 1, 2, Offered, Met, "a third is more than fourteen threes"},
		{"33.33333333333334%", 1, 2, Offered, Missed, "and less than this"},
		{"100%", 9, 1, CompletedRequests, Met, "the one that failed is not in the denominator"},
		{"100%", 0, 1, CompletedRequests, Undefined, "no request is in the denominator"},
		{"0%", 0, 1, Offered, Met, "none of one"},
	} {
		s := &Summary{Checker: Checker{Objective: mustParse(t, "ttft<=1s,attainment>="+tt.limit)}, Denominator: tt.denominator}
		for range tt.met {
			add(t, s, timed(ms, ms))
		}
		for range tt.missed {
			add(t, s, cut(timed(ms, ms), metrics.Failed))
		}
		if got := s.Report(); got.Verdict != tt.want {
			t.Errorf("%d met, %d failed, attainment>=%s of %v: %v, want %v: %s",
				tt.met, tt.missed, tt.limit, tt.denominator, got.Verdict, tt.want, tt.reason)
		}
	}
}

// Verdicts on a streaming summary are those on an exact one, 1 ns to each
// side of a value that the histogram cannot tell from its neighbours.
func TestPopulationStreaming(t *testing.T) {
	const value = 123_456_789 * time.Nanosecond
	for _, tt := range []struct {
		part string
		want Verdict
	}{
		{"p50(ttft)<=123456789ns", Met},
		{"p50(ttft)<=123456788ns", Missed},
		{"p50(tbt)<=123456789ns", Met},
		{"p50(tbt)<=123456788ns", Missed},
	} {
		s := &Summary{Checker: Checker{Objective: mustParse(t, tt.part)}, Method: metrics.HDRMethod}
		for i := range time.Duration(101) {
			add(t, s, timed(value-50+i, value-50+i))
		}
		got := s.Report().Population[0]
		if got.Verdict != tt.want {
			t.Errorf("%s: %v, want %v", tt.part, got.Verdict, tt.want)
		}
		ns, ok := got.ValueNS.Get()
		if off := ns - float64(value); !ok || off > 0.001*float64(value) || off < -0.001*float64(value) {
			t.Errorf("%s: the value is %v, want %d within 0.1 %%", tt.part, got.ValueNS, value)
		}
	}
}

const everyPopulation = "p50(ttft)<=8ms,p90(tpot)<=2ms,p90(ttft)<=12ms,p50(ttlt)<=20ms,p95(e2e)<=30ms,p60(norm)<=3ms,p50(tbt)<=3ms," +
	"p99(tbt)<=5ms,p80(tbt.max)<=5ms,p75(tbt.p90)<=4ms,p75(idle)<=20ms,p40(fluidity(3ms,2ms))>=0.5," +
	"ttft<=10ms,tpot<=2ms,tbt.p90<=4ms,attainment>=30%"

// A Summary equals the verdicts of its Checker counted, and the quantiles of
// the values sorted, under every convention.
func TestSummaryRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	var seen [numVerdicts]int
	for round := range 200 {
		s := Summary{Denominator: Denominator(rng.IntN(2)), Method: metrics.Method(rng.IntN(2))}
		s.Checker = Checker{
			Objective: mustParse(t, everyPopulation), Scorer: twinScorer{}, Undefined: Policy(rng.IntN(2)),
			Convention: metrics.Conventions()[rng.IntN(len(metrics.Conventions()))],
		}
		c := &s.Checker
		var verdicts [numVerdicts]int64
		var completed int64
		values := make([][]*big.Rat, len(c.Objective.parts))
		for range rng.IntN(40) {
			r := randomRequest(rng)
			got, err := s.Add(r)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.Verdict(r); got != want {
				t.Fatalf("round %d: Add(%+v) = %v, want %v", round, r, got, want)
			}
			verdicts[got]++
			if r.Outcome == metrics.Completed && !r.Empty() {
				completed++
			}
			if c.Convention.CompletedOnly && r.Outcome != metrics.Completed {
				continue
			}
			m := c.measure(r)
			for i := range c.Objective.parts {
				switch part := &c.Objective.parts[i]; part.Scope {
				case OverRequests:
					if v, ok := c.value(r, &m, part, new(gapBuffer)); ok {
						values[i] = append(values[i], v.rat())
					}
				case OverGaps:
					for g := range c.Convention.TBT(r) {
						values[i] = append(values[i], new(big.Rat).SetInt64(int64(g)))
					}
				}
			}
		}
		got := s.Report()
		if want := [...]int64{got.Undefined, got.Met, got.Missed}; verdicts != want {
			t.Fatalf("round %d: verdicts %v, counted %v", round, want, verdicts)
		}
		if met, of := s.Attained(); met != verdicts[Met] || s.Denominator == CompletedRequests && of != completed {
			t.Fatalf("round %d: attained %d of %d, counted %d of %d", round, met, of, verdicts[Met], completed)
		}
		for j, p := range got.Population {
			i := j
			if j >= 12 { // the attainment follows three parts about one request
				break
			}
			part := &c.Objective.parts[i]
			want := Undefined
			if len(values[i]) > 0 {
				cmp := twinQuantile(c.Convention.Quantile, values[i], part.Quantile).Cmp(part.limit().rat())
				want = verdict(cmp == 0 || cmp < 0 != part.IsShare())
			}
			if p.Verdict != want || p.N != int64(len(values[i])) {
				t.Fatalf("round %d under %s: %+v, want %v of %d", round, c.Convention.Name, p, want, len(values[i]))
			}
			seen[want]++
		}
	}
	if seen[Met] < 200 || seen[Missed] < 200 || seen[Undefined] < 100 {
		t.Errorf("the random runs do not reach every verdict: %v", seen)
	}
}

func TestMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for round := range 40 {
		rules := Summary{
			Checker:     Checker{Objective: mustParse(t, everyPopulation), Scorer: twinScorer{}, Undefined: Policy(rng.IntN(2))},
			Denominator: Denominator(rng.IntN(2)), Method: metrics.Method(rng.IntN(2)),
		}
		whole, a, b := rules, rules, rules
		for range rng.IntN(60) {
			r := randomRequest(rng)
			add(t, &whole, r)
			if rng.IntN(3) > 0 {
				add(t, &a, r)
			} else {
				add(t, &b, r)
			}
		}
		before := b.Report()
		if err := a.Merge(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole.Report(), a.Report(), reportOptions); diff != "" {
			t.Fatalf("round %d: -whole +merged\n%s", round, diff)
		}
		if diff := cmp.Diff(whole.Warnings(), a.Warnings()); diff != "" {
			t.Fatalf("round %d: -whole +merged\n%s", round, diff)
		}
		if diff := cmp.Diff(before, b.Report(), reportOptions); diff != "" {
			t.Fatalf("round %d: Merge changed its argument: -before +after\n%s", round, diff)
		}
	}
}

func TestMergeMismatch(t *testing.T) {
	base := Summary{Checker: Checker{Objective: mustParse(t, "ttft<=1s")}}
	for name, change := range map[string]func(*Summary){
		"objectives":   func(s *Summary) { s.Checker.Objective = mustParse(t, "ttft<=2s") },
		"conventions":  func(s *Summary) { s.Checker.Convention = metrics.VLLM },
		"policies":     func(s *Summary) { s.Checker.Undefined = FailUndefined },
		"denominators": func(s *Summary) { s.Denominator = CompletedRequests },
		"methods":      func(s *Summary) { s.Method = metrics.HDRMethod },
	} {
		a, b := base, base
		change(&b)
		add(t, &a, timed(ms, ms))
		add(t, &b, timed(ms, ms))
		err := a.Merge(&b)
		if want := "summaries that judge by different rules cannot be merged: different " + name; !errors.Is(err, ErrMismatch) || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
		if got := a.Report().Met; got != 1 {
			t.Errorf("%s: after the error %d requests are met", name, got)
		}
	}
	var a Summary
	if err := a.Merge(&Summary{}); err != nil {
		t.Errorf("nothing into nothing: %v", err)
	}
}

func TestReportJSON(t *testing.T) {
	s := &Summary{Checker: Checker{Objective: mustParse(t, "ttft<=50ms,tpot<=1ms,p99(ttft)<=100ms,p50(tbt)<=1ms,attainment>=60%")}}
	empty := `{"objective":"ttft\u003c=50ms,tpot\u003c=1ms,p99(ttft)\u003c=100ms,p50(tbt)\u003c=1ms,attainment\u003e=60%",` +
		`"met":0,"missed":0,"undefined":0,"attainment":null,"denominator":"offered","denominator_requests":0,` +
		`"per_request":[{"part":"ttft\u003c=50ms","met":0,"missed":0,"undefined":0},{"part":"tpot\u003c=1ms","met":0,"missed":0,"undefined":0}],` +
		`"population":[{"part":"p99(ttft)\u003c=100ms","verdict":"undefined","value_ns":null,"value_share":null,"n":0,"undefined":0},` +
		`{"part":"p50(tbt)\u003c=1ms","verdict":"undefined","value_ns":null,"value_share":null,"n":0,"undefined":0},` +
		`{"part":"attainment\u003e=60%","verdict":"undefined","value_ns":null,"value_share":null,"n":0,"undefined":0}],` +
		`"verdict":"undefined"}`
	full := `{"objective":"ttft\u003c=50ms,tpot\u003c=1ms,p99(ttft)\u003c=100ms,p50(tbt)\u003c=1ms,attainment\u003e=60%",` +
		`"met":2,"missed":2,"undefined":0,"attainment":0.5,"denominator":"offered","denominator_requests":4,` +
		`"per_request":[{"part":"ttft\u003c=50ms","met":2,"missed":1,"undefined":1},{"part":"tpot\u003c=1ms","met":2,"missed":0,"undefined":2}],` +
		`"population":[{"part":"p99(ttft)\u003c=100ms","verdict":"met","value_ns":99000000,"value_share":null,"n":3,"undefined":1},` +
		`{"part":"p50(tbt)\u003c=1ms","verdict":"met","value_ns":1000000,"value_share":null,"n":2,"undefined":2},` +
		`{"part":"attainment\u003e=60%","verdict":"missed","value_ns":null,"value_share":0.5,"n":4,"undefined":0}],` +
		`"verdict":"missed"}`
	check := func(want string) {
		t.Helper()
		b, err := json.Marshal(s.Report())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(b)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		var again Report
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.Report(), again, reportOptions); diff != "" {
			t.Errorf("read back: -want +got\n%s", diff)
		}
	}
	check(empty)
	add(t, s, timed(50*ms, ms), timed(100*ms, ms), single(50*ms), cut(&metrics.Request{}, metrics.Rejected))
	check(full) // TTFT 50, 50, 100 ms: P99 of type 7 is 50 + 0.98 * 50
}

func TestWarnings(t *testing.T) {
	s := &Summary{Checker: Checker{Objective: mustParse(t, "tpot<=1ms,p50(ttft)<=1s,p99(ttft)<=1s,p1(ttft)<=1s,attainment>=1%")}}
	codes := func() []string {
		var c []string
		for _, w := range s.Warnings() {
			c = append(c, w.Code)
		}
		return c
	}
	if got := codes(); got != nil {
		t.Errorf("an empty summary warns of %q", got)
	}
	for range 999 {
		add(t, s, timed(ms, ms))
	}
	if diff := cmp.Diff([]string{metrics.WarnTooFewSamples, metrics.WarnTooFewSamples}, codes()); diff != "" {
		t.Errorf("999 requests leave 9.99 behind p99 and before p1: -want +got\n%s", diff)
	}
	add(t, s, timed(ms, ms))
	if diff := cmp.Diff([]string(nil), codes()); diff != "" {
		t.Errorf("1000 requests leave 10: -want +got\n%s", diff)
	}
	add(t, s, single(ms), cut(&metrics.Request{}, metrics.Rejected))
	if diff := cmp.Diff([]string{WarnNoVerdict, WarnLeftOut, WarnLeftOut, WarnLeftOut}, codes()); diff != "" {
		t.Errorf("a one-token answer and a rejection: -want +got\n%s", diff)
	}
	want := "1 of 1002 requests have no verdict, because every part is undefined for them; they are in the denominator and do not attain"
	if got := s.Warnings()[0].Message; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}

func TestSummaryAllocs(t *testing.T) {
	s := &Summary{Checker: Checker{Objective: mustParse(t, everyPopulation), Scorer: fixed{hits: 1}}, Method: metrics.HDRMethod}
	r := answer()
	add(t, s, r)
	if n := testing.AllocsPerRun(100, func() { s.Add(r) }); n != 0 {
		t.Errorf("Add allocates %v times", n)
	}
}
