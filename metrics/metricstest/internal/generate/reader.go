package generate

import (
	"math/big"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// wanted returns z + D_0 + V i, when the reader wants token i.
func wanted(z time.Duration, i int, p *metricstest.Parameters) time.Duration {
	return plus(plus(z, p.Tolerance), times(i, p.PerToken))
}

// idleLatency returns max(0, max_i (t_i - z - D_0 - V i)) over the tokens
// delivered.
func (x *answer) idleLatency(zero metrics.Instant, p *metricstest.Parameters) metrics.Span {
	z, ok := zero.Get()
	if !ok || len(x.t) == 0 {
		return metrics.Span{}
	}
	var idle time.Duration
	for i := range x.t {
		idle = max(idle, minus(x.t[i], wanted(z, i+1, p)))
	}
	return metrics.Known(idle)
}

// chargedWait is the idle latency in which an abandoned request also waits,
// until its end, for the token after the last. An answer without a token,
// however it ended, waits for its first.
func (x *answer) chargedWait(p *metricstest.Parameters) metrics.Span {
	waited := x.idleLatency(x.arrival(), p)
	if x.Outcome == metrics.Completed && len(x.t) > 0 {
		return waited
	}
	a, ok1 := x.arrival().Get()
	end, ok2 := x.End.Get()
	if !ok1 || !ok2 {
		return waited // of the tokens that came, if any
	}
	last := minus(end, wanted(a, len(x.t)+1, p))
	before, _ := waited.Get()
	return metrics.Known(max(before, last, 0))
}

func (x *answer) benefit(p *metricstest.Parameters) metricstest.Benefit {
	charge := x.chargedWait(p)
	delivered := x.idleLatency(x.arrival(), p)
	return metricstest.Benefit{
		SecondsCharge:      x.benefitOf(charge, time.Second, p),
		SecondsAsDelivered: x.benefitOf(delivered, time.Second, p),
		TokensCharge:       x.benefitOf(charge, p.PerToken, p),
		TokensAsDelivered:  x.benefitOf(delivered, p.PerToken, p),
	}
}

// benefitOf returns N - alpha l / unit.
func (x *answer) benefitOf(idle metrics.Span, unit time.Duration, p *metricstest.Parameters) metricstest.Quotient {
	l, ok := idle.Get()
	if !ok {
		return metricstest.Quotient{}
	}
	price := big.NewRat(int64(l), int64(unit))
	price.Mul(price, p.Alpha.Rat())
	n := new(big.Rat).SetInt64(int64(len(x.t)))
	return quotient(n.Sub(n, price))
}

// qoe follows the reader who falls behind.
//
//	ideal_i  = TTFT* + (i-1)/r
//	actual_1 = max(t_1, ideal_1);   actual_i = max(t_i, actual_{i-1} + 1/r)
//	QoE      = 1 - sum(actual_i - ideal_i) / sum(actual_N - ideal_i)
func (x *answer) qoe(p *metricstest.Parameters) metricstest.Quotient {
	a, ok := x.arrival().Get()
	if !ok || len(x.t) == 0 {
		return metricstest.Quotient{}
	}
	var ideal, actual []time.Duration
	for i := range x.t {
		ideal = append(ideal, plus(p.QoETTFT, times(i, p.QoEPerToken)))
		next := ideal[0]
		if i > 0 {
			next = plus(actual[i-1], p.QoEPerToken)
		}
		actual = append(actual, max(minus(x.t[i], a), next))
	}
	delay, whole := new(big.Int), new(big.Int)
	term := new(big.Int)
	for i := range ideal {
		delay.Add(delay, term.SetInt64(int64(minus(actual[i], ideal[i]))))
		whole.Add(whole, term.SetInt64(int64(minus(actual[len(actual)-1], ideal[i]))))
	}
	if delay.Sign() == 0 {
		return metrics.Known(metricstest.Rational{Num: 1, Den: 1})
	}
	q := new(big.Rat).SetFrac(delay, whole)
	return quotient(q.Sub(big.NewRat(1, 1), q))
}
