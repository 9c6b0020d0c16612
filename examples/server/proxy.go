package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/tokentime/tokentime/tap"
)

// newProxy returns a Handler that hands requests on to the server at target
// and its answers back, unchanged, and times them where users get them.
// A nil transport is http.DefaultTransport without compression.
//
// To see what the upstream takes by itself, tap the transport too:
// tap.Tap{...}.Transport(transport).
func newProxy(b *board, target *url.URL, transport http.RoundTripper) http.Handler {
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DisableCompression = true
		transport = t
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.SetXForwarded()
			p.Out.Header.Del("Accept-Encoding") // a tap cannot look into what is compressed
		},
		Transport: transport, // events are flushed one by one: ReverseProxy does so for text/event-stream
		ErrorLog:  b.log,
	}
	t := tap.Tap{
		Origin: b.start,
		Done: func(r *http.Request, x tap.Exchange) {
			for _, w := range x.Warnings {
				b.log.Printf("%s: %s", w.Code, w.Message)
			}
			b.finish(r.Context(), x.Form, x.Request)
		},
	}
	return t.Handler(readFirst(proxy, maxPrompt))
}

// maxPrompt is the longest body of a request that is handed on.
const maxPrompt = 64 << 20

// readFirst reads the body of a request before next sees it. A stream whose
// role chunk overtook the end of the body would be cut otherwise: net/http
// closes that body at the first byte of the answer (golang/go#40747). The
// time it takes counts: a tap around this has stamped the request before.
func readFirst(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		var tooLong *http.MaxBytesError
		switch {
		case errors.As(err, &tooLong):
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r = r.WithContext(r.Context()) // a copy: the request is the server's
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		next.ServeHTTP(w, r)
	})
}
