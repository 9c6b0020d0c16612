package goodput

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// sparse has a first and a last token 1 s apart and six in between.
func sparse(o metrics.Outcome) *metrics.Request {
	return &metrics.Request{
		Sent:       metrics.Known(time.Duration(0)),
		Deliveries: []metrics.Delivery{{At: time.Second, Tokens: 1}, {At: 2 * time.Second, Tokens: 7}},
		End:        metrics.Known(3 * time.Second),
		Sparse:     true, Outcome: o,
	}
}

func TestSparseHasNoExperience(t *testing.T) {
	ideal := Ideal{TTFT: time.Second, PerToken: time.Second}
	for _, outcome := range []metrics.Outcome{metrics.Completed, metrics.Cancelled} {
		r := sparse(outcome)
		for _, policy := range []Abandoned{ChargeTheWait, AsDelivered} {
			o := Options{Abandoned: policy, Ideal: ideal}
			if l := o.IdleLatency(r); l.Known() {
				t.Errorf("%v, %v: idle latency %v, want none: the gaps are unknown", outcome, policy, l)
			}
			if b, ok := o.Benefit(r); ok {
				t.Errorf("%v, %v: benefit %v, want none", outcome, policy, b)
			}
		}
		if l := (Reader{}).IdleLatency(r); l.Known() {
			t.Errorf("%v: idle latency of the reader %v, want none", outcome, l)
		}
		if q, ok := ideal.QoE(r); ok {
			t.Errorf("%v: QoE %v, want none", outcome, q)
		}
	}
	none := &metrics.Request{Sent: metrics.Known(time.Duration(0)), End: metrics.Known(3 * time.Second), Outcome: metrics.Failed, Sparse: true}
	if b, ok := (Options{}).Benefit(none); !ok || b != -2.5*2.8 {
		t.Errorf("no token: benefit %v, %v; want -7: no gap lacks, the wait is charged", b, ok)
	}
}

// One request whose wait is unknown leaves no sum, however many others there
// are; what counts requests and tokens stands.
func TestSparseLeavesNoSmoothGoodput(t *testing.T) {
	s := &Summary{}
	fill(t, s, met, stream(t, .1, .2), sparse(metrics.Completed))
	v := s.Stats(seconds(10))
	undefined := metrics.Optional[float64]{}
	if diff := cmp.Diff(rates{known64(.2), known64(1), undefined, undefined}, ratesOf(v)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(Counts{Requests: 2, Judged: 2, Met: 2, MetTokens: 10, Benefit: 1, Sparse: 1}, s.Counts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if v.BenefitUndefined != 1 || v.IdleLatency.N != 1 || v.IdleLatency.Undefined != 1 {
		t.Errorf("%d without benefit, idle latency of %d and %d undefined; want 1, 1, 1", v.BenefitUndefined, v.IdleLatency.N, v.IdleLatency.Undefined)
	}
	codes := func(s *Summary) (c []string) {
		for _, w := range s.Warnings() {
			c = append(c, w.Code)
		}
		return c
	}
	if got := codes(s); !slices.Contains(got, WarnNoSum) || slices.Contains(got, WarnNoBenefit) {
		t.Errorf("warnings %v: want the one about the sum, and no request called worth nothing", got)
	}
	whole := &Summary{}
	fill(t, whole, met, stream(t, .1, .2))
	if !whole.Benefit().Known() {
		t.Error("no sum of a run without a sparse request")
	}
	if err := whole.Merge(s); err != nil || whole.Benefit().Known() || whole.Counts.Sparse != 1 {
		t.Errorf("merged: %v, benefit %v, %d sparse; want no sum", err, whole.Benefit(), whole.Counts.Sparse)
	}
}
