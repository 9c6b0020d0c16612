package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// values returns the metrics of the request under every convention.
func (x *answer) values() map[string]metricstest.Values {
	return map[string]metricstest.Values{
		"paper":          x.paper(),
		"vllm":           x.vllm(),
		"sglang":         x.sglang(),
		"guidellm":       x.guidellm(),
		"inference-perf": x.inferencePerf(),
		"llmperf":        x.llmperf(),
		"aiinfra":        x.aiinfra(),
		"first-chunk":    x.firstChunk(),
		"aiperf":         x.aiperf(),
		"genai-bench":    x.genaiBench(),
		"evalscope":      x.evalscope(),
		"etalon":         x.etalon(),
		"veeksha":        x.veeksha(),
		"mlperf":         x.mlperf(),
		"otel-server":    x.otelServer(),
	}
}

// paper counts from the arrival, to the first and the last token.
func (x *answer) paper() metricstest.Values {
	v := x.spans(x.arrival(), x.firstToken(), x.lastToken())
	v.Decode = since(x.firstToken(), x.lastToken())
	v.EndToEnd = since(x.arrival(), x.End)
	v.Stall = largest(gaps(x.t))
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	v.NormalizedLatency = over(total(v.TTFT, v.Decode), x.outputTokens())
	v.FixedShare = share(v.TTFT, v.TTLT)
	v.TBT = runs(gaps(x.t))
	return v
}

// firstChunk is paper with N - k_1 gaps after a first chunk of k_1 tokens.
func (x *answer) firstChunk() metricstest.Values {
	v := x.paper()
	v.TPOT = metricstest.Quotient{}
	if len(x.chunks) > 0 {
		v.TPOT = over(v.Decode, x.outputTokens()-int64(x.chunks[0].Tokens))
	}
	return v
}

// vllm takes every event for a chunk, one without a token too, and lets the
// decode last until the end of the stream.
func (x *answer) vllm() metricstest.Values {
	var events []time.Duration
	var first metrics.Instant
	for _, d := range x.Deliveries {
		events = append(events, d.At)
	}
	if len(events) > 0 {
		first = metrics.Known(events[0])
	}
	end := either(x.End, x.lastEvent())
	v := x.spans(x.Sent, first, x.lastEvent())
	v.Decode = since(first, end)
	v.EndToEnd = since(x.Sent, end)
	v.Stall = largest(gaps(events))
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	v.NormalizedLatency = over(total(v.TTFT, v.Decode), x.outputTokens())
	v.FixedShare = share(v.TTFT, v.TTLT)
	v.TBT = runs(gaps(events))
	if x.empty() && len(events) == 0 {
		v.TTFT = metrics.Known(time.Duration(0))
	}
	return v
}

// sglang lets the decode last until the end of the stream and divides the gap
// before a chunk among its tokens.
func (x *answer) sglang() metricstest.Values {
	v := x.fromSentToEndOfStream()
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	var values []time.Duration
	for i := 1; i < len(x.chunks); i++ {
		gap := minus(x.chunks[i].At, x.chunks[i-1].At)
		values = append(values, shares(gap, x.chunks[i].Tokens)...)
	}
	v.TBT = runs(values)
	if x.empty() {
		v.TTFT = metrics.Known(time.Duration(0))
	}
	return v
}

// guidellm counts the wait for the first token into the time per token and
// has one mean gap for all gaps of a request.
func (x *answer) guidellm() metricstest.Values {
	v := x.spans(x.Sent, x.firstToken(), x.lastToken())
	v.Decode = since(x.firstToken(), x.lastToken())
	v.EndToEnd = since(x.Sent, x.End)
	v.Stall = largest(gaps(x.t))
	v.TPOT = over(v.TTLT, x.outputTokens())
	v.NormalizedLatency = over(total(v.TTFT, v.Decode), x.outputTokens())
	v.FixedShare = share(v.TTFT, v.TTLT)
	v.TBT = runs(nil)
	if n := len(x.t); n > 1 {
		v.TBT = runs(shares(minus(x.t[n-1], x.t[0]), n-1))
	}
	if x.empty() {
		v.TTFT = metrics.Known(time.Duration(0))
	}
	return v
}

