package metricstest

import (
	"math"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// A formula computes one metric of a record, rightly or wrongly. It serves
// the diagnosis only: what is right is in the vectors.
type formula struct {
	text string // what it does, after "this is"; empty for the right one
	of   func(r *metrics.Request, p *Parameters) value
}

// maxDiagnosed is the number of tokens beyond which a stream has no part in a
// diagnosis, whose formulas go through it token by token, many times.
const maxDiagnosed = 5000

// rightFormula returns the metric's own formula under a variant of it.
func rightFormula(m *metric, variant string) formula {
	switch m.key {
	case "fluidity_index", "fluidity_hits", "fluidity_misses":
		return fluidityFormula(m.key, "", rulesOf(variant))
	case "min_decode_deadline_ns":
		return formula{of: func(r *metrics.Request, _ *Parameters) value { return minDeadline(r, deadlineRules{skip: true}) }}
	case "token_attainment":
		return attainmentFormula("", 0, deadlineRules{})
	case "idle_latency_ns":
		return idleFormula("", idleRules{fromFirst: variant == "from_first_token"})
	case "benefit_tokens":
		return benefitFormula("", benefitRulesOf(variant))
	case "qoe":
		return qoeFormula("", qoeRules{})
	}
	c, _ := metrics.LookupConvention(variant)
	return formula{of: func(r *metrics.Request, _ *Parameters) value { return underConvention(c, m.key, r) }}
}

// underConvention returns a metric whose formula depends on the convention.
func underConvention(c metrics.Convention, key string, r *metrics.Request) value {
	switch key {
	case "tpot_ns":
		return perTokenValue(c.Normalized(r).TPOT.PerToken)
	case "normalized_latency_ns":
		return perTokenValue(c.Normalized(r).Latency.Total)
	case "fixed_share":
		share, ok := c.Normalized(r).FixedShare.Get()
		return ratioValue(share, ok)
	case "tbt_ns":
		return gapsValue(slices.Collect(c.TBT(r)))
	}
	return spanValue(spanOf(c.Raw(r), key))
}

func spanOf(raw metrics.Raw, key string) metrics.Span {
	switch key {
	case "ttft_ns":
		return raw.TTFT
	case "ttlt_ns":
		return raw.TTLT
	case "decode_ns":
		return raw.Decode
	case "stall_ns":
		return raw.Stall
	case "end_to_end_ns":
		return raw.EndToEnd
	case "scheduling_delay_ns":
		return raw.SchedulingDelay
	case "prefill_ns":
		return raw.Prefill
	default:
		return raw.ClientDelay
	}
}

func perTokenValue(p metrics.PerToken) value { return ratioValue(p.Nanoseconds()) }

// tokenInstants returns t_1..t_N.
func tokenInstants(r *metrics.Request) []time.Duration {
	var ts []time.Duration
	for _, d := range r.Deliveries {
		for range d.Tokens {
			ts = append(ts, d.At)
		}
	}
	return ts
}

// plus returns a + b, or the last duration there is. b is not negative.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// deadlineRules are the choices behind a fluidity index, and mistakes.
type deadlineRules struct {
	ceil, skip, free, drop bool // the variants

	strict    bool // a token exactly at its deadline is late
	once      bool // a late token costs one miss, however late
	whole     bool // a late token costs as many misses as deadlines fit into its lateness
	fromToken bool // the next deadline counts from the token, always
	noReset   bool // the next deadline counts from the deadline, always
	seconds   bool // computed in float64 seconds
}

func rulesOf(variant string) deadlineRules {
	return deadlineRules{ceil: variant == "ceil", skip: variant == "decode_only", free: variant == "free",
		drop: variant == "drop_slack"}
}

// score counts deadlines met and missed, and reports whether any can be.
func (rules deadlineRules) score(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64, ok bool) {
	ts := tokenInstants(r)
	a, known := r.Arrival().Get()
	if len(ts) == 0 || !known && !rules.skip && !(rules.free && rules.drop) {
		return 0, 0, false
	}
	due := plus(a, prefill)
	for i, t := range ts {
		late := t > due || rules.strict && t == due
		if rules.seconds {
			late = (t - a).Seconds() > (due - a).Seconds()
		}
		switch {
		case i == 0 && rules.skip:
			due = t
		case !late || i == 0 && rules.free:
			hits++
		default:
			misses += rules.missed(t-due, decode)
		}
		if i == 0 && rules.drop || rules.fromToken {
			due = t
		}
		if !rules.noReset {
			due = max(due, t)
		}
		due = plus(due, decode)
	}
	return hits, misses, true
}

func (rules deadlineRules) missed(x, decode time.Duration) int64 {
	switch {
	case rules.once || decode <= 0:
		return 1
	case rules.seconds:
		return int64(math.Floor(x.Seconds()/decode.Seconds())) + 1
	case rules.whole:
		return int64(x / decode)
	case rules.ceil && x > 0:
		x--
	}
	return int64(x/decode) + 1
}

func fluidityFormula(key, text string, rules deadlineRules) formula {
	return formula{text, func(r *metrics.Request, p *Parameters) value {
		hits, misses, _ := rules.score(r, p.PrefillDeadline, p.DecodeDeadline)
		switch key {
		case "fluidity_hits":
			return integerValue(hits)
		case "fluidity_misses":
			return integerValue(misses)
		}
		return quotient(float64(hits), float64(hits+misses))
	}}
}

// attainmentFormula counts the first deadline after first times TBT*.
func attainmentFormula(text string, first time.Duration, rules deadlineRules) formula {
	rules.noReset, rules.once = !rules.fromToken, true
	return formula{text, func(r *metrics.Request, p *Parameters) value {
		hits, misses, _ := rules.score(r, plus(p.AttainmentTTFT, first*p.AttainmentTBT), p.AttainmentTBT)
		return quotient(float64(hits), float64(hits+misses))
	}}
}

// minDeadline searches the smallest D_d with an index of at least 9/10.
func minDeadline(r *metrics.Request, rules deadlineRules) value {
	ts := tokenInstants(r)
	if len(ts) < 2 {
		return value{kind: undefined}
	}
	lo, hi := time.Duration(1), max(1, ts[len(ts)-1]-ts[0])
	for lo < hi {
		middle := lo + (hi-lo)/2
		if hits, misses, _ := rules.score(r, 0, middle); 10*hits >= 9*(hits+misses) {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return integerValue(int64(lo))
}

// idleRules are the choices behind an idle latency, and mistakes.
type idleRules struct {
	fromFirst   bool          // the variant
	charge      bool          // the wait in which the request was given up counts
	noTolerance bool          // D_0 is ignored
	early       time.Duration // tokens by which the schedule is early
	stall       bool          // the largest gap instead
}

// wait returns l, and whether it is defined.
func (rules idleRules) wait(r *metrics.Request, p *Parameters) (time.Duration, bool) {
	ts := tokenInstants(r)
	z, ok := r.Arrival().Get()
	if rules.fromFirst && len(ts) > 0 {
		z, ok = ts[0], true
	}
	if end, ended := r.End.Get(); rules.charge && ended && (r.Outcome != metrics.Completed || len(ts) == 0) {
		ts = append(ts, end) // of the token that never came
	}
	if !ok || len(ts) == 0 {
		return 0, false
	}
	if !rules.noTolerance {
		z = plus(z, p.Tolerance)
	}
	var l time.Duration
	for i, t := range ts {
		if rules.stall {
			l = max(l, t-ts[max(i-1, 0)])
		} else if steps := time.Duration(i+1) - rules.early; p.PerToken == 0 || steps < math.MaxInt64/2/max(p.PerToken, 1) {
			l = max(l, t-plus(z, steps*p.PerToken))
		}
	}
	return l, true
}

func idleFormula(text string, rules idleRules) formula {
	return formula{text, func(r *metrics.Request, p *Parameters) value { return durationValue(rules.wait(r, p)) }}
}

// benefitRules are the choices behind a benefit, and mistakes.
type benefitRules struct {
	idle    idleRules
	tokens  bool // f(l) = l / V, not l / 1 s
	noAlpha bool // alpha = 1
	floor   bool // at least 0
}

func benefitRulesOf(variant string) benefitRules {
	return benefitRules{
		tokens: variant == "tokens_charge" || variant == "tokens_as_delivered",
		idle:   idleRules{charge: variant == "seconds_charge" || variant == "tokens_charge"},
	}
}

func benefitFormula(text string, rules benefitRules) formula {
	return formula{text, func(r *metrics.Request, p *Parameters) value {
		l, ok := rules.idle.wait(r, p)
		unit, alpha := float64(time.Second), p.Alpha.Float64()
		if rules.tokens {
			unit = float64(p.PerToken)
		}
		if rules.noAlpha {
			alpha = 1
		}
		benefit := float64(r.Tokens()) - alpha*float64(l)/unit
		if rules.floor {
			benefit = max(0, benefit)
		}
		return ratioValue(benefit, ok)
	}}
}

// qoeRules are mistakes in a QoE.
type qoeRules struct {
	noReader bool // the tokens' own instants instead of when the reader gets to them
	own      bool // the ideal begins with the first token
	share    bool // the share of tokens that come in time instead
}

func qoeFormula(text string, rules qoeRules) formula {
	return formula{text, func(r *metrics.Request, p *Parameters) value {
		ts := tokenInstants(r)
		a, ok := r.Arrival().Get()
		if !ok || len(ts) == 0 {
			return value{kind: undefined}
		}
		ideal := float64(p.QoETTFT)
		if rules.own {
			ideal = float64(ts[0] - a)
		}
		v := float64(p.QoEPerToken)
		var delay, inTime, ideals float64
		actual := math.Inf(-1)
		for _, t := range ts {
			at := float64(t - a)
			actual = max(at, ideal, actual+v)
			if rules.noReader {
				actual = max(at, ideal)
			}
			if at <= ideal {
				inTime++
			}
			delay += actual - ideal
			ideals += ideal
			ideal += v
		}
		n := float64(len(ts))
		switch {
		case rules.share:
			return realValue(inTime / n)
		case delay == 0:
			return realValue(1)
		}
		return realValue(1 - delay/(n*actual-ideals))
	}}
}
