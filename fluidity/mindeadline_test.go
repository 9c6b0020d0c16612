package fluidity

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func TestMinDecodeDeadline(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	type result struct {
		D  time.Duration
		OK bool
	}
	for _, test := range []struct {
		name   string
		r      *metrics.Request
		target Target
		late   MissRule
		want   result
		reason string
	}{
		{"no token", gaps(s), Target{}, Floor, result{}, "N < 2"},
		{"one token", gaps(s, 1), Target{}, Floor, result{}, "N < 2"},
		{"two tokens", gaps(s, 1, 2), Target{}, Floor, result{2 * s, true}, "one deadline, one gap"},
		{"at one instant", deliveries(metrics.Delivery{At: s, Tokens: 5}), Target{}, Floor, result{1, true}, "no gap; D_d is at least 1 ns"},
		{"1 ns", gaps(1, 5, 1, 1), Target{}, Floor, result{1, true}, "gaps of 1 ns"},
		{"even gaps", gaps(ms, 900, 40, 40, 40, 40), Target{}, Floor, result{40 * ms, true}, "the TTFT has no part in it"},
		{"no miss allowed, stall first", gaps(ms, 0, 160, 40, 40, 40), Target{1, 1}, Floor, result{160 * ms, true}, "nothing banked before it"},
		{"no miss allowed, stall last", gaps(ms, 0, 40, 40, 40, 160), Target{1, 1}, Floor, result{70 * ms, true}, "280 ms for four tokens"},
		{"rounded up", gaps(1, 0, 3, 7), Target{1, 1}, Floor, result{5, true}, "t_3 - t_1 = 10 over 2 tokens"},
		{"target 0", gaps(s, 1, 2), Target{0, 1}, Floor, result{1, true}, "any index will do"},
		{"target above 1", gaps(s, 1, 2), Target{11, 10}, Floor, result{}, "no index will do"},
		{"stall after 8 gaps", stalled(8), Target{}, Floor, result{43_636_364, true}, "the 10th token, 480 ms after t_1, is due 9 D_d after it and has the two misses allowed if 480 ms < 11 D_d"},
		{"control events", deliveries(metrics.Delivery{At: 0}, metrics.Delivery{At: s, Tokens: 1}, metrics.Delivery{At: 2 * s, Tokens: 1}, metrics.Delivery{At: 90 * s}),
			Target{}, Floor, result{s, true}, "k = 0 is no token, first, last or between"},
		{"the whole of time", deliveries(metrics.Delivery{At: -metrics.MaxInstant, Tokens: 1}, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1 << 30}),
			Target{1, 1}, Floor, result{2 * metrics.MaxInstant, true}, "one gap of 2^62 ns"},
		{"whole multiple, floor", gaps(1, 0, 1, 3), Target{1, 2}, Floor, result{2, true}, "D = 1: late by 2, 3 misses; D = 2: t_3 is due at 4"},
		{"whole multiple, ceil", gaps(1, 0, 3), Target{0, 1}, Ceil, result{1, true}, "any index will do"},
	} {
		d, ok := MinDecodeDeadline(test.r, test.target, test.late)
		if diff := cmp.Diff(test.want, result{d, ok}); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", test.name, test.reason, diff)
		}
	}
}

func TestMinDecodeDeadlineEqualsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for i := range 4_000 {
		r := randomRequest(rng, 60, 1)
		late := MissRule(rng.IntN(2))
		target := []Target{{}, {1, 2}, {99, 100}, {1, 1}, {0, 1}, {11, 10}, {3, 7}}[rng.IntN(7)]
		got, ok := MinDecodeDeadline(r, target, late)
		want, wok := twinMinimum(expand(r), target.orDefault(), late)
		if got != want || ok != wok {
			t.Fatalf("case %d: %v %v of %v: got %v %v, want %v %v", i, target, late, r.Deliveries, got, ok, want, wok)
		}
	}
}

// checkMinimal fails unless d reaches the target and d-1 does not.
func checkMinimal(t testing.TB, r *metrics.Request, target Target, late MissRule, d time.Duration) {
	t.Helper()
	if ok, _ := mustScore(t, Deadlines{Decode: d, Late: late, First: Skipped}, r).AtLeast(target); !ok {
		t.Errorf("the target is not reached at the minimum deadline %v", d)
	}
	if d == 1 {
		return
	}
	if ok, _ := mustScore(t, Deadlines{Decode: d - 1, Late: late, First: Skipped}, r).AtLeast(target); ok {
		t.Errorf("the target is reached at 1 ns less than the minimum deadline %v", d)
	}
}

func TestMinDecodeDeadlineIsMinimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 8))
	targets := []Target{{}, {1, 2}, {99, 100}, {1, 1}, {1, 1 << 40}}
	for range 5_000 {
		r := &metrics.Request{}
		at := time.Duration(rng.Int64N(1e9))
		gap := []func(*rand.Rand) time.Duration{steady, bimodal}[rng.IntN(2)]
		for range 2 + rng.IntN(300) {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1 + rng.IntN(2)*rng.IntN(4)})
			at += gap(rng)
		}
		target, late := targets[rng.IntN(len(targets))], MissRule(rng.IntN(2))
		d, ok := MinDecodeDeadline(r, target, late)
		if !ok {
			t.Fatal("undefined for two tokens or more")
		}
		checkMinimal(t, r, target, late, d)
	}
}

func TestMinDecodeDeadlineNearLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for range 5_000 {
		at := -metrics.MaxInstant
		r := &metrics.Request{}
		for range 2 + rng.IntN(30) {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1 + rng.IntN(2)*rng.IntN(1<<26)})
			at = min(metrics.MaxInstant, at+time.Duration(rng.Int64N(1<<62)>>rng.IntN(62)))
		}
		target, late := []Target{{}, {1, 2}, {1, 1 << 62}}[rng.IntN(3)], MissRule(rng.IntN(2))
		d, ok := MinDecodeDeadline(r, target, late)
		if !ok {
			t.Fatal("undefined for two tokens or more")
		}
		checkMinimal(t, r, target, late, d)
	}
}

func TestMinDecodeDeadlinePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"no rule":   func() { MinDecodeDeadline(gaps(1, 1, 1), Target{}, 2) },
		"no target": func() { MinDecodeDeadline(gaps(1, 1, 1), Target{1, 0}, Floor) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
