package metrics

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tokenRecorder is what both recorders do.
type tokenRecorder interface {
	Start(time.Duration)
	StartDue(due, sent time.Duration)
	Scheduled(time.Duration)
	Observe(time.Duration, int) bool
	Restart(time.Duration, RestartRule)
	Finish(time.Duration, Outcome, Count) Request
	Err() error
	Refused() int
	Raw() Raw
	Normalized() Normalized
	Warnings() []Warning
}

// both runs the test on each kind of recorder.
func both(t *testing.T, test func(t *testing.T, rec tokenRecorder)) {
	t.Run("Recorder", func(t *testing.T) { test(t, new(Recorder)) })
	t.Run("TraceRecorder", func(t *testing.T) {
		var rec TraceRecorder
		rec.Keep(make([]Delivery, 0, 128))
		test(t, &rec)
	})
}

func TestRecorderErrors(t *testing.T) {
	none := Count{}
	tests := []struct {
		name    string
		calls   func(r tokenRecorder)
		call    string // "" if nothing is wrong
		err     error
		refused int
		tokens  int64 // of the record
		ttlt    Span
		reason  string
	}{
		{"in order", func(r tokenRecorder) { r.Start(0); r.Observe(5, 1); r.Observe(5, 1); r.Finish(5, Completed, none) },
			"", nil, 0, 2, Known(time.Duration(5)), "equal instants are in order"},
		{"time backwards by 1 ns", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(5, 1)
			r.Observe(4, 1)
			r.Observe(7, 1)
			r.Finish(9, Completed, none)
		},
			"Recorder.Observe", ErrTimeReversed, 1, 2, Known(time.Duration(7)), "boundary; the later delivery is in order and counts"},
		{"before the arrival by 1 ns", func(r tokenRecorder) { r.Start(6); r.Observe(5, 1); r.Observe(6, 1); r.Finish(9, Completed, none) },
			"Recorder.Observe", ErrBeforeArrival, 1, 1, Known(time.Duration(0)), "boundary; a TTFT of 0 is possible"},
		{"before scheduling", func(r tokenRecorder) { r.Start(0); r.Scheduled(5); r.Observe(4, 1); r.Finish(9, Completed, none) },
			"Recorder.Observe", ErrTimeReversed, 1, 0, Span{}, "no token comes before prefill begins"},
		{"scheduled after the first token", func(r tokenRecorder) { r.Start(0); r.Observe(4, 1); r.Scheduled(5); r.Finish(9, Completed, none) },
			"Recorder.Scheduled", ErrTimeReversed, 1, 1, Known(time.Duration(4)), "likewise"},
		{"scheduled before the arrival", func(r tokenRecorder) { r.Start(3); r.Scheduled(2); r.Finish(9, Completed, none) },
			"Recorder.Scheduled", ErrTimeReversed, 1, 0, Span{}, "starts are in order"},
		{"scheduled out of range", func(r tokenRecorder) { r.Start(3); r.Scheduled(MaxInstant + 1); r.Finish(9, Completed, none) },
			"Recorder.Scheduled", ErrRange, 1, 0, Span{}, "differences must not overflow"},
		{"scheduled twice", func(r tokenRecorder) {
			r.Start(0)
			r.Scheduled(2)
			r.Scheduled(1)
			r.Observe(4, 1)
			r.Finish(9, Completed, none)
		},
			"", nil, 0, 1, Known(time.Duration(4)), "the first counts, and it is no error to be preempted"},
		{"sent before due", func(r tokenRecorder) { r.StartDue(2, 1); r.Start(2); r.Finish(9, Completed, none) },
			"Recorder.Start", ErrTimeReversed, 1, 0, Span{}, "the second start is in order"},
		{"start out of range", func(r tokenRecorder) { r.Start(-MaxInstant - 1); r.Start(2); r.Finish(9, Completed, none) },
			"Recorder.Start", ErrRange, 1, 0, Span{}, "likewise"},
		{"not started", func(r tokenRecorder) { r.Observe(5, 1); r.Start(6); r.Observe(7, 1); r.Finish(9, Completed, none) },
			"Recorder.Observe", ErrNotStarted, 1, 1, Known(time.Duration(1)), "what came before Start is in no record, and the error stays"},
		{"started twice", func(r tokenRecorder) {
			r.Start(1)
			r.Observe(2, 1)
			r.Start(3)
			r.Observe(4, 1)
			r.Finish(9, Completed, none)
		},
			"Recorder.Start", ErrStarted, 1, 2, Known(time.Duration(3)), "the first start stays"},
		{"observed after Finish", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(3, Completed, none); r.Observe(4, 1) },
			"Recorder.Observe", ErrFinished, 1, 1, Known(time.Duration(2)), "the record is closed"},
		{"control event after Finish", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(3, Completed, none); r.Observe(4, 0) },
			"", nil, 0, 1, Known(time.Duration(2)), "protocols go on after the end"},
		{"finished twice", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, 1)
			r.Finish(3, Completed, none)
			r.Finish(4, Failed, none)
		},
			"Recorder.Finish", ErrFinished, 1, 1, Known(time.Duration(2)), "the first end stays"},
		{"restarted after Finish", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, 1)
			r.Finish(3, Completed, none)
			r.Restart(4, BeginAnew)
		},
			"Recorder.Restart", ErrFinished, 1, 1, Known(time.Duration(2)), "the record is closed"},
		{"restart before the last token", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, 1)
			r.Restart(1, BeginAnew)
			r.Finish(3, Completed, none)
		},
			"Recorder.Restart", ErrTimeReversed, 1, 1, Known(time.Duration(2)), "it did not happen"},
		{"restart out of range", func(r tokenRecorder) { r.Start(0); r.Restart(math.MaxInt64, BeginAnew); r.Finish(3, Completed, none) },
			"Recorder.Restart", ErrRange, 1, 0, Span{}, "differences must not overflow"},
		{"negative number", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Observe(3, -2); r.Finish(4, Completed, none) },
			"Recorder.Observe", ErrNegative, 1, 1, Known(time.Duration(2)), "-1 is UnknownTokens, -2 is a mistake"},
		{"smallest number", func(r tokenRecorder) { r.Start(0); r.Observe(2, math.MinInt); r.Finish(4, Completed, none) },
			"Recorder.Observe", ErrNegative, 1, 0, Span{}, "no wrap"},
		{"largest number", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, 1)
			r.Observe(3, math.MaxInt)
			r.Finish(4, Completed, none)
		},
			"Recorder.Observe", ErrRange, 1, 1, Known(time.Duration(2)), "no wrap"},
		{"most tokens", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, 1)
			r.Observe(3, int(MaxTokens)-1)
			r.Finish(4, Completed, none)
		},
			"", nil, 0, MaxTokens, Known(time.Duration(3)), "the limit itself"},
		{"one token too many", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(2, int(MaxTokens))
			r.Observe(3, 1)
			r.Finish(4, Completed, none)
		},
			"Recorder.Observe", ErrRange, 1, MaxTokens, Known(time.Duration(2)), "boundary"},
		{"delivery out of range", func(r tokenRecorder) {
			r.Start(0)
			r.Observe(1, 1)
			r.Observe(MaxInstant+1, 1)
			r.Finish(4, Completed, none)
		},
			"Recorder.Observe", ErrRange, 1, 1, Known(time.Duration(1)), "boundary"},
		{"last instant", func(r tokenRecorder) {
			r.Start(-MaxInstant)
			r.Observe(-MaxInstant, 1)
			r.Observe(MaxInstant, 1)
			r.Finish(MaxInstant, Completed, none)
		},
			"", nil, 0, 2, Known(2 * MaxInstant), "the limit itself, without overflow"},
		{"end before the last token", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(1, Completed, none) },
			"Recorder.Finish", ErrTimeReversed, 1, 1, Known(time.Duration(2)), "the end is then unknown"},
		{"end out of range", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(math.MaxInt64, Completed, none) },
			"Recorder.Finish", ErrRange, 1, 1, Known(time.Duration(2)), "likewise"},
		{"no such outcome", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(3, numOutcomes, none) },
			"Recorder.Finish", ErrOutcome, 1, 1, Known(time.Duration(2)), "it is then Failed"},
		{"negative usage", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(3, Completed, Known(int64(-1))) },
			"Recorder.Finish", ErrNegative, 1, 1, Known(time.Duration(2)), "it is then unknown"},
		{"huge usage", func(r tokenRecorder) { r.Start(0); r.Observe(2, 1); r.Finish(3, Completed, Known(MaxTokens+1)) },
			"Recorder.Finish", ErrRange, 1, 1, Known(time.Duration(2)), "likewise"},
		{"the first of three stays", func(r tokenRecorder) { r.Start(0); r.Observe(2, -9); r.Observe(-1, 1); r.Finish(3, 99, none) },
			"Recorder.Observe", ErrNegative, 3, 0, Span{}, "later ones are often its consequences"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, rec tokenRecorder) {
				tt.calls(rec)
				n := rec.Normalized()
				type answer struct {
					Call    string
					Is      bool
					Refused int
					Tokens  int64
					TTLT    Span
				}
				got := answer{"", rec.Err() == nil, rec.Refused(), n.Latency.First.Tokens, n.Raw.TTLT}
				var re *RecorderError
				if errors.As(rec.Err(), &re) {
					got.Call, got.Is = re.Call, errors.Is(re, tt.err)
				}
				if diff := cmp.Diff(answer{tt.call, true, tt.refused, tt.tokens, tt.ttlt}, got); diff != "" {
					t.Errorf("%s\n%v (-want +got)\n%s", tt.reason, rec.Err(), diff)
				}
			})
		})
	}
}

