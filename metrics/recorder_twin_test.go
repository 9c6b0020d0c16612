package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// twinRecorder keeps a whole Request. It takes a call in if the Request is
// still valid with it, and refuses it if not.
type twinRecorder struct {
	req      Request
	floor    time.Duration // instant of the last restart that dropped tokens
	control  bool          // keeps control events
	started  bool
	finished bool
	unknown  bool
	refused  int
}

// try changes the request unless that makes it invalid.
func (r *twinRecorder) try(change func(q *Request)) bool {
	q := r.req
	q.Deliveries = append([]Delivery(nil), q.Deliveries...)
	change(&q)
	if q.Validate() != nil {
		r.refused++
		return false
	}
	r.req = q
	return true
}

func (r *twinRecorder) live() bool {
	if !r.started || r.finished {
		r.refused++
		return false
	}
	return true
}

func (r *twinRecorder) start(due Instant, sent time.Duration) {
	if r.started {
		r.refused++
		return
	}
	r.started = r.try(func(q *Request) { q.Due, q.Sent = due, Known(sent) })
	r.floor = -MaxInstant
}

func (r *twinRecorder) scheduled(at time.Duration) {
	switch {
	case r.req.Scheduled.Known() && !r.finished:
	case !r.live():
	case r.req.Tokens() == 0 && at < r.floor:
		r.refused++
	default:
		r.try(func(q *Request) { q.Scheduled = Known(at) })
	}
}

func (r *twinRecorder) observe(at time.Duration, k int) bool {
	if k == 0 && (!r.control || r.finished) {
		return false
	}
	if !r.live() {
		return false
	}
	n := k
	if k == UnknownTokens {
		n = 1
	}
	if at < r.floor {
		r.refused++
		return false
	}
	ok := r.try(func(q *Request) { q.Deliveries = append(q.Deliveries, Delivery{at, n}) })
	r.unknown = r.unknown || ok && k == UnknownTokens
	return ok && k != 0
}

func (r *twinRecorder) restart(at time.Duration, rule RestartRule) {
	if !r.live() {
		return
	}
	now := r.req
	now.End = Known(at) // that it could end here means that nothing is later
	if now.Validate() != nil || at < r.floor {
		r.refused++
		return
	}
	switch rule {
	case KeepArrival:
		r.req = Request{Due: r.req.Due, Sent: r.req.Sent}
		r.floor, r.unknown = at, false
	case BeginAnew:
		r.req = Request{Sent: Known(at)}
		r.floor, r.unknown = at, false
	}
}

func (r *twinRecorder) finish(at time.Duration, o Outcome, usage Count) {
	if o >= numOutcomes {
		r.refused++
		o = Failed
	}
	if !r.live() {
		return
	}
	r.req.Outcome = o
	if at < r.floor {
		r.refused++
	} else {
		r.try(func(q *Request) { q.End = Known(at) })
	}
	r.try(func(q *Request) { q.UsageTokens = usage })
	r.finished = true
}

// script makes calls out of bytes: small ones make small steps in time, so
// that boundaries are hit often.
type script struct {
	data []byte
	grid time.Duration
	now  time.Duration
}

func (s *script) next() int {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return int(b)
}

// step moves on, seldom back, and once in a while out of range.
func (s *script) step() time.Duration {
	switch b := s.next(); {
	case b < 8:
		return []time.Duration{MaxInstant, MaxInstant + 1, -MaxInstant, -MaxInstant - 1, math.MaxInt64, math.MinInt64, s.now - 1, s.now + 1}[b]
	case b < 24:
		return s.now - time.Duration(b-16)*s.grid
	default:
		s.now = min(s.now+time.Duration(b%8)*s.grid, MaxInstant)
		return s.now
	}
}

func (s *script) tokens() int {
	return []int{1, 1, 1, 1, 2, 5, 0, UnknownTokens, -2, math.MinInt, math.MaxInt, int(MaxTokens), int(MaxTokens) - 3, 1, 1, 1}[s.next()%16]
}

