package otel

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

const ms = time.Millisecond

// everything exports every series of the role.
func everything(t testing.TB, role Role) Options {
	t.Helper()
	objective, err := slo.Parse("ttft<=500ms,tpot<=50ms")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Role:      role,
		Deadlines: fluidity.Deadlines{Prefill: 500 * ms, Decode: 50 * ms},
		Objective: objective,
	}
}

// An sdkMeter is a meter of a default SDK, read by hand.
type sdkMeter struct {
	metric.Meter
	reader *sdk.ManualReader
}

func newMeter(t testing.TB) sdkMeter {
	t.Helper()
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	t.Cleanup(func() {
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return sdkMeter{provider.Meter("test"), reader}
}

// read returns what the SDK has collected, by name.
func (m sdkMeter) read(t testing.TB) map[string]metricdata.Metrics {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	all := map[string]metricdata.Metrics{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			all[m.Name] = m
		}
	}
	return all
}

// A histogram of all attributes together, with its boundaries.
type histogram struct {
	Count   uint64
	Sum     float64
	Bounds  []float64
	Buckets []uint64
}

func histogramOf(t testing.TB, m metricdata.Metrics) histogram {
	t.Helper()
	var h histogram
	add := func(count uint64, sum float64, bounds []float64, buckets []uint64) {
		h.Count += count
		h.Sum += sum
		h.Bounds = bounds
		if h.Buckets == nil {
			h.Buckets = make([]uint64, len(buckets))
		}
		for i, n := range buckets {
			h.Buckets[i] += n
		}
	}
	switch data := m.Data.(type) {
	case nil:
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Count, p.Sum, p.Bounds, p.BucketCounts)
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			add(p.Count, float64(p.Sum), p.Bounds, p.BucketCounts)
		}
	default:
		t.Fatalf("%s is a %T, not a histogram", m.Name, data)
	}
	return h
}

// counts returns the values of a counter by the value of an attribute, ""
// where it has none.
func counts(t testing.TB, m metricdata.Metrics, key string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	add := func(set attribute.Set, v float64) {
		name := ""
		if value, ok := set.Value(attribute.Key(key)); ok {
			name = value.AsString()
		}
		values[name] += v
	}
	switch data := m.Data.(type) {
	case nil:
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, float64(p.Value))
		}
	case metricdata.Sum[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, float64(p.Count))
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, float64(p.Sum))
		}
	default:
		t.Fatalf("%s is a %T", m.Name, data)
	}
	return values
}

func newClass(t testing.TB, m metric.Meter, o Options) *Class {
	t.Helper()
	observer, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := observer.With(Attributes{Operation: "chat", Provider: "vllm", RequestModel: "m"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func observe(t testing.TB, c *Class, requests ...*metrics.Request) {
	t.Helper()
	for _, r := range requests {
		if err := c.Observe(context.Background(), r); err != nil {
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

// randomRequest makes requests of all outcomes, with control events, chunks
// of several tokens, and instants that are often those of a boundary.
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
