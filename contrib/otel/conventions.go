package otel

import "github.com/tokentime/tokentime/metrics"

// Server returns the convention of gen_ai.server.*: from the instant at which
// the request was received (Sent), to the first token, and a TPOT of
//
//	(request duration - TTFT) / (N - 1)
//
// for completed requests. It defines no time between tokens and no quantile.
func Server() metrics.Convention {
	return metrics.Convention{Name: "otel-server", Zero: metrics.FromSent, End: metrics.EndStream,
		Gaps: metrics.NoGaps, CompletedOnly: true}
}

// Client returns the convention of gen_ai.client.*: from the instant at which
// the client issued the request (Sent), to the first chunk of any kind, and
// one value for each chunk after it, whatever the number of its tokens. It
// defines no time per output token. Requests that did not complete count with
// the chunks that came.
func Client() metrics.Convention {
	return metrics.Convention{Name: "otel-client", Zero: metrics.FromSent, First: metrics.FirstEvent,
		End: metrics.EndStream, Gaps: metrics.PerChunk, TPOT: metrics.TPOTNone}
}
