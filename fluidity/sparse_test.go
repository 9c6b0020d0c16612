package fluidity

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// unrecorded has a first and a last token 10 s apart and six in between.
func unrecorded(o metrics.Outcome) *metrics.Request {
	return &metrics.Request{
		Sent:       metrics.Known(time.Duration(0)),
		Deliveries: []metrics.Delivery{{At: time.Second, Tokens: 1}, {At: 11 * time.Second, Tokens: 7}},
		Sparse:     true, Outcome: o,
	}
}

func TestSparseHasNoScore(t *testing.T) {
	r := unrecorded(metrics.Completed)
	for _, first := range []FirstToken{Scored, Skipped, Free} {
		d := Deadlines{Prefill: 2 * time.Second, Decode: time.Second, First: first}
		if s := mustScore(t, d, r); s != (Score{}) {
			t.Errorf("first token %v: %+v, want no deadline: the second may have come at any time", first, s)
		}
	}
	if s, err := (TokenDeadlines{TTFT: 2 * time.Second, TBT: time.Second}).Score(r); err != nil || s != (Score{}) {
		t.Errorf("token attainment: %+v, %v; want no deadline", s, err)
	}
	if d, ok := MinDecodeDeadline(r, Target{}, Floor); ok {
		t.Errorf("minimum decode deadline %v, want none", d)
	}
}

func TestSummaryLeavesOutSparse(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		r    *metrics.Request
		want LeftOut
	}{
		{"completed", Options{}, unrecorded(metrics.Completed), LeftOut{Sparse: 1}},
		{"cut, excluded", Options{}, unrecorded(metrics.Cancelled), LeftOut{Cancelled: 1}},
		{"cut, the rest missed", Options{Unfinished: RemainingMissed, Planned: planned(20)}, unrecorded(metrics.Cancelled), LeftOut{Sparse: 1}},
		{"no token", Options{Unfinished: RemainingMissed, Planned: planned(20)},
			&metrics.Request{Sent: metrics.Known(time.Duration(0)), Outcome: metrics.Failed, Sparse: true}, LeftOut{}},
	} {
		tt.o.Deadlines = Deadlines{Prefill: 2 * time.Second, Decode: time.Second}
		s := Summary{Options: tt.o}
		mustAdd(t, &s, tt.r)
		if diff := cmp.Diff(tt.want, s.LeftOut); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
		scored := int64(0)
		if tt.want == (LeftOut{}) {
			scored = 1 // 20 misses: no token, so no gap that was not recorded
		}
		if s.Index.N() != scored || s.MinDeadline.N() != 0 || s.MinDeadline.Undefined() != 1 || s.Unreachable != scored || (s.Pooled.Misses > 0) != (scored > 0) {
			t.Errorf("%s: scored %d, minimum deadlines %d and %d undefined, unreachable %d, %+v", tt.name,
				s.Index.N(), s.MinDeadline.N(), s.MinDeadline.Undefined(), s.Unreachable, s.Pooled)
		}
	}
	if got, want := (LeftOut{Sparse: 2}).String(), "2 with gaps that were not recorded"; got != want {
		t.Errorf("printed as %q, want %q", got, want)
	}
}
