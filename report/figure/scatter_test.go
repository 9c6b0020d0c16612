package figure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// Each dot is the TTFT and the normalized latency of a request.
func TestScatterIsTheTwoViews(t *testing.T) {
	all := freezing(200)
	s := seriesOf(t, find(t, "normalized-vs-raw", collect(t, standard("run"), all)), "run", "request")
	if len(s.X) != len(all) {
		t.Fatalf("%d dots, want %d", len(s.X), len(all))
	}
	for i, r := range all {
		v := r.Normalized()
		ttft, _ := v.Raw.TTFT.Get()
		latency, _ := v.Latency.Total.Nanoseconds()
		got := []any{s.X[i], s.Y[i], s.Weights[i], s.Labels[i]}
		if diff := cmp.Diff([]any{float64(ttft), latency, float64(r.Tokens()), r.ID}, got); diff != "" {
			t.Fatalf("request %d (-want +got):\n%s", i, diff)
		}
	}
}

// What is left of many dots is a part of them, in order, with all extremes in
// every direction.
func TestThinKeepsTheRim(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 11))
	for name, of := range map[string]func(i int) dilution{
		"cloud": func(int) dilution {
			return dilution{x: math.Exp(rng.NormFloat64() * 3), y: math.Exp(rng.NormFloat64())}
		},
		"line":      func(int) dilution { x := math.Exp(rng.NormFloat64()); return dilution{x: x, y: x / 100} },
		"hyperbola": func(i int) dilution { x := 1 + float64(i); return dilution{x: x, y: 1e9/x + 1} },
		"one spot":  func(int) dilution { return dilution{x: 5, y: 7} },
		"column":    func(i int) dilution { return dilution{x: 5, y: 1 + float64(i)} },
	} {
		var all []dilution
		for i := range 20_000 {
			d := of(i)
			d.n = float64(i)
			all = append(all, d)
		}
		drawn := thin(all, maxDots)
		if len(drawn) > maxDots {
			t.Errorf("%s: %d dots, want at most %d", name, len(drawn), maxDots)
		}
		if !slices.IsSortedFunc(drawn, func(a, b dilution) int { return int(a.n - b.n) }) {
			t.Errorf("%s: not in order", name)
		}
		for _, d := range drawn {
			if all[int(d.n)] != d {
				t.Errorf("%s: a dot that is no request", name)
			}
		}
		lo, hi := bounds(all)
		if l, h := bounds(drawn); l != lo || h != hi {
			t.Errorf("%s: from %v to %v, want %v to %v", name, l, h, lo, hi)
		}
		at := cells(all, 1024)
		for angle := range 64 {
			dx, dy := math.Cos(float64(angle)*math.Pi/32), math.Sin(float64(angle)*math.Pi/32)
			reach := func(i int) float64 { return dx*float64(at[i].x) + dy*float64(at[i].y) }
			most, kept := math.Inf(-1), math.Inf(-1)
			for i := range all {
				most = max(most, reach(i))
			}
			for _, d := range drawn {
				kept = max(kept, reach(int(d.n)))
			}
			if kept < most-1e-9 {
				t.Errorf("%s: the rim in direction %d is lost: %v of %v", name, angle, kept, most)
			}
		}
	}
}

func bounds(all []dilution) (lo, hi [2]float64) {
	lo, hi = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{}
	for _, d := range all {
		lo, hi = [2]float64{min(lo[0], d.x), min(lo[1], d.y)}, [2]float64{max(hi[0], d.x), max(hi[1], d.y)}
	}
	return lo, hi
}

// The columns of the split are sorted and add up to the TTFT.
func TestSplitAddsUp(t *testing.T) {
	all := freezing(1000)
	all[5].Scheduled = metrics.Instant{}
	ttft := map[string]float64{}
	most := 0.0
	for _, r := range all {
		if d, ok := r.Raw().TTFT.Get(); ok && r.Scheduled.Known() {
			ttft[r.ID] = float64(d)
			most = max(most, float64(d))
		}
	}
	f := find(t, "ttft-split", collect(t, standard("run"), all))
	waited, prefill := seriesOf(t, f, "run", "scheduling delay"), seriesOf(t, f, "run", "prefill")
	if len(waited.X) != maxColumns {
		t.Errorf("%d columns, want %d", len(waited.X), maxColumns)
	}
	for i := range waited.X {
		if waited.Y[i] != 0 || waited.Y2[i] != prefill.Y[i] || prefill.Y2[i] != ttft[prefill.Labels[i]] {
			t.Errorf("column %d: 0..%v and %v..%v, want TTFT %v", i, waited.Y2[i], prefill.Y[i], prefill.Y2[i], ttft[prefill.Labels[i]])
		}
	}
	if !slices.IsSorted(prefill.Y2) || prefill.Y2[len(prefill.Y2)-1] != most {
		t.Error("columns do not rise to the largest TTFT")
	}
}

// The hull of small sets has the reach of the whole set in every direction,
// and nothing that lies between two of its corners.
func TestHullAgainstReach(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 15))
	for range 1000 {
		at := make([]cell, 1+rng.IntN(12))
		for i := range at {
			at[i] = cell{rng.Int64N(6), rng.Int64N(6)}
		}
		corners := hull(at)
		for dx := int64(-6); dx <= 6; dx++ {
			for dy := int64(-6); dy <= 6; dy++ {
				most, kept := int64(math.MinInt64), int64(math.MinInt64)
				for _, c := range at {
					most = max(most, dx*c.x+dy*c.y)
				}
				for _, i := range corners {
					kept = max(kept, dx*at[i].x+dy*at[i].y)
				}
				if kept != most {
					t.Fatalf("hull %v of %v reaches %d in direction (%d, %d), want %d", corners, at, kept, dx, dy, most)
				}
			}
		}
		distinct := map[cell]bool{}
		for _, i := range corners {
			distinct[at[i]] = true
		}
		for a := range distinct {
			for b := range distinct {
				for c := range distinct {
					between := (b.x-a.x)*(c.y-a.y) == (b.y-a.y)*(c.x-a.x) && (a.x-c.x)*(b.x-c.x)+(a.y-c.y)*(b.y-c.y) < 0
					if between {
						t.Fatalf("%v is between the corners %v and %v", c, a, b)
					}
				}
			}
		}
	}
}
