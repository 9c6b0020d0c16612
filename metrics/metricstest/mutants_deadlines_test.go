package metricstest_test

import (
	"math"
	"math/bits"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// schedule is a fluidity index in which each step can be changed.
type schedule struct {
	late func(t, due time.Duration) bool
	cost func(late, decode time.Duration) int64
	next func(t, due time.Duration) time.Duration // what the next deadline counts from
}

func (s schedule) score(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64) {
	a, ok := r.Arrival().Get()
	if !ok {
		return 0, 0
	}
	due := saturated(a, prefill)
	for _, t := range tokenInstants(r) {
		if s.late(t, due) {
			misses += s.cost(t-due, decode)
		} else {
			hits++
		}
		due = saturated(s.next(t, due), decode)
	}
	return hits, misses
}

func saturated(a, b time.Duration) time.Duration {
	if sum := a + b; b >= 0 && sum >= a {
		return sum
	}
	return math.MaxInt64
}

func (s schedule) implementation() metricstest.Implementation {
	return metricstest.Implementation{
		Fluidity: s.score,
		FluidityIndex: func(r *metrics.Request, prefill, decode time.Duration) (float64, bool) {
			hits, misses := s.score(r, prefill, decode)
			return float64(hits) / float64(hits+misses), hits+misses > 0
		},
	}
}

func published() schedule {
	return schedule{
		late: func(t, due time.Duration) bool { return t > due },
		cost: func(late, decode time.Duration) int64 { return int64(late/decode) + 1 },
		next: func(t, due time.Duration) time.Duration { return max(t, due) },
	}
}

func TestFluidityMutants(t *testing.T) {
	vectors := diagnosable(t)
	for _, tt := range []struct {
		name, reason, says string
		break_             func(s *schedule)
	}{
		{"none", "the loop itself is right", "", func(*schedule) {}},
		{"strict", "< for <=", "exactly at its deadline", func(s *schedule) {
			s.late = func(t, due time.Duration) bool { return t >= due }
		}},
		{"once", "a fraction of tokens, as the paper of etalon says in words", "one miss for a late token", func(s *schedule) {
			s.cost = func(time.Duration, time.Duration) int64 { return 1 }
		}},
		{"without + 1", "the formula, half read", "without the + 1", func(s *schedule) {
			s.cost = func(late, decode time.Duration) int64 { return int64(late / decode) }
		}},
		{"no bank", "a deadline on each TBT", "bank no time", func(s *schedule) {
			s.next = func(t, _ time.Duration) time.Duration { return t }
		}},
		{"no restart", "one schedule for the whole answer", "does not restart", func(s *schedule) {
			s.next = func(_, due time.Duration) time.Duration { return due }
		}},
		{"token attainment", "Aegaeon's score under the name of the index", "token attainment", func(s *schedule) {
			s.next = func(_, due time.Duration) time.Duration { return due }
			s.cost = func(time.Duration, time.Duration) int64 { return 1 }
		}},
		{"float seconds", "the published Python code", "float64 seconds", func(s *schedule) {
			s.cost = func(late, decode time.Duration) int64 { return int64(late.Seconds()/decode.Seconds()) + 1 }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := published()
			tt.break_(&s)
			report := metricstest.CheckWith(s.implementation(), vectors)
			if tt.says == "" {
				if err := report.Err(); err != nil {
					t.Error(err)
				}
				return
			}
			wantCause(t, report, "fluidity_misses", tt.says)
			wantCause(t, report, "fluidity_index", tt.says)
		})
	}
}

// TestOtherVariantsAreNamed holds that what is right under another rule is
// recognized as that.
func TestOtherVariantsAreNamed(t *testing.T) {
	vectors := diagnosable(t)
	for rule, d := range fluidityRules {
		if rule == "floor" {
			continue
		}
		report := metricstest.CheckWith(metricstest.Implementation{
			FluidityIndex: func(r *metrics.Request, prefill, decode time.Duration) (float64, bool) {
				d.Prefill, d.Decode = prefill, decode
				s, _ := d.Score(r)
				return s.Index().Get()
			},
		}, vectors)
		wantCause(t, report, "fluidity_index", `the fluidity index under the rule "`+rule+`"`)
	}
	for _, c := range metrics.Conventions() {
		if c.Name == metrics.Paper.Name {
			continue
		}
		impl := underConvention(c)
		impl.Convention = ""
		report := metricstest.CheckWith(impl, vectors)
		if len(report.Follows) != 1 || report.Follows[0] != c.Name {
			t.Errorf("an implementation of %s is taken for one of %v", c.Name, report.Follows)
		}
	}
	impl := underConvention(metrics.LLMPerf)
	impl.Convention = ""
	wantCause(t, metricstest.CheckWith(impl, vectors), "tbt_ns", "llmperf's ITL: TTFT included")
}

func TestReaderMutants(t *testing.T) {
	vectors := diagnosable(t)
	idle := func(change func(r *goodput.Reader, q *metrics.Request)) metricstest.Implementation {
		return metricstest.Implementation{
			IdleLatency: func(q *metrics.Request, perToken, tolerance time.Duration) (time.Duration, bool) {
				r, c := goodput.Reader{PerToken: perToken, Tolerance: tolerance}, *q
				change(&r, &c)
				return r.IdleLatency(&c).Get()
			},
		}
	}
	benefit := func(change func(o *goodput.Options), then func(float64) float64) metricstest.Implementation {
		return metricstest.Implementation{
			Benefit: func(q *metrics.Request, perToken, tolerance time.Duration, alpha float64) (float64, bool) {
				o := goodput.Options{Reader: goodput.Reader{PerToken: perToken, Tolerance: tolerance}, Alpha: metrics.Known(alpha)}
				change(&o)
				b, ok := o.Benefit(q)
				return then(b), ok
			},
		}
	}
	same := func(b float64) float64 { return b }
	qoe := func(change func(i *goodput.Ideal, q *metrics.Request)) metricstest.Implementation {
		return metricstest.Implementation{
			QoE: func(q *metrics.Request, ttft, perToken time.Duration) (float64, bool) {
				i, c := goodput.Ideal{TTFT: ttft, PerToken: perToken}, *q
				change(&i, &c)
				return i.QoE(&c)
			},
		}
	}
	for _, tt := range []struct {
		name, key, says string
		impl            metricstest.Implementation
	}{
		{"first-token origin", "idle_latency_ns", "from_first_token", idle(func(r *goodput.Reader, _ *metrics.Request) {
			r.Origin = goodput.FromFirstToken
		})},
		{"tolerance ignored", "idle_latency_ns", "D_0 ignored", idle(func(r *goodput.Reader, _ *metrics.Request) { r.Tolerance = 0 })},
		{"V (i-1)", "idle_latency_ns", "V (i - 1)", idle(func(r *goodput.Reader, q *metrics.Request) {
			if a, ok := q.Arrival().Get(); ok {
				q.Due = metrics.Known(a - r.PerToken)
			}
		})},
		{"from the sending", "idle_latency_ns", "counted from the sending", idle(func(_ *goodput.Reader, q *metrics.Request) { q.Due = q.Sent })},
		{"f in tokens", "benefit_tokens", "tokens_charge", benefit(func(o *goodput.Options) { o.Penalty.Form = goodput.Tokens }, same)},
		{"as delivered", "benefit_tokens", "seconds_as_delivered", benefit(func(o *goodput.Options) { o.Abandoned = goodput.AsDelivered }, same)},
		{"alpha ignored", "benefit_tokens", "alpha ignored", benefit(func(o *goodput.Options) { o.Alpha = metrics.Known(1.0) }, same)},
		{"never negative", "benefit_tokens", "below 0", benefit(func(*goodput.Options) {}, func(b float64) float64 { return max(0, b) })},
		{"role chunk read", "qoe", "role chunk", qoe(func(_ *goodput.Ideal, q *metrics.Request) { q.Deliveries = roleAsToken(q.Deliveries) })},
		{"QoE from the sending", "qoe", "counted from the sending", qoe(func(_ *goodput.Ideal, q *metrics.Request) { q.Due = q.Sent })},
		{"target 1", "min_decode_deadline_ns", "an index of 1", metricstest.Implementation{
			MinDecodeDeadline: func(r *metrics.Request) (time.Duration, bool) {
				return fluidity.MinDecodeDeadline(r, fluidity.Target{Num: 1, Den: 1}, fluidity.Floor)
			},
		}},
		{"ceil", "min_decode_deadline_ns", "ceil", metricstest.Implementation{
			MinDecodeDeadline: func(r *metrics.Request) (time.Duration, bool) {
				return fluidity.MinDecodeDeadline(r, fluidity.Target{}, fluidity.Ceil)
			},
		}},
		{"largest gap", "min_decode_deadline_ns", "largest gap", metricstest.Implementation{
			MinDecodeDeadline: func(r *metrics.Request) (time.Duration, bool) { return r.Raw().Stall.Get() },
		}},
		{"token i after i steps", "token_attainment", "not i - 1", metricstest.Implementation{
			TokenAttainment: func(r *metrics.Request, ttft, tbt time.Duration) (float64, bool) {
				sum, carry := bits.Add64(uint64(ttft), uint64(tbt), 0)
				if carry > 0 || sum > math.MaxInt64 {
					sum = math.MaxInt64
				}
				s, _ := fluidity.TokenDeadlines{TTFT: time.Duration(sum), TBT: tbt}.Score(r)
				return s.Index().Get()
			},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantCause(t, metricstest.CheckWith(tt.impl, vectors), tt.key, tt.says)
		})
	}
}

// roleAsToken returns a copy in which a control event that comes first is a
// token.
func roleAsToken(ds []metrics.Delivery) []metrics.Delivery {
	c := append([]metrics.Delivery(nil), ds...)
	if len(c) > 0 && c[0].Tokens == 0 {
		c[0].Tokens = 1
	}
	return c
}
