package tap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// finish ends the exchange at t, once, and tells Done. cause is nil if the
// body ended as it should.
func (m *meter) finish(t time.Time, cause error) {
	m.mu.Lock()
	if m.ended {
		m.mu.Unlock()
		return
	}
	m.ended, m.broken = true, cause != nil
	end := m.instant(t)
	m.at = m.last
	switch m.x.Form {
	case Stream:
		m.classifier.Close()
	case Whole:
		if m.readWhole() && !m.buffered {
			end, cause = m.last, nil // a reader of JSON need not wait for the end of the body
		}
	}
	switch {
	case !m.buffered:
	case lost(cause):
		m.discard()
	default:
		m.flushAt(end)
	}
	if at, ok := m.answer.Done.Get(); ok {
		end = at
	}
	r := &m.x.Request
	r.End = metrics.Known(end)
	r.Outcome, m.x.Err = m.outcome(cause)
	m.answer.Fill(r)
	m.x.Usage, m.x.FirstAnswer = m.answer.Usage, m.answer.FirstAnswer
	m.doubt()
	x := m.x
	m.mu.Unlock()
	if m.tap.Done != nil {
		m.tap.Done(m.request, x)
	}
}

// readWhole looks at an answer that came at once, and reports whether it was
// complete.
func (m *meter) readWhole() bool {
	if len(m.whole) == 0 {
		return false
	}
	e := m.classifier.Classify("", m.whole)
	if e.Has(sse.Unreadable) {
		if !m.broken {
			m.opaque("the answer is no JSON object")
		}
		return false
	}
	m.event(e)
	m.answer.Finished = true
	if e.Has(sse.Output) && m.answer.Uncounted {
		m.warn("unknown-tokens", "the answer does not state its number of tokens; it is recorded as one")
	}
	return true
}

// doubt adds the warnings that the whole exchange gives rise to.
func (m *meter) doubt() {
	a := &m.answer
	if a.Dropped > 0 {
		m.warn("deliveries-capped", fmt.Sprintf("%d events beyond %d deliveries or %d tokens are not recorded; see MaxDeliveries",
			a.Dropped, len(a.Deliveries), metrics.MaxTokens))
	}
	unreadable, err := a.Unreadable, a.Err
	if a.CutOff && !m.broken { // a body that broke may do so within an event
		unreadable, err = unreadable+1, sse.ErrTruncated
	}
	if unreadable > 0 {
		m.warn("unreadable-events", fmt.Sprintf("%d events could not be read and count as no tokens; the last: %v", unreadable, err))
	}
	if n, _ := a.Usage.Reasoning.Get(); n > 0 && !a.Reasoning && a.UsageFinal {
		m.warn("hidden-reasoning", fmt.Sprintf("the server counts %d tokens of reasoning that it did not send; per-token figures that divide by its count are too small", n))
	}
}

func (m *meter) outcome(cause error) (metrics.Outcome, error) {
	switch {
	case m.x.Status >= 400:
		return statusOutcome(m.x.Status), nil
	case m.answer.Failed:
		return metrics.Failed, ErrStream
	case m.answer.Ended(): // what happened afterwards took nothing away
		return metrics.Completed, nil
	case cause != nil:
		return causeOutcome(cause), cause
	case m.x.Form == Stream && m.answer.BrokeOff():
		return metrics.Failed, ErrNoEnd
	}
	return metrics.Completed, nil
}

func statusOutcome(status int) metrics.Outcome {
	const overloaded = 529 // Anthropic
	switch status {
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return metrics.TimedOut
	case http.StatusServiceUnavailable, overloaded:
		return metrics.Rejected
	}
	if status < 500 {
		return metrics.Rejected
	}
	return metrics.Failed
}

func causeOutcome(cause error) metrics.Outcome {
	var limit interface{ Timeout() bool } // of contexts, connections and http.Client
	switch {
	case errors.As(cause, &limit) && limit.Timeout(), errors.Is(cause, http.ErrHandlerTimeout):
		return metrics.TimedOut
	case errors.Is(cause, context.Canceled), errors.Is(cause, ErrClosed), errors.Is(cause, ErrGone):
		return metrics.Cancelled
	}
	return metrics.Failed
}

// lost reports whether what a server had not flushed when it stopped for that
// cause did not reach the client. A deadline of the request does not cut the
// connection.
func lost(cause error) bool {
	return cause != nil && !errors.Is(cause, context.DeadlineExceeded)
}
