package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// findPeakBelowAverage holds the stated peak of the token rate against the
// stated average.
func findPeakBelowAverage(a *Audit) []Finding {
	peak, ok := a.statedNumber(results.MetricOutputRateMax, "")
	average, known := a.statedNumber(results.MetricOutputRate, "")
	if !ok || !known || peak >= average {
		return nil
	}
	return []Finding{{
		Severity: Error,
		Message:  "the stated peak of the output rate is below the stated average",
		Numbers: []Number{{"stated peak", peak, TokensPerSecond}, {"stated average", average, TokensPerSecond},
			{"peak / average", peak / average, Ratio}},
		Advice: "do not use the peak: it counts chunks in seconds of the clock, and a run shorter than a few seconds has no full one",
	}}
}

// findAboveCap holds the stated peak of requests in flight, and the one that
// follows from the records, against the stated limit.
func findAboveCap(a *Audit) []Finding {
	limit, ok := a.statedFact(results.FactMaxConcurrency)
	if !ok || limit < 1 {
		return nil
	}
	stated, isStated := a.statedNumber(results.MetricConcurrencyMax, "")
	isStated = isStated && stated > limit
	peak, known := a.inFlight().peak()
	above := known && float64(peak) > limit
	if !isStated && !above {
		return nil
	}
	f := Finding{
		Severity: Error,
		Message:  "the stated peak of requests in flight exceeds the stated limit",
		Numbers:  []Number{{"stated limit", limit, RequestCount}},
		Advice:   "do not use the stated peak: it counts all requests of a second, also those that follow each other",
	}
	if isStated {
		f.Numbers = append(f.Numbers, Number{"stated peak", stated, RequestCount})
	}
	if known {
		f.Numbers = append(f.Numbers, Number{"true peak, from the records", float64(peak), RequestCount})
	}
	if above {
		f.Message = "more requests were in flight than the stated limit allows"
		f.Advice = "find out what the limit was; the run is not what the file says it is"
	}
	return []Finding{f}
}

// flight holds the instants at which requests were sent and ended.
type flight struct {
	starts, ends []time.Duration // sorted
}

// inFlight returns the flight of all requests whose instants are known. A
// request whose end is unknown is taken to end with its last event.
func (a *Audit) inFlight() flight {
	var f flight
	if !a.run.CommonClock {
		return f
	}
	for i := range a.records {
		c := &a.records[i]
		start, ok := c.sent.Get()
		end, known := c.end.Get()
		if !ok || !known {
			continue
		}
		f.starts = append(f.starts, start)
		f.ends = append(f.ends, end)
	}
	slices.Sort(f.starts)
	slices.Sort(f.ends)
	return f
}

// peak returns the largest number of requests at one instant. One that ends
// when another is sent makes room for it.
func (f flight) peak() (most int, ok bool) {
	done := 0
	for i, start := range f.starts {
		for done < len(f.ends) && f.ends[done] <= start {
			done++
		}
		most = max(most, i+1-done)
	}
	return most, len(f.starts) > 0
}

// at returns how many requests were in flight just after the instant.
func (f flight) at(t time.Duration) int {
	sent, _ := slices.BinarySearch(f.starts, t+1)
	done, _ := slices.BinarySearch(f.ends, t+1)
	return sent - done
}

// findImplausibleRates holds stated rates against totals over the duration,
// and against each other.
func findImplausibleRates(a *Audit) []Finding {
	var found []Finding
	for _, w := range []struct{ metric, unit, name string }{
		{results.MetricRequestRate, RequestsPerSecond, "request rate"},
		{results.MetricOutputRate, TokensPerSecond, "output rate"},
	} {
		if f, ok := a.implausibleRate(w.metric, w.unit, w.name); ok {
			found = append(found, f)
		}
	}
	return append(found, a.slippedRates()...)
}

// slip is how far below the output rate a number can only have another unit
// than its name says.
const slip = 100

