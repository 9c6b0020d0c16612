package tap

import (
	"fmt"
	"math"
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

	at       time.Duration // instant of the bytes that are being looked at
	last     time.Duration // instant of the last bytes of the body
	doneAt   metrics.Instant
	errored  bool // there was an error event
	finished bool // there was a finish reason, and no output since

	counted    bool // every output so far came with a running total
	usageFinal bool // no output came after the total that was stated last
	tokens     int64
	reasoning  bool // there was output that is reasoning

	dropped    int64 // deliveries beyond MaxDeliveries
	unreadable int64
	unreadErr  error

	buffered bool // what comes is delivered by flush, not at once
	flushed  flushed
}

// flushed is the state at the last flush. What has changed since is not
// delivered yet.
type flushed struct {
	deliveries  int
	tokens      int64
	firstAnswer metrics.Instant
	doneAt      metrics.Instant
	usage       sse.Counts
	usageFinal  bool
	finished    bool
}

// newMeter begins an exchange. If buffered, what is given to bytes counts as
// delivered when flush is called.
func newMeter(t *Tap, r *http.Request, buffered bool) *meter {
	start := t.time()
	m := &meter{tap: t, request: r, origin: t.Origin, counted: true, buffered: buffered}
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
func (m *meter) event(e sse.Event) {
	if m.doneAt.Known() {
		return // nobody reads on
	}
	if e.Has(sse.Unreadable) && !(m.ended && m.broken && e.Err == sse.ErrTruncated) {
		m.unreadable++
		m.unreadErr = e.Err
	}
	m.errored = m.errored || e.Has(sse.Error)
	m.x.Usage.Update(e.Usage)
	total, stated := e.Usage.Output.Get()
	switch {
	case e.Has(sse.Output):
		m.output(e, total, stated)
	case e.Kind == sse.Control || e.Has(sse.Role|sse.Finish):
		m.deliver(0)
	}
	m.usageFinal = stated || m.usageFinal && !e.Has(sse.Output)
	m.finished = e.Has(sse.Finish) || m.finished && !e.Has(sse.Output)
	if e.Has(sse.Done) {
		m.doneAt = metrics.Known(m.at)
	}
}

func (m *meter) output(e sse.Event, total int64, stated bool) {
	k := int64(1)
	m.counted = m.counted && stated
	if m.counted {
		k = max(k, total-m.tokens)
	}
	m.deliver(k)
	m.reasoning = m.reasoning || e.Has(sse.Reasoning)
	if e.Has(sse.Text|sse.ToolCall) && !m.x.FirstAnswer.Known() {
		m.x.FirstAnswer = metrics.Known(m.at)
	}
}

func (m *meter) deliver(k int64) {
	limit := m.tap.MaxDeliveries
	if limit <= 0 {
		limit = DefaultMaxDeliveries
	}
	if len(m.x.Request.Deliveries) >= limit || k > metrics.MaxTokens-m.tokens {
		m.dropped++
		return
	}
	m.tokens += k
	m.x.Request.Deliveries = append(m.x.Request.Deliveries, metrics.Delivery{At: m.at, Tokens: int(min(k, math.MaxInt))})
}

// flush says that what was looked at became visible at t.
func (m *meter) flush(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		m.flushAt(m.instant(t))
	}
}

func (m *meter) flushAt(at time.Duration) {
	ds := m.x.Request.Deliveries
	for i := m.flushed.deliveries; i < len(ds); i++ {
		ds[i].At = at
	}
	if m.x.FirstAnswer != m.flushed.firstAnswer {
		m.x.FirstAnswer = metrics.Known(at)
	}
	if m.doneAt != m.flushed.doneAt {
		m.doneAt = metrics.Known(at)
	}
	m.flushed = flushed{len(ds), m.tokens, m.x.FirstAnswer, m.doneAt, m.x.Usage, m.usageFinal, m.finished}
}

// discard says that what was not flushed never became visible.
func (m *meter) discard() {
	f := m.flushed
	m.x.Request.Deliveries = m.x.Request.Deliveries[:f.deliveries]
	m.tokens, m.x.FirstAnswer, m.doneAt = f.tokens, f.firstAnswer, f.doneAt
	m.x.Usage, m.usageFinal, m.finished = f.usage, f.usageFinal, f.finished
}
