package goodput

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// verdicts are the answers about one request.
type verdicts struct {
	SoFar, Idle  metrics.Span
	Benefit, QoE metrics.Optional[float64]
}

func optional(v float64, ok bool) metrics.Optional[float64] {
	if !ok {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(v)
}

// track feeds the request to a Tracker. After each delivery, and at the end,
// the answers must be those about the request cut there.
func track(t testing.TB, o Options, r *metrics.Request) {
	t.Helper()
	a, ok := r.Arrival().Get()
	if !ok {
		return
	}
	cut := *r
	end := metrics.Span{}
	if at, ok := r.End.Get(); ok {
		end = metrics.Known(at - a)
	}
	var k Tracker
	for i := range len(r.Deliveries) + 1 {
		if i > 0 {
			k.Observe(&o, r.Deliveries[i-1].At-a, r.Deliveries[i-1].Tokens)
		}
		cut.Deliveries = r.Deliveries[:i]
		want := verdicts{o.Reader.IdleLatency(&cut), o.IdleLatency(&cut), optional(o.Benefit(&cut)), optional(o.Ideal.QoE(&cut))}
		got := verdicts{k.IdleSoFar(), k.IdleLatency(&o, end, r.Outcome), optional(k.Benefit(&o, end, r.Outcome)), optional(k.QoE(&o))}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("after %d deliveries of %+v\n%+v (-batch +tracker)\n%s", i, r, o, diff)
		}
		if k.Tokens() != cut.Tokens() {
			t.Fatalf("%d tokens, want %d", k.Tokens(), cut.Tokens())
		}
	}
}

func TestTrackerEqualsBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 5_000 {
		track(t, randomOptions(rng), randomRequest(rng))
	}
}

func FuzzTracker(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 9))
	for range 10 {
		b := make([]byte, 120)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rng := rand.New(&bytesSource{data, rand.NewPCG(7, 7)})
		track(t, randomOptions(rng), randomRequest(rng))
	})
}

