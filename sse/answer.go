package sse

import (
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Answer gathers what the events of one answer say about it: which of them
// were deliveries of how many tokens, what the server counted, and whether the
// stream came to its end. Package tap asks it about live exchanges and package
// results about recorded ones, so both mean the same by the same bytes. The
// rules are our definition:
//
//	event                                 delivery
//	output: text, reasoning, tool call    of k tokens
//	no output: control, role, finish      of no token
//	nothing but usage, done, error,
//	unreadable, or several of these       none
//
//	k = max(1, U - T)   if this and every output so far stated a running total
//	k = 1               otherwise
//
//	U  tokens, the total that the event states (vLLM's continuous_usage_stats)
//	T  tokens of all deliveries before
//
// One event of output is one token because servers rarely say how many they put
// into it; a total that is stated at the end settles the number, as UsageTokens.
// Deliveries of no token matter to conventions of tools that take them for
// tokens.
//
// Special cases are:
//
//   - An output without a total ends the counting: later ones are one token
//     each, even if they state a total.
//   - A total that does not grow is one token: the event showed something.
//   - What follows the event that ends the stream is not looked at, since nobody
//     reads on. What follows an error or a finish reason is.
//   - Output behind a finish reason, or behind the total that was stated last,
//     means that it was not the last word.
//   - Triton's streams have no end but that of the body; see [Event].NoEnd.
//
// Its fields are what is known so far. They may be read at any time, and changed
// by who knows better: a server, for one, delivers not when it writes but when
// it flushes. The zero Answer is ready. It allocates only while Deliveries
// grows. An Answer is for one goroutine at a time.
type Answer struct {
	// MaxDeliveries is the largest number of deliveries that are kept. If it
	// is set, tokens beyond [metrics.MaxTokens] are not kept either, so that
	// the record stays valid. What is not kept is counted in Dropped. 0 means
	// that everything is kept; then metrics.Request.Validate tells whether it
	// was too much.
	MaxDeliveries int

	Deliveries []metrics.Delivery // to which Add appends
	Tokens     int64              // of all that were kept

	Usage      Counts // what the server stated last, of each number
	UsageFinal bool   // the total of output tokens came with or behind the last output

	FirstAnswer metrics.Instant // of the first output that is not reasoning
	Done        metrics.Instant // of the event that ended the stream

	Finished  bool // a finish reason came with or behind the last output
	Failed    bool // an event was an error
	NoEnd     bool // the stream is one that does not tell its end
	Uncounted bool // an output did not state the total
	Reasoning bool // an output was reasoning

	Events  int64 // that were looked at
	Dropped int64 // deliveries that were not kept

	// Unreadable is the number of events that could not be read, and Err why
	// the last of them could not. An event that the end of the stream cut off
	// is not among them: CutOff tells of it.
	Unreadable int64
	Err        error
	CutOff     bool
}

// Add takes the next event, which became visible at that instant.
func (a *Answer) Add(at time.Duration, e Event) {
	if a.Done.Known() {
		return
	}
	a.Events++
	switch {
	case !e.Has(Unreadable):
	case e.Err == ErrTruncated:
		a.CutOff = true
	default:
		a.Unreadable++
		a.Err = e.Err
	}
	a.Failed = a.Failed || e.Has(Error)
	a.NoEnd = a.NoEnd || e.NoEnd
	a.Usage.Update(e.Usage)
	total, stated := e.Usage.Output.Get()
	switch {
	case e.Has(Output):
		a.output(at, e, total, stated)
	case e.Kind == Control || e.Has(Role|Finish):
		a.Deliver(at, 0)
	}
	a.UsageFinal = stated || a.UsageFinal && !e.Has(Output)
	a.Finished = e.Has(Finish) || a.Finished && !e.Has(Output)
	if e.Has(Done) {
		a.Done = metrics.Known(at)
	}
}

func (a *Answer) output(at time.Duration, e Event, total int64, stated bool) {
	k := int64(1)
	a.Uncounted = a.Uncounted || !stated
	if !a.Uncounted {
		k = max(k, total-a.Tokens)
	}
	a.Deliver(at, k)
	a.Reasoning = a.Reasoning || e.Has(Reasoning)
	if e.Has(Text|ToolCall) && !a.FirstAnswer.Known() {
		a.FirstAnswer = metrics.Known(at)
	}
}

// Deliver adds a delivery of that many tokens, for a caller who knows of one
// that was no event.
func (a *Answer) Deliver(at time.Duration, tokens int64) {
	if limit := a.MaxDeliveries; limit > 0 && (len(a.Deliveries) >= limit || tokens > metrics.MaxTokens-a.Tokens) {
		a.Dropped++
		return
	}
	a.Tokens += tokens
	a.Deliveries = append(a.Deliveries, metrics.Delivery{At: at, Tokens: int(min(tokens, math.MaxInt))})
}

// Ended reports whether the stream said that it was over: by an event that ends
// it, or by a finish reason behind the last output.
func (a *Answer) Ended() bool { return a.Done.Known() || a.Finished }

// BrokeOff reports whether a stream whose body is over was not: it neither ended
// nor failed, and is one that would have told, or was cut off within an event.
func (a *Answer) BrokeOff() bool { return !a.Failed && !a.Ended() && (!a.NoEnd || a.CutOff) }

// Outcome returns that of a stream whose body is over: Failed if an event was an
// error, though an end may have followed, or if the stream broke off; else
// Completed. Of a body that was cut by an error of the connection, a deadline or
// a client it knows nothing.
func (a *Answer) Outcome() metrics.Outcome {
	if a.Failed || a.BrokeOff() {
		return metrics.Failed
	}
	return metrics.Completed
}

// Fill sets what the events say of a request: Deliveries, which are shared, not
// copied; PromptTokens; and UsageTokens, which is unknown if output came behind
// the total that was stated last, or if deliveries were dropped.
func (a *Answer) Fill(r *metrics.Request) {
	r.Deliveries, r.PromptTokens, r.UsageTokens = a.Deliveries, a.Usage.Prompt, metrics.Count{}
	if a.UsageFinal && a.Dropped == 0 {
		r.UsageTokens = a.Usage.Output
	}
}
