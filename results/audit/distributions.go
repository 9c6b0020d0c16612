package audit

import (
	"fmt"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// findMeanOfNobody looks whether a mean lies where no request is: the mean
// TTFT, and the sum of all latencies over the sum of all tokens.
func findMeanOfNobody(a *Audit) []Finding {
	var found []Finding
	mean, _ := sample(a.records, ttftOf).Mean()
	found = append(found, a.nobody("mean TTFT", mean, "TTFT", ttftOf)...)
	var latencies, tokens float64
	for i := range a.records {
		if c := &a.records[i]; c.ttlt.Known() && c.tokens > 0 {
			latencies += float64(span(c.ttlt))
			tokens += float64(c.tokens)
		}
	}
	if tokens > 0 {
		found = append(found, a.nobody("sum of latencies / sum of tokens", latencies/tokens, "normalized latency", (*record).normalized)...)
	}
	return found
}

// nobody reports that hardly a request has a value near the mean.
func (a *Audit) nobody(name string, mean float64, metric string, value func(*record) (float64, bool)) []Finding {
	values := sample(a.records, value)
	n := values.Len()
	if !a.enough(n) || mean <= 0 {
		return nil
	}
	factor := a.options.NobodyFactor
	near, below := 0, 0
	for i := range a.records {
		v, ok := value(&a.records[i])
		if ok && v >= mean/factor && v <= mean*factor {
			near++
		}
		if ok && v < mean {
			below++
		}
	}
	if float64(near) > a.options.NobodyShare*float64(n) {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  fmt.Sprintf("the %s is a %s that %d of %d requests came within a factor of %g of", name, metric, near, n, factor),
		Numbers: []Number{
			{name, mean, Nanoseconds},
			{"median " + metric, quantile(values, 0.5), Nanoseconds},
			{"P90 " + metric, quantile(values, 0.9), Nanoseconds},
			{"share of requests near it", float64(near) / float64(n), Share},
			{"share of requests below it", float64(below) / float64(n), Share},
		},
		Advice: "report quantiles: this mean lies between groups of requests and describes none of them",
	}}
}

// findBursts looks for tokens that come in groups, so that most gaps are next
// to nothing: in the records, or else in the stated figures.
func findBursts(a *Audit) []Finding {
	limit := float64(a.options.BurstGap)
	bursts := func(median, mean float64) bool {
		return mean > 0 && median <= limit && median <= a.options.BurstRatio*mean
	}
	const advice = "look at gaps between deliveries and at deadlines instead: the median gap is one within a burst, which nobody sees"
	pooled := &a.paper.Raw.TBT
	if a.enough(int(min(pooled.N(), 1<<30))) {
		stats := pooled.Stats()
		median, _ := stats.P50.Get()
		mean, _ := stats.Mean.Get()
		p99, _ := stats.P99.Get()
		if !bursts(median, mean) {
			return nil
		}
		return []Finding{{
			Severity: Warning,
			Message:  "tokens come in bursts: the median TBT is next to nothing, the mean is not",
			Numbers: []Number{{"median TBT", median, Nanoseconds}, {"mean TBT", mean, Nanoseconds},
				{"P99 TBT", p99, Nanoseconds}, {"gaps", float64(pooled.N()), Count}},
			Advice: advice,
		}}
	}
	median, ok := a.statedTime(results.MetricITL, "p50")
	mean, known := a.statedTime(results.MetricITL, "mean")
	if !ok || !known || !bursts(median, mean) {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  "the stated median ITL is next to nothing, the mean is not: tokens came in bursts, or were counted into chunks afterwards",
		Numbers:  []Number{{"stated median ITL", median, Nanoseconds}, {"stated mean ITL", mean, Nanoseconds}},
		Advice:   advice,
	}}
}

// findBeyondInteractive looks for latencies with which no person would work.
func findBeyondInteractive(a *Audit) []Finding {
	var found []Finding
	for _, w := range []struct {
		name  string
		value func(*record) (float64, bool)
	}{{"TTFT", ttftOf}, {"largest gap of each answer", stallOf}} {
		values := sample(a.records, w.value)
		if values.Len() == 0 {
			continue
		}
		var beyond Requests
		for i := range a.records {
			if v, ok := w.value(&a.records[i]); ok && v > float64(a.options.Attention) {
				beyond.add(a.records[i].id)
			}
		}
		share := float64(beyond.Count) / float64(values.Len())
		if share <= a.options.MaxShare {
			continue
		}
		most, _ := values.Max()
		found = append(found, Finding{
			Severity: Warning,
			Message:  fmt.Sprintf("%s: %d of %d are longer than %v", w.name, beyond.Count, values.Len(), a.options.Attention),
			Numbers: []Number{{"median", quantile(values, 0.5), Nanoseconds}, {"P99", quantile(values, 0.99), Nanoseconds},
				{"max", most, Nanoseconds}, {"share beyond the limit", share, Share}},
			Requests: beyond,
			Advice:   beyondAdvice,
		})
	}
	p99, ok := a.statedTime(results.MetricTTFT, "p99")
	if len(a.records) == 0 && ok && p99 > float64(a.options.Attention) {
		found = append(found, Finding{
			Severity: Warning,
			Message:  fmt.Sprintf("by the stated figures, more than one TTFT in a hundred is longer than %v", a.options.Attention),
			Numbers:  []Number{{"stated P99 TTFT", p99, Nanoseconds}},
			Advice:   beyondAdvice,
		})
	}
	return append(found, a.slowReading()...)
}

