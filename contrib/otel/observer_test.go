package otel

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// The trap that the explicit boundaries are there for: an instrument made as
// the generated helpers make it puts every latency into its first buckets.
func TestBoundariesOfADefaultSDK(t *testing.T) {
	meter := newMeter(t)
	helper, err := meter.Float64Histogram("without", metric.WithUnit("s"))
	if err != nil {
		t.Fatal(err)
	}
	c := newClass(t, meter, Options{})
	for _, tpot := range []time.Duration{8 * ms, 20 * ms, 60 * ms, 400 * ms, 2 * time.Second} {
		helper.Record(context.Background(), tpot.Seconds())
		observe(t, c, answer(0, tpot))
	}
	collected := meter.read(t)
	without := histogramOf(t, collected["without"])
	if without.Bounds[1] != 5 || without.Buckets[1] != 5 {
		t.Errorf("without boundaries: %v; want 5 values in (0, 5]", without)
	}
	with := histogramOf(t, collected["gen_ai.server.time_per_output_token"])
	if diff := cmp.Diff([]uint64{1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0}, with.Buckets); diff != "" {
		t.Errorf("with boundaries (-want +got):\n%s", diff)
	}
}

// A value at a boundary is in the bucket below it, 1 ns more is not.
func TestBoundaryValues(t *testing.T) {
	meter := newMeter(t)
	c := newClass(t, meter, Options{})
	bounds := serverTTFT()
	var want []uint64
	for i, bound := range bounds {
		at := time.Duration(bound*1e9 + 0.5)
		observe(t, c, answer(at-1), answer(at), answer(at+1))
		want = append(want, 3)
		if i == 0 {
			want[i] = 2
		}
	}
	want = append(want, 1)
	got := histogramOf(t, meter.read(t)["gen_ai.server.time_to_first_token"]).Buckets
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The conventions on worked streams, in milliseconds; -1 is undefined.
func TestConventions(t *testing.T) {
	role := &metrics.Request{Sent: metrics.Known(100 * ms), Deliveries: []metrics.Delivery{{At: 110 * ms}, {At: 300 * ms, Tokens: 1},
		{At: 340 * ms, Tokens: 4}, {At: 350 * ms}}, End: metrics.Known(400 * ms)}
	late := answer(200*ms, 220*ms)
	late.End = metrics.Known(300 * ms)
	due := answer(200*ms, 220*ms)
	due.Due = metrics.Known(-500 * ms)
	failed := answer(200*ms, 220*ms)
	failed.Outcome = metrics.Failed
	type row struct{ TTFT, TPOT, Duration, Chunks float64 } // Chunks: the sum of the gaps
	value := func(d time.Duration, ok bool) float64 {
		if !ok {
			return -1
		}
		return float64(d) / 1e6
	}
	for _, c := range []struct {
		name, reason string
		request      *metrics.Request
		server       row
		client       row
	}{
		{"role chunk", "no token to a server, a chunk to a client; 5 tokens, 100 ms after the first until the end",
			role, row{200, 25, 300, 0}, row{10, -1, 300, 240}},
		{"late end", "TPOT ends with the request, not with the last token", late, row{200, 100, 300, 0}, row{200, -1, 300, 20}},
		{"due", "from receipt and from issue, not from when it was wanted", due, row{200, 20, 220, 0}, row{200, -1, 220, 20}},
		{"one token", "no token after the first", answer(50 * ms), row{50, -1, 50, 0}, row{50, -1, 50, 0}},
		{"failed", "server times are of successful responses", failed, row{-1, -1, 220, 0}, row{200, -1, 220, 20}},
		{"empty", "nothing came", answer(), row{-1, -1, 0, 0}, row{-1, -1, 0, 0}},
	} {
		for _, role := range []Role{ServerRole, ClientRole} {
			observer, err := New(newMeter(t), Options{Role: role})
			if err != nil {
				t.Fatal(err)
			}
			v := observer.Judge(c.request)
			got := row{value(v.TTFT.Get()), -1, value(v.Duration.Get()), 0}
			if v.TPOT.Known() {
				got.TPOT = value(v.TPOT.Total/time.Duration(v.TPOT.Tokens), true)
			}
			if v.Chunks != nil {
				for gap := range v.Chunks {
					got.Chunks += value(gap, true)
				}
			}
			want := c.server
			if role == ClientRole {
				want = c.client
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %v: %s (-want +got):\n%s", c.name, role, c.reason, diff)
			}
		}
	}
}

// The boundaries as the semantic conventions v1.41 print them.
func TestBoundariesOfTheConventions(t *testing.T) {
	const operation = "0.01 0.02 0.04 0.08 0.16 0.32 0.64 1.28 2.56 5.12 10.24 20.48 40.96 81.92"
	want := map[string]string{
		"gen_ai.client.operation.duration":              operation,
		"gen_ai.client.operation.time_to_first_chunk":   operation,
		"gen_ai.client.operation.time_per_output_chunk": operation,
		"gen_ai.client.token.usage":                     "1 4 16 64 256 1024 4096 16384 65536 262144 1048576 4194304 16777216 67108864",
		"gen_ai.server.request.duration":                operation,
		"gen_ai.server.time_to_first_token":             "0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10",
		"gen_ai.server.time_per_output_token":           "0.01 0.025 0.05 0.075 0.1 0.15 0.2 0.3 0.4 0.5 0.75 1 2.5",
	}
	got := map[string]string{}
	for s := range numSeries {
		for _, role := range []Role{ServerRole, ClientRole} {
			d := s.definition(role)
			if !strings.HasPrefix(d.name, "gen_ai.") {
				continue
			}
			var words []string
			for _, b := range d.boundaries {
				words = append(words, strconv.FormatFloat(b, 'f', -1, 64))
			}
			got[d.name] = strings.Join(words, " ")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Instruments that need an option do not exist without it.
func TestAbsentInstruments(t *testing.T) {
	for _, c := range []struct {
		options Options
		absent  []series
	}{
		{Options{}, []series{chunk, usage, fluidityHits, fluidityMisses, sloRequests, goodputTokens}},
		{Options{Role: ClientRole, NoChunks: true}, []series{tpot, chunk, fluidityHits}},
	} {
		meter := newMeter(t)
		class := newClass(t, meter, c.options)
		observe(t, class, answer(100*ms, 120*ms))
		collected := meter.read(t)
		for _, s := range c.absent {
			for _, role := range []Role{ServerRole, ClientRole} {
				if d := s.definition(role); d.name != "" && collected[d.name].Data != nil {
					t.Errorf("%v: %s is exported", c.options.Role, d.name)
				}
			}
		}
		for _, name := range []string{"tokentime.fluidity", chunk.client().name} {
			if n := counts(t, collected["tokentime.undefined"], "tokentime.metric")[name]; n != 0 {
				t.Errorf("%v: %s, which is not exported, is counted as undefined", c.options.Role, name)
			}
		}
	}
}

// The table of doc.go states all instruments with their units and kinds.
func TestDocListsTheInstruments(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t  ([a-z_.]+) +(\S+) +(histogram|counter) `).FindAllStringSubmatch(string(text), -1) {
		got[m[1]] = m[2] + " " + m[3]
	}
	for s := range numSeries {
		for _, role := range []Role{ServerRole, ClientRole} {
			d := s.definition(role)
			if d.name == "" {
				continue
			}
			kind := "counter"
			if d.boundaries != nil {
				kind = "histogram"
			}
			want[d.name] = d.unit + " " + kind
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("doc.go (-want +got):\n%s", diff)
	}
}

// Units reach the SDK.
func TestUnits(t *testing.T) {
	for _, role := range []Role{ServerRole, ClientRole} {
		meter := newMeter(t)
		r := answer(100*ms, 120*ms)
		r.Scheduled = metrics.Known(10 * ms)
		observe(t, newClass(t, meter, everything(t, role)), r)
		collected := meter.read(t)
		for s := range numSeries {
			d := s.definition(role)
			if m, ok := collected[d.name]; ok && (m.Unit != d.unit || m.Description != d.description) {
				t.Errorf("%s: unit %q, description %q", d.name, m.Unit, m.Description)
			}
		}
	}
}

func TestOptionErrors(t *testing.T) {
	population, err := slo.Parse("p99(ttft)<=500ms")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		options Options
		option  string
		err     error
	}{
		{"no such role", Options{Role: 2}, "Role", ErrRange},
		{"negative deadline", Options{Deadlines: fluidity.Deadlines{Decode: -1}}, "Deadlines", fluidity.ErrRange},
		{"negative alpha", Options{Goodput: goodput.Options{Alpha: metrics.Known(-1.0)}}, "Goodput", goodput.ErrRange},
		{"population objective", Options{Objective: population}, "Objective", slo.ErrNothing},
	} {
		_, err := New(newMeter(t), c.options)
		var option *OptionError
		if !errors.As(err, &option) || option.Option != c.option || !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want one of option %s that wraps %q", c.name, err, c.option, c.err)
		}
	}
}

// A record that contradicts itself is counted nowhere.
func TestContradictoryRecord(t *testing.T) {
	meter := newMeter(t)
	c := newClass(t, meter, everything(t, ServerRole))
	reversed := answer(20*ms, 10*ms)
	reversed.End = metrics.Known(30 * ms)
	if err := c.Observe(context.Background(), reversed); !errors.Is(err, metrics.ErrTimeReversed) {
		t.Errorf("error %v, want %v", err, metrics.ErrTimeReversed)
	}
	if collected := meter.read(t); len(collected) > 0 {
		t.Errorf("collected %v", collected)
	}
}

func TestRecordPanics(t *testing.T) {
	c := newClass(t, newMeter(t), Options{})
	for name, v := range map[string]Observation{
		"no such outcome": {Outcome: metrics.Rejected + 1},
		"no such verdict": {Verdict: slo.Missed + 1},
		"negative count":  {OutputTokens: -1},
	} {
		func() {
			defer func() {
				if got := recover(); got != "otel: "+name {
					t.Errorf("%s: panic %v", name, got)
				}
			}()
			c.Record(context.Background(), v)
		}()
	}
}

// Neither the request nor the attributes are changed.
func TestArgumentsAreNotChanged(t *testing.T) {
	r, same := answer(100*ms, 150*ms), answer(100*ms, 150*ms)
	others := make([]attribute.KeyValue, 1, 20)
	others[0] = attribute.String("zone", "x")
	observer, err := New(newMeter(t), everything(t, ClientRole))
	if err != nil {
		t.Fatal(err)
	}
	c, err := observer.With(Attributes{Operation: "chat", Provider: "openai", Others: others})
	if err != nil {
		t.Fatal(err)
	}
	observe(t, c, r)
	if diff := cmp.Diff(same, r, cmp.AllowUnexported(metrics.Instant{}, metrics.Count{})); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
	if spare := others[:2][1]; spare.Valid() {
		t.Errorf("the array behind Others holds %v", spare)
	}
}

// Requests that finish at once are all there.
func TestConcurrentUse(t *testing.T) {
	const goroutines, each = 8, 100
	meter := newMeter(t)
	c := newClass(t, meter, everything(t, ClientRole))
	var wg sync.WaitGroup
	for range goroutines {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range each {
				if err := c.Observe(context.Background(), answer(100*ms, 120*ms, 140*ms)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 5 {
		meter.read(t)
	}
	wg.Wait()
	got := counts(t, meter.read(t)["gen_ai.client.token.usage"], "gen_ai.token.type")
	if diff := cmp.Diff(map[string]float64{"output": 3 * goroutines * each}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
