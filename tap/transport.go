package tap

import (
	"io"
	"net/http"
)

// Transport returns a RoundTripper that measures the answers that base gets.
// A nil base is http.DefaultTransport. Neither requests nor answers are
// changed.
func (t Tap) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{tap: t, base: base}
}

type transport struct {
	tap  Tap
	base http.RoundTripper
}

var _ http.RoundTripper = (*transport)(nil)

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.tap.selects(r) {
		return t.base.RoundTrip(r)
	}
	m := newMeter(&t.tap, r, false)
	resp, err := t.base.RoundTrip(r)
	switch {
	case err != nil:
		m.finish(t.tap.time(), err)
	case unmeasured(resp.StatusCode): // an upgraded body is also an io.Writer: leave it alone
	default:
		m.header(resp.StatusCode, resp.Header)
		resp.Body = &body{ReadCloser: resp.Body, meter: m}
	}
	return resp, err
}

// unmeasured reports whether the status belongs to no answer: an upgrade or a
// redirection.
func unmeasured(status int) bool {
	return status == http.StatusSwitchingProtocols || status >= 300 && status < 400
}

// body is the body of an answer, read by the client.
type body struct {
	io.ReadCloser
	meter *meter
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	t := b.meter.tap.time()
	b.meter.bytes(p[:n], t)
	switch {
	case err == io.EOF:
		b.meter.finish(t, nil)
	case err != nil:
		b.meter.finish(t, err)
	}
	return n, err
}

// Close ends the exchange, if reading has not: the client wants no more. It
// may know that from the stream, or have given up.
func (b *body) Close() error {
	t := b.meter.tap.time()
	cause := b.meter.request.Context().Err()
	if cause == nil {
		cause = ErrClosed
	}
	b.meter.finish(t, cause)
	return b.ReadCloser.Close()
}
