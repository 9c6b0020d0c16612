package metrics

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRawWorked(t *testing.T) {
	served := Request{Due: Known(1 * s1), Sent: Known(1100 * ms), Scheduled: Known(1500 * ms),
		Deliveries: at(2*s1, 2100*ms, 2500*ms), End: Known(2600 * ms)}
	late := served
	late.Due = Instant{}
	role := Request{Sent: Known(0 * ms), Deliveries: []Delivery{{1 * ms, 0}, {200 * ms, 1}, {220 * ms, 1}, {221 * ms, 0}}}
	tests := []struct {
		name   string
		conv   Convention
		req    Request
		want   Raw
		reason string
	}{
		{"all known", Paper, served, Raw{ClientDelay: Known(100 * ms), SchedulingDelay: Known(500 * ms), Prefill: Known(500 * ms),
			TTFT: Known(s1), TTLT: Known(1500 * ms), Decode: Known(500 * ms), Stall: Known(400 * ms), EndToEnd: Known(1600 * ms)},
			"T_s + T_p = TTFT and TTFT + T_d = TTLT"},
		{"due unknown", Paper, late, Raw{SchedulingDelay: Known(400 * ms), Prefill: Known(500 * ms),
			TTFT: Known(900 * ms), TTLT: Known(1400 * ms), Decode: Known(500 * ms), Stall: Known(400 * ms), EndToEnd: Known(1500 * ms)},
			"arrival falls back to sending"},
		{"no token", Paper, Request{Sent: Known(0 * ms), End: Known(s1)}, Raw{EndToEnd: Known(s1)}, "only the end is defined"},
		{"no end", Paper, Request{Sent: Known(0 * ms), Deliveries: at(s1)}, Raw{TTFT: Known(s1), TTLT: Known(s1), Decode: Known(0 * ms)},
			"one token: no gap, hence no stall; the end is not the last token"},
		{"arrival unknown", Paper, Request{Deliveries: at(s1, 3*s1)}, Raw{Decode: Known(2 * s1), Stall: Known(2 * s1)},
			"gaps need no arrival"},
		{"one chunk of five", Paper, Request{Sent: Known(0 * ms), Deliveries: []Delivery{{s1, 5}}},
			Raw{TTFT: Known(s1), TTLT: Known(s1), Decode: Known(0 * ms), Stall: Known(0 * ms)}, "they came together: the stall is a true zero"},
		{"role chunk, paper", Paper, role, Raw{TTFT: Known(200 * ms), TTLT: Known(220 * ms), Decode: Known(20 * ms), Stall: Known(20 * ms)},
			"a control event is no token"},
		{"role chunk, vllm", VLLM, role, Raw{TTFT: Known(1 * ms), TTLT: Known(221 * ms), Decode: Known(220 * ms), Stall: Known(199 * ms), EndToEnd: Known(221 * ms)},
			"vllm takes the first event for the first token and ends with the last one"},
		{"vllm counts from sending", VLLM, served, Raw{ClientDelay: Known(100 * ms), SchedulingDelay: Known(400 * ms), Prefill: Known(500 * ms),
			TTFT: Known(900 * ms), TTLT: Known(1400 * ms), Decode: Known(600 * ms), Stall: Known(400 * ms), EndToEnd: Known(1500 * ms)},
			"and its decode runs to the end of the stream"},
		{"vllm, empty completed", VLLM, Request{Sent: Known(0 * ms)}, Raw{TTFT: Known(0 * ms)}, "the tool's habit: TTFT 0.0"},
		{"vllm, empty failed", VLLM, Request{Sent: Known(0 * ms), Outcome: Failed}, Raw{}, "the habit is for completed answers"},
		{"paper, empty completed", Paper, Request{Sent: Known(0 * ms)}, Raw{}, "undefined is not zero"},
		{"inference-perf, one token", InferencePerf, Request{Sent: Known(0 * ms), Deliveries: at(s1)},
			Raw{TTLT: Known(s1), Decode: Known(0 * ms), EndToEnd: Known(s1)}, "the tool has no TTFT for one token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.req.Validate(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.conv.Raw(&tt.req)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// waited is the request of arXiv:2507.09019 §3.3: 10 s of waiting, then one
// token every 20 ms for n tokens.
func waited(n int) *Request {
	r := &Request{Sent: Known(0 * ms), Scheduled: Known(10 * s1)}
	for i := 1; i <= n; i++ {
		r.Deliveries = append(r.Deliveries, Delivery{10*s1 + time.Duration(i)*20*ms, 1})
	}
	return r
}

func TestNormalizedWorked(t *testing.T) {
	for _, tt := range []struct {
		n                 int
		total, scheduling time.Duration
	}{
		{10, 1020 * ms, 1 * s1},
		{1000, 30 * ms, 10 * ms},
	} {
		v := waited(tt.n).Normalized()
		if got, _ := v.Latency.Total.Nanoseconds(); got != float64(tt.total) {
			t.Errorf("N = %d: normalized latency %v, want %v", tt.n, v.Latency.Total, tt.total)
		}
		if got, _ := v.Latency.Scheduling.Nanoseconds(); got != float64(tt.scheduling) {
			t.Errorf("N = %d: scheduling part %v, want %v", tt.n, v.Latency.Scheduling, tt.scheduling)
		}
		if v.Raw.SchedulingDelay != Known(10*s1) {
			t.Errorf("N = %d: raw T_s %v, want 10s whatever N is", tt.n, v.Raw.SchedulingDelay)
		}
	}
}

// quick has two tokens, the second of which comes a time after the first and
// ends the stream.
func quick(decode time.Duration) *Request {
	return &Request{Sent: Known(0 * ms), Deliveries: at(s1, s1+decode), End: Known(s1 + decode)}
}

func TestTPOTUnderConventions(t *testing.T) {
	// 64 tokens in chunks of 4, 80 ms apart, the first at 260 ms; the
	// stream ends 2 ms after the last. A tool that divides by N - 1 is 5 %
	// low, since the first chunk's tokens took none of the decode time.
	chunked := &Request{Sent: Known(0 * ms)}
	for i := range 16 {
		chunked.Deliveries = append(chunked.Deliveries, Delivery{260*ms + time.Duration(i)*80*ms, 4})
	}
	chunked.End = Known(1462 * ms)
	one := &Request{Sent: Known(0 * ms), Deliveries: at(s1), End: Known(s1)}
	none := &Request{Sent: Known(0 * ms)}
	stated := &Request{Sent: Known(0 * ms), Deliveries: at(s1, 2*s1), UsageTokens: Known(int64(11))}
	tests := []struct {
		name   string
		conv   Convention
		req    *Request
		want   PerToken
		reason string
	}{
		{"paper", Paper, chunked, PerToken{1200 * ms, 63}, "T_d/(N-1)"},
		{"first-chunk aware", FirstChunk, chunked, PerToken{1200 * ms, 60}, "exactly 20 ms: N - k_1 gaps"},
		{"vllm", VLLM, chunked, PerToken{1202 * ms, 63}, "e2e - TTFT reaches the end of the stream"},
		{"sglang", SGLang, chunked, PerToken{1202 * ms, 63}, "likewise"},
		{"inference-perf", InferencePerf, chunked, PerToken{1202 * ms, 63}, "likewise"},
		{"guidellm", GuideLLM, chunked, PerToken{1460 * ms, 64}, "TTFT included"},
		{"aiinfra", AIInfra, chunked, PerToken{1202 * ms, 64}, "divides by N"},
		{"llmperf", LLMPerf, chunked, PerToken{}, "has none"},
		{"one token, paper", Paper, one, PerToken{}, "N - 1 = 0 is undefined, not 0"},
		{"one token, guidellm", GuideLLM, one, PerToken{s1, 1}, "equals the TTFT"},
		{"one token, zero habit", Convention{OneToken: OneTokenZeroTPOT}, one, PerToken{0, 1}, "evalscope's habit"},
		{"no token", Paper, none, PerToken{}, "N = 0"},
		{"no token, guidellm", GuideLLM, none, PerToken{}, "N = 0"},
		{"usage divides", Paper, stated, PerToken{s1, 10}, "the stated count when known"},
		{"aiperf", AIPerf, chunked, PerToken{1200 * ms, 63}, "ends with the last content"},
		{"veeksha", Veeksha, chunked, PerToken{1200 * ms, 63}, "likewise"},
		{"etalon", Etalon, chunked, PerToken{1200 * ms, 63}, "the mean of 63 gaps, 48 of them 0"},
		{"genai-bench", GenAIBench, chunked, PerToken{1202 * ms, 63}, "to the end of the stream"},
		{"evalscope", EvalScope, chunked, PerToken{1202 * ms, 63}, "likewise"},
		{"otel-server", OTelServer, chunked, PerToken{1202 * ms, 63}, "likewise"},
		{"mlperf", MLPerf, chunked, PerToken{1202 * ms, 63}, "likewise: decode needs no due instant"},
		{"one token, evalscope", EvalScope, one, PerToken{0, 1}, "0.0 kept"},
		{"one token, etalon", Etalon, one, PerToken{0, 1}, "0 kept"},
		{"one token, aiperf", AIPerf, one, PerToken{}, "absent"},
		{"no token, etalon", Etalon, none, PerToken{0, 1}, "0 kept"},
		{"no token, veeksha", Veeksha, none, PerToken{0, 1}, "0 kept"},
		{"no token, evalscope", EvalScope, none, PerToken{}, "N = 0"},
		{"usage, etalon", Etalon, stated, PerToken{s1, 1}, "the mean of the gaps there are"},
		{"usage, aiperf", AIPerf, stated, PerToken{s1, 10}, "the stated count when known"},
		{"1 ms of decode, genai-bench", GenAIBench, quick(ms), PerToken{ms, 1}, "the least that counts"},
		{"1 ns less", GenAIBench, quick(ms - 1), PerToken{}, "taken for noise"},
		{"1 ns less, otel-server", OTelServer, quick(ms - 1), PerToken{ms - 1, 1}, "others take it as it is"},
		{"usage, first chunk", FirstChunk, stated, PerToken{s1, 10}, "k_1 = 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.conv.Normalized(tt.req)
			if diff := cmp.Diff(tt.want, v.TPOT.PerToken); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
			if v.TPOT.Stall != v.Raw.Stall {
				t.Errorf("TPOT carries the stall %v, raw has %v", v.TPOT.Stall, v.Raw.Stall)
			}
		})
	}
}

func TestNormalizedSpecialCases(t *testing.T) {
	instant := &Request{Sent: Known(0 * ms), Deliveries: at(0, 0)}
	if v := instant.Normalized(); v.FixedShare.Known() {
		t.Errorf("fixed share of TTLT 0 is %v, want undefined", v.FixedShare)
	}
	unsplit := &Request{Sent: Known(0 * ms), Deliveries: at(s1, 3*s1)}
	v := unsplit.Normalized()
	want := NormalizedLatency{First: PerToken{s1, 2}, Decode: PerToken{2 * s1, 2}, Total: PerToken{3 * s1, 2}}
	if diff := cmp.Diff(want, v.Latency); diff != "" || v.Latency.Separable() {
		t.Errorf("without a scheduling instant only TTFT/N is known (-want +got)\n%s", diff)
	}
	if got, _ := v.FixedShare.Get(); got != 1.0/3 {
		t.Errorf("fixed share %v, want 1/3", got)
	}
	empty := &Request{Sent: Known(0 * ms)}
	if got := InferencePerf.Normalized(empty).Latency.Total; got != (PerToken{0, 1}) {
		t.Errorf("inference-perf keeps a normalized latency of 0 for no token, got %v", got)
	}
	if got := empty.Normalized().Latency; got != (NormalizedLatency{}) {
		t.Errorf("no token: normalized latency %v, want undefined", got)
	}
}

func TestPerTokenRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		p := PerToken{time.Duration(rng.Int64N(int64(2*MaxInstant)) >> rng.IntN(60)), rng.Int64N(MaxTokens>>rng.IntN(31)) + 1}
		got, ok := p.Nanoseconds()
		want, _ := new(big.Rat).SetFrac64(int64(p.Total), p.Tokens).Float64()
		// Above 2^53 ns, 104 days, the sum of the whole part and the rest
		// rounds a second time.
		exact := p.Total <= 1<<53
		if diff := got - want; !ok || exact && diff != 0 || diff > want/(1<<52) || -diff > want/(1<<52) {
			t.Fatalf("%d/%d = %v, want %v", p.Total, p.Tokens, got, want)
		}
	}
	if _, ok := (PerToken{}).Nanoseconds(); ok {
		t.Error("the zero PerToken is defined")
	}
}

