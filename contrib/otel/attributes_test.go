package otel

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// The attributes of the conventions, and ours, are on the points.
func TestAttributes(t *testing.T) {
	meter := newMeter(t)
	observer, err := New(meter, Options{Role: ClientRole})
	if err != nil {
		t.Fatal(err)
	}
	c, err := observer.With(Attributes{
		Operation: "chat", Provider: "openai", RequestModel: "a", ResponseModel: "b", ServerAddress: "host", ServerPort: 443,
		Others: []attribute.KeyValue{attribute.String("zone", "x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	observe(t, c, answer(ms))
	for key, want := range map[string]string{"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
		"gen_ai.request.model": "a", "gen_ai.response.model": "b", "server.address": "host", "zone": "x", "error.type": ""} {
		got := counts(t, meter.read(t)["gen_ai.client.operation.duration"], key)
		if diff := cmp.Diff(map[string]float64{want: 1}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	for _, a := range []Attributes{{}, {Operation: "chat"}, {Provider: "openai"}} {
		if _, err := observer.With(a); !errors.Is(err, ErrRequired) {
			t.Errorf("With(%v): error %v, want %v", a, err, ErrRequired)
		}
	}
}

// However many attributes a class has, each instrument has all of them, and
// its own one as the conventions and the package name it.
func TestAttributesOfEachInstrument(t *testing.T) {
	for others := range 8 {
		var list []attribute.KeyValue
		for i := range others {
			list = append(list, attribute.Int(string(rune('a'+i)), i))
		}
		meter := newMeter(t)
		observer, err := New(meter, everything(t, ClientRole))
		if err != nil {
			t.Fatal(err)
		}
		c, err := observer.With(Attributes{Operation: "chat", Provider: "openai", Others: list})
		if err != nil {
			t.Fatal(err)
		}
		for outcome := range numOutcomes {
			r := answer(ms)
			if outcome == empty {
				r = answer()
			} else {
				r.Outcome = outcome
			}
			observe(t, c, r)
		}
		collected := meter.read(t)
		full := others + 2
		want := map[string]map[string]int{ // number of attributes by the value of the own one
			"error.type":        {"": full, "cancelled": full + 1, "timeout": full + 1, "_OTHER": full + 1, "rejected": full + 1},
			"tokentime.outcome": {"completed": full + 1, "empty": full + 1, "cancelled": full + 1, "timed_out": full + 1, "failed": full + 1, "rejected": full + 1},
		}
		got := map[string]map[string]int{"error.type": {}, "tokentime.outcome": {}}
		note := func(key attribute.Key, set attribute.Set) {
			name := ""
			if value, ok := set.Value(key); ok {
				name = value.AsString()
			}
			got[string(key)][name] = set.Len()
		}
		for _, p := range collected["gen_ai.client.operation.duration"].Data.(metricdata.Histogram[float64]).DataPoints {
			note("error.type", p.Attributes)
		}
		for _, p := range collected["tokentime.requests"].Data.(metricdata.Sum[int64]).DataPoints {
			note("tokentime.outcome", p.Attributes)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d more attributes (-want +got):\n%s", others, diff)
		}
	}
}
