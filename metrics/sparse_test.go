package metrics

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sparse returns what a file keeps of r that has the instants of the first
// and the last token and the number of tokens.
func sparse(r *Request) *Request {
	v := *r
	v.Deliveries, v.Sparse = nil, true
	ts := expand(r)
	if n := len(ts); n > 0 {
		v.Deliveries = []Delivery{{ts[0], 1}}
		v.UsageTokens = Known(int64(n))
	}
	if n := len(ts); n > 1 {
		v.Deliveries = append(v.Deliveries, Delivery{ts[n-1], n - 1})
	}
	return &v
}

func TestSparseKnowsWhatNeedsNoGaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	for range 5000 {
		full := randomRequest(rng)
		if n := full.Tokens(); n > 0 {
			full.UsageTokens = Known(n)
		}
		part := sparse(full)
		if err := part.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, c := range Conventions() {
			if c.First == FirstEvent {
				continue // the control events are gone
			}
			if c.End == EndStream && !full.End.Known() {
				continue // and with them those after the last token
			}
			want, got := c.Normalized(full), c.Normalized(part)
			want.Raw.Stall, want.TPOT.Stall = Span{}, Span{}
			if c.TPOT == TPOTFirstChunk {
				want.TPOT.PerToken = PerToken{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %+v (-full +sparse)\n%s", c.Name, full, diff)
			}
			gaps := slices.Collect(c.TBT(part))
			switch c.Gaps {
			case RequestMean:
				if diff := cmp.Diff(slices.Collect(c.TBT(full)), gaps); diff != "" {
					t.Fatalf("%s: the mean gap needs no gaps (-full +sparse)\n%s", c.Name, diff)
				}
			case RequestMeanWithTTFT:
				n, _ := got.Latency.Total.Nanoseconds()
				if len(gaps) > 1 || len(gaps) == 1 && gaps[0] != time.Duration(n) && c.End == EndLastToken {
					t.Fatalf("%s: got %v of a latency %v for each token", c.Name, gaps, got.Latency)
				}
			default:
				if len(gaps) > 0 {
					t.Fatalf("%s: a sparse request has the gaps %v", c.Name, gaps)
				}
			}
		}
	}
}

func TestSparseWorked(t *testing.T) {
	// Eight tokens: 0.6 s until the first, 1.4 s until the last.
	r := &Request{Sent: Known(0 * ms), Deliveries: []Delivery{{600 * ms, 1}, {2 * s1, 7}}, End: Known(2 * s1), Sparse: true}
	for _, tt := range []struct {
		name string
		conv Convention
		tpot PerToken
		gaps []time.Duration
		why  string
	}{
		{"paper", Paper, PerToken{1400 * ms, 7}, nil, "T_d and N are known, the gaps are not"},
		{"per chunk", VLLM, PerToken{1400 * ms, 7}, nil, "nobody knows the chunks"},
		{"spread", SGLang, PerToken{1400 * ms, 7}, nil, "nor what came in one"},
		{"request mean", GuideLLM, PerToken{2 * s1, 8}, slices.Repeat([]time.Duration{200 * ms}, 7), "N - 1 times T_d/(N-1)"},
		{"mean with TTFT", LLMPerf, PerToken{}, []time.Duration{250 * ms}, "(t_N - z)/N: K is not known"},
		{"first chunk", FirstChunk, PerToken{}, nil, "k_1 is not known"},
	} {
		if diff := cmp.Diff(tt.tpot, tt.conv.Normalized(r).TPOT.PerToken); diff != "" {
			t.Errorf("%s: TPOT: %s (-want +got)\n%s", tt.name, tt.why, diff)
		}
		if diff := cmp.Diff(tt.gaps, slices.Collect(tt.conv.TBT(r))); diff != "" {
			t.Errorf("%s: gaps: %s (-want +got)\n%s", tt.name, tt.why, diff)
		}
	}
	usage := &Request{Sent: Known(0 * ms), Deliveries: at(600*ms, 2*s1), UsageTokens: Known(int64(8)), Sparse: true}
	if diff := cmp.Diff(slices.Collect(GuideLLM.TBT(r)), slices.Collect(GuideLLM.TBT(usage))); diff != "" {
		t.Errorf("the stated number of tokens divides (-deliveries +usage)\n%s", diff)
	}
}

func TestSummaryCountsSparse(t *testing.T) {
	full := &Request{ID: "full", Sent: Known(0 * ms), Deliveries: at(600*ms, 700*ms, 2*s1)}
	part := sparse(full)
	part.Deliveries[1].At = 9 * s1 // not a gap of 8.4 s
	failed := &Request{Sent: Known(0 * ms), Outcome: Failed, Sparse: true}
	run := []*Request{full, part, failed}
	for _, method := range []Method{ExactMethod, HDRMethod} {
		s := summaryOf(t, SummaryOptions{Method: method}, run)
		if s.Sparse != 1 {
			t.Errorf("%v: counted %d, want 1: the failed request lacks no gap", method, s.Sparse)
		}
		if s.Raw.TBT.N() != 2 || s.Raw.TBT.Undefined() != 2 || s.Raw.Stall.N() != 1 || s.Raw.TTLT.N() != 2 || s.Normalized.TPOT.N() != 2 {
			t.Errorf("%v: gaps %d (%d undefined), stalls %d, TTLT %d, TPOT %d; want 2 (2), 1, 2, 2", method,
				s.Raw.TBT.N(), s.Raw.TBT.Undefined(), s.Raw.Stall.N(), s.Raw.TTLT.N(), s.Normalized.TPOT.N())
		}
		if want := (LargestStall{Gap: 1300 * ms, ID: "full", At: 700 * ms, Tokens: 2, Requests: 1}); s.Largest != want {
			t.Errorf("%v: largest stall %+v, want %+v", method, s.Largest, want)
		}
		hasWarning := func(s *Summary) bool {
			return slices.ContainsFunc(s.Warnings(), func(w Warning) bool { return w.Code == WarnSparse })
		}
		if !hasWarning(s) || hasWarning(summaryOf(t, s.Options, run[:1])) {
			t.Errorf("%v: warn if and only if gaps lack; got %v", method, s.Warnings())
		}
		both := summaryOf(t, s.Options, run)
		if err := both.Merge(s); err != nil || both.Sparse != 2 {
			t.Errorf("%v: merged: %d, %v; want 2", method, both.Sparse, err)
		}
		b, err := s.MarshalBinary()
		var back Summary
		if err != nil || back.UnmarshalBinary(b) != nil || back.Sparse != 1 {
			t.Errorf("%v: the snapshot holds %d, %v; want 1", method, back.Sparse, err)
		}
	}
}

func TestSparseAllocatesNothing(t *testing.T) {
	r := sparse(waited(100))
	s := &Summary{Options: SummaryOptions{Method: HDRMethod}}
	if err := s.Add(r); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() { _ = s.Add(r) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
