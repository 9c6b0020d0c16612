package metricstest

import (
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// wrongFormulas returns known mistakes in the formula of the metric, under the
// variant that an implementation claims to be.
func wrongFormulas(m *metric, variant string) []formula {
	switch m.key {
	case "fluidity_index", "fluidity_hits", "fluidity_misses":
		return wrongFluidity(m.key, variant)
	case "min_decode_deadline_ns":
		return []formula{
			{"the ceil count of misses", func(r *metrics.Request, _ *Parameters) value {
				return minDeadline(r, deadlineRules{skip: true, ceil: true})
			}},
			{"the largest gap", func(r *metrics.Request, _ *Parameters) value { return spanValue(r.Raw().Stall) }},
			{"the pace with which no token is late, an index of 1", func(r *metrics.Request, _ *Parameters) value {
				return slowestPace(tokenInstants(r))
			}},
		}
	case "token_attainment":
		return []formula{
			attainmentFormula("each deadline counted from the token before it", 0, deadlineRules{fromToken: true}),
			attainmentFormula("token i expected i steps after TTFT*, not i - 1", 1, deadlineRules{}),
			attainmentFormula("a token exactly at its deadline taken for late", 0, deadlineRules{strict: true}),
			attainmentFormula("deadlines compared in float64 seconds", 0, deadlineRules{seconds: true}),
		}
	case "idle_latency_ns":
		return wrongIdle(variant)
	case "benefit_tokens":
		return wrongBenefit(variant)
	case "qoe":
		return []formula{
			qoeFormula("the tokens' own instants, without the reader who falls behind", qoeRules{noReader: true}),
			qoeFormula("an ideal that begins with the first token, so that TTFT* has no part", qoeRules{own: true}),
			qoeFormula("the share of tokens that come in time", qoeRules{share: true}),
		}
	}
	return append(wrongRules(m, variant), wrongArithmetic(m, variant)...)
}

// wrongRules changes one rule of the convention at a time.
func wrongRules(m *metric, variant string) []formula {
	claimed, _ := metrics.LookupConvention(variant)
	var all []formula
	for _, c := range ruleTexts(claimed) {
		all = append(all, formula{c.text, func(r *metrics.Request, _ *Parameters) value {
			return underConvention(c.convention, m.key, r)
		}})
	}
	return all
}

// wrongArithmetic returns mistakes that no convention makes.
func wrongArithmetic(m *metric, variant string) []formula {
	c, _ := metrics.LookupConvention(variant)
	over := func(text string, total func(metrics.Raw) metrics.Span, less int64) formula {
		return formula{text, func(r *metrics.Request, _ *Parameters) value {
			d, ok := total(c.Raw(r)).Get()
			n := r.OutputTokens() - less
			return ratioValue(float64(d)/float64(n), ok && n > 0)
		}}
	}
	ttlt := func(w metrics.Raw) metrics.Span { return w.TTLT }
	decode := func(w metrics.Raw) metrics.Span { return w.Decode }
	endToEnd := func(w metrics.Raw) metrics.Span { return w.EndToEnd }
	switch m.key {
	case "tpot_ns":
		return []formula{
			over("T_d/N, N instead of N - 1", decode, 0),
			over("TTLT/N, the normalized latency: TTFT included", ttlt, 0),
			over("TTLT/(N - 1): TTFT included", ttlt, 1),
			over("(end - arrival)/N: TTFT included, and the end of the stream for the last token", endToEnd, 0),
			over("T_d/(N - 2): N - 1 gaps counted, and 1 subtracted again", decode, 2),
			{"the mean of the gaps that are not 0", func(r *metrics.Request, _ *Parameters) value { return meanGap(c, r) }},
		}
	case "normalized_latency_ns":
		return []formula{
			over("TTLT/(N - 1), N - 1 instead of N", ttlt, 1),
			over("T_d/N, without the TTFT", decode, 0),
			over("T_d/(N - 1), the TPOT", decode, 1),
			over("(end - arrival)/N: the end of the stream taken for the last token", endToEnd, 0),
		}
	case "fixed_share":
		return []formula{{"TTFT / end-to-end: the end of the stream taken for the last token",
			func(r *metrics.Request, _ *Parameters) value {
				raw := c.Raw(r)
				ttft, known := raw.TTFT.Get()
				all, ended := raw.EndToEnd.Get()
				return ratioValue(float64(ttft)/float64(all), known && ended && all > 0)
			}}}
	case "tbt_ns":
		return wrongGaps(c)
	}
	return otherSpans(m, c)
}

// otherSpans takes another span for this one.
func otherSpans(m *metric, c metrics.Convention) []formula {
	var all []formula
	for _, other := range conventionMetrics() {
		if other.key != m.key && other.unit == "ns" && !other.ratio && other.key != "tbt_ns" {
			all = append(all, formula{"the " + other.name, func(r *metrics.Request, _ *Parameters) value {
				return spanValue(spanOf(c.Raw(r), other.key))
			}})
		}
	}
	return all
}

func wrongGaps(c metrics.Convention) []formula {
	from := func(text string, change func(r *metrics.Request, gs []time.Duration) []time.Duration) formula {
		return formula{text, func(r *metrics.Request, _ *Parameters) value {
			return gapsValue(change(r, slices.Collect(c.TBT(r))))
		}}
	}
	return []formula{
		from("only the gaps that are not 0", func(_ *metrics.Request, gs []time.Duration) []time.Duration {
			return slices.DeleteFunc(gs, func(g time.Duration) bool { return g <= 0 })
		}),
		from("TTFT included, as the first gap", func(r *metrics.Request, gs []time.Duration) []time.Duration {
			if ttft, ok := c.Raw(r).TTFT.Get(); ok {
				return slices.Insert(gs, 0, ttft)
			}
			return gs
		}),
		from("the first gap left out", func(_ *metrics.Request, gs []time.Duration) []time.Duration {
			return gs[min(1, len(gs)):]
		}),
		from("the largest gap left out", func(_ *metrics.Request, gs []time.Duration) []time.Duration {
			if len(gs) == 0 {
				return gs
			}
			i := slices.Index(gs, slices.Max(gs))
			return slices.Delete(gs, i, i+1)
		}),
		from("a chunk of the first k tokens without its k - 1 gaps of 0", func(r *metrics.Request, gs []time.Duration) []time.Duration {
			for _, d := range r.Deliveries {
				if d.Tokens > 0 {
					return gs[min(d.Tokens-1, len(gs)):]
				}
			}
			return gs
		}),
	}
}

func meanGap(c metrics.Convention, r *metrics.Request) value {
	var sum, n float64
	for g := range c.TBT(r) {
		if g > 0 {
			sum += float64(g)
			n++
		}
	}
	return quotient(sum, n)
}

func slowestPace(ts []time.Duration) value {
	pace := time.Duration(1)
	for i := 1; i < len(ts); i++ {
		steps := time.Duration(i)
		pace = max(pace, (ts[i]-ts[0]+steps-1)/steps)
	}
	return durationValue(pace, len(ts) > 1)
}

func wrongFluidity(key, variant string) []formula {
	with := func(text string, change func(*deadlineRules)) formula {
		rules := rulesOf(variant)
		change(&rules)
		return fluidityFormula(key, text, rules)
	}
	return []formula{
		with("a token exactly at its deadline taken for late", func(d *deadlineRules) { d.strict = true }),
		with("one miss for a late token, however late it is", func(d *deadlineRules) { d.once = true }),
		with("floor(x/D_d) misses for a lateness of x, without the + 1", func(d *deadlineRules) { d.whole = true }),
		with("each deadline counted from the token before it, so that early tokens bank no time", func(d *deadlineRules) { d.fromToken = true }),
		with("a schedule that a late token does not restart", func(d *deadlineRules) { d.noReset = true }),
		with("deadlines compared in float64 seconds", func(d *deadlineRules) { d.seconds = true }),
		with("token attainment: one miss a late token, no restart", func(d *deadlineRules) { d.noReset, d.once = true, true }),
	}
}

func wrongIdle(variant string) []formula {
	with := func(text string, change func(*idleRules)) formula {
		rules := idleRules{fromFirst: variant == "from_first_token"}
		change(&rules)
		return idleFormula(text, rules)
	}
	return []formula{
		with("the wait in which the request was given up charged as well", func(i *idleRules) { i.charge = true }),
		with("the tolerated delay D_0 ignored", func(i *idleRules) { i.noTolerance = true }),
		with("token i wanted at V (i - 1), not at V i", func(i *idleRules) { i.early = 1 }),
		with("the largest gap", func(i *idleRules) { i.stall = true }),
	}
}

func wrongBenefit(variant string) []formula {
	with := func(text string, change func(*benefitRules)) formula {
		rules := benefitRulesOf(variant)
		change(&rules)
		return benefitFormula(text, rules)
	}
	return []formula{
		with("no benefit below 0", func(b *benefitRules) { b.floor = true }),
		with("alpha ignored", func(b *benefitRules) { b.noAlpha = true }),
		with("a reader who counts from the first token", func(b *benefitRules) { b.idle.fromFirst = true }),
		with("the tolerated delay D_0 ignored", func(b *benefitRules) { b.idle.noTolerance = true }),
		with("token i wanted at V (i - 1), not at V i", func(b *benefitRules) { b.idle.early = 1 }),
	}
}