func (s *script) usage() Count {
	switch b := s.next(); {
	case b < 128:
		return Count{}
	case b < 250:
		return Known(int64(b % 16))
	default:
		return Known([]int64{-1, MaxTokens, MaxTokens + 1, math.MaxInt64, math.MinInt64, 0}[b-250])
	}
}

// play makes the calls that the bytes say on a Recorder, on a TraceRecorder,
// and on a twin of each, and fails if they differ after any of them.
func play(t *testing.T, data []byte) {
	t.Helper()
	s := &script{data: data}
	s.grid = []time.Duration{1, time.Millisecond, 1 << 40, 1 << 58}[s.next()%4]
	s.now = []time.Duration{0, -MaxInstant, time.Hour, MaxInstant - 100}[s.next()%4]
	var rec Recorder
	var trace TraceRecorder
	trace.Keep(make([]Delivery, 0, len(data)+1))
	plain, full := twinRecorder{}, twinRecorder{control: true}
	var last Request
	for len(s.data) > 0 {
		switch op := s.next() % 16; op {
		case 0:
			at := s.step()
			rec.Start(at)
			trace.Start(at)
			plain.start(Instant{}, at)
			full.start(Instant{}, at)
		case 1:
			due, sent := s.step(), s.step()
			rec.StartDue(due, sent)
			trace.StartDue(due, sent)
			plain.start(Known(due), sent)
			full.start(Known(due), sent)
		case 2:
			at := s.step()
			rec.Scheduled(at)
			trace.Scheduled(at)
			plain.scheduled(at)
			full.scheduled(at)
		case 3:
			at, rule := s.step(), RestartRule(s.next()%3)
			rec.Restart(at, rule)
			trace.Restart(at, rule)
			plain.restart(at, rule)
			full.restart(at, rule)
		case 4:
			at, o, usage := s.step(), Outcome(s.next()%7), s.usage()
			again := full.finished
			rec.Finish(at, o, usage)
			got := trace.Finish(at, o, usage)
			plain.finish(at, o, usage)
			full.finish(at, o, usage)
			if !again && full.finished {
				last = got
				if diff := cmp.Diff(full.req, got); diff != "" {
					t.Fatalf("the request of TraceRecorder (-twin +got)\n%s", diff)
				}
			}
		default:
			at, k := s.step(), s.tokens()
			if got, want := rec.Observe(at, k), plain.observe(at, k); got != want {
				t.Fatalf("Observe(%d, %d) = %v, twin %v: %+v\n%+v", at, k, got, want, rec, plain.req)
			}
			if got, want := trace.Observe(at, k), full.observe(at, k); got != want {
				t.Fatalf("TraceRecorder.Observe(%d, %d) = %v, twin %v: %+v\n%+v", at, k, got, want, trace, full.req)
			}
		}
		comparePlayed(t, &rec, &plain)
		comparePlayed(t, &trace.Recorder, &full)
	}
	if err := last.Validate(); err != nil {
		t.Fatalf("a recorder made an invalid request: %v", err)
	}
}

func comparePlayed(t *testing.T, rec *Recorder, twin *twinRecorder) {
	t.Helper()
	type state struct {
		Refused int
		Failed  bool
		Tokens  int64
		Views   []Normalized
	}
	want := state{min(twin.refused, 255), twin.refused > 0, twin.req.Tokens(), nil}
	got := state{rec.Refused(), rec.Err() != nil, rec.Tokens(), nil}
	for _, c := range append(Conventions(), Convention{OneToken: OneTokenZeroTPOT, Gaps: PerChunk}) {
		v, ok := rec.Under(c)
		if wantOK := c.First == FirstToken && (c.End != EndStream || twin.req.End.Known()); ok != wantOK {
			t.Fatalf("Under(%s) is ok: %v, want %v", c.Name, ok, wantOK)
		}
		if !ok {
			continue
		}
		got.Views = append(got.Views, v)
		want.Views = append(want.Views, c.Normalized(&twin.req))
	}
	if want.Refused == got.Refused && want.Failed == got.Failed && want.Tokens == got.Tokens && slices.Equal(want.Views, got.Views) {
		return // cmp takes a hundred times as long to find that
	}
	t.Fatalf("%+v\ntwin %+v\n(-twin +got)\n%s", *rec, twin, cmp.Diff(want, got))
}

