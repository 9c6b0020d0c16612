package metrics

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// randomRun makes valid requests on one clock.
func randomRun(seed uint64, n int) []*Request {
	rng := rand.New(rand.NewPCG(seed, seed))
	run := make([]*Request, n)
	for i := range run {
		run[i] = randomRequest(rng)
	}
	return run
}

func summaryOf(t testing.TB, o SummaryOptions, run []*Request) *Summary {
	t.Helper()
	s := &Summary{Options: o}
	for _, r := range run {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestSummaryAgainstTwin computes every distribution again from lists of the
// values of single requests.
func TestSummaryAgainstTwin(t *testing.T) {
	run := randomRun(4, 400)
	for _, c := range Conventions() {
		for _, method := range []Method{ExactMethod, HDRMethod} {
			s := summaryOf(t, SummaryOptions{Convention: c, Method: method}, run)
			twin := &Summary{Options: s.Options}
			twin.prepare()
			for _, r := range run {
				v, n := c.Normalized(r), 0
				if c.CompletedOnly && r.Outcome != Completed {
					v = Normalized{}
				} else {
					for g := range c.TBT(r) {
						twin.Raw.TBT.Add(float64(g))
						n++
					}
				}
				if n == 0 {
					twin.Raw.TBT.AddUndefined(1)
				}
				for _, x := range []struct {
					d *Distribution
					v Span
				}{
					{&twin.Raw.ClientDelay, v.Raw.ClientDelay}, {&twin.Raw.SchedulingDelay, v.Raw.SchedulingDelay},
					{&twin.Raw.Prefill, v.Raw.Prefill}, {&twin.Raw.TTFT, v.Raw.TTFT}, {&twin.Raw.TTLT, v.Raw.TTLT},
					{&twin.Raw.Stall, v.Raw.Stall}, {&twin.Raw.Decode, v.Raw.Decode}, {&twin.Raw.EndToEnd, v.Raw.EndToEnd},
				} {
					x.d.AddSpan(x.v)
				}
				weight := int64(1)
				if c.TPOTWeight == WeightTokens && v.TPOT.Known() {
					weight = r.OutputTokens()
				}
				twin.addNormalized(&v, weight)
			}
			want, got := twin.Stats(), s.Stats()
			if diff := cmp.Diff(want.Raw, got.Raw, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%s %v raw (-twin +got)\n%s", c.Name, method, diff)
			}
			if diff := cmp.Diff(want.Normalized, got.Normalized, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%s %v normalized (-twin +got)\n%s", c.Name, method, diff)
			}
		}
	}
}

func TestSummaryCountsEveryRequest(t *testing.T) {
	run := randomRun(5, 300)
	for _, c := range Conventions() {
		s := summaryOf(t, SummaryOptions{Convention: c}, run)
		for i, d := range s.distributions() {
			if d == &s.Normalized.TPOT && c.TPOTWeight == WeightTokens {
				continue // TestTPOTWeighedByTokens
			}
			if d != &s.Raw.TBT && d.N()+d.Undefined() != int64(len(run)) {
				t.Errorf("%s: distribution %d has %d values and %d undefined, of %d requests", c.Name, i, d.N(), d.Undefined(), len(run))
			}
		}
		n := s.Requests
		if n.Offered != int64(len(run)) || n.Completed+n.Empty+n.Abandoned() != n.Offered {
			t.Errorf("%s: %+v does not add up", c.Name, n)
		}
	}
}

func TestSummaryMergeIsConcatenation(t *testing.T) {
	run := randomRun(6, 500)
	for _, method := range []Method{ExactMethod, HDRMethod} {
		o := SummaryOptions{Method: method}
		for _, cut := range []int{0, 1, 250, 499, 500} {
			whole, a, b := summaryOf(t, o, run), summaryOf(t, o, run[:cut]), summaryOf(t, o, run[cut:])
			before := b.Stats()
			if err := a.Merge(b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole.Stats(), a.Stats(), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%v, cut at %d (-whole +merged)\n%s", method, cut, diff)
			}
			if diff := cmp.Diff(whole.Largest, a.Largest); diff != "" {
				t.Errorf("%v, cut at %d: largest stall (-whole +merged)\n%s", method, cut, diff)
			}
			if diff := cmp.Diff(whole.Warnings(), a.Warnings()); diff != "" {
				t.Errorf("%v, cut at %d: warnings (-whole +merged)\n%s", method, cut, diff)
			}
			if diff := cmp.Diff(before, b.Stats()); diff != "" {
				t.Errorf("merging changed its argument\n%s", diff)
			}
		}
	}
}

func TestSummaryMergeRefuses(t *testing.T) {
	a := Summary{Options: SummaryOptions{Convention: Paper}}
	if err := a.Merge(&Summary{Options: SummaryOptions{Convention: VLLM}}); !errors.Is(err, ErrConvention) {
		t.Errorf("other convention: got %v", err)
	}
	if err := a.Merge(&Summary{Options: SummaryOptions{Convention: Paper, Method: HDRMethod}}); err == nil {
		t.Error("other method: no error")
	}
}

func TestSummaryMergeDoesNotOverflow(t *testing.T) {
	half := func() *Summary { return &Summary{Requests: RequestCounts{Offered: maxCount/2 + 1}, ready: true} }
	s := half()
	if err := s.Merge(half()); !errors.Is(err, ErrOverflow) || s.Requests.Offered != maxCount/2+1 {
		t.Errorf("got %v and %d requests, want ErrOverflow and nothing changed", err, s.Requests.Offered)
	}
	s = half()
	if err := s.Merge(&Summary{Requests: RequestCounts{Offered: maxCount/2 - 1}, ready: true}); err != nil || s.Requests.Offered != maxCount {
		t.Errorf("just within: %v and %d requests", err, s.Requests.Offered)
	}
	var a, b Summary
	a.prepare()
	b.prepare()
	a.Raw.TBT.AddUndefined(maxCount)
	b.Raw.TBT.AddUndefined(1)
	if err := a.Merge(&b); !errors.Is(err, ErrOverflow) {
		t.Errorf("undefined values: got %v", err)
	}
}

func TestSummaryRefusesContradictions(t *testing.T) {
	var s Summary
	var re *RequestError
	if err := s.Add(&Request{Deliveries: at(2, 1)}); !errors.As(err, &re) {
		t.Fatalf("got %v, want a *RequestError", err)
	}
	if s.Requests.Offered != 0 || s.Raw.Stall.Undefined() != 0 {
		t.Errorf("a refused request was counted: %+v", s.Requests)
	}
}

// validateTwin looks at one delivery after the other.
func validateTwin(r *Request) error {
	if err := r.validateFields(); err != nil {
		return err
	}
	return r.validateDeliveries()
}

// TestValidateAgainstTwin compares the validation without branches, alone and
// within Add, with the plain one.
func TestValidateAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	odd := []time.Duration{-1, 0, 1, MaxInstant, MaxInstant + 1, -MaxInstant, -MaxInstant - 1,
		math.MaxInt64, math.MinInt64, 3 << 61, -1 << 62}
	wrong := 0
	for range 50_000 {
		r := randomRequest(rng)
		for range 1 + rng.IntN(4) {
			if n := len(r.Deliveries); n > 0 {
				d := &r.Deliveries[rng.IntN(n)]
				if rng.IntN(3) == 0 {
					d.Tokens = int(odd[rng.IntN(len(odd))])
				} else {
					d.At = odd[rng.IntN(len(odd))]
				}
			}
			if rng.IntN(4) == 0 {
				*[]*Instant{&r.Due, &r.Sent, &r.Scheduled, &r.End}[rng.IntN(4)] = Known(odd[rng.IntN(len(odd))])
			}
		}
		want := validateTwin(r)
		if want != nil {
			wrong++
		}
		if got := r.Validate(); (got == nil) != (want == nil) || got != nil && got.Error() != want.Error() {
			t.Fatalf("Validate says %v, the twin %v\n%+v", got, want, r)
		}
		for _, c := range []Convention{Paper, VLLM} {
			s := Summary{Options: SummaryOptions{Convention: c}}
			got := s.Add(r)
			if (got == nil) != (want == nil) || got != nil && got.Error() != want.Error() {
				t.Fatalf("%s: Add says %v, the twin %v\n%+v", c.Name, got, want, r)
			}
		}
	}
	if wrong < 10_000 || wrong > 49_000 {
		t.Errorf("%d of 50000 requests were wrong: the test sees one side only", wrong)
	}
}

func TestSummaryDuration(t *testing.T) {
	run := []*Request{
		{Sent: Known(2 * s1), Deliveries: at(3 * s1)},
		{Due: Known(1 * s1), Sent: Known(2 * s1), Deliveries: at(3 * s1), End: Known(5 * s1)},
		{Sent: Known(4 * s1)},
	}
	for _, tt := range []struct {
		name string
		opts SummaryOptions
		want Span
	}{
		{"first arrival to last end", SummaryOptions{}, Known(4 * s1)},
		{"given", SummaryOptions{Duration: Known(9 * s1)}, Known(9 * s1)},
		{"separate clocks", SummaryOptions{SeparateClocks: true}, Span{}},
		{"given, separate clocks", SummaryOptions{SeparateClocks: true, Duration: Known(9 * s1)}, Known(9 * s1)},
	} {
		s := summaryOf(t, tt.opts, run)
		if got := s.Duration(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestSummaryLargestStall(t *testing.T) {
	s := summaryOf(t, SummaryOptions{}, []*Request{
		{ID: "a", Sent: Known(1 * s1), Deliveries: at(2*s1, 3*s1)},
		{ID: "b", Sent: Known(1 * s1), Deliveries: []Delivery{{2 * s1, 3}, {2500 * ms, 0}, {6 * s1, 1}, {10 * s1, 1}}},
		{ID: "c", Sent: Known(1 * s1), Deliveries: at(2 * s1)},
	})
	want := LargestStall{Gap: 4 * s1, ID: "b", At: 1 * s1, Tokens: 3, Requests: 2}
	if diff := cmp.Diff(want, s.Largest); diff != "" {
		t.Errorf("the first of two equal gaps, without control events (-want +got)\n%s", diff)
	}
}

func TestSummaryWarnings(t *testing.T) {
	codes := func(s *Summary) []string {
		var c []string
		for _, w := range s.Warnings() {
			if w.Message == "" || strings.Contains(w.Message, "%!") {
				t.Errorf("%s: bad message %q", w.Code, w.Message)
			}
			c = append(c, w.Code)
		}
		return c
	}
	sent := Known(0 * ms)
	for _, tt := range []struct {
		name string
		conv Convention
		req  Request
		want string
	}{
		{"vllm counts empty answers", VLLM, Request{Sent: sent}, WarnCountsEmpty},
		{"empty answer", Paper, Request{Sent: sent}, WarnEmpty},
		{"usage disagrees", Paper, Request{Sent: sent, Deliveries: at(1), UsageTokens: Known(int64(2))}, WarnTokenMismatch},
		{"cut answer", Paper, Request{Sent: sent, Deliveries: at(1), Outcome: Cancelled}, WarnPartial},
		{"no due time", Paper, Request{Sent: sent, Deliveries: at(1)}, WarnSendTime},
	} {
		s := summaryOf(t, SummaryOptions{Convention: tt.conv}, []*Request{&tt.req})
		if got := codes(s); !slices.Contains(got, tt.want) {
			t.Errorf("%s: warnings %v lack %s", tt.name, got, tt.want)
		}
	}
	clean := &Summary{}
	for i := range 10_000 {
		start := time.Duration(i) * ms
		if err := clean.Add(&Request{Due: Known(start), Sent: Known(start), Deliveries: at(start+s1, start+2*s1)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := codes(clean); len(got) != 0 {
		t.Errorf("a clean run of 10,000 requests has warnings %v", got)
	}
}

func TestSummaryJSONHasBothViews(t *testing.T) {
	s := summaryOf(t, SummaryOptions{}, []*Request{waited(10)})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Convention struct{ Name string }
		Raw        map[string]*struct{ N int64 }
		Normalized map[string]*struct{ Mean float64 }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Raw["ttft_ns"].N != 1 || got.Raw["client_delay_ns"] != nil || got.Normalized["normalized_latency_ns"].Mean != 1.02e9 {
		t.Errorf("got %s", b)
	}
	if _, ok := got.Raw["client_delay_ns"]; !ok {
		t.Error("a distribution without a value must be present as null")
	}
}

func TestSummaryAddAllocations(t *testing.T) {
	r := waited(200)
	s := &Summary{Options: SummaryOptions{Method: HDRMethod}}
	if err := s.Add(r); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() { _ = s.Add(r) }); n != 0 {
		t.Errorf("%v allocations per request of 200 tokens, want 0", n)
	}
}
