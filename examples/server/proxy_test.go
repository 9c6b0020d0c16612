package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// syncBuilder is a strings.Builder for a logger that others use as well.
type syncBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestUpstreamDown: nobody listens. The connection of the client is used
// again, which an unread body must not prevent.
func TestUpstreamDown(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	target, err := url.Parse(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	var logged syncBuilder
	b := newTestBoard(t, &logged)
	server := httptest.NewUnstartedServer(b.handler(newProxy(b, target, nil)))
	server.Config.ErrorLog = b.log
	server.Start()
	defer server.Close()
	for _, size := range []int{10, 10, 1 << 20, 10} {
		answer := post(t, server.Client(), server.URL, strings.Repeat("x", size))
		content(t, answer)
		if answer.StatusCode != http.StatusBadGateway {
			t.Errorf("status %s, want 502", answer.Status)
		}
	}
	server.Close()
	checkMetrics(t, page(t, b, "/metrics"), map[string]string{
		`tokentime_requests_total{form="no answer",outcome="failed"}`: "4",
	})
	if text := logged.String(); strings.Contains(text, "panic") || strings.Count(text, "refused") != 4 {
		t.Errorf("logged:\n%s", text)
	}
}

// TestReadFirst: a body at the limit passes whole, one byte more does not.
func TestReadFirst(t *testing.T) {
	var got string
	h := readFirst(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = fmt.Sprint(r.ContentLength, " ", string(data))
	}), 4)
	for _, tt := range []struct {
		body, want string
		code       int
	}{
		{"", "0 ", http.StatusOK},
		{"1234", "4 1234", http.StatusOK},
		{"12345", "", http.StatusRequestEntityTooLarge},
	} {
		got = ""
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
		r.ContentLength = -1 // not known
		h.ServeHTTP(w, r)
		if w.Code != tt.code || got != tt.want || r.ContentLength != -1 {
			t.Errorf("%q: %d, next saw %q, the request has length %d; want %d, %q, -1", tt.body, w.Code, got, r.ContentLength, tt.code, tt.want)
		}
	}
}
