package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/tap"
)

// TestRefused: a bad request costs nothing, and is counted.
func TestRefused(t *testing.T) {
	b := newTestBoard(t, silence{t})
	h := b.handler(newModel(b))
	for _, tt := range []struct{ body, says string }{
		{``, "unexpected end"},
		{`{"stream": true} and more`, "after top-level value"},
		{`{"messages": []}`, "only streams"},
		{`{"stream": true, "max_tokens": 0}`, "max_tokens must be"},
		{`{"stream": true, "max_tokens": 4097}`, "max_tokens must be"},
		{`{"stream": true, "simulate": {"pace_ms": -1}}`, "0 to 60000 ms"},
		{`{"stream": true, "simulate": {"stall_ms": 60001}}`, "0 to 60000 ms"},
		{`{"stream": true, "simulate": {"ttft_ms": 9223372036854775807}}`, "0 to 60000 ms"},
		{`"` + strings.Repeat("x", maxBody) + `"`, "too large"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(tt.body)))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%.80s: %d %s, want 400 and %q", tt.body, w.Code, w.Body, tt.says)
		}
	}
	checkMetrics(t, page(t, b, "/metrics"), map[string]string{
		`tokentime_requests_total{form="no answer",outcome="rejected"}`:            "9",
		`tokentime_time_to_first_token_seconds_count{form="no answer"}`:            "0",
		`tokentime_undefined_total{form="no answer",metric="time_to_first_token"}`: "9",
		`tokentime_requests_total{form="stream",outcome="completed"}`:              "0",
	})
}

// TestConcurrent lets 64 clients stream at once while somebody reads both
// pages.
func TestConcurrent(t *testing.T) {
	const clients, answers, tokens = 64, 3, 30
	b := newTestBoard(t, silence{t})
	server := httptest.NewServer(b.handler(newModel(b)))
	defer server.Close()
	var wg sync.WaitGroup
	for range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range answers {
				r, err := http.Post(server.URL+"/v1/chat/completions", "application/json",
					strings.NewReader(fmt.Sprintf(`{"stream": true, "max_tokens": %d, "simulate": {"ttft_ms": 1, "pace_ms": 0}}`, tokens)))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Error(err)
				}
				r.Body.Close()
			}
		}()
	}
	for range 5 {
		page(t, b, "/metrics")
		page(t, b, "/report")
	}
	wg.Wait()
	server.Close() // waits for the handlers
	checkMetrics(t, page(t, b, "/metrics"), map[string]string{
		`tokentime_requests_total{form="stream",outcome="completed"}`: fmt.Sprint(clients * answers),
		`tokentime_output_tokens_total{form="stream"}`:                fmt.Sprint(clients * answers * tokens),
		`tokentime_inter_token_latency_seconds_count{form="stream"}`:  fmt.Sprint(clients * answers * (tokens - 1)),
	})
	s := b.aggregate.Snapshot(metrics.Selection{Class: metrics.Known(tap.Stream.String())})
	if diff := cmp.Diff(metrics.RequestCounts{Offered: clients * answers, Completed: clients * answers}, s.Requests); diff != "" {
		t.Errorf("aggregate (-want +got):\n%s", diff)
	}
	if got, want := s.Raw.TBT.N(), int64(clients*answers*(tokens-1)); got != want {
		t.Errorf("the aggregate has %d gaps, want %d", got, want)
	}
}
