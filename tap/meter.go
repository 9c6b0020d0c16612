package tap

import (
	"fmt"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/sse"
)

// meter measures one exchange. Its methods may be called from several
// goroutines: a client may close a body that another goroutine reads.
type meter struct {
	tap     *Tap
	request *http.Request
	origin  time.Time

	mu     sync.Mutex
	ended  bool
	broken bool // it ended before the body did: the last event may be cut off

	x          Exchange
	classifier sse.Classifier
	whole      []byte // the body, while Form is Whole

	at     time.Duration // instant of the bytes that are being looked at
	last   time.Duration // instant of the last bytes of the body
	answer sse.Answer

	buffered bool       // what comes is delivered by flush, not at once
	flushed  sse.Answer // at the last flush: what has changed since is not delivered yet
}

// newMeter begins an exchange. If buffered, what is given to bytes counts as
// delivered when flush is called.
func newMeter(t *Tap, r *http.Request, buffered bool) *meter {
	start := t.time()
	m := &meter{tap: t, request: r, origin: t.Origin, buffered: buffered}
	if m.answer.MaxDeliveries = t.MaxDeliveries; t.MaxDeliveries <= 0 {
		m.answer.MaxDeliveries = DefaultMaxDeliveries
	}
	if m.origin.IsZero() {
		m.origin = start
	}
	m.x.Start = start
	m.x.Request.Sent = metrics.Known(m.instant(start))
	m.classifier = sse.Classifier{Handle: m.event, MaxEvent: t.MaxEvent}
	return m
}

func (m *meter) instant(t time.Time) time.Duration { return t.Sub(m.origin) }

// header takes the status and the header of the answer.
func (m *meter) header(status int, h http.Header) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.x.Status = status
	switch {
	case status >= 400 || status == http.StatusNoContent:
		m.x.Form = NoAnswer
	case h.Get("Content-Encoding") != "" && h.Get("Content-Encoding") != "identity":
		m.opaque("the answer is compressed with " + h.Get("Content-Encoding"))
	default:
		switch media, _, _ := mime.ParseMediaType(h.Get("Content-Type")); media {
		case "text/event-stream":
			m.x.Form = Stream
		case "application/json":
			m.x.Form = Whole
		default:
			m.opaque(fmt.Sprintf("the answer is of type %q", media))
		}
	}
}

func (m *meter) opaque(why string) {
	m.x.Form = Opaque
	m.whole = nil
	m.warn("opaque-body", why+"; tokens in it were not seen")
}

func (m *meter) warn(code, message string) {
	m.x.Warnings = append(m.x.Warnings, metrics.Warning{Code: code, Message: message})
}

// bytes takes a piece of the body that came at t.
func (m *meter) bytes(p []byte, t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended || len(p) == 0 {
		return
	}
	m.at = m.instant(t)
	m.last = m.at
	switch m.x.Form {
	case Stream:
		m.classifier.Write(p)
	case Whole:
		limit := m.tap.MaxEvent
		if limit <= 0 {
			limit = sse.DefaultMaxEvent
		}
		if len(p) > limit-len(m.whole) {
			m.opaque(fmt.Sprintf("the answer is longer than %d bytes", limit))
			return
		}
		m.whole = append(m.whole, p...)
	}
}

// event takes an event that became visible at m.at.
func (m *meter) event(e sse.Event) { m.answer.Add(m.at, e) }

// flush says that what was looked at became visible at t.
func (m *meter) flush(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		m.flushAt(m.instant(t))
	}
}

func (m *meter) flushAt(at time.Duration) {
	a := &m.answer
	for i := len(m.flushed.Deliveries); i < len(a.Deliveries); i++ {
		a.Deliveries[i].At = at
	}
	if a.FirstAnswer != m.flushed.FirstAnswer {
		a.FirstAnswer = metrics.Known(at)
	}
	if a.Done != m.flushed.Done {
		a.Done = metrics.Known(at)
	}
	m.flushed = *a
}

// discard says that what was not flushed never became visible. What was wrong
// with it stays known.
func (m *meter) discard() {
	a, f := &m.answer, &m.flushed
	a.Deliveries, a.Tokens = a.Deliveries[:len(f.Deliveries)], f.Tokens
	a.FirstAnswer, a.Done, a.Finished = f.FirstAnswer, f.Done, f.Finished
	a.Usage, a.UsageFinal = f.Usage, f.UsageFinal
}
