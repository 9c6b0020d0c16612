package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The figures are those of arXiv:2507.09019 §3.3, and their scheduling parts:
// 10 s / 10 and 10 s / 1000.
const want = `tokens  scheduling delay  normalized latency  scheduling part    TPOT
    10               10s               1.02s               1s    20ms
  1000               10s                30ms             10ms    20ms

Both users waited 10 s. The longer answer only divides it by more.
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	run(&got)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
