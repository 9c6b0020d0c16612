package slo

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRatioCmp(t *testing.T) {
	for _, tt := range []struct {
		a, b   ratio
		want   int
		reason string
	}{
		{ratio{9, 10}, Share{9, 10}.ratio(), 0, "nine hits of ten are 0.9 exactly"},
		{ratio{899_999_999_999_999_999, 1_000_000_000_000_000_000}, ratio{9, 10}, -1, "below by 1e-18, which no float64 tells"},
		{ratio{100, 3}, ratio{33, 1}, 1, "33.33 ns a token is above 33 ns"},
		{ratio{99, 3}, ratio{33, 1}, 0, "99 ns over 3 tokens"},
		{ratio{1 << 61, 1<<31 - 1}, ratio{1 << 30, 1}, 1, "the cross product needs 128 bits"},
		{ratio{-1, 2}, ratio{0, 1}, -1, "signs are compared first"},
		{ratio{-1, 2}, ratio{-1, 3}, -1, "of two negative values the larger magnitude is the smaller value"},
		{ratio{math.MinInt64, 1}, ratio{math.MinInt64, 2}, -1, "no negation overflows"},
		{ratio{math.MaxInt64, math.MaxUint64}, ratio{1, 2}, -1, "a saturated number of misses"},
	} {
		if got := tt.a.cmp(tt.b); got != tt.want {
			t.Errorf("%v.cmp(%v) = %d, want %d: %s", tt.a, tt.b, got, tt.want, tt.reason)
		}
		if got := tt.b.cmp(tt.a); got != -tt.want {
			t.Errorf("%v.cmp(%v) = %d, want %d: %s", tt.b, tt.a, got, -tt.want, tt.reason)
		}
	}
}

func TestRatioCmpRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	random := func() ratio {
		return ratio{int64(rng.Uint64()) >> rng.IntN(64), max(1, rng.Uint64()>>rng.IntN(64))}
	}
	for range 30_000 {
		a, b := random(), random()
		if rng.IntN(4) == 0 { // near each other
			k := 1 + rng.Int64N(1000)
			a = ratio{a.num / 1000, max(1, a.den/1000)}
			b = ratio{a.num*k + rng.Int64N(3) - 1, a.den * uint64(k)}
		}
		if got, want := a.cmp(b), a.rat().Cmp(b.rat()); got != want {
			t.Fatalf("%v.cmp(%v) = %d, want %d", a, b, got, want)
		}
	}
}