func TestRecorderFinishRequest(t *testing.T) {
	type result struct {
		End     Instant
		Outcome Outcome
		Usage   Count
		Empty   bool
	}
	tests := []struct {
		name        string
		usage       Count
		observe     int // k of one delivery, or 0
		plain, full result
		reason      string
	}{
		{"no usage", Count{}, 3, result{Known(9 * ms), Completed, Known(int64(3)), false}, result{Known(9 * ms), Completed, Count{}, false},
			"without deliveries the recorder's own count is what the record has"},
		{"usage", Known(int64(5)), 3, result{Known(9 * ms), Completed, Known(int64(5)), false}, result{Known(9 * ms), Completed, Known(int64(5)), false}, "as stated"},
		{"usage of 0", Known(int64(0)), 3, result{Known(9 * ms), Completed, Known(int64(3)), false}, result{Known(9 * ms), Completed, Known(int64(0)), false},
			"three tokens were seen, so the answer is not empty, whatever the server says"},
		{"empty", Count{}, 0, result{Known(9 * ms), Completed, Count{}, true}, result{Known(9 * ms), Completed, Count{}, true}, "nothing is known of tokens"},
		{"empty, usage of 0", Known(int64(0)), 0, result{Known(9 * ms), Completed, Known(int64(0)), true}, result{Known(9 * ms), Completed, Known(int64(0)), true}, "as stated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, rec tokenRecorder) {
				rec.Start(0)
				rec.Observe(5*ms, tt.observe)
				r := rec.Finish(9*ms, Completed, tt.usage)
				want := tt.full
				if _, ok := rec.(*Recorder); ok {
					want = tt.plain
				}
				if diff := cmp.Diff(want, result{r.End, r.Outcome, r.UsageTokens, r.Empty()}); diff != "" {
					t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
				}
				again := rec.Finish(10*ms, Cancelled, Count{})
				if again.Outcome != Completed || again.Arrival().Known() || again.End.Known() || again.Deliveries != nil {
					t.Errorf("a second Finish returns %+v, which could count twice", again)
				}
			})
		})
	}
	var unused Recorder
	if diff := cmp.Diff(Request{Outcome: Rejected}, unused.Finish(0, Rejected, Known(int64(7)))); diff != "" {
		t.Errorf("Finish without Start (-want +got)\n%s", diff)
	}
}

