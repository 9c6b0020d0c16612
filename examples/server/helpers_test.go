package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newTestBoard begins now, and logs to w.
func newTestBoard(t *testing.T, w io.Writer) *board {
	t.Helper()
	b, err := newBoard(time.Now(), log.New(w, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// silence fails a test when something is logged.
type silence struct{ *testing.T }

func (s silence) Write(p []byte) (int, error) {
	s.Errorf("logged: %s", p)
	return len(p), nil
}

// scrape returns the samples of a text in Prometheus's format, by series.
func scrape(text string) map[string]string {
	samples := map[string]string{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); i >= 0 && line[0] != '#' {
			samples[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return samples
}

// page returns what the board shows at the path.
func page(t *testing.T, b *board, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	b.handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d", path, w.Code)
	}
	return w.Body.String()
}

// checkMetrics compares the samples that are named.
func checkMetrics(t *testing.T, text string, want map[string]string) {
	t.Helper()
	all, got := scrape(text), map[string]string{}
	for series := range want {
		got[series] = all[series]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("/metrics (-want +got):\n%s", diff)
	}
}

// post sends a request for a chat completion and returns the answer.
func post(t *testing.T, client *http.Client, base, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// content returns the whole body of an answer, which has to end well.
func content(t *testing.T, answer *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
