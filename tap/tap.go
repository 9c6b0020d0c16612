package tap

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// DefaultMaxDeliveries is the default of [Tap.MaxDeliveries], 2 MiB of
// deliveries.
const DefaultMaxDeliveries = 1 << 17

// Tap says what to measure and whom to tell. The zero Tap measures and tells
// nobody. A Transport or a Handler has a copy of the Tap that made it.
type Tap struct {
	// Done is called once for every exchange, when it has ended, from the
	// goroutine that read, closed or wrote the last of it. It may be called
	// from several at once, for different exchanges. The http.Request is
	// there to identify the exchange; its body must not be used. Nil means
	// that nobody wants to know.
	Done func(*http.Request, Exchange)

	// Select says which requests to measure. Others pass untouched. Nil
	// means those whose method is POST.
	Select func(*http.Request) bool

	// Origin is the instant that the instants of a Request count from. If
	// it is zero, each exchange has an origin of its own, its start, and
	// nothing may compare instants of two exchanges.
	Origin time.Time

	// MaxEvent is that of the sse.Classifier. It limits whole answers too.
	// 0 means sse.DefaultMaxEvent.
	MaxEvent int

	// MaxDeliveries is the largest number of deliveries that are kept.
	// Beyond it the Request records the first part of the stream exactly,
	// has no UsageTokens, and comes with a warning. 0 means
	// DefaultMaxDeliveries.
	MaxDeliveries int

	now func() time.Time // nil means time.Now
}

// Exchange is what was seen of one request and its answer.
type Exchange struct {
	// Request is the record. ID, Class and Due are unknown here; who knows
	// them can fill them in.
	Request metrics.Request

	Start  time.Time // when the exchange began
	Status int       // of the answer; 0 if none came
	Form   Form

	// Usage is what the server stated last, of each number. It is the final
	// figure if Request.UsageTokens is known.
	Usage sse.Counts

	// FirstAnswer is the instant of the first output that is not reasoning.
	FirstAnswer metrics.Instant

	// Err says why the outcome is not Completed, unless the status says it.
	Err error

	// Warnings are doubts about Request: "deliveries-capped",
	// "hidden-reasoning", "opaque-body", "unknown-tokens",
	// "unreadable-events".
	Warnings []metrics.Warning
}

// Form says what an answer was.
type Form uint8

const (
	// NoAnswer means that there was no body to look at: no response, or a
	// status that is an error.
	NoAnswer Form = iota
	// Stream is a stream of events.
	Stream
	// Whole is a JSON answer that came at once.
	Whole
	// Opaque is a body that could not be read. That no token was seen in it
	// says nothing.
	Opaque
)

// String returns the name of the form.
func (f Form) String() string {
	if names := [...]string{"no answer", "stream", "whole", "opaque"}; int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

// Why an exchange did not complete, beside errors of the connection and of the
// request's context.
var (
	// ErrStream: an event of the stream, or the whole answer, was an error.
	ErrStream = errors.New("tap: the server reported an error")
	// ErrNoEnd: the body ended properly, but the stream in it did not.
	ErrNoEnd = errors.New("tap: the stream ended without end event or finish reason")
	// ErrClosed: the client closed the body before the end.
	ErrClosed = errors.New("tap: the body was closed before its end")
	// ErrGone: the server could not write to the client any more.
	ErrGone = errors.New("tap: the client is gone")
	// ErrPanic: the handler panicked.
	ErrPanic = errors.New("tap: the handler panicked")
)

func (t *Tap) selects(r *http.Request) bool {
	if t.Select == nil {
		return r.Method == http.MethodPost
	}
	return t.Select(r)
}

// time is the only place that reads a clock.
func (t *Tap) time() time.Time {
	if t.now == nil {
		return time.Now()
	}
	return t.now()
}
