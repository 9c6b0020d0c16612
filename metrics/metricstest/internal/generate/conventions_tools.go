package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// aiperf ends with the last content and knows the times between chunks.
func (x *answer) aiperf() metricstest.Values {
	v := x.fromSentToLastToken()
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	v.Stall = largest(gaps(x.chunkInstants()))
	v.TBT = runs(gaps(x.chunkInstants()))
	return v
}

// veeksha is aiperf with zeros: for one token no time per token, and for none
// no wait at all.
func (x *answer) veeksha() metricstest.Values {
	v := x.aiperf()
	if x.outputTokens() == 1 {
		v.TPOT = zero()
	}
	return x.withZeros(v)
}

// etalon takes the mean of the gaps between tokens that have an instant.
func (x *answer) etalon() metricstest.Values {
	v := x.fromSentToLastToken()
	v.Stall = largest(gaps(x.t))
	v.TBT = runs(gaps(x.t))
	v.TPOT = over(v.Decode, int64(len(x.t))-1)
	if len(x.t) == 1 {
		v.TPOT = zero()
	}
	return x.withZeros(v)
}

// evalscope is vllm with a time of 0 per token for one token, and without a
// wait for none.
func (x *answer) evalscope() metricstest.Values {
	v := x.vllm()
	if len(x.Deliveries) == 0 {
		v.TTFT = metrics.Span{}
	}
	if x.outputTokens() == 1 {
		v.TPOT = zero()
	}
	return v
}

// otelServer has no gaps.
func (x *answer) otelServer() metricstest.Values {
	v := x.fromSentToEndOfStream()
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	v.TBT = runs(nil)
	return v
}

// genaiBench has neither, and no TPOT of a decode below 1 ms.
func (x *answer) genaiBench() metricstest.Values {
	v := x.otelServer()
	if d, ok := v.Decode.Get(); ok && d < time.Millisecond {
		v.TPOT = metricstest.Quotient{}
	}
	return v
}

// mlperf counts from the schedule and from nothing else.
func (x *answer) mlperf() metricstest.Values {
	copied := *x.Request
	copied.Sent = x.Due
	scheduled := answer{&copied, x.t, x.chunks}
	v := scheduled.otelServer()
	v.ClientDelay = since(x.Due, x.Sent)
	return v
}

// fromSentToLastToken is what tools have in common that count from sent and
// know no end but the last token.
func (x *answer) fromSentToLastToken() metricstest.Values {
	v := x.spans(x.Sent, x.firstToken(), x.lastToken())
	v.Decode = since(x.firstToken(), x.lastToken())
	v.EndToEnd = v.TTLT
	v.NormalizedLatency = over(total(v.TTFT, v.Decode), x.outputTokens())
	v.FixedShare = share(v.TTFT, v.TTLT)
	return v
}

// withZeros returns v with zeros for an empty answer.
func (x *answer) withZeros(v metricstest.Values) metricstest.Values {
	if x.empty() {
		v.TTFT = metrics.Known(time.Duration(0))
		v.TPOT, v.NormalizedLatency = zero(), zero()
	}
	return v
}

func zero() metricstest.Quotient {
	return metrics.Known(metricstest.Rational{Num: 0, Den: 1})
}

func (x *answer) chunkInstants() []time.Duration {
	var at []time.Duration
	for _, d := range x.chunks {
		at = append(at, d.At)
	}
	return at
}
