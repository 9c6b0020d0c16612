package sse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// Kind is what an event holds. It is a set of the constants below; the zero
// Kind is [Control].
type Kind uint16

const (
	// Text is visible output: text of the answer, or of a refusal.
	Text Kind = 1 << iota
	// Reasoning is output of the model's thinking or of a summary of it.
	Reasoning
	// ToolCall is output that calls a tool: a name or a piece of arguments.
	ToolCall
	// Role announces who speaks. It is no output.
	Role
	// Finish states why a choice ended.
	Finish
	// Usage states numbers of tokens; see [Event.Usage].
	Usage
	// Error tells that the server failed after the stream had begun.
	Error
	// Done ends the stream: [DONE], message_stop, response.completed.
	Done
	// Unreadable data is too long or no JSON object; see [Event.Err].
	Unreadable

	numKinds = iota
)

const (
	// Control is an event that holds nothing of interest: a ping, an empty
	// delta, a progress notice, no data at all.
	Control Kind = 0
	// Output are the kinds that consist of tokens that the model generated.
	Output = Text | Reasoning | ToolCall
)

// Has reports whether the event holds any of the kinds in k.
func (e Event) Has(k Kind) bool { return e.Kind&k != 0 }

// String returns the names of the kinds, joined by a bar.
func (k Kind) String() string {
	if k == Control {
		return "control"
	}
	names := [numKinds]string{"text", "reasoning", "tool call", "role", "finish", "usage", "error", "done", "unreadable"}
	var held []string
	for i, name := range names {
		if k&(1<<i) != 0 {
			held = append(held, name)
		}
	}
	if rest := k &^ (1<<numKinds - 1); rest != 0 {
		held = append(held, fmt.Sprintf("Kind(%#x)", uint16(rest)))
	}
	return strings.Join(held, "|")
}

// Event is what one event of a stream was found to be.
type Event struct {
	Kind  Kind
	Usage Counts // known if Kind has Usage

	// NoEnd means that the event is of a stream that has neither an end
	// event nor a finish reason, Triton's generate_stream: it is over when
	// its body is, and one that broke off looks the same.
	NoEnd bool

	// Err says why the event is Unreadable, or [ErrCount]; else it is nil.
	Err error

	// End is the number of bytes of the stream up to the end of the event.
	End int64
}

// Counts are the numbers of tokens that a server states. Those it does not
// state are unknown. A count in the midst of a stream is the total so far.
type Counts struct {
	Prompt    metrics.Count // tokens of the prompt, cached ones included
	Output    metrics.Count // generated tokens, Reasoning included
	Reasoning metrics.Count // of Output, those of the model's thinking, shown or not
}

// known reports whether a number is stated.
func (c Counts) known() bool { return c.Prompt.Known() || c.Output.Known() || c.Reasoning.Known() }

// Update replaces the numbers of c by those that are known in later.
func (c *Counts) Update(later Counts) {
	if later.Prompt.Known() {
		c.Prompt = later.Prompt
	}
	if later.Output.Known() {
		c.Output = later.Output
	}
	if later.Reasoning.Known() {
		c.Reasoning = later.Reasoning
	}
}

// What can be wrong with an event.
var (
	// ErrTooLong: the data is longer than the classifier's MaxEvent.
	ErrTooLong = errors.New("sse: event too long")
	// ErrSyntax: the data is no JSON object.
	ErrSyntax = errors.New("sse: data is no JSON object")
	// ErrTruncated: the stream ended within the event.
	ErrTruncated = errors.New("sse: stream ended within an event")
	// ErrCount: a number of tokens is not an integer from 0 to
	// [metrics.MaxTokens]. It counts as not stated; the rest stands.
	ErrCount = errors.New("sse: impossible number of tokens")
)
