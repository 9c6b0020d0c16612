package metrics

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTraceRecorderBufferFull(t *testing.T) {
	for _, tt := range []struct {
		name    string
		room    int
		missing int64
		reason  string
	}{
		{"room for all", 5, 0, "the last fits"},
		{"one too little", 4, 1, "boundary"},
		{"one", 1, 4, "the first alone"},
		{"none", 0, 5, "a TraceRecorder without a buffer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := []Delivery{{1 * s1, 0}, {2 * s1, 1}, {3 * s1, 2}, {3 * s1, 0}, {7 * s1, 1}}
			whole := Request{Sent: Known(0 * ms), Deliveries: all, End: Known(8 * s1)}
			buffer := make([]Delivery, tt.room+3) // what lies behind is somebody else's
			buffer[tt.room] = Delivery{At: 99, Tokens: 99}
			var r TraceRecorder
			r.Keep(buffer[:tt.room:tt.room])
			r.Start(0)
			for _, d := range all {
				r.Observe(d.At, d.Tokens)
			}
			got := r.Finish(8*s1, Completed, Count{})
			want := whole
			if tt.missing > 0 {
				want.Deliveries, want.UsageTokens = nil, Known(int64(4))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
			if diff := cmp.Diff(all[:tt.room], append([]Delivery{}, r.Kept()...)); diff != "" || r.Missing() != tt.missing {
				t.Errorf("%d missing, want %d; kept (-want +got)\n%s", r.Missing(), tt.missing, diff)
			}
			if diff := cmp.Diff(whole.Normalized(), r.Normalized()); diff != "" {
				t.Errorf("the views suffer (-want +got)\n%s", diff)
			}
			if full := errors.Is(r.Err(), ErrBufferFull); full != (tt.missing > 0) || r.Refused() != 0 {
				t.Errorf("%v, %d refused; nothing is refused for lack of room", r.Err(), r.Refused())
			}
			if buffer[tt.room] != (Delivery{At: 99, Tokens: 99}) {
				t.Error("wrote behind the buffer")
			}
		})
	}
}

func TestTraceRecorderControlEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		calls  func(r *TraceRecorder)
		want   []Delivery
		err    error
		reason string
	}{
		{"role chunk", func(r *TraceRecorder) { r.Observe(1, 0); r.Observe(5, 1) }, []Delivery{{1, 0}, {5, 1}}, nil, "conventions look at it"},
		{"before the arrival", func(r *TraceRecorder) { r.Observe(-1, 0) }, nil, ErrBeforeArrival, "as for a token"},
		{"out of range", func(r *TraceRecorder) { r.Observe(MaxInstant+1, 0) }, nil, ErrRange, "as for a token"},
		{"before a token", func(r *TraceRecorder) { r.Observe(5, 1); r.Observe(4, 0) }, []Delivery{{5, 1}}, ErrTimeReversed, "the request stays valid"},
		{"token before it", func(r *TraceRecorder) { r.Observe(5, 0); r.Observe(4, 1) }, []Delivery{{5, 0}}, ErrTimeReversed, "the request stays valid"},
		{"scheduled after it", func(r *TraceRecorder) { r.Observe(5, 0); r.Scheduled(6) }, []Delivery{{5, 0}}, ErrTimeReversed, "the request stays valid"},
		{"restart before it", func(r *TraceRecorder) { r.Observe(5, 0); r.Restart(4, BeginAnew) }, []Delivery{{5, 0}}, ErrTimeReversed, "the request stays valid"},
		{"restart after it", func(r *TraceRecorder) { r.Observe(5, 0); r.Restart(6, BeginAnew); r.Observe(7, 1) }, []Delivery{{7, 1}}, nil, "the attempt's events go with it"},
		{"unknown number", func(r *TraceRecorder) { r.Observe(5, UnknownTokens) }, []Delivery{{5, 1}}, nil, "as files hold it"},
		{"buffer changed", func(r *TraceRecorder) { r.Observe(5, 1); r.Keep(nil) }, []Delivery{{5, 1}}, ErrStarted, "would lose what was kept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r TraceRecorder
			r.Keep(make([]Delivery, 0, 8))
			r.Start(0)
			tt.calls(&r)
			if !errors.Is(r.Err(), tt.err) {
				t.Errorf("%s: got %v, want %v", tt.reason, r.Err(), tt.err)
			}
			got := r.Finish(time.Hour, Completed, Count{})
			if diff := cmp.Diff(tt.want, got.Deliveries); diff != "" || got.Validate() != nil {
				t.Errorf("%s: %v (-want +got)\n%s", tt.reason, got.Validate(), diff)
			}
		})
	}
}

func TestTraceRecorderEndBeforeControlEvent(t *testing.T) {
	var r TraceRecorder
	r.Keep(make([]Delivery, 0, 8))
	r.Start(0)
	r.Observe(5, 1)
	r.Observe(7, 0)
	got := r.Finish(6, Completed, Count{})
	if got.End.Known() || !errors.Is(r.Err(), ErrTimeReversed) || got.Validate() != nil {
		t.Errorf("end %v, %v, %v; want it unknown and an error", got.End, r.Err(), got.Validate())
	}
}
