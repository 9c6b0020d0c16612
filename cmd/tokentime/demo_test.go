package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

var update = flag.Bool("update", false, "write the built-in runs and the golden files")

// demoRun makes 60 requests, one every 500 ms, of 120 to 280 tokens, a token
// every gap with a tenth of jitter. Two answers of three stand still for freeze
// after their first token.
func demoRun(gap, freeze time.Duration) []byte {
	const ms = time.Millisecond
	rng := rand.New(rand.NewPCG(36, 469))
	jitter := func(d time.Duration) time.Duration {
		return d + time.Duration(rng.Int64N(int64(d/5))) - d/10
	}
	var out bytes.Buffer
	w := results.NewWriter(&out, &results.Run{
		CommonClock: true,
		Facts:       []results.Fact{{Name: "about", Value: "synthetic; made by demo_test.go"}},
	})
	for i := range 60 {
		due := time.Duration(i) * 500 * ms
		r := metrics.Request{
			ID:           fmt.Sprint(i),
			Due:          metrics.Known(due),
			Sent:         metrics.Known(due + time.Duration(rng.IntN(300))*time.Microsecond),
			PromptTokens: metrics.Known(int64(100 + rng.IntN(400))),
		}
		at := due + jitter(180*ms)
		for n := range 120 + rng.IntN(161) {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at.Truncate(time.Microsecond), Tokens: 1})
			at += jitter(gap)
			if n == 0 && i%3 != 0 {
				at += freeze
			}
		}
		r.End = metrics.Known(r.Deliveries[len(r.Deliveries)-1].At + ms)
		if err := w.Write(&r); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestDemoFiles(t *testing.T) {
	for name, want := range map[string][]byte{
		"demo/steady.jsonl":   demoRun(36*time.Millisecond, 0),
		"demo/freezing.jsonl": demoRun(24*time.Millisecond, 2500*time.Millisecond),
	} {
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what this test makes; go test ./cmd/tokentime -update writes it", name)
		}
	}
}
