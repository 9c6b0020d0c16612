package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Computed by hand: TTFT 1300 = 1200 + 100 from the due instant; decode 2420 -
// 1300 = 1120 ms, over 8 tokens 140, over the 7 after the first 160 ms.
const want = `request chat-1: 8 tokens, convention paper

raw                           normalized           per token
client delay            5ms
scheduling delay       1.2s   scheduling part          150ms
+ prefill             100ms   + prefill part          12.5ms
+ decode              1.12s   + decode part            140ms
= TTLT                2.42s   = normalized latency   302.5ms
TTFT                   1.3s   TTFT part              162.5ms
stall                 900ms   TPOT                     160ms
end to end            2.43s
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
