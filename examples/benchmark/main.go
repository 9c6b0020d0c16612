// Benchmark measures somebody else's system, here a small simulator of an
// inference server, in a Go benchmark:
//
//	go test -bench . -count 10 ./examples/benchmark > old.txt
//	... change the system ...
//	go test -bench . -count 10 ./examples/benchmark > new.txt
//	benchstat old.txt new.txt
//
// Beside the ns/op that the simulation costs, each line has what its users
// would have waited for, in units that benchstat reads: ttft-p99-ns and the
// like become seconds there. The program prints the same figures once.
//
// All figures are of one run of 1000 requests, the same in each iteration, so
// they do not depend on b.N: 1000 is what a P99 needs to be more than a
// property of a few of them.
package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

const (
	requests  = 1000
	maxOutput = 128
	seed      = 1
)

// pace is what the readers, programs of their own, take a token in. They wait
// when there is none.
const pace = 15 * time.Millisecond

// deadlines are what they are promised: the first token within 200 ms, then
// one each pace.
var deadlines = fluidity.Deadlines{Prefill: 200 * time.Millisecond, Decode: pace}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	m, err := simulate(newEngine(seed))
	if err != nil {
		return err
	}
	for _, f := range m.figures() {
		if name, ok := strings.CutSuffix(f.unit, "-ns"); ok {
			fmt.Fprintf(w, "%-14s %9v\n", name, time.Duration(f.value).Round(10*time.Microsecond))
		} else {
			fmt.Fprintf(w, "%-14s %9.4f\n", f.unit, f.value)
		}
	}
	return nil
}

// measurement is what is known of a run.
type measurement struct {
	deliveries [maxOutput]metrics.Delivery // of the request that is being served
	latency    metrics.Summary
	fluidity   fluidity.Summary
	goodput    goodput.Summary
}

// simulate sends the requests of a run to the engine.
func simulate(e *engine) (*measurement, error) {
	m := &measurement{
		fluidity: fluidity.Summary{Options: fluidity.Options{Deadlines: deadlines}},
		goodput:  goodput.Summary{Options: goodput.Options{Reader: goodput.Reader{PerToken: pace}}},
	}
	for _, r := range plan() {
		if err := m.serve(e, r); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// planned is a request of the load.
type planned struct {
	arrival        time.Duration
	prompt, output int
}

// plan returns the load: 22 requests a second on average, whatever becomes of
// them.
func plan() []planned {
	rng := rand.New(rand.NewPCG(seed, 1))
	load := make([]planned, requests)
	var arrival time.Duration
	for i := range load {
		arrival += time.Duration(rng.IntN(90)) * time.Millisecond
		load[i] = planned{arrival, 1 + rng.IntN(400), 1 + rng.IntN(maxOutput)}
	}
	return load
}

// serve records one request while the engine answers it, and adds it up.
func (m *measurement) serve(e *engine, p planned) error {
	var rec metrics.TraceRecorder
	rec.Keep(m.deliveries[:])
	rec.Start(p.arrival)
	end := e.serve(p.arrival, p.prompt, p.output, rec.Scheduled, func(at time.Duration, k int) { rec.Observe(at, k) })
	r := rec.Finish(end, metrics.Completed, metrics.Count{})
	if err := rec.Err(); err != nil {
		return err
	}
	if err := m.latency.Add(&r); err != nil {
		return err
	}
	if err := m.fluidity.Add(&r); err != nil {
		return err
	}
	return m.goodput.Add(&r, metrics.Optional[bool]{}) // no objective to attain
}

// figure is a value with its name, which is its unit for package testing.
type figure struct {
	unit  string
	value float64
}

// figures returns what is known; there is no 0 for what is not.
func (m *measurement) figures() []figure {
	var known []figure
	add := func(unit string, value float64, ok bool) {
		if ok {
			known = append(known, figure{unit, value})
		}
	}
	quantile := func(unit string, d *metrics.Distribution, p float64) {
		v, ok := d.Quantile(p)
		add(unit, v, ok)
	}
	raw := &m.latency.Raw
	quantile("ttft-p50-ns", &raw.TTFT, 0.5)
	quantile("ttft-p99-ns", &raw.TTFT, 0.99)
	quantile("tbt-p99-ns", &raw.TBT, 0.99)
	quantile("stall-max-ns", &raw.Stall, 1)
	index, ok := m.fluidity.Pooled.Index().Get()
	add("fluidity-index", index, ok)
	quantile("idle-p50-ns", &m.goodput.IdleLatency, 0.5)
	quantile("idle-p99-ns", &m.goodput.IdleLatency, 0.99)
	return known
}
