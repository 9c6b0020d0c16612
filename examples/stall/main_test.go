package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// By hand: TPOT (19 x 40 + 160)/20 = 46 ms. The early stall is 30 ms late,
// floor(30/50) + 1 = 1 miss: 19/20. The late one is in time.
const want = `                         TPOT  P90 TBT  largest   fluidity index
stall after 8 gaps       46ms     40ms    160ms   0.95 (hits 19, misses 1)
stall after 12 gaps      46ms     40ms    160ms   1.00 (hits 20, misses 0)
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	if err := run(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
