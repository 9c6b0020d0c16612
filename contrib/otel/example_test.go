package otel_test

import (
	"context"
	"fmt"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	ttotel "github.com/tokentime/tokentime/contrib/otel"
	"github.com/tokentime/tokentime/metrics"
)

// A server records a finished request. A TPOT of 69 ms hides a stall of 2 s.
// A reader of 5 tokens/s, who had 16 tokens in hand when it began, waited for
// the first token only.
func Example() {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	observer, err := ttotel.New(provider.Meter("example"), ttotel.Options{})
	if err != nil {
		panic(err)
	}
	class, err := observer.With(ttotel.Attributes{Operation: "chat", Provider: "vllm", RequestModel: "llama-3.1-8b"})
	if err != nil {
		panic(err)
	}

	// At the end of a request, from its record:
	ms := time.Millisecond
	r := metrics.Request{Sent: metrics.Known(0 * ms), End: metrics.Known(2320 * ms)}
	for i := range 31 {
		at := time.Duration(250+i) * ms
		if i > 15 {
			at += 2000 * ms
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	if err := class.Observe(context.Background(), &r); err != nil {
		panic(err)
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		panic(err)
	}
	for _, m := range data.ScopeMetrics[0].Metrics {
		h, ok := m.Data.(metricdata.Histogram[float64])
		if !ok {
			continue
		}
		p := h.DataPoints[0]
		for i, n := range p.BucketCounts {
			if n > 0 {
				fmt.Printf("%s: %d in (%v, %v], sum %v %s\n", m.Name, n, p.Bounds[i-1], p.Bounds[i], p.Sum, m.Unit)
			}
		}
	}
	// Output:
	// gen_ai.server.time_to_first_token: 1 in (0.1, 0.25], sum 0.25 s
	// gen_ai.server.time_per_output_token: 1 in (0.05, 0.075], sum 0.069 s
	// gen_ai.server.request.duration: 1 in (1.28, 2.56], sum 2.32 s
	// tokentime.stall: 1 in (2, 3], sum 2.001 s
	// tokentime.idle_latency: 1 in (0.04, 0.06], sum 0.05 s
}
