package generate

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

const (
	ns = time.Nanosecond
	us = time.Microsecond
	ms = time.Millisecond
	s  = time.Second
)

// stream is a record under construction. Each method returns a changed copy;
// slices are never shared between two streams.
type stream metricstest.Stream

// sentAt begins a stream with what a client knows: when it sent the request.
func sentAt(t time.Duration) stream { return stream{Sent: metrics.Known(t)} }

// dueAt begins a stream with what a load plan knows.
func dueAt(t time.Duration) stream { return stream{Due: metrics.Known(t)} }

func (x stream) sent(t time.Duration) stream      { x.Sent = metrics.Known(t); return x }
func (x stream) scheduled(t time.Duration) stream { x.Scheduled = metrics.Known(t); return x }
func (x stream) ended(t time.Duration) stream     { x.End = metrics.Known(t); return x }
func (x stream) usage(n int64) stream             { x.UsageTokens = metrics.Known(n); return x }
func (x stream) prompt(n int64) stream            { x.PromptTokens = metrics.Known(n); return x }

// gaveUp is ended with another outcome than completed.
func (x stream) gaveUp(how metrics.Outcome, t time.Duration) stream {
	x.Outcome = how
	return x.ended(t)
}

// unended is gaveUp at an unknown instant.
func (x stream) unended(how metrics.Outcome) stream {
	x.Outcome = how
	return x
}

// tokens adds one token at each instant.
func (x stream) tokens(at ...time.Duration) stream {
	for _, t := range at {
		x = x.chunk(t, 1)
	}
	return x
}

// chunk adds k tokens at one instant. No token is a control event.
func (x stream) chunk(at time.Duration, k int) stream {
	counts := append([]int(nil), x.Tokens...)
	if len(counts) == 0 && k != 1 { // until now all were 1
		for range x.At {
			counts = append(counts, 1)
		}
	}
	if len(counts) > 0 || k != 1 {
		counts = append(counts, k)
	}
	x.Tokens = counts
	x.At = append(append([]time.Duration(nil), x.At...), at)
	return x
}

// event adds a delivery without a token.
func (x stream) event(at time.Duration) stream { return x.chunk(at, 0) }

// steady adds n tokens, the first at the given instant.
func (x stream) steady(first, gap time.Duration, n int) stream {
	for i := range n {
		x = x.chunk(first+time.Duration(i)*gap, 1)
	}
	return x
}

// after adds a token at each gap after the one before, the first after the
// instant from.
func (x stream) after(from time.Duration, gaps ...time.Duration) stream {
	for _, g := range gaps {
		from += g
		x = x.chunk(from, 1)
	}
	return x
}

// repeat adds a run of a long stream.
func (x stream) repeat(first, gap time.Duration, n int64, k int) stream {
	x.Repeat = append(append([]metricstest.Repeat(nil), x.Repeat...), metricstest.Repeat{First: first, Gap: gap, Count: n, Tokens: k})
	return x
}