// inferencePerf has no TTFT for one token, hence nothing that follows from
// it, and a normalized latency of 0 for no token.
func (x *answer) inferencePerf() metricstest.Values {
	v := x.fromSentToEndOfStream()
	v.TPOT = over(v.Decode, x.outputTokens()-1)
	v.TBT = runs(gaps(x.t))
	if len(x.t) == 1 {
		v.TTFT = metrics.Span{}
		v.FixedShare = metricstest.Quotient{}
	}
	if x.empty() {
		v.NormalizedLatency = metrics.Known(metricstest.Rational{Num: 0, Den: 1})
	}
	return v
}

// llmperf has no TPOT, and an inter-token latency that is the time until the
// last chunk divided by the number of chunks.
func (x *answer) llmperf() metricstest.Values {
	v := x.fromSentToEndOfStream()
	v.TBT = runs(nil)
	if ttlt, ok := v.TTLT.Get(); ok {
		v.TBT = runs([]time.Duration{ttlt / time.Duration(len(x.chunks))})
	}
	if x.empty() {
		v.TTFT = metrics.Known(time.Duration(0))
	}
	return v
}

// aiinfra divides by N and states no inter-token latency.
func (x *answer) aiinfra() metricstest.Values {
	v := x.fromSentToEndOfStream()
	v.TPOT = over(v.Decode, x.outputTokens())
	v.TBT = runs(nil)
	return v
}

// fromSentToEndOfStream is what tools have in common that count from sent,
// take the first token for the first chunk, and end at the end of the stream.
// They know no end of an answer without a token but the stated one.
func (x *answer) fromSentToEndOfStream() metricstest.Values {
	end := x.End
	if len(x.t) > 0 {
		end = either(x.End, x.lastEvent())
	}
	v := x.spans(x.Sent, x.firstToken(), x.lastToken())
	v.Decode = since(x.firstToken(), end)
	v.EndToEnd = since(x.Sent, end)
	v.Stall = largest(gaps(x.t))
	v.NormalizedLatency = over(total(v.TTFT, v.Decode), x.outputTokens())
	v.FixedShare = share(v.TTFT, v.TTLT)
	return v
}

// spans returns the absolute durations that need no end, counted from zero.
func (x *answer) spans(zero, first, last metrics.Instant) metricstest.Values {
	return metricstest.Values{
		ClientDelay:     since(x.Due, x.Sent),
		SchedulingDelay: since(zero, x.Scheduled),
		Prefill:         since(x.Scheduled, first),
		TTFT:            since(zero, first),
		TTLT:            since(zero, last),
	}
}

// gaps returns t_{i+1} - t_i.
func gaps(t []time.Duration) []time.Duration {
	var g []time.Duration
	for i := 1; i < len(t); i++ {
		g = append(g, minus(t[i], t[i-1]))
	}
	return g
}

// largest returns the maximum, undefined if there is no value.
func largest(g []time.Duration) metrics.Span {
	if len(g) == 0 {
		return metrics.Span{}
	}
	m := g[0]
	for _, v := range g {
		m = max(m, v)
	}
	return metrics.Known(m)
}

// shares divides g into n parts that differ by at most 1 ns, the larger first.
func shares(g time.Duration, n int) []time.Duration {
	parts := make([]time.Duration, n)
	for i := range parts {
		parts[i] = g / time.Duration(n)
		if time.Duration(i) < g%time.Duration(n) {
			parts[i]++
		}
	}
	return parts
}

// runs writes equal neighbors as one run. No value is an empty list, not null.
func runs(values []time.Duration) []metricstest.GapRun {
	list := []metricstest.GapRun{}
	for _, v := range values {
		if n := len(list); n > 0 && list[n-1].Gap == v {
			list[n-1].Count++
			continue
		}
		list = append(list, metricstest.GapRun{Gap: v, Count: 1})
	}
	return list
}