const beyondAdvice = "do not compare systems in this range: nobody would use them interactively. Lower the load, or call the workload offline"

// slowReading reports answers that come slower than people read.
func (a *Audit) slowReading() []Finding {
	tpots := sample(a.records, func(c *record) (float64, bool) { return c.tpot.Nanoseconds() })
	median := quantile(tpots, 0.5)
	if tpots.Len() == 0 {
		median, _ = a.statedTime(results.MetricTPOT, "p50")
	}
	if !(median > float64(a.options.ReadingPace)) {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  fmt.Sprintf("the median TPOT is longer than the %v that a reader takes for a token", a.options.ReadingPace),
		Numbers: []Number{{"median TPOT", median, Nanoseconds},
			{"tokens per second and answer", float64(time.Second) / median, TokensPerSecond}},
		Advice: "lower the load: at this pace people wait for every word",
	}}
}

// findOnlyAverages looks whether the stated latencies are means only.
func findOnlyAverages(a *Audit) []Finding {
	var numbers []Number
	for _, r := range a.run.Reported {
		if !isLatency(r.Metric) {
			continue
		}
		if p, ok := quantileOf(r.Stat); ok && p > 0.5 || r.Stat == "max" {
			return nil
		}
		if ns, ok := r.Nanoseconds(); ok && r.Stat == "mean" {
			numbers = append(numbers, Number{"stated " + r.Name, ns, Nanoseconds})
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	f := Finding{
		Severity: Warning,
		Message:  "of its latencies the file states averages, but no quantile above the median",
		Numbers:  numbers,
		Advice:   "record each request, and report P90 or P99",
	}
	if len(a.records) > 0 {
		f.Severity = Info
		f.Advice = "use the quantiles that follow from its records (tokentime report)"
	}
	return []Finding{f}
}

// findTooFewSamples looks for stated quantiles with fewer than ten samples
// beyond them.
func findTooFewSamples(a *Audit) []Finding {
	var numbers []Number
	metricsOf := map[string][]string{} // by the name of the number
	for _, r := range a.run.Reported {
		p, ok := quantileOf(r.Stat)
		if !ok || p <= 0.5 || !isLatency(r.Metric) {
			continue
		}
		n, ok := a.samples(r.Metric)
		if !ok || n == 0 || !metrics.TooFewSamples(n, p) {
			continue
		}
		name := fmt.Sprintf("beyond %s, of %d", r.Stat, n)
		if metricsOf[name] == nil {
			numbers = append(numbers, Number{name, float64(n) * (1 - p), Count})
		}
		metricsOf[name] = append(metricsOf[name], r.Metric)
	}
	for i, n := range numbers {
		numbers[i].Name = strings.Join(metricsOf[n.Name], ", ") + ": samples " + n.Name
	}
	if len(numbers) == 0 {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message:  "the file states quantiles that rest on fewer than ten samples beyond them",
		Numbers:  numbers,
		Advice:   "measure more requests, or quote a lower quantile; tokentime report gives the confidence interval of each",
	}}
}

// samples returns how many values lie behind a stated distribution, and
// whether that is known. A mean over an answer that is counted once for each
// of its tokens is still one value.
func (a *Audit) samples(metric string) (int64, bool) {
	if !a.complete() {
		if metric == results.MetricITL {
			return 0, false // how many gaps there were is not stated
		}
		n, ok := a.statedNumber(results.MetricCompleted, "")
		return int64(n), ok
	}
	means := a.tool.Options.Convention.Gaps == metrics.RequestMean || a.tool.Options.Convention.Gaps == metrics.RequestMeanWithTTFT
	switch {
	case metric == results.MetricITL && !means:
		n := a.paper.Raw.TBT.N()
		return n, n > 0
	case metric == results.MetricITL, metric == results.MetricTPOT:
		return a.paper.Normalized.TPOT.N(), true
	}
	return a.paper.Raw.TTFT.N(), true
}