func TestChunkRules(t *testing.T) {
	chunk := []Delivery{{0, 1}, {40 * ms, 4}}
	tests := []struct {
		name       string
		rule       GapRule
		deliveries []Delivery
		want       []time.Duration
		reason     string
	}{
		{"burst", Burst, chunk, []time.Duration{40 * ms, 0, 0, 0}, "all four become visible at once"},
		{"per chunk", PerChunk, chunk, []time.Duration{40 * ms}, "vLLM's ITL"},
		{"spread", Spread, chunk, []time.Duration{10 * ms, 10 * ms, 10 * ms, 10 * ms}, "SGLang's ITL"},
		{"spread remainder", Spread, []Delivery{{0, 1}, {11, 4}}, []time.Duration{3, 3, 3, 2}, "the sum is exact, the first ones get the rest"},
		{"request mean", RequestMean, []Delivery{{0, 1}, {5, 1}, {11, 2}}, []time.Duration{4, 4, 3}, "N - 1 times 11/3, sum kept"},
		{"mean with TTFT", RequestMeanWithTTFT, []Delivery{{100, 1}, {205, 4}}, []time.Duration{102}, "(t_N - z)/K, K = 2 chunks"},
		{"none", NoGaps, chunk, nil, "no ITL defined"},
		{"first of five, burst", Burst, []Delivery{{7, 5}}, []time.Duration{0, 0, 0, 0}, "N - 1 gaps"},
		{"first of five, per chunk", PerChunk, []Delivery{{7, 5}}, nil, "no gap leads to it"},
		{"first of five, spread", Spread, []Delivery{{7, 5}}, nil, "SGLang gives the first chunk's extra tokens none"},
		{"one token", Burst, at(7), nil, "N < 2"},
		{"no token", Burst, nil, nil, "N = 0"},
		{"control event", Burst, []Delivery{{0, 1}, {5, 0}, {9, 1}}, []time.Duration{9}, "is ignored"},
		{"zero gap", Burst, at(3, 3), []time.Duration{0}, "a true zero"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Request{Sent: Known(time.Duration(0)), Deliveries: tt.deliveries}
			got := slices.Collect(Convention{Gaps: tt.rule}.TBT(r))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// randomRequest makes a valid request of up to 40 deliveries: bursts, control
// events, zero gaps, whole milliseconds or single nanoseconds.
func randomRequest(rng *rand.Rand) *Request {
	unit := []time.Duration{1, ms, 17 * ms}[rng.IntN(3)]
	r := &Request{ID: "x", Outcome: Outcome(rng.IntN(numOutcomes))}
	now := time.Duration(rng.IntN(1000)) * unit
	for _, f := range []*Instant{&r.Due, &r.Sent, &r.Scheduled} {
		if rng.IntN(4) > 0 {
			*f = Known(now)
		}
		now += time.Duration(rng.IntN(20)) * unit
	}
	for range rng.IntN(41) {
		now += time.Duration(rng.IntN(6)*rng.IntN(6)) * unit
		r.Deliveries = append(r.Deliveries, Delivery{now, []int{1, 1, 1, 2, 5, 0}[rng.IntN(6)]})
	}
	if rng.IntN(2) > 0 {
		r.End = Known(now + time.Duration(rng.IntN(9))*unit)
	}
	if rng.IntN(3) == 0 {
		r.UsageTokens = Known(int64(rng.IntN(50)))
	}
	if rng.IntN(3) == 0 {
		r.PromptTokens = Known(int64(rng.IntN(5000)))
	}
	return r
}

// expand is the obviously correct list t_1..t_N.
func expand(r *Request) []time.Duration {
	var ts []time.Duration
	for _, d := range r.Deliveries {
		for range d.Tokens {
			ts = append(ts, d.At)
		}
	}
	return ts
}

// TestPaperAgainstTwin compares the paper's view with the formulas written
// down over single tokens.
func TestPaperAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for range 5000 {
		r := randomRequest(rng)
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		ts, a := expand(r), r.Arrival()
		want := Raw{ClientDelay: since(r.Sent, r.Due), SchedulingDelay: since(r.Scheduled, a), EndToEnd: since(r.End, a)}
		var gaps []time.Duration
		if n := len(ts); n > 0 {
			want.Prefill = since(Known(ts[0]), r.Scheduled)
			want.TTFT = since(Known(ts[0]), a)
			want.TTLT = since(Known(ts[n-1]), a)
			want.Decode = Known(ts[n-1] - ts[0])
			for i := 1; i < n; i++ {
				gaps = append(gaps, ts[i]-ts[i-1])
			}
			if n > 1 {
				want.Stall = Known(slices.Max(gaps))
			}
		}
		if diff := cmp.Diff(want, r.Raw()); diff != "" {
			t.Fatalf("%+v (-want +got)\n%s", r, diff)
		}
		if diff := cmp.Diff(gaps, slices.Collect(Paper.TBT(r))); diff != "" {
			t.Fatalf("%+v gaps (-want +got)\n%s", r, diff)
		}
		checkInvariants(t, r)
	}
}

// checkInvariants holds for every valid request; the fuzz target shares it.
func checkInvariants(t *testing.T, r *Request) {
	t.Helper()
	raw := r.Raw()
	var sum time.Duration
	for g := range Paper.TBT(r) {
		sum += g
	}
	ttft, ok := raw.TTFT.Get()
	if ttlt, _ := raw.TTLT.Get(); ok && ttft+sum != ttlt {
		t.Errorf("TTFT %v + sum of gaps %v is not TTLT %v", ttft, sum, ttlt)
	}
	ts, tsOK := raw.SchedulingDelay.Get()
	if tp, tpOK := raw.Prefill.Get(); ok && tsOK && tpOK && ts+tp != ttft {
		t.Errorf("T_s %v + T_p %v is not TTFT %v", ts, tp, ttft)
	}
	for _, c := range Conventions() {
		v := c.Normalized(r)
		if v.Raw != c.Raw(r) {
			t.Errorf("%s: the normalized view carries another raw view", c.Name)
		}
		if total, parts := v.Latency.Total, v.Latency.First.Total+v.Latency.Decode.Total; c.Empty != EmptyZeroNormalized && c.Empty != EmptyZeroAll && total.Known() && total.Total != parts {
			t.Errorf("%s: normalized latency %v is not the sum of its parts", c.Name, v.Latency)
		}
		var n int
		var spread time.Duration
		for g := range c.TBT(r) {
			n++
			spread += g
		}
		if d, _ := r.Raw().Decode.Get(); (c.Gaps == Burst || c.Gaps == RequestMean) && spread != d {
			t.Errorf("%s: gaps sum to %v, decode took %v", c.Name, spread, d)
		}
	}
	early := Paper.TBT(r)
	for range early {
		break // the iterator must stop when told
	}
}

func TestViewsDoNotAllocate(t *testing.T) {
	r := waited(100)
	for _, c := range Conventions() {
		if n := testing.AllocsPerRun(100, func() { _ = c.Normalized(r) }); n != 0 {
			t.Errorf("%s: %v allocations", c.Name, n)
		}
	}
}

func TestViewsDoNotChangeTheRequest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		r := randomRequest(rng)
		before := *r
		before.Deliveries = slices.Clone(r.Deliveries)
		for _, c := range Conventions() {
			c.Normalized(r)
			_ = slices.Collect(c.TBT(r))
		}
		if diff := cmp.Diff(before, *r); diff != "" {
			t.Fatalf("changed (-before +after)\n%s", diff)
		}
	}
}

func TestConventions(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Conventions() {
		if got, ok := LookupConvention(c.Name); !ok || got != c || seen[c.Name] {
			t.Errorf("%q is not found under its name, or twice", c.Name)
		}
		seen[c.Name] = true
	}
	if c, ok := LookupConvention("genai-perf"); !ok || c != AIPerf {
		t.Errorf("genai-perf: got %q, want the convention of its successor", c.Name)
	}
	if _, ok := LookupConvention("nosuch"); ok {
		t.Error("found a convention that does not exist")
	}
	zero := Convention{Name: Paper.Name}
	if zero != Paper {
		t.Error("the zero Convention does not hold the rules of Paper")
	}
}