func TestRecorderEqualsTwin(t *testing.T) {
	n := 6_000
	if testing.Short() {
		n = 1_000
	}
	rng := rand.New(rand.NewPCG(4, 1))
	for range n {
		data := make([]byte, 4+rng.IntN(80))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		data[2] = byte(rng.IntN(2)) // begin with a start, most often in order
		data[3] = byte(24 + rng.IntN(200))
		play(t, data)
	}
}

func FuzzRecorder(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 30, 5, 31, 0, 5, 33, 4, 5, 25, 7, 4, 40, 0, 140, 5, 31, 0, 4, 40, 0, 0})
	f.Add([]byte{0, 1, 1, 30, 30, 2, 31, 5, 31, 0, 3, 31, 1, 5, 3, 0, 5, 31, 0, 4, 6, 1, 251})
	f.Add([]byte{3, 3, 0, 7, 5, 0, 0, 5, 1, 0, 5, 31, 11, 5, 31, 0, 4, 2, 6, 255})
	f.Fuzz(func(t *testing.T, data []byte) { play(t, data) })
}

// TestRecorderEqualsRequest is the promise itself: a stream recorded as it
// runs has the views that its file has.
func TestRecorderEqualsRequest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for range 5_000 {
		r := randomRequest(rng)
		if !r.Sent.Known() {
			continue
		}
		if !r.End.Known() {
			r.End = Known(time.Hour)
		}
		var rec Recorder
		var trace TraceRecorder
		trace.Keep(make([]Delivery, 0, len(r.Deliveries)))
		feed(r, &rec)
		feed(r, &trace)
		got := trace.Finish(r.End.value, r.Outcome, r.UsageTokens)
		got.ID, got.Class, got.PromptTokens = r.ID, r.Class, r.PromptTokens
		if diff := cmp.Diff(*r, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
		brief := rec.Finish(r.End.value, r.Outcome, r.UsageTokens)
		n := r.OutputTokens()
		if n == 0 {
			n = r.Tokens() // a usage of 0 that the deliveries contradict
		}
		if brief.OutputTokens() != n || brief.Empty() != r.Empty() {
			t.Fatalf("without deliveries %d tokens, empty %v; want %d, %v", brief.OutputTokens(), brief.Empty(), n, r.Empty())
		}
		if err := errors.Join(rec.Err(), trace.Err()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{r.Raw(), r.Normalized()}, []any{rec.Raw(), rec.Normalized()}); diff != "" {
			t.Fatalf("%+v (-want +got)\n%s", r, diff)
		}
	}
}

// feed makes the calls of the stream up to its end.
func feed(r *Request, rec interface {
	Start(time.Duration)
	StartDue(due, sent time.Duration)
	Scheduled(time.Duration)
	Observe(time.Duration, int) bool
}) {
	if due, ok := r.Due.Get(); ok {
		rec.StartDue(due, r.Sent.value)
	} else {
		rec.Start(r.Sent.value)
	}
	if at, ok := r.Scheduled.Get(); ok {
		rec.Scheduled(at)
	}
	for _, d := range r.Deliveries {
		rec.Observe(d.At, d.Tokens)
	}
}

func TestRecorderSize(t *testing.T) {
	if n := unsafe.Sizeof(Recorder{}); n > 64 {
		t.Errorf("a Recorder takes %d bytes, the budget is 64", n)
	}
}
