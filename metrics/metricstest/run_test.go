package metricstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// underConvention is what package metrics says under the convention.
func underConvention(c metrics.Convention) metricstest.Implementation {
	span := func(get func(metrics.Raw) metrics.Span) func(*metrics.Request) (time.Duration, bool) {
		return func(r *metrics.Request) (time.Duration, bool) { return get(c.Raw(r)).Get() }
	}
	return metricstest.Implementation{
		Convention:      c.Name,
		TTFT:            span(func(w metrics.Raw) metrics.Span { return w.TTFT }),
		TTLT:            span(func(w metrics.Raw) metrics.Span { return w.TTLT }),
		Decode:          span(func(w metrics.Raw) metrics.Span { return w.Decode }),
		Stall:           span(func(w metrics.Raw) metrics.Span { return w.Stall }),
		EndToEnd:        span(func(w metrics.Raw) metrics.Span { return w.EndToEnd }),
		SchedulingDelay: span(func(w metrics.Raw) metrics.Span { return w.SchedulingDelay }),
		Prefill:         span(func(w metrics.Raw) metrics.Span { return w.Prefill }),
		ClientDelay:     span(func(w metrics.Raw) metrics.Span { return w.ClientDelay }),
		TPOT:            func(r *metrics.Request) (float64, bool) { return c.Normalized(r).TPOT.Nanoseconds() },
		NormalizedLatency: func(r *metrics.Request) (float64, bool) {
			return c.Normalized(r).Latency.Total.Nanoseconds()
		},
		FixedShare: func(r *metrics.Request) (float64, bool) { return c.Normalized(r).FixedShare.Get() },
		TBT:        func(r *metrics.Request) []time.Duration { return slices.Collect(c.TBT(r)) },
	}
}

// TestMetrics holds package metrics to the vectors, under every convention.
func TestMetrics(t *testing.T) {
	all := metrics.Conventions()
	if testing.Short() {
		all = all[:1]
	}
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) { metricstest.Run(t, underConvention(c)) })
	}
}

// fluidityRules are the choices of package fluidity behind the rules of the
// vectors.
var fluidityRules = map[string]fluidity.Deadlines{
	"floor":       {},
	"ceil":        {Late: fluidity.Ceil},
	"decode_only": {First: fluidity.Skipped},
	"free":        {First: fluidity.Free},
	"drop_slack":  {DropSlack: true},
}

// TestFluidity holds package fluidity to the vectors.
func TestFluidity(t *testing.T) {
	for rule, choices := range fluidityRules {
		if testing.Short() && rule != "floor" {
			continue
		}
		score := func(r *metrics.Request, prefill, decode time.Duration) fluidity.Score {
			d := choices
			d.Prefill, d.Decode = prefill, decode
			s, err := d.Score(r)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		t.Run(rule, func(t *testing.T) {
			metricstest.Run(t, metricstest.Implementation{
				FluidityRule: rule,
				FluidityIndex: func(r *metrics.Request, prefill, decode time.Duration) (float64, bool) {
					return score(r, prefill, decode).Index().Get()
				},
				Fluidity: func(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64) {
					s := score(r, prefill, decode)
					return s.Hits, s.Misses
				},
				MinDecodeDeadline: func(r *metrics.Request) (time.Duration, bool) {
					return fluidity.MinDecodeDeadline(r, fluidity.Target{}, fluidity.Floor)
				},
				TokenAttainment: func(r *metrics.Request, ttft, tbt time.Duration) (float64, bool) {
					s, err := fluidity.TokenDeadlines{TTFT: ttft, TBT: tbt}.Score(r)
					if err != nil {
						t.Fatal(err)
					}
					return s.Index().Get()
				},
			})
		})
	}
}

// TestGoodput holds package goodput to the vectors.
func TestGoodput(t *testing.T) {
	for origin, o := range map[string]goodput.Origin{
		"from_arrival": goodput.FromArrival, "from_first_token": goodput.FromFirstToken,
	} {
		if testing.Short() && origin != "from_arrival" {
			continue
		}
		t.Run(origin, func(t *testing.T) {
			metricstest.Run(t, metricstest.Implementation{
				IdleOrigin: origin,
				IdleLatency: func(r *metrics.Request, perToken, tolerance time.Duration) (time.Duration, bool) {
					return goodput.Reader{PerToken: perToken, Tolerance: tolerance, Origin: o}.IdleLatency(r).Get()
				},
				QoE: func(r *metrics.Request, ttft, perToken time.Duration) (float64, bool) {
					return goodput.Ideal{TTFT: ttft, PerToken: perToken}.QoE(r)
				},
			})
		})
	}
	for rule, o := range map[string]goodput.Options{
		"seconds_charge":       {},
		"seconds_as_delivered": {Abandoned: goodput.AsDelivered},
		"tokens_charge":        {Penalty: goodput.Penalty{Form: goodput.Tokens}},
		"tokens_as_delivered":  {Penalty: goodput.Penalty{Form: goodput.Tokens}, Abandoned: goodput.AsDelivered},
	} {
		if testing.Short() && rule != "seconds_charge" {
			continue
		}
		t.Run(rule, func(t *testing.T) {
			metricstest.Run(t, metricstest.Implementation{
				BenefitRule: rule,
				Benefit: func(r *metrics.Request, perToken, tolerance time.Duration, alpha float64) (float64, bool) {
					options := o
					options.Reader = goodput.Reader{PerToken: perToken, Tolerance: tolerance}
					options.Alpha = metrics.Known(alpha)
					return options.Benefit(r)
				},
			})
		})
	}
}
