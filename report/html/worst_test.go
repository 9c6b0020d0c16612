package html

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// TestWorst compares with sorting all requests.
func TestWorst(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n := rng.IntN(60)
		w := Worst{Keep: 1 + rng.IntN(8)}
		type one struct {
			id          string
			stall, ttft time.Duration
		}
		var all []one
		for i := range n {
			r := metrics.Request{ID: strconv.Itoa(i), Sent: metrics.Known(time.Duration(0))}
			at := time.Duration(rng.IntN(5))
			first, stall := at, time.Duration(-1)
			for range rng.IntN(4) {
				r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
				gap := time.Duration(rng.IntN(6))
				if len(r.Deliveries) > 1 {
					stall = max(stall, at-r.Deliveries[len(r.Deliveries)-2].At)
				}
				at += gap
			}
			w.Add(&r)
			if len(r.Deliveries) > 0 {
				all = append(all, one{r.ID, stall, first})
			}
		}
		check := func(got []waiter, of func(one) time.Duration, what string) {
			sorted := slices.DeleteFunc(slices.Clone(all), func(o one) bool { return of(o) < 0 })
			slices.SortStableFunc(sorted, func(a, b one) int { return cmp.Compare(of(b), of(a)) })
			sorted = sorted[:min(len(sorted), w.Keep)]
			if len(got) != len(sorted) {
				t.Fatalf("%s: %d kept, want %d", what, len(got), len(sorted))
			}
			for i := range sorted {
				if got[i].id != sorted[i].id {
					t.Fatalf("%s %d: request %s, want %s", what, i, got[i].id, sorted[i].id)
				}
			}
		}
		check(w.stalls, func(o one) time.Duration { return o.stall }, "largest gap")
		check(w.firsts, func(o one) time.Duration { return o.ttft }, "TTFT")
		seen := map[string]bool{}
		for _, v := range w.requests() {
			if seen[v.id] {
				t.Fatalf("request %s stands twice", v.id)
			}
			seen[v.id] = true
		}
	}
}
