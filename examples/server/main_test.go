package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// started is a server on loopback.
type started struct {
	url    string
	stop   context.CancelFunc
	code   chan int
	report chan string // the rest of standard output
}

func start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &started{stop: stop, code: make(chan int, 1), report: make(chan string, 1)}
	t.Cleanup(stop)
	out, w := io.Pipe()
	go func() {
		s.code <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), w, silence{t})
		w.Close()
	}()
	reader := bufio.NewReader(out)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	go func() {
		rest, _ := io.ReadAll(reader)
		s.report <- string(rest)
	}()
	return s
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return content(t, answer)
}

// TestRun streams from a server on loopback, by itself and through another
// that stands before it, and shuts both down.
func TestRun(t *testing.T) {
	model := start(t)
	gateway := start(t, "-upstream", model.url)
	var bodies []string
	for _, s := range []*started{model, gateway} {
		body := content(t, post(t, http.DefaultClient, s.url, `{"stream": true, "max_tokens": 20,
			"stream_options": {"include_usage": true}, "simulate": {"ttft_ms": 11, "pace_ms": 0}}`))
		bodies = append(bodies, strings.ReplaceAll(body, "chatcmpl-2", "chatcmpl-1"))
	}
	if diff := cmp.Diff(bodies[0], bodies[1]); diff != "" || strings.Count(bodies[0], "word") != 20 {
		t.Errorf("the gateway changed the stream, or it is not one of 20 words (-direct +gateway):\n%s\n%s", diff, bodies[0])
	}
	http.DefaultClient.CloseIdleConnections()
	for i, s := range []*started{gateway, model} {
		text := get(t, s.url+"/metrics")
		n := fmt.Sprint(i + 1) // the model answered twice
		checkMetrics(t, text, map[string]string{
			`tokentime_requests_total{form="stream",outcome="completed"}`:           n,
			`tokentime_time_to_first_token_seconds_count{form="stream"}`:            n,
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="0.01"}`: "0", // the role chunk is no token
			`tokentime_time_to_first_token_seconds_bucket{form="stream",le="600"}`:  n,
			`tokentime_inter_token_latency_seconds_count{form="stream"}`:            fmt.Sprint(19 * (i + 1)),
			`tokentime_output_tokens_total{form="stream"}`:                          fmt.Sprint(20 * (i + 1)),
		})
		if report := get(t, s.url+"/report"); !strings.Contains(report, "stream, last minute") {
			t.Errorf("/report:\n%s", report)
		}
		s.stop()
		if code, report := <-s.code, <-s.report; code != exitDone || !strings.Contains(report, "stream, all") {
			t.Errorf("exit status %d and report\n%s", code, report)
		}
	}
}

func TestCommandLine(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, exitDone, "-upstream URL"},
		{[]string{"-pace", "3"}, exitUsage, "not defined"},
		{[]string{"extra"}, exitUsage, "usage: server"},
		{[]string{"-upstream", "localhost:8000"}, exitUsage, "no http URL"},
		{[]string{"-upstream", "http://"}, exitUsage, "no http URL"},
		{[]string{"-upstream", "http://a b"}, exitUsage, "invalid character"},
		{[]string{"-addr", strings.TrimPrefix(taken.URL, "http://")}, exitFailed, "in use"},
	} {
		var out, errs strings.Builder
		if code := run(t.Context(), tt.args, &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.says) || out.Len() > 0 {
			t.Errorf("%q: exit status %d, want %d; standard error %q, want %q in it; standard output %q, want none",
				tt.args, code, tt.code, errs.String(), tt.says, out.String())
		}
	}
}
