package results

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// answer gathers what the recorded events of one streamed answer say, by the
// rules by which package tap measures a live one:
//
//   - An event with output (text, reasoning, tool call) is a delivery of one
//     token. Only if every such event states the running total is it what the
//     total grew by. Role, empty and finish events are deliveries of no token.
//   - The total that is stated behind the last output is UsageTokens.
//   - What follows the event that ends the stream is not looked at.
//
// The zero answer is ready after begin.
type answer struct {
	classifier sse.Classifier
	at         time.Duration // of what is being written

	deliveries []metrics.Delivery
	tokens     int64
	uncounted  bool // an event with output did not state the total
	usage      sse.Counts
	usageFinal bool // stated behind the last output

	events     int
	unreadable int
	errored    bool
	finished   bool // the last output was followed by a reason why it is
	done       metrics.Instant
}

// begin begins another answer, whose deliveries are appended to ds.
func (a *answer) begin(ds []metrics.Delivery) {
	a.classifier.Handle = nil
	a.classifier.Close() // drops what may be left of a stream
	a.classifier.Handle, a.classifier.MaxEvent = a.event, MaxLine
	a.deliveries, a.tokens, a.uncounted = ds, 0, false
	a.usage, a.usageFinal = sse.Counts{}, false
	a.events, a.unreadable, a.errored, a.finished, a.done = 0, 0, false, false, metrics.Instant{}
}

// write takes a piece of the stream: the events that it completes became
// visible at that instant.
func (a *answer) write(at time.Duration, piece []byte) {
	a.at = at
	a.classifier.Write(piece)
}

// whole takes one event, or an answer that was not streamed, which became
// visible at that instant.
func (a *answer) whole(at time.Duration, event string, data []byte) {
	a.at = at
	a.event(a.classifier.Classify(event, data))
}

func (a *answer) event(e sse.Event) {
	if a.done.Known() {
		return
	}
	a.events++
	a.unreadable += btoi(e.Has(sse.Unreadable))
	a.errored = a.errored || e.Has(sse.Error)
	a.usage.Update(e.Usage)
	total, stated := e.Usage.Output.Get()
	switch {
	case e.Has(sse.Output):
		a.uncounted = a.uncounted || !stated
		k := int64(1)
		if !a.uncounted {
			k = max(k, total-a.tokens)
		}
		a.deliver(k)
	case e.Kind == sse.Control || e.Has(sse.Role|sse.Finish):
		a.deliver(0)
	}
	a.usageFinal = stated || a.usageFinal && !e.Has(sse.Output)
	a.finished = e.Has(sse.Finish) || a.finished && !e.Has(sse.Output)
	if e.Has(sse.Done) {
		a.done = metrics.Known(a.at)
	}
}

func (a *answer) deliver(k int64) {
	a.tokens += k
	a.deliveries = append(a.deliveries, metrics.Delivery{At: a.at, Tokens: int(k)})
}

// ended reports whether the stream said that it was over.
func (a *answer) ended() bool { return a.done.Known() || a.finished }

// fill gives r what the answer says: all but its outcome and its instants of
// request. An event that was cut off is looked at.
func (a *answer) fill(r *metrics.Request) {
	a.classifier.Close()
	r.Deliveries, r.PromptTokens = a.deliveries, a.usage.Prompt
	if a.usageFinal {
		r.UsageTokens = a.usage.Output
	}
}

// streamDoubts count what warnings about recorded streams are about.
type streamDoubts struct {
	unreadable, endless, outputless int
}

// add counts what is doubtful about an answer that is filled.
func (c *streamDoubts) add(a *answer, outcome metrics.Outcome, endless bool) {
	c.unreadable += a.unreadable
	c.endless += btoi(endless)
	c.outputless += btoi(outcome == metrics.Completed && a.events > 0 && a.tokens == 0)
}

// summarize says so. It can be called again.
func (c *streamDoubts) summarize(run *Run) {
	run.count("unreadable-events", c.unreadable, "%d events are no JSON that could be read, and count as no tokens")
	run.count("stream-without-end", c.endless, "%d streams have neither an end event nor a reason why they finished: they are taken as failed")
	run.count("no-output-recognised", c.outputless, "of %d completed answers no event was recognised as output, so they count as empty")
}

// count sets the warning of that code, of which n cases are known so far.
func (r *Run) count(code string, n int, format string) {
	if n == 0 {
		return
	}
	message := fmt.Sprintf(format, n)
	for i := range r.Warnings {
		if r.Warnings[i].Code == code {
			r.Warnings[i].Message = message
			return
		}
	}
	r.warn(code, message)
}

// setFact sets a fact that is known so far.
func (r *Run) setFact(name, value string) {
	for i := range r.Facts {
		if r.Facts[i].Name == name {
			r.Facts[i].Value = value
			return
		}
	}
	r.Facts = append(r.Facts, Fact{name, value})
}
