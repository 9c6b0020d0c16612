package prometheus

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

const ms = time.Millisecond

// everything exports every series.
func everything(t testing.TB, l Layout) Options {
	t.Helper()
	objective, err := slo.Parse("ttft<=500ms,tpot<=50ms")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Layout:    l,
		Deadlines: fluidity.Deadlines{Prefill: 500 * ms, Decode: 50 * ms},
		Objective: objective,
	}
}

func newObserver(t testing.TB, o Options) *Observer {
	t.Helper()
	observer, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return observer
}

func bind(t testing.TB, o *Observer, values ...string) *Class {
	t.Helper()
	c, err := o.With(values...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func observe(t testing.TB, c *Class, requests ...*metrics.Request) {
	t.Helper()
	for _, r := range requests {
		if err := c.Observe(r); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is a request sent at 0 that completes with one token at each of the
// instants, and whose stream ends with the last.
func answer(at ...time.Duration) *metrics.Request {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0)), End: metrics.Known(time.Duration(0))}
	for _, t := range at {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: t, Tokens: 1})
		r.End = metrics.Known(t)
	}
	return r
}

// serve puts the collector behind a real handler on loopback.
func serve(t testing.TB, c prometheus.Collector) *httptest.Server {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	t.Cleanup(server.Close)
	return server
}

// scrape returns the collector's families as a scraper sees them.
func scrape(t testing.TB, c prometheus.Collector, accept expfmt.FormatType) map[string]*dto.MetricFamily {
	t.Helper()
	server := serve(t, c)
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", string(expfmt.NewFormat(accept)))
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %s", response.Status)
	}
	families := map[string]*dto.MetricFamily{}
	decoder := expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header))
	for {
		var family dto.MetricFamily
		if err := decoder.Decode(&family); err != nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return families
		}
		families[family.GetName()] = &family
	}
}

// counts returns the values of a family of counters by the value of their
// label, "" if they have none.
func counts(f *dto.MetricFamily, label string) map[string]float64 {
	values := map[string]float64{}
	for _, m := range f.GetMetric() {
		values[labelValue(m, label)] = m.GetCounter().GetValue()
	}
	return values
}

func labelValue(m *dto.Metric, label string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == label {
			return l.GetValue()
		}
	}
	return ""
}

// randomRequest makes requests of all outcomes, with control events, chunks
// of several tokens, and instants that are often those of a bound.
func randomRequest(rng *rand.Rand) *metrics.Request {
	r := &metrics.Request{Outcome: metrics.Outcome(rng.IntN(5) * rng.IntN(2))}
	at := time.Duration(rng.IntN(1000)) * ms
	if rng.IntN(3) == 0 {
		r.Due = metrics.Known(at)
		at += time.Duration(rng.IntN(300)) * ms
	}
	if !r.Due.Known() || rng.IntN(2) == 0 {
		r.Sent = metrics.Known(at)
	}
	if rng.IntN(2) == 0 {
		at += time.Duration(rng.IntN(100)) * ms
		r.Scheduled = metrics.Known(at)
	}
	for range rng.IntN(4) * rng.IntN(20) {
		at += []time.Duration{0, 1, 10 * ms, 25 * ms, time.Duration(rng.IntN(3e9)), 40*ms + 1}[rng.IntN(6)]
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: rng.IntN(4)})
	}
	if rng.IntN(4) > 0 {
		r.End = metrics.Known(at + time.Duration(rng.IntN(1000))*ms)
	}
	if rng.IntN(3) == 0 {
		r.PromptTokens = metrics.Known(int64(rng.IntN(1000)))
		r.UsageTokens = metrics.Known(r.Tokens() + int64(rng.IntN(3)))
	}
	return r
}
