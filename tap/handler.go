package tap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// Handler returns a Handler that measures the answers that next writes, such as
// an httputil.ReverseProxy. Nothing is changed, but what next sees is not the
// server's own ResponseWriter: it is an http.Flusher if that one is, an
// http.Hijacker, and has Unwrap for http.ResponseController. It is no
// io.ReaderFrom, since the bytes must be seen.
func (t Tap) Handler(next http.Handler) http.Handler {
	return &handler{tap: t, next: next}
}

type handler struct {
	tap  Tap
	next http.Handler
}

var _ http.Handler = (*handler)(nil)

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.tap.selects(r) {
		h.next.ServeHTTP(w, r)
		return
	}
	tapped := &writer{ResponseWriter: w, meter: newMeter(&h.tap, r, true)}
	returned := false
	defer func() { tapped.finish(returned) }() // also when next panics: the panic goes on
	if _, ok := w.(http.Flusher); ok {
		h.next.ServeHTTP(flushWriter{tapped}, r)
	} else {
		h.next.ServeHTTP(tapped, r)
	}
	returned = true
}

// writer is what the handler writes to.
type writer struct {
	http.ResponseWriter
	meter       *meter
	wroteHeader bool
	skip        bool  // this is no answer
	err         error // the first error of a Write or a Flush
}

func (w *writer) WriteHeader(status int) {
	informational := status < 200 && status != http.StatusSwitchingProtocols
	if !w.wroteHeader && !informational {
		w.header(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) header(status int) {
	w.wroteHeader = true
	w.skip = unmeasured(status)
	w.meter.header(status, w.Header())
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.wroteHeader {
		w.header(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.meter.bytes(p[:max(0, min(n, len(p)))], w.meter.tap.time())
	w.failed(err)
	return n, err
}

// FlushError is what http.ResponseController looks for.
func (w *writer) FlushError() error {
	if !w.wroteHeader {
		w.header(http.StatusOK)
	}
	err := http.NewResponseController(w.ResponseWriter).Flush()
	t := w.meter.tap.time()
	if err == nil && !w.left() {
		w.meter.flush(t)
	} else {
		w.failed(err)
	}
	return err
}

// Hijack takes the connection out of HTTP, and out of what can be measured.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.skip = true
	}
	return conn, rw, err
}

// Unwrap is what http.ResponseController looks for.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// flushWriter is a writer to a ResponseWriter that is an http.Flusher, which
// handlers ask before they stream.
type flushWriter struct{ *writer }

var (
	_ http.Flusher  = flushWriter{}
	_ http.Hijacker = flushWriter{}
)

func (w flushWriter) Flush() { w.FlushError() }

// failed keeps the first error that tells that the client got less than was
// written.
func (w *writer) failed(err error) {
	switch {
	case err == nil || w.err != nil:
	case errors.Is(err, http.ErrNotSupported), errors.Is(err, http.ErrBodyNotAllowed):
	case errors.Is(err, http.ErrHandlerTimeout), errors.Is(err, http.ErrContentLength):
		w.err = err
	default:
		w.err = fmt.Errorf("%w: %w", ErrGone, err)
	}
}

// left reports whether the client has gone away.
func (w *writer) left() bool { return w.meter.request.Context().Err() == context.Canceled }

// finish ends the exchange when the handler has ended.
func (w *writer) finish(returned bool) {
	if w.skip {
		return
	}
	t := w.meter.tap.time()
	if !w.wroteHeader && returned {
		w.header(http.StatusOK)
	}
	var cause error
	switch ctx := w.meter.request.Context().Err(); {
	case ctx != nil:
		cause = ctx
	case w.err != nil:
		cause = w.err
	case !returned:
		cause = ErrPanic
	}
	w.meter.finish(t, cause)
}
