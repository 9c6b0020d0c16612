package results

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// answer is an sse.Answer of events that were recorded, as a stream or one by
// one. It is ready after begin.
type answer struct {
	sse.Answer
	classifier sse.Classifier
	at         time.Duration // of what came last
}

// begin begins another answer, whose deliveries are appended to ds.
func (a *answer) begin(ds []metrics.Delivery) {
	a.classifier.Handle = nil
	a.classifier.Close() // drops what may be left of a stream
	a.classifier.Handle, a.classifier.MaxEvent = func(e sse.Event) { a.Add(a.at, e) }, MaxLine
	a.Answer = sse.Answer{Deliveries: ds}
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
	a.Add(at, a.classifier.Classify(event, data))
}

// deliver takes tokens that became visible at that instant without an event.
func (a *answer) deliver(at time.Duration, tokens int64) {
	a.at = at
	a.Deliver(at, tokens)
}

// fill gives r what the answer says: all but its outcome and its instants of
// request. An event that lacks its end is looked at, as of what came last.
func (a *answer) fill(r *metrics.Request) {
	a.classifier.Close()
	a.Fill(r)
}

// streamDoubts count what warnings about recorded streams are about.
type streamDoubts struct {
	unreadable, endless, outputless int
}

// add counts what is doubtful about an answer that is filled.
func (c *streamDoubts) add(a *answer, outcome metrics.Outcome, endless bool) {
	c.unreadable += int(a.Unreadable) + btoi(a.CutOff)
	c.endless += btoi(endless)
	c.outputless += btoi(outcome == metrics.Completed && a.Events > 0 && a.Tokens == 0)
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