// slippedRates holds numbers that no common word stands for, but whose names
// say that they are rates of tokens, against the stated output rate: of which
// tokens is not known, so that only a slip of the unit is found.
func (a *Audit) slippedRates() []Finding {
	rate, ok := a.run.Report(results.MetricOutputRate, "")
	if !ok || rate.Value <= 0 {
		return nil
	}
	var found []Finding
	for _, r := range a.run.Reported {
		name := strings.ToLower(r.Name)
		isRate := strings.Contains(name, "token") && (strings.HasSuffix(name, "throughput") || strings.HasSuffix(name, "per_second"))
		if r.Metric != "" || r.Stat != "" || !isRate || r.Value <= 0 || r.Value*slip >= rate.Value {
			continue
		}
		found = append(found, Finding{
			Severity: Error,
			Message:  fmt.Sprintf("by its name, %s is a rate of tokens, but it is next to nothing beside the stated output rate", r.Name),
			Numbers: []Number{{"stated " + r.Name, r.Value, Count}, {"stated " + rate.Name, rate.Value, TokensPerSecond},
				{"quotient", r.Value / rate.Value, Ratio}},
			Advice: "do not use it: a unit or a prefix slipped",
		})
	}
	return found
}

// rateFactor is the difference from which a rate is wrong. Tools take the
// duration of a run differently, but not by that much.
const rateFactor = 1.5

func (a *Audit) implausibleRate(metric, unit, name string) (Finding, bool) {
	var stated []Number
	for _, r := range a.run.Reported {
		if r.Metric == metric && (r.Stat == "" || r.Stat == "mean") && r.Value >= 0 {
			stated = append(stated, Number{"stated " + r.Name, r.Value, unit})
		}
	}
	if len(stated) == 0 {
		return Finding{}, false
	}
	least, most := extremes(stated)
	expected, ok := a.expectedRate(metric, unit)
	low, high := extremes(expected)
	if !ok { // the stated ones can still contradict each other
		low, high = most, most
	}
	if least*rateFactor >= low && most <= high*rateFactor {
		return Finding{}, false
	}
	f := Finding{
		Severity: Error,
		Message:  fmt.Sprintf("a stated %s is not what the file's other figures give", name),
		Numbers:  append(stated, expected...),
		Advice:   "compute the rate from totals and duration; look for a unit or a prefix that slipped",
	}
	if least, most := extremes(f.Numbers); least > 0 {
		f.Numbers = append(f.Numbers, Number{"largest / least", most / least, Ratio})
	}
	return f, true
}

func extremes(numbers []Number) (least, most float64) {
	for i, n := range numbers {
		if i == 0 {
			least, most = n.Value, n.Value
		}
		least, most = min(least, n.Value), max(most, n.Value)
	}
	return least, most
}

// expectedRate returns the totals over the duration that a tool may take for
// the rate, from the records or else from what is stated.
func (a *Audit) expectedRate(metric, unit string) ([]Number, bool) {
	duration, ok := a.run.Duration.Get()
	seconds := duration.Seconds()
	if !ok {
		ns, stated := a.statedTime(results.MetricDuration, "")
		seconds, ok = ns/1e9, stated
	}
	if !ok || seconds <= 0 {
		return nil, false
	}
	totals := a.expectedTotals(metric)
	for i := range totals {
		totals[i] = Number{totals[i].Name + " / duration", totals[i].Value / seconds, unit}
	}
	return totals, len(totals) > 0
}

// expectedTotals returns numbers of requests, or of tokens.
func (a *Audit) expectedTotals(metric string) []Number {
	if !a.complete() {
		key, name := results.MetricOutputTokens, "stated tokens"
		if metric == results.MetricRequestRate {
			key, name = results.MetricCompleted, "stated completed requests"
		}
		total, ok := a.statedNumber(key, "")
		if !ok {
			return nil
		}
		return []Number{{Name: name, Value: total}}
	}
	if metric == results.MetricRequestRate {
		c := a.paper.Requests
		return []Number{{Name: "completed requests with a token", Value: float64(c.Completed)}, {Name: "all requests", Value: float64(c.Offered)}}
	}
	var completed, all int64
	for i := range a.records {
		c := &a.records[i]
		all += c.tokens
		if c.outcome == metrics.Completed {
			completed += c.tokens
		}
	}
	return []Number{{Name: "tokens of completed requests", Value: float64(completed)}, {Name: "all tokens", Value: float64(all)}}
}
