package otel

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tokentime/tokentime/metrics"
)

func steady(tokens int) *metrics.Request {
	var at []time.Duration
	for i := range tokens {
		at = append(at, 300*ms+time.Duration(i)*20*ms+time.Duration(i%7)*ms)
	}
	r := answer(at...)
	r.Scheduled = metrics.Known(10 * ms)
	return r
}

// Allocations do not grow with the number of tokens, and a server's request
// makes none.
func TestAllocations(t *testing.T) {
	for _, c := range []struct {
		role Role
		most float64
	}{{ServerRole, 0}, {ClientRole, 5}} {
		class := newClass(t, newMeter(t), everything(t, c.role))
		for _, tokens := range []int{2, 1000} {
			r := steady(tokens)
			if got := testing.AllocsPerRun(100, func() { observe(t, class, r) }); got > c.most {
				t.Errorf("%v, %d tokens: %v allocations, want at most %v", c.role, tokens, got, c.most)
			}
		}
	}
}

// What a finished request of 100 tokens costs, beside what it replaces: one
// Record of a default SDK for each token, with a prepared attribute set and
// with one made for each.
func BenchmarkRequest(b *testing.B) {
	const tokens = 100
	perToken := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tokens, "ns/token")
	}
	client := everything(b, ClientRole)
	whole := client
	whole.NoChunks = true
	for _, c := range []struct {
		name    string
		options Options
	}{{"server", everything(b, ServerRole)}, {"client", client}, {"client/NoChunks", whole}} {
		b.Run(c.name, func(b *testing.B) {
			class, r := newClass(b, newMeter(b), c.options), steady(tokens)
			b.ReportAllocs()
			for b.Loop() {
				observe(b, class, r)
			}
			perToken(b)
		})
	}
	attributes := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", "vllm"),
		attribute.String("gen_ai.request.model", "m"), attribute.String("a", "b"), attribute.String("c", "d"),
	}
	for name, option := range map[string]func() metric.RecordOption{
		"baseline/prepared": func() func() metric.RecordOption {
			set := metric.WithAttributeSet(attribute.NewSet(attributes...))
			return func() metric.RecordOption { return set }
		}(),
		"baseline/made": func() metric.RecordOption { return metric.WithAttributes(attributes...) },
	} {
		b.Run(name, func(b *testing.B) {
			h, err := newMeter(b).Float64Histogram("h", metric.WithExplicitBucketBoundaries(operation()...))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for range tokens {
					h.Record(context.Background(), 0.02, option())
				}
			}
			perToken(b)
		})
	}
}
