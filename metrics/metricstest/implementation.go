package metricstest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Implementation holds the functions of somebody's code that compute a
// metric, and says which definitions they claim to follow. A nil function is
// not tested. Every function gets a valid record, which it must not change;
// a second result of false means that the metric is undefined there.
//
// Spans of time and counts must be exact; a ratio may be off by [Tolerance].
// IMPLEMENTERS.md, beside this package's source, states every formula.
type Implementation struct {
	// Convention is the name of the metrics.Convention that the functions
	// from TTFT to TBT follow: "paper" if empty.
	Convention string

	// FluidityRule is what Fluidity and FluidityIndex count: "floor" if
	// empty, which is the published rule, "ceil", "decode_only" (the first
	// token is skipped), "free" (it is always a hit) or "drop_slack".
	FluidityRule string

	// IdleOrigin is the instant from which the reader of IdleLatency counts:
	// "from_arrival" if empty, or "from_first_token".
	IdleOrigin string

	// BenefitRule is the penalty, and what an abandoned request is charged:
	// "seconds_charge" if empty, "seconds_as_delivered", "tokens_charge" or
	// "tokens_as_delivered".
	BenefitRule string

	TTFT            func(r *metrics.Request) (time.Duration, bool) // time to first token
	TTLT            func(r *metrics.Request) (time.Duration, bool) // time to last token
	Decode          func(r *metrics.Request) (time.Duration, bool) // T_d, from the first token to the last
	Stall           func(r *metrics.Request) (time.Duration, bool) // the largest gap
	EndToEnd        func(r *metrics.Request) (time.Duration, bool) // until the end of the stream
	SchedulingDelay func(r *metrics.Request) (time.Duration, bool) // T_s
	Prefill         func(r *metrics.Request) (time.Duration, bool) // T_p
	ClientDelay     func(r *metrics.Request) (time.Duration, bool) // sent - due

	TPOT              func(r *metrics.Request) (ns float64, ok bool)    // time per output token
	NormalizedLatency func(r *metrics.Request) (ns float64, ok bool)    // latency per output token
	FixedShare        func(r *metrics.Request) (share float64, ok bool) // TTFT / TTLT

	// TBT returns the times between tokens in their order, none if there is
	// no gap.
	TBT func(r *metrics.Request) []time.Duration

	// FluidityIndex returns the index for D_p = prefill and D_d = decode, and
	// Fluidity the counts behind it.
	FluidityIndex func(r *metrics.Request, prefill, decode time.Duration) (index float64, ok bool)
	Fluidity      func(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64)

	// MinDecodeDeadline returns the smallest D_d with which the decode-only
	// fluidity index is at least 9/10.
	MinDecodeDeadline func(r *metrics.Request) (time.Duration, bool)

	// TokenAttainment returns the share of tokens i that come within
	// ttft + (i-1) tbt of the arrival.
	TokenAttainment func(r *metrics.Request, ttft, tbt time.Duration) (share float64, ok bool)

	// IdleLatency returns how long a reader who takes perToken for a token,
	// and tolerates a delay, waited for the tokens that were delivered.
	IdleLatency func(r *metrics.Request, perToken, tolerance time.Duration) (time.Duration, bool)

	// Benefit returns N - alpha f(l), in tokens.
	Benefit func(r *metrics.Request, perToken, tolerance time.Duration, alpha float64) (tokens float64, ok bool)

	// QoE returns the quality of experience of a reader who expects the first
	// token within ttft and one every perToken after it.
	QoE func(r *metrics.Request, ttft, perToken time.Duration) (float64, bool)
}

