package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A server is a running Prometheus.
type server struct{ url string }

// startPrometheus starts the Debian package's Prometheus on a free port of
// loopback, with its files in a temporary directory, scraping the target five
// times a second. It is stopped with the test.
func startPrometheus(t *testing.T, ctx context.Context, target string) server {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("no prometheus in PATH, so none is asked; to run this test: apt-get install prometheus")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 200ms}\nscrape_configs:\n- job_name: test\n  static_configs:\n  - targets: [%q]\n",
		strings.TrimPrefix(target, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the port is free now, and most likely in a moment
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, binary, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--enable-feature=native-histograms")
	command.Dir, command.Stdout, command.Stderr = dir, log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait() // killed: its error says nothing
		log.Close()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("prometheus said:\n%s", said)
		}
	})
	return server{"http://" + address}
}

// query returns the values of an instant query by the value of a label, or
// "" without one; nothing while the server is not up.
func (s server) query(ctx context.Context, expression, label string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/query?query="+url.QueryEscape(expression), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if response.StatusCode == http.StatusServiceUnavailable {
		return nil, nil
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s: %w", response.Status, err)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s: %s", expression, answer.Error)
	}
	values := map[string]float64{}
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		values[r.Metric[label]] = value
	}
	return values, nil
}

// eventually queries until the answer is the wanted one, or fails the test
// when the context ends.
func (s server) eventually(t *testing.T, ctx context.Context, expression, label string, want map[string]float64) {
	t.Helper()
	for {
		got, err := s.query(ctx, expression, label)
		diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0))
		if diff == "" && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: error %v (-want +got):\n%s", expression, err, diff)
		case <-time.After(100 * ms):
		}
	}
}

// queriesOfDoc returns the queries of the package doc by their titles.
func queriesOfDoc(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z ]+?) +(sum\(rate.*)$`).FindAllStringSubmatch(string(text), -1) {
		queries[m[1]] = m[2]
	}
	return queries
}

// A real Prometheus scrapes a real handler, and its answers to the queries of
// the package doc are those of packages slo and goodput.
func TestPrometheus(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	options := everything(t, Layout{})
	options.Labels, options.Native = []string{"model"}, Native{Factor: 1.1}
	o := newObserver(t, options)
	c := bind(t, o, "m")
	prometheus := startPrometheus(t, ctx, serve(t, o).URL)

	// A rate needs the zeros before the first request.
	prometheus.eventually(t, ctx, "sum(tokentime_requests_total)", "", map[string]float64{"": 0})
	observe(t, c,
		answer(200*ms, 220*ms, 240*ms),                 // meets ttft<=500ms,tpot<=50ms
		answer(200*ms, 220*ms, 2*time.Second),          // misses
		answer(600*ms, 620*ms),                         // misses
		answer(100*ms, 120*ms, 140*ms, 160*ms, 180*ms), // meets
		answer(), // empty: misses
	)
	prometheus.eventually(t, ctx, "tokentime_requests_total", "outcome", map[string]float64{
		"completed": 4, "empty": 1, "cancelled": 0, "timed_out": 0, "failed": 0, "rejected": 0})
	prometheus.eventually(t, ctx, "tokentime_slo_requests_total", "verdict", map[string]float64{
		"met": 2, "missed": 3, "undefined": 0})
	prometheus.eventually(t, ctx, "tokentime_goodput_tokens_total", "model", map[string]float64{"m": 8})

	// Two answers of ttft 200 ms, one of 100 and one of 600, all within
	// native buckets that are 1.09 times as wide as the one before.
	prometheus.eventually(t, ctx, "histogram_count(tokentime_time_to_first_token_seconds)", "model", map[string]float64{"m": 4})
	got, err := prometheus.query(ctx, "histogram_quantile(0.5, tokentime_time_to_first_token_seconds)", "model")
	if q := got["m"]; err != nil || q < 0.2/1.1 || q > 0.2*1.1 {
		t.Errorf("native median TTFT %v, %v; want 0.2 within 10 %%", got, err)
	}

	queries := queriesOfDoc(t)
	for _, name := range []string{"attainment", "request goodput", "token goodput", "smooth goodput"} {
		if queries[name] == "" {
			t.Fatalf("doc.go has no query of the %s", name)
		}
	}
	prometheus.eventually(t, ctx, queries["attainment"], "", map[string]float64{"": 2.0 / 5})
	// Rates grow with the window's extrapolation; their quotient does not.
	prometheus.eventually(t, ctx, fmt.Sprintf("(%s) / (%s)", queries["token goodput"], queries["request goodput"]), "",
		map[string]float64{"": 8.0 / 2})
	// Idle latency at 5 tokens/s: 0, 1.4 s, 0.4 s, 0, and 0 charged to the empty answer.
	prometheus.eventually(t, ctx, fmt.Sprintf("(%s) / (%s)", queries["smooth goodput"], queries["request goodput"]), "",
		map[string]float64{"": (13 - 2.5*1.8) / 2})
}
