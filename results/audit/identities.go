package audit

import (
	"fmt"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// findBrokenEndToEnd holds end-to-end latencies against TTFT plus gaps: of
// each request, and of the stated mean.
func findBrokenEndToEnd(a *Audit) []Finding {
	var found []Finding
	if f, ok := a.longTails(); ok {
		found = append(found, f)
	}
	return append(found, a.statedMean("e2e", results.MetricEndToEnd, &a.tool.Raw.EndToEnd,
		"the stated mean end-to-end latency is not that of TTFT plus gaps in the records",
		"ask which clock the tool stopped, and when; do not use its end-to-end latency with these records")...)
}

// longTails reports streams that end long after their last event.
func (a *Audit) longTails() (Finding, bool) {
	var late Requests
	var ends int
	var worst *record
	for i := range a.records {
		c := &a.records[i]
		tail, ok := c.tail.Get()
		arrival, known := c.arrival.Get()
		if !ok || !known || c.outcome != metrics.Completed {
			continue
		}
		ends++
		whole := span(c.end) - arrival
		if tail <= a.options.TailGap || float64(tail) <= a.options.TailShare*float64(whole) {
			continue
		}
		late.add(c.id)
		if worst == nil || tail > span(worst.tail) {
			worst = c
		}
	}
	if worst == nil || float64(late.Count) <= a.options.MaxShare*float64(ends) {
		return Finding{}, false
	}
	whole := span(worst.end) - span(worst.arrival)
	return Finding{
		Severity: Warning,
		Message: fmt.Sprintf("%d of %d completed requests end long after their last token: end-to-end latency is not TTFT plus the sum of the gaps",
			late.Count, ends),
		Numbers: []Number{
			{fmt.Sprintf("request %s: end-to-end", worst.id), float64(whole), Nanoseconds},
			{fmt.Sprintf("request %s: TTFT + gaps", worst.id), float64(whole - span(worst.tail)), Nanoseconds},
			{fmt.Sprintf("request %s: after the last token", worst.id), float64(span(worst.tail)), Nanoseconds},
		},
		Requests: late,
		Advice:   "use the latency to the last token (TTLT); find out what the client waited for",
	}, true
}

// findBrokenTTFT holds the stated mean TTFT against that of the records. A
// tool may count an answer without a token as 0 or not; findZeroTTFT says which.
func findBrokenTTFT(a *Audit) []Finding {
	stated, _ := a.statedTime(results.MetricTTFT, "mean")
	sent, ok := sample(a.records, func(c *record) (float64, bool) {
		lag, _ := c.lag()
		v, ok := ttftOf(c)
		return v - float64(lag), ok
	}).Mean()
	if ok && !apart(stated, sent, a.options.Tolerance) {
		return nil
	}
	return a.statedMean("TTFT", results.MetricTTFT, &a.tool.Raw.TTFT,
		"the stated mean TTFT is not the one of the records",
		"look for a unit that slipped; use the TTFT that follows from the records (tokentime report)")
}

// findBrokenTokens holds stated sums of tokens against those of the records.
func findBrokenTokens(a *Audit) []Finding {
	if !a.complete() {
		return nil
	}
	var numbers []Number
	for _, r := range a.run.ReproduceTotals(&a.tool) {
		v, ok := r.Recomputed.Get()
		if !ok || r.Metric != results.MetricPromptTokens && r.Metric != results.MetricOutputTokens || !apart(r.Value, v, a.options.Tolerance) {
			continue
		}
		numbers = append(numbers, Number{"stated " + r.Name, r.Value, Tokens}, Number{"sum over the records", v, Tokens})
	}
	if numbers == nil {
		return nil
	}
	return []Finding{{
		Severity: Error,
		Message:  "the file states another number of tokens than its records add up to",
		Numbers:  numbers,
		Advice:   "find out which tokenizer counted which; rates and TPOT depend on it",
	}}
}

// findBrokenTPOT holds the stated mean TPOT against that of the records,
// under the convention of the tool.
func findBrokenTPOT(a *Audit) []Finding {
	return a.statedMean("TPOT", results.MetricTPOT, &a.tool.Normalized.TPOT,
		"the stated mean TPOT is not the one of the records: TPOT (N - 1) + TTFT = e2e does not hold for it",
		"use the TPOT that follows from the records (tokentime report)")
}

// statedMean compares the stated mean of a metric with the one of the
// records.
func (a *Audit) statedMean(name, metric string, of *metrics.Distribution, message, advice string) []Finding {
	stated, ok := a.statedTime(metric, "mean")
	mean, known := of.Stats().Mean.Get()
	if !ok || !known || a.run.Convention == "" || !a.complete() || !apart(stated, mean, a.options.Tolerance) {
		return nil
	}
	return []Finding{{
		Severity: Error,
		Message:  message,
		Numbers: []Number{
			{"stated mean " + name, stated, Nanoseconds},
			{"mean " + name + " of the records", mean, Nanoseconds},
			{"of the records / stated", mean / stated, Ratio},
		},
		Advice: advice,
	}}
}

// findTPOTFraction holds the stated TPOT against the one that the other
// stated figures imply. Where there are records, findBrokenTPOT knows more.
//
// With medians of all four, or else means:
//
//	implied = (e2e - TTFT) / (N - 1)
//
// or with another numerator and divisor, if the convention of the tool has
// them.
func findTPOTFraction(a *Audit) []Finding {
	if a.complete() {
		return nil
	}
	for _, stat := range []struct{ key, name string }{{"p50", "median"}, {"mean", "mean"}} {
		tpot, ok1 := a.statedTime(results.MetricTPOT, stat.key)
		e2e, ok2 := a.statedTime(results.MetricEndToEnd, stat.key)
		ttft, ok3 := a.statedTime(results.MetricTTFT, stat.key)
		n, ok4 := a.statedLength(stat.key)
		if !ok1 || !ok2 || !ok3 || !ok4 || tpot <= 0 {
			continue
		}
		implied, ok := impliedTPOT(a.tool.Options.Convention.TPOT, e2e, ttft, n)
		if !ok || !beyondFactor(implied/tpot, a.options.TPOTFactor) {
			return nil
		}
		return []Finding{{
			Severity: Error,
			Message:  fmt.Sprintf("the stated TPOT is %.2f of what the file's own end-to-end latency, TTFT and output length imply", tpot/implied),
			Numbers: []Number{
				{"stated " + stat.name + " e2e", e2e, Nanoseconds},
				{"stated " + stat.name + " TTFT", ttft, Nanoseconds},
				{stat.name + " output length", n, Tokens},
				{"implied TPOT", implied, Nanoseconds},
				{"stated " + stat.name + " TPOT", tpot, Nanoseconds},
				{"implied / stated", implied / tpot, Ratio},
			},
			Advice: "do not use the stated TPOT, nor a gap quantile of the same file. A ratio near 2 comes from a token that the client added to each chunk when it counted them again",
		}}
	}
	return nil
}

// statedLength returns the output length of that statistic. The mean also
// follows from the totals.
func (a *Audit) statedLength(stat string) (float64, bool) {
	if n, ok := a.statedNumber(results.MetricOutputLength, stat); ok {
		return n, true
	}
	tokens, ok := a.statedNumber(results.MetricOutputTokens, "")
	completed, known := a.statedNumber(results.MetricCompleted, "")
	return tokens / completed, stat == "mean" && ok && known && completed > 0
}

// impliedTPOT returns the TPOT under the rule, and whether it has one.
func impliedTPOT(rule metrics.TPOTRule, e2e, ttft, n float64) (float64, bool) {
	decode, divisor := e2e-ttft, n-1
	switch rule {
	case metrics.TPOTAllTokens:
		divisor = n
	case metrics.TPOTWithTTFT:
		decode, divisor = e2e, n
	case metrics.TPOTNone:
		return 0, false
	}
	return decode / divisor, decode > 0 && divisor >= 1
}
