package fluidity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func TestTokenDeadlines(t *testing.T) {
	const s = time.Second
	unit := TokenDeadlines{TTFT: 3 * s, TBT: s}
	for _, test := range []struct {
		name   string
		d      TokenDeadlines
		r      *metrics.Request
		want   Score
		reason string
	}{
		{"in time", unit, gaps(s, 3, 1, 1), Score{3, 0}, "each at its deadline"},
		{"1 ns late", unit, gaps(1, 3e9, 1e9, 1e9+1), Score{2, 1}, "the last one"},
		{"no reset", unit, gaps(s, 5, 1, 1, 1), Score{0, 4}, "2 s behind all the way; with a reset only the first is late"},
		{"catches up", unit, gaps(s, 5, 0, 0, 1), Score{2, 2}, "deadlines 3 4 5 6, tokens at 5 5 5 6"},
		{"a chunk partly late", unit, deliveries(metrics.Delivery{At: 5 * s, Tokens: 4}), Score{2, 2}, "deadlines 3 4 5 6, all at 5"},
		{"one deadline for all", TokenDeadlines{TTFT: 3 * s}, gaps(s, 1, 1, 1, 1, 1), Score{3, 2}, "TBT* = 0"},
		{"no token", unit, gaps(s), Score{}, "N = 0"},
		{"no arrival", unit, &metrics.Request{Deliveries: []metrics.Delivery{{At: s, Tokens: 1}}}, Score{}, "t_i - a is unknown"},
		{"no limit", TokenDeadlines{TTFT: math.MaxInt64, TBT: math.MaxInt64}, gaps(s, 5, 1, 1, 1), Score{4, 0}, "nothing overflows"},
		{"late control event", unit, deliveries(metrics.Delivery{At: s, Tokens: 1}, metrics.Delivery{At: 9 * s}), Score{1, 0}, "k = 0 cannot be late"},
	} {
		got, err := test.d.Score(test.r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", test.name, test.reason, diff)
		}
	}
}

func TestTokenDeadlinesEqualTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 10))
	for i := range 20_000 {
		grid := []time.Duration{1, time.Millisecond, 1_000_003}[rng.IntN(3)]
		r := randomRequest(rng, 40, grid)
		a, _ := r.Arrival().Get()
		d := TokenDeadlines{time.Duration(rng.Int64N(40)) * grid, time.Duration(rng.Int64N(8)) * grid}
		got, err := d.Score(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := attained(d, a, expand(r)); got != want {
			t.Fatalf("case %d: %+v of %v from %v: got %+v, want %+v", i, d, r.Deliveries, a, got, want)
		}
	}
}
