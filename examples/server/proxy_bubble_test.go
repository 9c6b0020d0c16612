//go:build go1.25

package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// upstream is somebody else's server. Its stream has what makes tools count
// wrong: a comment, CR LF, a role chunk and an empty delta before the first
// token.
var upstream = []struct {
	after time.Duration
	bytes string
}{
	{100 * ms, ": hello\r\n\r\n"},
	{100 * ms, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n"},
	{100 * ms, "data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}]}\n\n"},
	{100 * ms, "event: message\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n"},
	{50 * ms, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" there\"}"},
	{50 * ms, "}]}\n\n"},
	{0, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"},
	{10 * ms, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}\n\n"},
	{0, "data: [DONE]\n\n"},
}

func upstreamBytes() string {
	var all strings.Builder
	for _, piece := range upstream {
		all.WriteString(piece.bytes)
	}
	return all.String()
}

func serveUpstream(w http.ResponseWriter, r *http.Request) {
	if e := r.Header.Get("Accept-Encoding"); e != "" {
		http.Error(w, "asked for "+e, http.StatusNotAcceptable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Engine", "other")
	for _, piece := range upstream {
		time.Sleep(piece.after)
		io.WriteString(w, piece.bytes)
		w.(http.Flusher).Flush()
	}
}

// proxied returns a client of a proxy in front of the handler.
func proxied(t *testing.T, b *board, h http.HandlerFunc) *http.Client {
	t.Helper()
	proxy := newProxy(b, &url.URL{Scheme: "http", Host: "upstream"}, host(t, h))
	return &http.Client{Transport: host(t, b.handler(proxy))}
}

// TestProxy: the stream passes unchanged and undelayed, and TTFT is the first
// content at 400 ms, not the role chunk at 200 ms.
func TestProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBoard(t, silence{t})
		client := proxied(t, b, serveUpstream)
		begin := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://proxy/v1/chat/completions", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip") // a client would accept it; the tap could not read it
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if diff := cmp.Diff(upstreamBytes(), content(t, answer)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if got := time.Since(begin); got != 510*ms || answer.Header.Get("X-Engine") != "other" {
			t.Errorf("the stream took %v with header %v, want 510ms and the engine's own", got, answer.Header)
		}
		synctest.Wait()
		checkMetrics(t, page(t, b, "/metrics"), map[string]string{
			`tokentime_requests_total{form="stream",outcome="completed"}`:          "1",
			`tokentime_time_to_first_token_seconds_sum{form="stream"}`:             "0.4",
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="0.3"}`: "0",
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="0.4"}`: "1",
			`tokentime_inter_token_latency_seconds_sum{form="stream"}`:             "0.1",
			`tokentime_inter_token_latency_seconds_count{form="stream"}`:           "1",
			`tokentime_request_duration_seconds_sum{form="stream"}`:                "0.51",
			`tokentime_prompt_tokens_total{form="stream"}`:                         "7",
			`tokentime_output_tokens_total{form="stream"}`:                         "2",
		})
	})
}
