package fluidity_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// A scheduler asks each running request how much slack its next token has.
func ExampleTracker() {
	const ms = time.Millisecond
	deadlines := fluidity.Deadlines{Prefill: 1000 * ms, Decode: 100 * ms}
	var t fluidity.Tracker
	if err := t.Start(&deadlines, metrics.Count{}); err != nil {
		fmt.Println(err)
		return
	}
	for _, at := range []time.Duration{800 * ms, 850 * ms, 900 * ms, 1350 * ms, 1450 * ms} {
		deadline, slack, _ := t.Next(&deadlines, at)
		fmt.Println("due", deadline, "came", at, "slack", slack)
		t.Observe(&deadlines, at, 1)
	}
	fmt.Println("index", t.Score().Index())
	// Output:
	// due 1s came 800ms slack 200ms
	// due 1.1s came 850ms slack 250ms
	// due 1.2s came 900ms slack 300ms
	// due 1.3s came 1.35s slack -50ms
	// due 1.45s came 1.45s slack 0s
	// index 0.8
}
