package audit

import "fmt"

// findHiddenDelays compares the ranking of the requests by what they waited
// with the one by normalized latency.
func findHiddenDelays(a *Audit) []Finding {
	both := func(c *record) bool {
		_, ok := c.normalized()
		return ok && c.ttft.Known()
	}
	ttfts := sample(a.records, func(c *record) (float64, bool) { v, _ := ttftOf(c); return v, both(c) })
	if !a.enough(ttfts.Len()) {
		return nil
	}
	norms := sample(a.records, func(c *record) (float64, bool) { v, _ := c.normalized(); return v, both(c) })
	median, worst, norm := quantile(ttfts, 0.5), quantile(ttfts, 0.9), quantile(norms, 0.5)
	noticeable := median + float64(a.options.Noticeable)
	var hidden Requests
	var waited int64 // in the worst tenth, and noticeably longer than the median
	var example *record
	for i := range a.records {
		c := &a.records[i]
		ttft, _ := ttftOf(c)
		if !both(c) || ttft < worst || ttft < noticeable {
			continue
		}
		waited++
		if v, _ := c.normalized(); v < norm {
			hidden.add(c.id)
			if example == nil || span(c.ttft) > span(example.ttft) {
				example = c
			}
		}
	}
	if float64(hidden.Count) <= a.options.MaxShare*float64(ttfts.Len()) || float64(hidden.Count) < a.options.HiddenShare*float64(waited) {
		return nil
	}
	exampleNorm, _ := example.normalized()
	return []Finding{{
		Severity: Warning,
		Message: fmt.Sprintf("%d of the %d requests that waited longest for their first token look better than the median by normalized latency: "+
			"their answers are long, and the wait is divided by the tokens", hidden.Count, waited),
		Numbers: []Number{
			{"median TTFT", median, Nanoseconds},
			{"P90 TTFT", worst, Nanoseconds},
			{"median normalized latency", norm, Nanoseconds},
			{fmt.Sprintf("request %s: TTFT", example.id), float64(span(example.ttft)), Nanoseconds},
			{fmt.Sprintf("request %s: normalized latency", example.id), exampleNorm, Nanoseconds},
			{fmt.Sprintf("request %s: output", example.id), float64(example.tokens), Tokens},
		},
		Requests: hidden,
		Advice:   "report quantiles of TTFT beside the normalized latency, and rank by them",
	}}
}

// findHiddenStalls looks for gaps that the TPOT of their request dilutes.
func findHiddenStalls(a *Audit) []Finding {
	var hidden Requests
	var gaps int
	var worst *record
	var worstTPOT float64
	for i := range a.records {
		c := &a.records[i]
		tpot, ok := c.tpot.Nanoseconds()
		stall, known := c.stall.Get()
		if !ok || !known {
			continue
		}
		gaps++
		if limit := a.options.TPOTLimit; limit > 0 && tpot > float64(limit) {
			continue
		}
		if stall < a.options.Noticeable || float64(stall) < a.options.StallMultiple*tpot {
			continue
		}
		hidden.add(c.id)
		if worst == nil || stall > span(worst.stall) {
			worst, worstTPOT = c, tpot
		}
	}
	if worst == nil || float64(hidden.Count) <= a.options.MaxShare*float64(gaps) {
		return nil
	}
	return []Finding{{
		Severity: Warning,
		Message: fmt.Sprintf("%d of %d answers stood still for at least %v and %g times their TPOT: the TPOT spreads the stall over all tokens",
			hidden.Count, gaps, a.options.Noticeable, a.options.StallMultiple),
		Numbers: []Number{
			{fmt.Sprintf("request %s: largest gap", worst.id), float64(span(worst.stall)), Nanoseconds},
			{fmt.Sprintf("request %s: TPOT", worst.id), worstTPOT, Nanoseconds},
			{"gap / TPOT", float64(span(worst.stall)) / worstTPOT, Ratio},
			{"share of answers", float64(hidden.Count) / float64(gaps), Share},
		},
		Requests: hidden,
		Advice:   "put a limit on the largest gap of each answer (tbt.max) beside the TPOT",
	}}
}

// findPooledStalls compares the pooled P99 with the largest gap of each
// request.
func findPooledStalls(a *Audit) []Finding {
	stalls := sample(a.records, stallOf)
	p99, ok := a.paper.Raw.TBT.Quantile(0.99)
	if !ok || !a.enough(stalls.Len()) {
		return nil
	}
	limit := max(a.options.PooledMultiple*p99, float64(a.options.Noticeable))
	var hidden Requests
	for i := range a.records {
		if v, ok := stallOf(&a.records[i]); ok && v >= limit {
			hidden.add(a.records[i].id)
		}
	}
	share := float64(hidden.Count) / float64(stalls.Len())
	if share < a.options.PooledShare {
		return nil
	}
	largest, _ := stalls.Max()
	return []Finding{{
		Severity: Warning,
		Message: fmt.Sprintf("the pooled TBT P99 hides a stall in %d of %d answers: each is one gap among hundreds, but everybody lives through it",
			hidden.Count, stalls.Len()),
		Numbers: []Number{
			{"pooled TBT P99", p99, Nanoseconds},
			{"largest gap of each answer, median", quantile(stalls, 0.5), Nanoseconds},
			{"largest gap of each answer, P99", quantile(stalls, 0.99), Nanoseconds},
			{"largest gap of all", largest, Nanoseconds},
			{"share of answers", share, Share},
		},
		Requests: hidden,
		Advice:   "report quantiles of the largest gap over answers; pooled over gaps they say little about answers",
	}}
}