// asks returns what the implementation says about a request by key of the
// metric; a function that is nil has no entry.
func (impl *Implementation) asks() map[string]func(r *metrics.Request, p *Parameters) value {
	ask := map[string]func(r *metrics.Request, p *Parameters) value{}
	for key, f := range map[string]func(*metrics.Request) (time.Duration, bool){
		"ttft_ns": impl.TTFT, "ttlt_ns": impl.TTLT, "decode_ns": impl.Decode, "stall_ns": impl.Stall,
		"end_to_end_ns": impl.EndToEnd, "scheduling_delay_ns": impl.SchedulingDelay, "prefill_ns": impl.Prefill,
		"client_delay_ns": impl.ClientDelay, "min_decode_deadline_ns": impl.MinDecodeDeadline,
	} {
		if f != nil {
			ask[key] = func(r *metrics.Request, _ *Parameters) value { return durationValue(f(r)) }
		}
	}
	for key, f := range map[string]func(*metrics.Request) (float64, bool){
		"tpot_ns": impl.TPOT, "normalized_latency_ns": impl.NormalizedLatency, "fixed_share": impl.FixedShare,
	} {
		if f != nil {
			ask[key] = func(r *metrics.Request, _ *Parameters) value { return ratioValue(f(r)) }
		}
	}
	if f := impl.TBT; f != nil {
		ask["tbt_ns"] = func(r *metrics.Request, _ *Parameters) value { return gapsValue(f(r)) }
	}
	if f := impl.FluidityIndex; f != nil {
		ask["fluidity_index"] = func(r *metrics.Request, p *Parameters) value {
			return ratioValue(f(r, p.PrefillDeadline, p.DecodeDeadline))
		}
	}
	if f := impl.Fluidity; f != nil {
		ask["fluidity_hits"] = func(r *metrics.Request, p *Parameters) value {
			hits, _ := f(r, p.PrefillDeadline, p.DecodeDeadline)
			return integerValue(hits)
		}
		ask["fluidity_misses"] = func(r *metrics.Request, p *Parameters) value {
			_, misses := f(r, p.PrefillDeadline, p.DecodeDeadline)
			return integerValue(misses)
		}
	}
	if f := impl.TokenAttainment; f != nil {
		ask["token_attainment"] = func(r *metrics.Request, p *Parameters) value {
			return ratioValue(f(r, p.AttainmentTTFT, p.AttainmentTBT))
		}
	}
	if f := impl.IdleLatency; f != nil {
		ask["idle_latency_ns"] = func(r *metrics.Request, p *Parameters) value {
			return durationValue(f(r, p.PerToken, p.Tolerance))
		}
	}
	if f := impl.Benefit; f != nil {
		ask["benefit_tokens"] = func(r *metrics.Request, p *Parameters) value {
			return ratioValue(f(r, p.PerToken, p.Tolerance, p.Alpha.Float64()))
		}
	}
	if f := impl.QoE; f != nil {
		ask["qoe"] = func(r *metrics.Request, p *Parameters) value { return ratioValue(f(r, p.QoETTFT, p.QoEPerToken)) }
	}
	return ask
}

// claim returns the variant of the metric that the implementation claims to
// be. It panics if there is none of that name.
func (impl *Implementation) claim(m *metric) string {
	name, field := "", ""
	switch m.key {
	case "fluidity_index", "fluidity_hits", "fluidity_misses":
		name, field = impl.FluidityRule, "FluidityRule"
	case "idle_latency_ns":
		name, field = impl.IdleOrigin, "IdleOrigin"
	case "benefit_tokens":
		name, field = impl.BenefitRule, "BenefitRule"
	case "min_decode_deadline_ns", "token_attainment", "qoe":
	default:
		name, field = impl.Convention, "Convention"
	}
	if name == "" {
		return m.variants[0]
	}
	if !m.has(name) {
		panic(fmt.Sprintf("metricstest: Implementation.%s is %q; there are %s", field, name, strings.Join(m.variants, ", ")))
	}
	return name
}

// answersOf asks every function about every vector.
func (impl *Implementation) answersOf(vectors []Vector) []sheet {
	asks := impl.asks()
	var sheets []sheet
	for _, m := range metricsTable() {
		variant := impl.claim(&m) // a wrong claim is noticed also where no function is given
		if asks[m.key] != nil {
			sheets = append(sheets, sheet{metric: m, variant: variant, got: make([]value, len(vectors))})
		}
	}
	for i := range vectors {
		v := &vectors[i]
		r, same := v.Request(), v.Request()
		for j := range sheets {
			s := &sheets[j]
			s.got[i] = asks[s.metric.key](r, &v.Parameters)
			if !sameRequest(r, same) {
				s.changed = append(s.changed, v.Name)
				r = v.Request()
			}
		}
	}
	return sheets
}

func sameRequest(a, b *metrics.Request) bool {
	x, y := *a, *b
	x.Deliveries, y.Deliveries = nil, nil
	return slices.Equal(a.Deliveries, b.Deliveries) && x.ID == y.ID && x.Class == y.Class && x.Due == y.Due && x.Sent == y.Sent &&
		x.Scheduled == y.Scheduled && x.End == y.End && x.Outcome == y.Outcome && x.PromptTokens == y.PromptTokens && x.UsageTokens == y.UsageTokens
}
