package fluidity

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// track feeds the request to a Tracker. After each delivery the score must be
// that of the request cut there.
func track(t testing.TB, d Deadlines, r *metrics.Request) Tracker {
	t.Helper()
	var k Tracker
	if err := k.Start(&d, r.PromptTokens); err != nil {
		t.Fatal(err)
	}
	a, known := r.Arrival().Get()
	if !known && d.usesPrefill() {
		return Tracker{}
	}
	cut := *r
	for i, v := range r.Deliveries {
		k.Observe(&d, v.At-a, v.Tokens)
		cut.Deliveries = r.Deliveries[:i+1]
		if got, want := k.Score(), mustScore(t, d, &cut); got != want {
			t.Fatalf("%+v: after delivery %d of %v the tracker has %+v, Score %+v", d, i, r.Deliveries, got, want)
		}
	}
	return k
}

func TestTrackerEqualsScore(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	curve := mustFit(t, []PrefillSample{{100, 1000}, {200, 3000}, {300, 7000}})
	for range 20_000 {
		grid := []time.Duration{1, time.Millisecond, 1 << 40, 1 << 50}[rng.IntN(4)]
		r := randomRequest(rng, 40, grid)
		d := Deadlines{
			Prefill:   time.Duration(rng.Int64N(60)) * grid,
			Decode:    1 + time.Duration(rng.Int64N(8))*grid,
			Late:      MissRule(rng.IntN(2)),
			First:     FirstToken(rng.IntN(3)),
			DropSlack: rng.IntN(2) == 0,
		}
		switch rng.IntN(8) {
		case 0:
			d.Decode = math.MaxInt64
		case 1:
			d.Prefill = math.MaxInt64
		case 2:
			d.Decode = metrics.MaxInstant
		case 3:
			r.Sent = metrics.Instant{}
		}
		if rng.IntN(4) == 0 {
			d.Curve = curve
		}
		if rng.IntN(2) == 0 {
			r.PromptTokens = metrics.Known(rng.Int64N(400))
		}
		track(t, d, r)
	}
}

func FuzzTracker(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 3, 1, 0, 3, 0, 1, 1, 0, 1, 1, 0, 1, 3, 0, 1, 1, 0, 1, 1, 0, 1})
	f.Add([]byte{3, 255, 255, 192, 255, 255, 7, 255, 255, 7, 1, 0, 7, 0, 0, 7, 0, 0, 7, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, d := decode(b)
		track(t, d, r)
	})
}

