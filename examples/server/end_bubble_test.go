//go:build go1.25

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tokentime/tokentime/sse"
)

// TestClientLeaves: a client that disconnects after the second token is
// cancelled, in both modes, and ends the upstream's work.
func TestClientLeaves(t *testing.T) {
	for _, proxy := range []bool{false, true} {
		t.Run(fmt.Sprintf("proxy=%v", proxy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBoard(t, io.Discard) // a ReverseProxy logs what broke
				var client *http.Client
				upstreamEnded := !proxy
				if proxy {
					engine := newTestBoard(t, silence{t})
					client = proxied(t, b, func(w http.ResponseWriter, r *http.Request) {
						newModel(engine).ServeHTTP(w, r)
						upstreamEnded = r.Context().Err() == context.Canceled
					})
				} else {
					client = &http.Client{Transport: host(t, b.handler(newModel(b)))}
				}
				answer := post(t, client, "http://server", `{"stream": true, "max_tokens": 10,
					"simulate": {"ttft_ms": 100, "pace_ms": 50, "stall_after": 2, "stall_ms": 60000}}`)
				tokens := 0
				c := sse.Classifier{Handle: func(e sse.Event) {
					if e.Has(sse.Output) {
						tokens++
					}
				}}
				buffer := make([]byte, 4096)
				for tokens < 2 {
					n, err := answer.Body.Read(buffer)
					if err != nil {
						t.Fatal(err)
					}
					c.Write(buffer[:n])
				}
				time.Sleep(30 * time.Second) // of a minute of stall
				answer.Body.Close()
				synctest.Wait()
				if !upstreamEnded {
					t.Error("the upstream goes on for nobody")
				}
				checkMetrics(t, page(t, b, "/metrics"), map[string]string{
					`tokentime_requests_total{form="stream",outcome="cancelled"}`: "1",
					`tokentime_requests_total{form="stream",outcome="completed"}`: "0",
					`tokentime_requests_total{form="stream",outcome="failed"}`:    "0",
					`tokentime_time_to_first_token_seconds_sum{form="stream"}`:    "0.1",
					`tokentime_inter_token_latency_seconds_sum{form="stream"}`:    "0.05",
					`tokentime_request_duration_seconds_sum{form="stream"}`:       "30.15",
					`tokentime_output_tokens_total{form="stream"}`:                "2",
				})
			})
		})
	}
}

// TestShutdown: an answer that ends within the grace is completed. One that
// does not is cut, which is the server's failure and not the user's wish; the
// rest of its stall does not delay the shutdown.
func TestShutdown(t *testing.T) {
	for _, tt := range []struct {
		stall, want time.Duration
		outcome     string
		proxy       bool
	}{
		{stall: 5 * time.Second, want: 5 * time.Second, outcome: "completed"},
		{stall: time.Minute, want: grace, outcome: "failed"},
		{stall: time.Minute, want: grace, outcome: "failed", proxy: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newTestBoard(t, io.Discard)
			h := newModel(b)
			if tt.proxy {
				engine := newTestBoard(t, silence{t})
				h = newProxy(b, &url.URL{Scheme: "http", Host: "upstream"}, host(t, newModel(engine)))
			}
			p := &pipe{conns: make(chan net.Conn), closed: make(chan struct{})}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- serve(ctx, p, b.handler(h), b.log) }()
			transport := &http.Transport{DialContext: p.dial}
			defer transport.CloseIdleConnections()
			answer := post(t, &http.Client{Transport: transport}, "http://server", fmt.Sprintf(`{"stream": true, "max_tokens": 2,
				"simulate": {"ttft_ms": 0, "pace_ms": 0, "stall_after": 1, "stall_ms": %d}}`, tt.stall.Milliseconds()))
			go io.Copy(io.Discard, answer.Body)
			synctest.Wait()
			begin := time.Now()
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			// Shutdown looks for idle connections at growing intervals, up
			// to half a second.
			if took := time.Since(begin); took < tt.want || took > tt.want+time.Second {
				t.Errorf("stall of %v: the shutdown took %v, want %v", tt.stall, took, tt.want)
			}
			checkMetrics(t, page(t, b, "/metrics"), map[string]string{
				`tokentime_requests_total{form="stream",outcome="` + tt.outcome + `"}`: "1",
				`tokentime_requests_total{form="stream",outcome="cancelled"}`:          "0",
			})
		})
	}
}
