//go:build go1.25

package main

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/sse"
)

const ms = time.Millisecond

// TestModelStream runs a whole exchange in virtual time. The model's role
// chunk comes at 0 and is no token. By hand: tokens at 300, 320, 340, 1360,
// 1380 ms; the one after the stall is due at 500 + 3 x 50 = 650 ms, late by
// 710 ms, so that it missed floor(710/50) + 1 = 15 deadlines.
func TestModelStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBoard(t, silence{t})
		client := &http.Client{Transport: host(t, b.handler(newModel(b)))}
		answer := post(t, client, "http://model", `{"stream": true, "max_tokens": 5, "stream_options": {"include_usage": true},
			"messages": [{"role": "user", "content": "tell me a story"}],
			"simulate": {"ttft_ms": 300, "pace_ms": 20, "stall_after": 3, "stall_ms": 1000}}`)

		var kinds []string
		begin := b.start
		c := sse.Classifier{Handle: func(e sse.Event) { kinds = append(kinds, fmt.Sprint(time.Since(begin), " ", e.Kind)) }}
		if _, err := io.Copy(&c, answer.Body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{
			"0s role", "300ms text", "320ms text", "340ms text", "1.36s text", "1.38s text",
			"1.38s finish", "1.38s usage", "1.38s done",
		}, kinds); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
		synctest.Wait()

		checkMetrics(t, page(t, b, "/metrics"), map[string]string{
			`tokentime_requests_total{form="stream",outcome="completed"}`:             "1",
			`tokentime_requests_total{form="stream",outcome="cancelled"}`:             "0",
			`tokentime_time_to_first_token_seconds_count{form="stream"}`:              "1",
			`tokentime_time_to_first_token_seconds_sum{form="stream"}`:                "0.3",
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="0.25"}`:   "0",
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="0.3"}`:    "1",
			`tokentime_inter_token_latency_seconds_count{form="stream"}`:              "4",
			`tokentime_inter_token_latency_seconds_sum{form="stream"}`:                "1.08",
			`tokentime_inter_token_latency_seconds_bucket{form="stream",le="0.015"}`:  "0",
			`tokentime_inter_token_latency_seconds_bucket{form="stream",le="0.02"}`:   "3",
			`tokentime_time_per_output_token_seconds_sum{form="stream"}`:              "0.27",
			`tokentime_stall_seconds_sum{form="stream"}`:                              "1.02",
			`tokentime_prefill_seconds_sum{form="stream"}`:                            "0.3",
			`tokentime_request_duration_seconds_sum{form="stream"}`:                   "1.38",
			`tokentime_prompt_tokens_total{form="stream"}`:                            "4",
			`tokentime_output_tokens_total{form="stream"}`:                            "5",
			`tokentime_fluidity_hits_total{form="stream"}`:                            "4",
			`tokentime_fluidity_misses_total{form="stream"}`:                          "15",
			`tokentime_slo_requests_total{form="stream",verdict="missed"}`:            "1",
			`tokentime_undefined_total{form="stream",metric="time_per_output_token"}`: "0",
			`tokentime_requests_total{form="no answer",outcome="rejected"}`:           "0",
			`tokentime_time_to_first_token_seconds_count{form="whole"}`:               "0",
		})
		const report = `                       requests  cancelled  failed  TTFT P50  TTFT P99  TBT P99  largest stall  TPOT P50
          stream, all         1          0       0     300ms     300ms    1.02s          1.02s     270ms
  stream, last minute         1          0       0     300ms     300ms    1.02s          1.02s     270ms
`
		if diff := cmp.Diff(report, page(t, b, "/report")); diff != "" {
			t.Errorf("/report (-want +got):\n%s", diff)
		}
	})
}
