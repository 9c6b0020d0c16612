package audit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// constantRate reports whether the file states that requests come at equal
// distances.
func (a *Audit) constantRate() bool {
	f, ok := a.run.Stated(results.FactArrivals)
	if !ok {
		return false
	}
	v := strings.ToLower(f.Value)
	if f.Name == "burstiness" { // of gamma gaps: their variation vanishes as it grows
		b, err := strconv.ParseFloat(v, 64)
		return err == nil && b > 1000
	}
	return v == "constant" || v == "uniform" || v == "fixed"
}

// findRateDrift holds arrivals against a schedule of constant rate.
func findRateDrift(a *Audit) []Finding {
	if !a.constantRate() || !a.run.CommonClock {
		return nil
	}
	var starts []time.Duration
	for i := range a.records {
		if at, ok := a.records[i].arrival.Get(); ok {
			starts = append(starts, at)
		}
	}
	if !a.enough(len(starts)) {
		return nil
	}
	slices.Sort(starts)
	n := float64(len(starts) - 1)
	mean := float64(starts[len(starts)-1]-starts[0]) / n
	if mean <= 0 {
		return nil
	}
	var squares float64
	for i, at := range starts[1:] {
		d := float64(at-starts[i]) - mean
		squares += d * d
	}
	variation := math.Sqrt(squares/n) / mean
	achieved := 1e9 / mean
	requested, ok := a.statedFact(results.FactRequestRate)
	slow := ok && requested > 0 && apart(achieved, requested, a.options.Tolerance)
	if variation <= a.options.GapVariation && !slow {
		return nil
	}
	f := Finding{
		Severity: Warning,
		Message:  "the file states a constant rate, but the gaps between arrivals vary",
		Numbers: []Number{
			{"coefficient of variation of the gaps", variation, Ratio},
			{"achieved rate", achieved, RequestsPerSecond},
		},
		Advice: "call the arrivals what they are: exponential gaps have a variation of 1 and queue far more than constant ones",
	}
	if ok {
		f.Numbers = append(f.Numbers, Number{"requested rate", requested, RequestsPerSecond})
	}
	if slow {
		f.Message = "arrivals drift away from the constant rate that the file states"
		f.Advice = "plan each arrival from the start of the run, not from the one before it; compare runs by the achieved rate"
	}
	return []Finding{f}
}

// lags returns the sample of sent - due.
func (a *Audit) lags() *metrics.Exact {
	return sample(a.records, func(c *record) (float64, bool) {
		d, ok := c.lag()
		return float64(d), ok
	})
}

// findClientLag looks for a client that did not send on time. Where the file
// states a limit of requests in flight, waiting for it is what was asked for,
// and findCoordinatedOmission says what it does to the latencies.
func findClientLag(a *Audit) []Finding {
	if _, limited := a.statedFact(results.FactMaxConcurrency); limited {
		return nil
	}
	limit := float64(a.options.ClientLag)
	const advice = "the run is invalid: the client was the bottleneck. Use more client processes, or a lower rate"
	lags := a.lags()
	if lags.Len() == 0 {
		p99, ok := a.statedTime(results.MetricScheduleDelay, "p99")
		if !ok || p99 <= limit {
			return nil
		}
		numbers := []Number{{"stated P99 of sent - due", p99, Nanoseconds}}
		if mean, ok := a.statedTime(results.MetricScheduleDelay, "mean"); ok {
			numbers = append(numbers, Number{"stated mean", mean, Nanoseconds})
		}
		return []Finding{{
			Severity: Error,
			Message:  fmt.Sprintf("by the stated figures, the client sent more than one request in a hundred more than %v late", a.options.ClientLag),
			Numbers:  numbers,
			Advice:   advice,
		}}
	}
	p99 := quantile(lags, 0.99)
	if p99 <= limit {
		return nil
	}
	var late Requests
	for i := range a.records {
		if d, ok := a.records[i].lag(); ok && float64(d) > limit {
			late.add(a.records[i].id)
		}
	}
	most, _ := lags.Max()
	return []Finding{{
		Severity: Error,
		Message:  fmt.Sprintf("the client sent %d of %d requests more than %v late", late.Count, lags.Len(), a.options.ClientLag),
		Numbers: []Number{{"median of sent - due", quantile(lags, 0.5), Nanoseconds},
			{"P99", p99, Nanoseconds}, {"max", most, Nanoseconds}},
		Requests: late,
		Advice:   advice,
	}}
}

// findCoordinatedOmission compares the TTFT from sending with the one from
// the schedule.
func findCoordinatedOmission(a *Audit) []Finding {
	if a.run.Convention != "" && a.tool.Options.Convention.Zero != metrics.FromSent {
		return nil // the stated figures count from the schedule
	}
	const advice = "count latencies from the scheduled instant: users do not wait for the client's turn to begin waiting"
	both := func(c *record) bool { _, ok := c.fromSent(); return ok }
	due := sample(a.records, func(c *record) (float64, bool) { v, _ := ttftOf(c); return v, both(c) })
	if due.Len() == 0 {
		return a.statedOmission(advice)
	}
	sent := sample(a.records, func(c *record) (float64, bool) { v, ok := c.fromSent(); return float64(v), ok })
	for _, q := range []struct {
		p    float64
		name string
	}{{0.99, "P99"}, {0.5, "median"}} {
		x, y := quantile(due, q.p), quantile(sent, q.p)
		if x-y < float64(a.options.ClientLag) || x < a.options.OmissionFactor*y {
			continue
		}
		return []Finding{{
			Severity: Warning,
			Message:  "the TTFT from sending leaves out the wait before it",
			Numbers: []Number{
				{q.name + " TTFT from sending", y, Nanoseconds},
				{q.name + " TTFT from the schedule", x, Nanoseconds},
				{"from the schedule / from sending", x / y, Ratio},
			},
			Advice: advice,
		}}
	}
	return nil
}

// statedOmission compares the stated delay of sending with the stated TTFT.
func (a *Audit) statedOmission(advice string) []Finding {
	delay, ok := a.statedTime(results.MetricScheduleDelay, "p99")
	ttft, known := a.statedTime(results.MetricTTFT, "p99")
	if !ok || !known || delay < float64(a.options.ClientLag) || delay < (a.options.OmissionFactor-1)*ttft {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  "the stated TTFT counts from sending and leaves out a wait of its own size",
		Numbers: []Number{
			{"stated P99 TTFT, from sending", ttft, Nanoseconds},
			{"stated P99 of sent - due", delay, Nanoseconds},
		},
		Advice: advice,
	}}
}