func TestRecorderRestart(t *testing.T) {
	// Due at 0, sent at 1 s, a token at 2 s, trouble at 3 s, tokens at 7 and 8 s.
	play := func(rec tokenRecorder, rule RestartRule) Request {
		rec.StartDue(0, 1*s1)
		rec.Scheduled(1500 * ms)
		rec.Observe(2*s1, 1)
		rec.Restart(3*s1, rule)
		rec.Scheduled(4 * s1)
		rec.Observe(7*s1, 1)
		rec.Observe(8*s1, 1)
		return rec.Finish(9*s1, Completed, Count{})
	}
	tests := []struct {
		rule   RestartRule
		want   Raw
		reason string
	}{
		{KeepTokens, Raw{ClientDelay: Known(s1), SchedulingDelay: Known(1500 * ms), Prefill: Known(500 * ms),
			TTFT: Known(2 * s1), TTLT: Known(8 * s1), Decode: Known(6 * s1), Stall: Known(5 * s1), EndToEnd: Known(9 * s1)},
			"the preemption is a stall of 5 s, and the first scheduling stays"},
		{KeepArrival, Raw{ClientDelay: Known(s1), SchedulingDelay: Known(4 * s1), Prefill: Known(3 * s1),
			TTFT: Known(7 * s1), TTLT: Known(8 * s1), Decode: Known(s1), Stall: Known(s1), EndToEnd: Known(9 * s1)},
			"the user waited 7 s for the first token that stayed"},
		{BeginAnew, Raw{SchedulingDelay: Known(s1), Prefill: Known(3 * s1),
			TTFT: Known(4 * s1), TTLT: Known(5 * s1), Decode: Known(s1), Stall: Known(s1), EndToEnd: Known(6 * s1)},
			"the second server answered in 4 s"},
	}
	for _, tt := range tests {
		both(t, func(t *testing.T, rec tokenRecorder) {
			req := play(rec, tt.rule)
			if diff := cmp.Diff(tt.want, rec.Raw()); diff != "" || rec.Err() != nil {
				t.Errorf("rule %d: %s: %v (-want +got)\n%s", tt.rule, tt.reason, rec.Err(), diff)
			}
			if _, ok := rec.(*TraceRecorder); !ok {
				return
			}
			if diff := cmp.Diff(tt.want, req.Raw()); diff != "" {
				t.Errorf("rule %d, request: %s (-want +got)\n%s", tt.rule, tt.reason, diff)
			}
		})
	}
	mustPanic(t, func() { new(Recorder).Restart(0, BeginAnew+1) })
	both(t, func(t *testing.T, rec tokenRecorder) {
		rec.Start(0)
		rec.Restart(5, KeepArrival)
		if rec.Observe(4, 1) || !errors.Is(rec.Err(), ErrTimeReversed) || !rec.Observe(5, 1) {
			t.Errorf("a token 1 ns before the restart, then one at it: %v, want the first refused", rec.Err())
		}
	})
}