func TestTrackerWorked(t *testing.T) {
	const s = time.Second
	two := Options{Ideal: Ideal{TTFT: s, PerToken: s / 2}}
	tests := []struct {
		name    string
		o       Options
		r       *metrics.Request
		idle    metrics.Span
		benefit metrics.Optional[float64]
		qoe     metrics.Optional[float64]
		reason  string
	}{
		{"fast", Options{}, stream(t, .1, .2, .3, .4, .5), ms(0), known64(5), optional(0, false), "DEFINITIONS §7; no ideal, no QoE"},
		{"late start", Options{}, stream(t, 1, 1.1, 1.2, 1.3, 1.4), ms(800), known64(3), optional(0, false), "DEFINITIONS §7"},
		{"stall", Options{}, stream(t, .1, .2, .3, 2, 2.1), ms(1200), known64(2), optional(0, false), "DEFINITIONS §7"},
		{"stall, from first token", Options{Reader: Reader{Origin: FromFirstToken}}, stream(t, .1, .2, .3, 2, 2.1), ms(1100), known64(2.25), optional(0, false), "DEFINITIONS §7"},
		{"QoE, early", two, stream(t, .5, .6, .7, .8), ms(300), known64(3.25), known64(1), "DEFINITIONS §7"},
		{"QoE, late", two, stream(t, 2, 2.5, 3, 3.5), ms(2700), known64(-2.75), known64(3. / 7), "DEFINITIONS §7"},
		{"QoE, stall", two, stream(t, 1, 1.5, 3.5, 3.6), ms(2900), known64(-3.25), known64(2. / 3), "DEFINITIONS §7"},
		{"gave up", Options{}, until(stream(t, .1, .2), metrics.Cancelled, 2), ms(1400), known64(-1.5), optional(0, false), "charged: token 3 was wanted at 0.6"},
		{"gave up, as delivered", Options{Abandoned: AsDelivered}, until(stream(t, .1, .2), metrics.Cancelled, 2), ms(0), known64(2), optional(0, false), "not charged"},
		{"no token", Options{}, until(stream(t), metrics.TimedOut, 2), metrics.Span{}, known64(-4.5), optional(0, false), "no idle latency, but a price"},
		{"beyond time", Options{Reader: Reader{PerToken: math.MaxInt64, Tolerance: math.MaxInt64}}, stream(t, 1, 2), ms(0), known64(2), optional(0, false), "saturates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k Tracker
			for _, d := range tt.r.Deliveries {
				k.Observe(&tt.o, d.At, d.Tokens)
			}
			want := verdicts{Idle: tt.idle, Benefit: tt.benefit, QoE: tt.qoe}
			got := verdicts{Idle: k.IdleLatency(&tt.o, tt.r.End, tt.r.Outcome), Benefit: optional(k.Benefit(&tt.o, tt.r.End, tt.r.Outcome)), QoE: optional(k.QoE(&tt.o))}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

func TestTrackerCounts(t *testing.T) {
	o := Options{Ideal: Ideal{TTFT: 1, PerToken: 1}}
	var k Tracker
	k.Observe(&o, 1, 0)
	k.Observe(&o, 1, -2)
	if k != (Tracker{}) {
		t.Errorf("no token, but %+v", k)
	}
	k.Observe(&o, 1, metrics.UnknownTokens)
	if k.Tokens() != 1 {
		t.Errorf("an unknown number is %d tokens, want 1", k.Tokens())
	}
	// Sums beyond 64 bits, as large as a valid request can make them.
	k = Tracker{}
	k.Observe(&o, never, int(metrics.MaxTokens))
	whole := &metrics.Request{Sent: metrics.Known(-metrics.MaxInstant), Deliveries: []metrics.Delivery{{At: metrics.MaxInstant, Tokens: int(metrics.MaxTokens)}}}
	if diff := cmp.Diff(optional(o.Ideal.QoE(whole)), optional(k.QoE(&o))); diff != "" {
		t.Errorf("largest sums (-batch +tracker)\n%s", diff)
	}
}

// online is all that is known of a running request, in what it costs.
type online struct {
	rec   metrics.Recorder
	fluid fluidity.Tracker
	read  Tracker
}

func (s *online) observe(d *fluidity.Deadlines, o *Options, at time.Duration, k int) {
	if s.rec.Observe(at, k) {
		since, _ := s.rec.Since(at).Get()
		s.fluid.Observe(d, since, k)
		s.read.Observe(o, since, k)
	}
}

func TestOnlineCost(t *testing.T) {
	if n := unsafe.Sizeof(online{}); n > 128 {
		t.Errorf("the state of a running request takes %d bytes, the budget is 128", n)
	}
	d := fluidity.Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}
	o := Options{Ideal: Ideal{TTFT: time.Second, PerToken: time.Second / 5}}
	n := testing.AllocsPerRun(100, func() {
		var s online
		s.rec.Start(0)
		if err := s.fluid.Start(&d, metrics.Count{}); err != nil {
			t.Fatal(err)
		}
		for at := range time.Duration(100) {
			s.observe(&d, &o, at*60*time.Millisecond, int(at)%3)
		}
		s.rec.Finish(time.Minute, metrics.Cancelled, metrics.Count{})
		s.read.IdleLatency(&o, s.rec.Raw().EndToEnd, metrics.Cancelled)
		s.read.Benefit(&o, s.rec.Raw().EndToEnd, metrics.Cancelled)
		s.read.QoE(&o)
	})
	if n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// TestOnlineEqualsBatch: a stream followed as it runs, with all its flaws
// refused by the Recorder, has the answers of the record it leaves.
func TestOnlineEqualsBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 10))
	for range 2_000 {
		o := randomOptions(rng)
		d := fluidity.Deadlines{Prefill: time.Duration(rng.Int64N(1e9)), Decode: 1 + time.Duration(rng.Int64N(1e9)), First: fluidity.FirstToken(rng.IntN(3))}
		var trace metrics.TraceRecorder
		trace.Keep(make([]metrics.Delivery, 0, 40))
		var s online
		s.rec.Start(0)
		trace.Start(0)
		if err := s.fluid.Start(&d, metrics.Count{}); err != nil {
			t.Fatal(err)
		}
		at := time.Duration(0)
		for range rng.IntN(40) {
			at += time.Duration(rng.Int64N(int64(time.Second)) - int64(100*time.Millisecond))
			k := pick(rng, 1, 1, 1, 3, metrics.UnknownTokens, -7, math.MaxInt)
			s.observe(&d, &o, at, k)
			trace.Observe(at, k)
		}
		at += time.Duration(rng.Int64N(1e9))
		outcome := metrics.Outcome(rng.IntN(5))
		s.rec.Finish(at, outcome, metrics.Count{})
		r := trace.Finish(at, outcome, metrics.Count{})
		score, err := d.Score(&r)
		if err != nil {
			t.Fatal(err)
		}
		type all struct {
			verdicts
			Score fluidity.Score
			Raw   metrics.Raw
		}
		end := s.rec.Raw().EndToEnd
		want := all{verdicts{o.Reader.IdleLatency(&r), o.IdleLatency(&r), optional(o.Benefit(&r)), optional(o.Ideal.QoE(&r))}, score, r.Raw()}
		got := all{verdicts{s.read.IdleSoFar(), s.read.IdleLatency(&o, end, outcome), optional(s.read.Benefit(&o, end, outcome)), optional(s.read.QoE(&o))}, s.fluid.Score(), s.rec.Raw()}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(all{})); diff != "" {
			t.Fatalf("%+v\n%+v (-batch +online)\n%s", r, o, diff)
		}
	}
}
