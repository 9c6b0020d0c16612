package compare

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/results"
)

func testOptions() Options {
	return Options{Resamples: 200, Report: report.Options{Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}}
}

// newTestRun returns a run of n requests.
func newTestRun(t testing.TB, o Options, n int, request func(i int) *metrics.Request) *Run {
	t.Helper()
	run, err := NewRun(&results.Run{Source: "test.jsonl", Format: "test", CommonClock: true}, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := run.Add(request(i)); err != nil {
			t.Fatal(err)
		}
	}
	return run
}

// steadyRequest returns request i of a stream: TTFT and gaps vary, and the
// gaps of one request are alike.
func steadyRequest(random *rand.Rand, i, tokens int, pace time.Duration) *metrics.Request {
	at := time.Duration(i) * 10 * time.Millisecond
	r := &metrics.Request{ID: fmt.Sprint(i), Sent: metrics.Known(at), PromptTokens: metrics.Known(int64(100 + random.IntN(100)))}
	own := float64(pace) * (0.5 + random.Float64())
	at += time.Duration(float64(200*time.Millisecond) * random.ExpFloat64())
	for range tokens {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
		at += time.Duration(own * (0.5 + random.Float64()))
	}
	r.End = metrics.Known(at)
	return r
}