func TestRecorderUnknownTokens(t *testing.T) {
	tests := []struct {
		name   string
		ks     []int
		usage  Count
		code   string
		tpot   PerToken
		reason string
	}{
		{"settled", []int{UnknownTokens, UnknownTokens, UnknownTokens}, Known(int64(11)), "", PerToken{2 * s1, 10}, "usage says what N is"},
		{"settled at the least", []int{UnknownTokens, UnknownTokens, UnknownTokens}, Known(int64(3)), "", PerToken{2 * s1, 2}, "one token each"},
		{"contradiction", []int{UnknownTokens, UnknownTokens, UnknownTokens}, Known(int64(2)), WarnTokenMismatch, PerToken{2 * s1, 1}, "three chunks hold no two tokens"},
		{"unsettled", []int{UnknownTokens, UnknownTokens, UnknownTokens}, Count{}, WarnUnsettled, PerToken{2 * s1, 2}, "an upper bound of TPOT, and a warning"},
		{"one unknown", []int{4, 4, UnknownTokens}, Known(int64(20)), "", PerToken{2 * s1, 19}, "the unknown one held 12"},
		{"all known", []int{4, 4, 4}, Known(int64(12)), "", PerToken{2 * s1, 11}, "agreement"},
		{"all known, usage larger", []int{4, 4, 4}, Known(int64(13)), WarnTokenMismatch, PerToken{2 * s1, 12}, "the stated one divides"},
		{"all known, usage smaller", []int{4, 4, 4}, Known(int64(11)), WarnTokenMismatch, PerToken{2 * s1, 10}, "the stated one divides"},
		{"all known, no usage", []int{4, 4, 4}, Count{}, "", PerToken{2 * s1, 11}, "nothing to doubt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, rec tokenRecorder) {
				rec.Start(0)
				for i, k := range tt.ks {
					rec.Observe(time.Duration(i+1)*s1, k)
				}
				if w := rec.Warnings(); w != nil {
					t.Errorf("warned before the end: %v", w)
				}
				rec.Finish(4*s1, Completed, tt.usage)
				code := ""
				for _, w := range rec.Warnings() {
					code += w.Code
				}
				if diff := cmp.Diff([]any{tt.code, tt.tpot}, []any{code, rec.Normalized().TPOT.PerToken}); diff != "" || rec.Err() != nil {
					t.Errorf("%s: %v (-want +got)\n%s", tt.reason, rec.Err(), diff)
				}
			})
		})
	}
}

