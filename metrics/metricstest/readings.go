package metricstest

import (
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// A reading is a way to misread a record before any formula is applied. It
// returns a new record and leaves its argument alone.
type reading struct {
	text string
	of   func(r *metrics.Request) *metrics.Request
}

// readings returns the known misreadings.
func readings() []reading {
	edit := func(text string, change func(r *metrics.Request)) reading {
		return reading{text, func(r *metrics.Request) *metrics.Request {
			c := *r
			c.Deliveries = slices.Clone(r.Deliveries)
			change(&c)
			return &c
		}}
	}
	tokens := func(text string, count func(i int, d metrics.Delivery, n int) int) reading {
		return edit(text, func(r *metrics.Request) {
			for i, d := range r.Deliveries {
				r.Deliveries[i].Tokens = count(i, d, len(r.Deliveries))
			}
		})
	}
	chunk := func(_ int, d metrics.Delivery, _ int) int { return min(d.Tokens, 1) }
	noUsage := func(r reading) reading {
		return edit(r.text, func(q *metrics.Request) {
			*q = *r.of(q)
			q.UsageTokens = metrics.Count{}
		})
	}
	return []reading{
		noUsage(tokens("each chunk counted as one token, however many it holds", chunk)),
		tokens("each chunk counted as one token, however many it holds (the total taken from the usage)", chunk),
		tokens("the role chunk, or another control event that comes first, taken for the first token",
			func(i int, d metrics.Delivery, _ int) int {
				if i == 0 {
					return max(d.Tokens, 1)
				}
				return d.Tokens
			}),
		noUsage(tokens("every event counted as one token, the role chunk and other control events too",
			func(int, metrics.Delivery, int) int { return 1 })),
		tokens("every event counted as one token, the role chunk and other control events too (the total taken from the usage)",
			func(int, metrics.Delivery, int) int { return 1 }),
		noUsage(tokens("control events, such as the role chunk, counted as tokens",
			func(_ int, d metrics.Delivery, _ int) int { return max(d.Tokens, 1) })),
		tokens("a control event at the end, such as the usage, taken for the last token",
			func(i int, d metrics.Delivery, n int) int {
				if i == n-1 {
					return max(d.Tokens, 1)
				}
				return d.Tokens
			}),
		edit("the usage count ignored, tokens counted from the deliveries", func(r *metrics.Request) { r.UsageTokens = metrics.Count{} }),
		edit("counted from the sending although the request was due earlier", func(r *metrics.Request) { r.Due = r.Sent }),
		edit("counted from the begin of prefill, without the queue", func(r *metrics.Request) { r.Due, r.Sent = r.Scheduled, r.Scheduled }),
		edit("the instants themselves, from which the arrival was not subtracted", func(r *metrics.Request) {
			r.Due = metrics.Known(time.Duration(0))
		}),
		edit("the end of the stream taken for the last token", endForLast),
		edit("what came before the largest gap forgotten, as after a preemption", forgetBeforeStall),
		edit("answers that were cut short left out", func(r *metrics.Request) {
			if r.Outcome != metrics.Completed {
				r.Deliveries, r.End = nil, metrics.Instant{}
			}
		}),
		edit("instants truncated to the millisecond before they are subtracted", func(r *metrics.Request) {
			eachInstant(r, func(t time.Duration) time.Duration { return t.Truncate(time.Millisecond) })
		}),
		edit("instants rounded to the millisecond before they are subtracted", func(r *metrics.Request) {
			eachInstant(r, func(t time.Duration) time.Duration { return t.Round(time.Millisecond) })
		}),
		edit("instants truncated to the microsecond before they are subtracted", func(r *metrics.Request) {
			eachInstant(r, func(t time.Duration) time.Duration { return t.Truncate(time.Microsecond) })
		}),
		edit("instants held as float64 seconds", func(r *metrics.Request) {
			eachInstant(r, func(t time.Duration) time.Duration { return time.Duration(t.Seconds() * 1e9) })
		}),
	}
}

// endForLast moves the last token to the end of the stream.
func endForLast(r *metrics.Request) {
	end, ok := r.End.Get()
	for i := len(r.Deliveries) - 1; ok && i >= 0; i-- {
		if r.Deliveries[i].Tokens > 0 {
			r.Deliveries[i].At = end
			r.Deliveries = r.Deliveries[:i+1]
			return
		}
	}
}

// forgetBeforeStall drops the deliveries before the largest gap.
func forgetBeforeStall(r *metrics.Request) {
	var largest time.Duration
	from, last := 0, -1
	for i, d := range r.Deliveries {
		if d.Tokens == 0 {
			continue
		}
		if last >= 0 && d.At-r.Deliveries[last].At > largest {
			largest, from = d.At-r.Deliveries[last].At, i
		}
		last = i
	}
	r.Deliveries = r.Deliveries[from:]
}

func eachInstant(r *metrics.Request, change func(time.Duration) time.Duration) {
	for _, t := range []*metrics.Instant{&r.Due, &r.Sent, &r.Scheduled, &r.End} {
		if at, ok := t.Get(); ok {
			*t = metrics.Known(change(at))
		}
	}
	for i, d := range r.Deliveries {
		r.Deliveries[i].At = change(d.At)
	}
}
