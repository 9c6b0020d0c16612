package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// This is the test to write for one's own definition: what it gives, what the
// papers' gives, and why they differ.
func TestOwnDefinitionsAgainstPaper(t *testing.T) {
	type values struct{ OwnTTFT, PaperTTFT, OwnTPOT, PaperTPOT time.Duration }
	tests := map[string]struct {
		want   values
		reason string
	}{
		"plain":            {values{100 * ms, 100 * ms, 15 * ms, 20 * ms}, "60 ms of decode are three gaps, not four"},
		"role chunk first": {values{30 * ms, 100 * ms, 15 * ms, 20 * ms}, "the event at 30 ms shows nothing to the user"},
		"client 50ms late": {values{50 * ms, 100 * ms, 15 * ms, 20 * ms}, "the user waits from the due instant"},
		"usage event last": {values{100 * ms, 100 * ms, 25 * ms, 20 * ms}, "no token comes in the last 40 ms"},
	}
	for _, s := range streams() {
		test, ok := tests[s.name]
		if !ok {
			t.Fatalf("stream %q has no row", s.name)
		}
		paper := metrics.Paper.Normalized(&s.Request)
		paperTTFT, _ := paper.Raw.TTFT.Get()
		own, p := ownTPOT(&s.Request), paper.TPOT.PerToken
		got := values{ownTTFT(&s.Request).Total, paperTTFT, own.Total / time.Duration(own.Tokens), p.Total / time.Duration(p.Tokens)}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", s.name, test.reason, diff)
		}
	}
}

// The plain stream cannot tell whose TTFT it is; all four together can.
const want = `metric stream                 own   paper   same value under
TTFT   plain                100ms   100ms   every convention
TTFT   role chunk first      30ms   100ms   vllm, evalscope
TTFT   client 50ms late      50ms   100ms   all but paper, mlperf, first-chunk
TTFT   usage event last     100ms   100ms   every convention
TTFT   all of them                          vllm, evalscope
TPOT   plain                 15ms    20ms   aiinfra
TPOT   role chunk first      15ms    20ms   aiinfra
TPOT   client 50ms late      15ms    20ms   aiinfra
TPOT   usage event last      25ms    20ms   aiinfra
TPOT   all of them                          aiinfra
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	run(&got)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