func TestTrackerWorked(t *testing.T) {
	const s = time.Second
	first := func(rule FirstToken) Deadlines { return Deadlines{Prefill: s, Decode: s / 10, First: rule} }
	tests := []struct {
		name   string
		d      Deadlines
		ds     []metrics.Delivery
		want   Score
		reason string
	}{
		{"one miss of five", first(Scored), inSeconds(.8, .05, .05, .45, .1), Score{4, 1}, "DEFINITIONS §5: 0.8"},
		{"late first token", first(Scored), inSeconds(2.35, .1), Score{1, 14}, "DEFINITIONS §5: 1/15"},
		{"in time", first(Scored), inSeconds(.9, .1, .1), Score{3, 0}, "DEFINITIONS §5: 1"},
		{"burst", Deadlines{Prefill: s, Decode: s}, inSeconds(1, 0, 0, 3), Score{4, 0}, "DEFINITIONS §5: tokens, not chunks"},
		{"burst in one delivery", Deadlines{Prefill: s, Decode: s}, []metrics.Delivery{{At: s, Tokens: 3}, {At: 4 * s, Tokens: 1}}, Score{4, 0}, "the same stream"},
		{"burst, 1 ns late", Deadlines{Prefill: s, Decode: s}, []metrics.Delivery{{At: s, Tokens: 3}, {At: 4*s + 1, Tokens: 1}}, Score{3, 1}, "boundary"},
		{"control event", first(Scored), []metrics.Delivery{{At: 9 * s}, {At: s, Tokens: 1}}, Score{1, 0}, "is ignored"},
		{"unknown number", first(Scored), []metrics.Delivery{{At: s, Tokens: metrics.UnknownTokens}}, Score{1, 0}, "is one token"},
		{"negative number", first(Scored), []metrics.Delivery{{At: 9 * s, Tokens: -2}}, Score{}, "is none"},
		{"floor", Deadlines{Prefill: 3 * s, Decode: s}, inSeconds(3, 1, 1, 3, 1, 1), Score{5, 3}, "DEFINITIONS §5: 5/8"},
		{"ceil", Deadlines{Prefill: 3 * s, Decode: s, Late: Ceil}, inSeconds(3, 1, 1, 3, 1, 1), Score{5, 2}, "DEFINITIONS §5: 5/7"},
		{"no token", first(Scored), nil, Score{}, "no deadline, and no index"},
		{"only skipped", first(Skipped), inSeconds(9), Score{}, "no deadline"},
		{"free", first(Free), inSeconds(9, .1), Score{2, 0}, "a hit however late"},
		{"most tokens", Deadlines{Decode: math.MaxInt64}, []metrics.Delivery{{At: 0, Tokens: int(metrics.MaxTokens)}}, Score{metrics.MaxTokens, 0}, "nothing overflows"},
		{"most misses", Deadlines{Decode: 1}, []metrics.Delivery{{At: 2 * metrics.MaxInstant, Tokens: 1}}, Score{0, 1<<62 + 1}, "nothing overflows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k Tracker
			if err := k.Start(&tt.d, metrics.Count{}); err != nil {
				t.Fatal(err)
			}
			for _, v := range tt.ds {
				k.Observe(&tt.d, v.At, v.Tokens)
			}
			if diff := cmp.Diff(tt.want, k.Score()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// inSeconds returns one token for each gap in seconds, the first of which
// counts from the arrival.
func inSeconds(seconds ...float64) []metrics.Delivery {
	var ds []metrics.Delivery
	var at time.Duration
	for _, g := range seconds {
		at += time.Duration(math.Round(g * 1e9))
		ds = append(ds, metrics.Delivery{At: at, Tokens: 1})
	}
	return ds
}

func TestTrackerNext(t *testing.T) {
	const s = time.Second
	type next struct {
		Deadline, Slack time.Duration
		OK              bool
	}
	at := func(now time.Duration, d Deadlines, ds ...metrics.Delivery) next {
		t.Helper()
		var k Tracker
		if err := k.Start(&d, metrics.Count{}); err != nil {
			t.Fatal(err)
		}
		for _, v := range ds {
			k.Observe(&d, v.At, v.Tokens)
		}
		deadline, slack, ok := k.Next(&d, now)
		return next{deadline, slack, ok}
	}
	d := Deadlines{Prefill: s, Decode: s / 10}
	skipped, free, drop := d, d, d
	skipped.First, free.First, drop.DropSlack = Skipped, Free, true
	one := metrics.Delivery{At: s / 2, Tokens: 1}
	for _, tt := range []struct {
		name      string
		got, want next
		reason    string
	}{
		{"first token", at(s/4, d), next{s, 3 * s / 4, true}, "D_p"},
		{"late already", at(3*s, d), next{s, -2 * s, true}, "negative slack"},
		{"slack carried", at(s/2, d, one), next{11 * s / 10, 6 * s / 10, true}, "an early token banks time"},
		{"slack dropped", at(s/2, drop, one), next{6 * s / 10, s / 10, true}, "t_1 + D_d"},
		{"after a late token", at(2*s, d, metrics.Delivery{At: 2 * s, Tokens: 1}), next{21 * s / 10, s / 10, true}, "the schedule restarts from it"},
		{"after three at once", at(s, d, metrics.Delivery{At: s, Tokens: 3}), next{13 * s / 10, 3 * s / 10, true}, "three tokens, three deadlines"},
		{"first skipped", at(0, skipped), next{}, "nothing is due"},
		{"first free", at(0, free), next{}, "it cannot be late"},
		{"decode after a skipped one", at(s/2, skipped, one), next{6 * s / 10, s / 10, true}, "t_1 + D_d"},
		{"beyond all instants", at(0, Deadlines{Prefill: math.MaxInt64, Decode: 1}), next{never, never, true}, "saturates"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, tt.reason, diff)
		}
	}
	var zero Tracker
	zero.Observe(&d, s, 1)
	if _, _, ok := zero.Next(&d, s); ok || zero.Score() != (Score{}) {
		t.Error("the zero Tracker has a deadline")
	}
}

// TestTrackerNextIsTheBoundary: a token at Next is a hit, 1 ns later one miss
// if deadlines are further apart than that.
func TestTrackerNextIsTheBoundary(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 2_000 {
		d := Deadlines{Prefill: time.Duration(rng.Int64N(40)), Decode: 2 + time.Duration(rng.Int64N(9)), Late: MissRule(rng.IntN(2))}
		r := randomRequest(rng, 20, 1)
		k := track(t, d, r)
		due, _, ok := k.Next(&d, 0)
		a, _ := r.Arrival().Get()
		if !ok || len(r.Deliveries) > 0 && r.Deliveries[len(r.Deliveries)-1].At-a > due {
			continue
		}
		hit, miss := k, k
		hit.Observe(&d, due, 1)
		miss.Observe(&d, due+1, 1)
		before := k.Score()
		want := []Score{{before.Hits + 1, before.Misses}, {before.Hits, before.Misses + 1}}
		if diff := cmp.Diff(want, []Score{hit.Score(), miss.Score()}); diff != "" {
			t.Fatalf("%+v %v due at %v (-want +got)\n%s", d, r.Deliveries, due, diff)
		}
	}
}

func TestTrackerStartErrors(t *testing.T) {
	for _, d := range []Deadlines{{}, {Decode: -1}, {Decode: 1, Prefill: -1}, {Decode: 1, Late: 9}, {Decode: 1, First: 9}} {
		k := Tracker{hits: 3, state: decoding}
		err := k.Start(&d, metrics.Count{})
		var oe *OptionError
		if !errors.As(err, &oe) || k != (Tracker{}) {
			t.Errorf("%+v: got %v and %+v, want an OptionError and no deadline", d, err, k)
		}
		k.Observe(&d, 1, 1)
		if k.Score() != (Score{}) {
			t.Errorf("%+v: a Tracker without deadlines has %+v", d, k.Score())
		}
	}
}

func TestTrackerCost(t *testing.T) {
	if n := unsafe.Sizeof(Tracker{}); n > 24 {
		t.Errorf("a Tracker takes %d bytes, want 24", n)
	}
	d := Deadlines{Prefill: time.Second, Decode: time.Millisecond}
	var k Tracker
	at := time.Duration(0)
	if n := testing.AllocsPerRun(100, func() {
		if at%7 == 0 {
			if err := k.Start(&d, metrics.Known(int64(7))); err != nil {
				t.Fatal(err)
			}
		}
		at++
		k.Observe(&d, at*time.Millisecond, int(at)%3)
		k.Next(&d, at)
	}); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}
