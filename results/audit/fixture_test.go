package audit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

const ms = time.Millisecond

// fixture is a run to plant defects in. The figures that it states are
// computed from the records when it is audited, unless they were planted.
type fixture struct {
	run     results.Run
	reqs    []metrics.Request
	stats   []string // of the latencies that it states
	options Options
	edit    func(*fixture) // of the stated figures
	aggOnly bool           // audit without the records
}

// requestsOfRun is enough for a P99: 12 samples lie beyond it.
const requestsOfRun = 1200

// steady returns a run without a defect: Poisson arrivals at 5 requests/s,
// sent within 0.4 ms of their schedule, TTFT around 200 ms with a tail to 600,
// 20 to 120 tokens with a gap of 25 ms +- 40 %, the end 1 ms after the last.
func steady(seed uint64) *fixture {
	rng := rand.New(rand.NewPCG(seed, 5))
	f := &fixture{
		run: results.Run{
			Source: "steady", Format: results.FormatVLLM, Convention: metrics.VLLM.Name, CommonClock: true,
			Facts: []results.Fact{{Name: "model_id", Value: "m"}, {Name: "request_rate", Value: "5"}, {Name: "burstiness", Value: "1.0"}},
		},
		stats: []string{"mean", "p50", "p99"},
	}
	due := time.Duration(0)
	for i := range requestsOfRun {
		due += time.Duration(rng.ExpFloat64() * float64(200*ms))
		r := metrics.Request{
			ID:           fmt.Sprint(i),
			Due:          metrics.Known(due),
			Sent:         metrics.Known(due + time.Duration(rng.IntN(400))*time.Microsecond),
			PromptTokens: metrics.Known(int64(50 + rng.IntN(500))),
		}
		at := due + min(600*ms, time.Duration(math.Exp(0.25*rng.NormFloat64())*float64(200*ms)))
		n := 20 + rng.IntN(101)
		for range n {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
			at += 15*ms + time.Duration(rng.Int64N(int64(20*ms)))
		}
		r.UsageTokens = metrics.Known(int64(n))
		r.End = metrics.Known(r.Deliveries[n-1].At + ms)
		f.reqs = append(f.reqs, r)
	}
	return f
}

// state computes the figures that a tool would state.
func (f *fixture) state(t *testing.T) {
	t.Helper()
	c, _ := metrics.LookupConvention(f.run.Convention)
	s := metrics.Summary{Options: metrics.SummaryOptions{Convention: c}}
	paper := metrics.Summary{}
	for i := range f.reqs {
		if err := s.Add(&f.reqs[i]); err != nil {
			t.Fatal(err)
		}
		if err := paper.Add(&f.reqs[i]); err != nil {
			t.Fatal(err)
		}
	}
	f.run.Duration = paper.Duration()
	st := s.Stats()
	duration := span(f.run.Duration).Seconds()
	completed := float64(s.Requests.Completed + s.Requests.Empty)
	var states []results.Reported
	state := func(metric, stat string, v float64, unit string) {
		states = append(states, results.Reported{Name: stat + "_" + metric, Value: v, Unit: unit, Metric: metric, Stat: stat})
	}
	for _, m := range []struct {
		metric string
		of     *metrics.Stats
	}{{results.MetricTTFT, st.Raw.TTFT}, {results.MetricTPOT, st.Normalized.TPOT}, {results.MetricITL, st.Raw.TBT}, {results.MetricEndToEnd, st.Raw.EndToEnd}} {
		if m.of == nil {
			continue
		}
		for _, stat := range f.stats {
			v, _ := map[string]metrics.Optional[float64]{"mean": m.of.Mean, "p50": m.of.P50, "p90": m.of.P90, "p99": m.of.P99}[stat].Get()
			state(m.metric, stat, v/1e6, "ms")
		}
	}
	var tokens int64
	lengths := metrics.Exact{}
	for i := range f.reqs {
		tokens += f.reqs[i].OutputTokens()
		lengths.Add(float64(f.reqs[i].OutputTokens()))
	}
	half, _ := lengths.Quantile(metrics.Linear, 0.5)
	state(results.MetricOutputLength, "p50", half, "tokens")
	state(results.MetricOutputTokens, "", float64(tokens), "tokens")
	state(results.MetricCompleted, "", completed, "requests")
	if duration > 0 {
		state(results.MetricRequestRate, "", completed/duration, "requests/s")
		state(results.MetricOutputRate, "", float64(tokens)/duration, "tokens/s")
		state(results.MetricOutputRateMax, "", float64(tokens)/duration, "tokens/s")
	}
	f.run.Reported = states
}

// set plants a stated figure.
func (f *fixture) set(metric, stat string, change func(v float64) float64) {
	for i := range f.run.Reported {
		if r := &f.run.Reported[i]; r.Metric == metric && r.Stat == stat {
			r.Value = change(r.Value)
		}
	}
}

func (f *fixture) fact(name, value string) {
	for i := range f.run.Facts {
		if f.run.Facts[i].Name == name {
			f.run.Facts[i].Value = value
			return
		}
	}
	f.run.Facts = append(f.run.Facts, results.Fact{Name: name, Value: value})
}

func (f *fixture) audit(t *testing.T) *Audit {
	t.Helper()
	f.state(t)
	if f.edit != nil {
		f.edit(f)
	}
	f.run.AggregatesOnly = f.aggOnly
	a := New(&f.run, f.options)
	if f.aggOnly {
		return a
	}
	for i := range f.reqs {
		if err := a.Add(&f.reqs[i]); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// codes returns the codes of findings, with their severities.
func codes(found []Finding) []string {
	list := []string{}
	for _, f := range found {
		list = append(list, fmt.Sprintf("%v %s", f.Severity, f.Code))
	}
	return list
}

// some returns k requests, spread over the run.
func (f *fixture) some(k int) []*metrics.Request {
	var list []*metrics.Request
	for i := range k {
		list = append(list, &f.reqs[(2*i+1)*len(f.reqs)/(2*k)])
	}
	return list
}

// delay makes everything that the request delivers later, from its i-th
// delivery on.
func delay(r *metrics.Request, i int, d time.Duration) {
	for ; i < len(r.Deliveries); i++ {
		r.Deliveries[i].At += d
	}
	if end, ok := r.End.Get(); ok {
		r.End = metrics.Known(end + d)
	}
}

// regap gives the request n tokens, one every gap after its first.
func regap(r *metrics.Request, n int, gap time.Duration) {
	at := r.Deliveries[0].At
	r.Deliveries = r.Deliveries[:0]
	for range n {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
		at += gap
	}
	r.UsageTokens = metrics.Known(int64(n))
	r.End = metrics.Known(r.Deliveries[n-1].At + ms)
}
