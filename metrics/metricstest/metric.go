package metricstest

import (
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// metric is one quantity that the vectors hold a value of.
type metric struct {
	key      string   // as in answers and vectors
	name     string   // for people
	unit     string   // "ns", or empty for a pure number
	ratio    bool     // compared within Tolerance
	variants []string // formulas under this name, the default first
	want     func(v *Vector, variant string) value
}

// has reports whether the metric has that variant.
func (m *metric) has(variant string) bool { return slices.Contains(m.variants, variant) }

// metricsTable returns all metrics, in the order in which they are reported.
func metricsTable() []metric {
	table := conventionMetrics()
	table = append(table, fluidityMetrics()...)
	return append(table,
		metric{"min_decode_deadline_ns", "minimum decode deadline", "ns", false, []string{""},
			func(v *Vector, _ string) value { return spanValue(v.Want.MinDecodeDeadline) }},
		metric{"token_attainment", "token attainment", "", true, []string{""},
			func(v *Vector, _ string) value { return quotientValue(v.Want.TokenAttainment.Index) }},
		metric{"idle_latency_ns", "idle latency", "ns", false, []string{"from_arrival", "from_first_token"},
			func(v *Vector, variant string) value {
				if variant == "from_first_token" {
					return spanValue(v.Want.IdleLatency.FromFirstToken)
				}
				return spanValue(v.Want.IdleLatency.FromArrival)
			}},
		metric{"benefit_tokens", "benefit", "", true,
			[]string{"seconds_charge", "seconds_as_delivered", "tokens_charge", "tokens_as_delivered"}, wantBenefit},
		metric{"qoe", "QoE", "", true, []string{""},
			func(v *Vector, _ string) value { return quotientValue(v.Want.QoE) }},
	)
}

func conventionMetrics() []metric {
	var names []string
	for _, c := range metrics.Conventions() {
		names = append(names, c.Name)
	}
	span := func(key, name string, get func(*Values) metrics.Span) metric {
		return metric{key, name, "ns", false, names, func(v *Vector, convention string) value {
			values, ok := v.Want.Conventions[convention]
			if !ok {
				return value{}
			}
			return spanValue(get(&values))
		}}
	}
	ratio := func(key, name, unit string, get func(*Values) Quotient) metric {
		return metric{key, name, unit, true, names, func(v *Vector, convention string) value {
			values, ok := v.Want.Conventions[convention]
			if !ok {
				return value{}
			}
			return quotientValue(get(&values))
		}}
	}
	return []metric{
		span("ttft_ns", "TTFT", func(v *Values) metrics.Span { return v.TTFT }),
		span("ttlt_ns", "TTLT", func(v *Values) metrics.Span { return v.TTLT }),
		span("decode_ns", "decode time", func(v *Values) metrics.Span { return v.Decode }),
		span("stall_ns", "largest gap", func(v *Values) metrics.Span { return v.Stall }),
		span("end_to_end_ns", "end-to-end latency", func(v *Values) metrics.Span { return v.EndToEnd }),
		span("scheduling_delay_ns", "scheduling delay", func(v *Values) metrics.Span { return v.SchedulingDelay }),
		span("prefill_ns", "prefill time", func(v *Values) metrics.Span { return v.Prefill }),
		span("client_delay_ns", "client delay", func(v *Values) metrics.Span { return v.ClientDelay }),
		ratio("tpot_ns", "TPOT", "ns", func(v *Values) Quotient { return v.TPOT }),
		ratio("normalized_latency_ns", "normalized latency", "ns", func(v *Values) Quotient { return v.NormalizedLatency }),
		ratio("fixed_share", "fixed share", "", func(v *Values) Quotient { return v.FixedShare }),
		{"tbt_ns", "TBT", "ns", false, names, func(v *Vector, convention string) value {
			values, ok := v.Want.Conventions[convention]
			if !ok {
				return value{}
			}
			w := value{kind: gaps}
			for _, r := range values.TBT {
				w.add(r.Gap, r.Count)
			}
			return w
		}},
	}
}

func fluidityMetrics() []metric {
	rules := []string{"floor", "ceil", "decode_only", "free", "drop_slack"}
	return []metric{
		{"fluidity_index", "fluidity index", "", true, rules,
			func(v *Vector, rule string) value { return quotientValue(v.fluidity(rule).Index) }},
		{"fluidity_hits", "deadlines met", "", false, rules,
			func(v *Vector, rule string) value { return integerValue(v.fluidity(rule).Hits) }},
		{"fluidity_misses", "deadlines missed", "", false, rules,
			func(v *Vector, rule string) value { return integerValue(v.fluidity(rule).Misses) }},
	}
}

func (v *Vector) fluidity(rule string) Score {
	switch f := &v.Want.Fluidity; rule {
	case "ceil":
		return f.Ceil
	case "decode_only":
		return f.DecodeOnly
	case "free":
		return f.Free
	case "drop_slack":
		return f.DropSlack
	default:
		return f.Floor
	}
}

func wantBenefit(v *Vector, variant string) value {
	switch b := &v.Want.Benefit; variant {
	case "seconds_as_delivered":
		return quotientValue(b.SecondsAsDelivered)
	case "tokens_charge":
		return quotientValue(b.TokensCharge)
	case "tokens_as_delivered":
		return quotientValue(b.TokensAsDelivered)
	default:
		return quotientValue(b.SecondsCharge)
	}
}

func quotientValue(q Quotient) value {
	r, ok := q.Get()
	if !ok {
		return value{kind: undefined}
	}
	return realValue(r.Float64())
}