func TestRecorderLive(t *testing.T) {
	var r Recorder
	type live struct {
		Since, Gap Span
		Outcome    Optional[Outcome]
		TTFT, E2E  Span
		Tokens     int64
	}
	at := func(now time.Duration) live {
		return live{r.Since(now), r.Gap(now), r.Outcome(), r.Raw().TTFT, r.Raw().EndToEnd, r.Tokens()}
	}
	check := func(when string, want, got live) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", when, diff)
		}
	}
	check("before Start", live{}, at(5))
	r.StartDue(1, 3)
	check("waiting", live{Since: Known(time.Duration(4))}, at(5))
	r.Observe(6, 2)
	check("streaming", live{Since: Known(time.Duration(8)), Gap: Known(time.Duration(3)), TTFT: Known(time.Duration(5)), Tokens: 2}, at(9))
	r.Finish(11, Cancelled, Count{})
	check("finished", live{Outcome: Known(Cancelled), TTFT: Known(time.Duration(5)), E2E: Known(time.Duration(10)), Tokens: 2}, at(12))
}

func TestRecorderMillionTokens(t *testing.T) {
	const n = 1_000_000
	var r Recorder
	r.Start(0)
	at := time.Duration(0)
	allocs := testing.AllocsPerRun(1, func() {
		for i := range n / 2 { // once to warm up, once to count
			at += 20*ms + time.Duration(i%7)
			r.Observe(at, 1)
		}
	})
	r.Finish(at, Completed, Known(int64(n)))
	v := r.Normalized()
	want := Normalized{Raw: v.Raw, Latency: v.Latency, FixedShare: v.FixedShare, TPOT: TPOT{PerToken{at - 20*ms, n - 1}, Known(20*ms + 6)}}
	if diff := cmp.Diff(want, v); diff != "" || allocs != 0 || r.Err() != nil {
		t.Errorf("%v allocations, %v (-want +got)\n%s", allocs, r.Err(), diff)
	}
}

func TestRecorderRefusedSaturates(t *testing.T) {
	var r Recorder
	for range 300 {
		r.Observe(0, 1)
	}
	if r.Refused() != 255 || !errors.Is(r.Err(), ErrNotStarted) {
		t.Errorf("refused %d times: %v; want 255 for 300", r.Refused(), r.Err())
	}
}

func TestRecordersDoNotAllocate(t *testing.T) {
	buffer := make([]Delivery, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		var r Recorder
		var trace TraceRecorder
		trace.Keep(buffer)
		r.StartDue(0, 1)
		trace.Start(1)
		for i := range 100 { // beyond the buffer, with control events
			r.Observe(time.Duration(i+2), i%5)
			trace.Observe(time.Duration(i+2), i%5)
		}
		r.Restart(200, KeepTokens)
		r.Finish(300, Completed, Known(int64(7)))
		trace.Finish(300, Completed, Count{})
		_ = r.Normalized()
	}); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}
