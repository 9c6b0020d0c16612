package prometheus

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// What one request adds: the count of a histogram and its sum, or that the
// value is undefined.
func TestSpecialCases(t *testing.T) {
	vllm, sglang := VLLM(), SGLang()
	chunked := &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: 100 * ms, Tokens: 1}, {At: 140 * ms, Tokens: 4}}}
	cancelled := answer(100*ms, 150*ms)
	cancelled.Outcome = metrics.Cancelled
	roleOnly := &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: 50 * ms}}, End: metrics.Known(60 * ms)}
	for _, c := range []struct {
		name, reason string
		layout       Layout
		request      *metrics.Request
		series       Series
		count        uint64
		sum          float64
		undefined    float64
	}{
		{"one token", "there is no time per token after the first", Layout{}, answer(100 * ms), TPOT, 0, 0, 1},
		{"one token, vllm", "vLLM observes 0", vllm, answer(100 * ms), TPOT, 1, 0, 0},
		{"one token, sglang", "only vLLM has this habit", sglang, answer(100 * ms), TPOT, 0, 0, 1},
		{"one token has no gap", "once a request, not once a missing gap", Layout{}, answer(100 * ms), InterToken, 0, 0, 1},
		{"one token has no stall", "a gap takes two tokens", Layout{}, answer(100 * ms), Stall, 0, 0, 1},
		{"two tokens at once", "a stall of 0 is a value", Layout{}, answer(100*ms, 100*ms), Stall, 1, 0, 0},
		{"four tokens in a chunk", "40 ms and three times 0", Layout{}, chunked, InterToken, 4, 0.04, 0},
		{"four tokens in a chunk, vllm", "one engine step, one value", vllm, chunked, InterToken, 1, 0.04, 0},
		{"four tokens in a chunk, sglang", "10 ms, four times", sglang, chunked, InterToken, 4, 0.04, 0},
		{"end unknown", "nobody saw the end of the stream", Layout{}, chunked, Duration, 0, 0, 1},
		{"scheduling unknown", "a client cannot see it", Layout{}, answer(100 * ms), SchedulingDelay, 0, 0, 1},
		{"empty", "no first token", Layout{}, answer(), TTFT, 0, 0, 1},
		{"empty, vllm", "the engine does not observe what did not come", vllm, answer(), TTFT, 0, 0, 1},
		{"role chunk only", "a control event is no token", Layout{}, roleOnly, TTFT, 0, 0, 1},
		{"cancelled", "what a user gave up in was lived through", Layout{}, cancelled, Stall, 1, 0.05, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newObserver(t, Options{Layout: c.layout})
			observe(t, bind(t, o), c.request)
			families := scrape(t, o, expfmt.TypeTextPlain)
			h := families[o.options.Layout.fullName(c.series)].GetMetric()[0].GetHistogram()
			undefined := counts(families["tokentime_undefined_total"], "metric")[absence(c.series).name()]
			type result struct {
				Count          uint64
				Sum, Undefined float64
			}
			want := result{c.count, c.sum, c.undefined}
			if diff := cmp.Diff(want, result{h.GetSampleCount(), h.GetSampleSum(), undefined}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// The exposition of a stalled answer, as text.
func TestText(t *testing.T) {
	options := everything(t, VLLM())
	options.Labels, options.ConstLabels = []string{"model"}, prometheus.Labels{"zone": "a"}
	o := newObserver(t, options)
	observe(t, bind(t, o, "m"), answer(200*ms, 220*ms, 1220*ms))
	want := `
# HELP tokentime_fluidity_hits_total Token deadlines met, of completed requests.
# TYPE tokentime_fluidity_hits_total counter
tokentime_fluidity_hits_total{model="m",zone="a"} 2
# HELP tokentime_fluidity_misses_total Token deadlines missed, of completed requests.
# TYPE tokentime_fluidity_misses_total counter
tokentime_fluidity_misses_total{model="m",zone="a"} 13
# HELP tokentime_slo_requests_total Finished requests by verdict of the objective.
# TYPE tokentime_slo_requests_total counter
tokentime_slo_requests_total{model="m",verdict="met",zone="a"} 0
tokentime_slo_requests_total{model="m",verdict="missed",zone="a"} 1
tokentime_slo_requests_total{model="m",verdict="undefined",zone="a"} 0
# HELP vllm:e2e_request_latency_seconds Time from the request's zero point to the end of its stream.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="0.3"} 0
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="0.5"} 0
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="0.8"} 0
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="1"} 0
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="1.5"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="2"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="2.5"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="5"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="10"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="15"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="20"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="30"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="40"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="50"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="60"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="120"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="240"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="480"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="960"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="1920"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="7680"} 1
vllm:e2e_request_latency_seconds_bucket{model="m",zone="a",le="+Inf"} 1
vllm:e2e_request_latency_seconds_sum{model="m",zone="a"} 1.22
vllm:e2e_request_latency_seconds_count{model="m",zone="a"} 1
`
	err := testutil.CollectAndCompare(o, strings.NewReader(want), "tokentime_fluidity_hits_total",
		"tokentime_fluidity_misses_total", "tokentime_slo_requests_total", "vllm:e2e_request_latency_seconds")
	if err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(newObserver(t, everything(t, Layout{}))); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
}

// Series that need an option are absent without it, not 0.
func TestAbsentSeries(t *testing.T) {
	o := newObserver(t, Options{NoGaps: true})
	observe(t, bind(t, o), answer(100*ms))
	families := scrape(t, o, expfmt.TypeTextPlain)
	for _, s := range []Series{InterToken, FluidityHits, FluidityMisses, SLORequests, GoodputTokens} {
		if families["tokentime_"+s.String()] != nil {
			t.Errorf("%v is exported", s)
		}
	}
	absent := counts(families["tokentime_undefined_total"], "metric")
	for _, name := range []string{"inter_token_latency", "fluidity"} {
		if _, ok := absent[name]; ok {
			t.Errorf("%s, which is not exported, is counted as undefined", name)
		}
	}
}

// The table of doc.go states all series, with their types and in the order of
// the constants.
func TestDocListsTheSeries(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, line := range regexp.MustCompile(`(?m)^//\t(tokentime_\w+) +(histogram|counter) `).FindAllStringSubmatch(string(text), -1) {
		got = append(got, line[1]+" "+line[2])
	}
	for s := range numSeries {
		kind := "counter"
		if s.histogram() {
			kind = "histogram"
		}
		want = append(want, "tokentime_"+s.String()+" "+kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("doc.go (-want +got):\n%s", diff)
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
		{"factor of 1", Options{Native: Native{Factor: 1}}, "Native.Factor", ErrRange},
		{"negative factor", Options{Native: Native{Factor: -2}}, "Native.Factor", ErrRange},
		{"no histogram at all", Options{Native: Native{Only: true}}, "Native.Only", ErrRange},
		{"equal bounds", Options{Layout: Layout{Buckets: map[Series][]float64{TTFT: {1, 1}}}}, "Layout.Buckets", ErrRange},
		{"bounds of a counter", Options{Layout: Layout{Buckets: map[Series][]float64{Requests: {1}}}}, "Layout.Buckets", ErrRange},
		{"no name", Options{Layout: Layout{Names: map[Series]string{TTFT: ""}}}, "Layout.Names", ErrName},
		{"a space in a name", Options{Layout: Layout{Prefix: "a ", Names: map[Series]string{TTFT: "b"}}}, "Layout.Names", ErrName},
		{"one name twice", Options{Layout: Layout{Names: map[Series]string{TTFT: "a", Stall: "a"}}}, "Layout.Names", ErrName},
		{"label of our own", Options{Labels: []string{"outcome"}}, "Labels", ErrLabel},
		{"label of the library", Options{Labels: []string{"le"}}, "Labels", ErrLabel},
		{"label of Prometheus", Options{Labels: []string{"__name__"}}, "Labels", ErrLabel},
		{"label twice", Options{Labels: []string{"model", "model"}}, "Labels", ErrLabel},
		{"label with a dash", Options{Labels: []string{"a-b"}}, "Labels", ErrLabel},
		{"constant and bound", Options{Labels: []string{"a"}, ConstLabels: prometheus.Labels{"a": "1"}}, "ConstLabels", ErrLabel},
		{"negative deadline", Options{Deadlines: fluidity.Deadlines{Decode: -1}}, "Deadlines", fluidity.ErrRange},
		{"negative alpha", Options{Goodput: goodput.Options{Alpha: metrics.Known(-1.0)}}, "Goodput", goodput.ErrRange},
		{"population objective", Options{Objective: population}, "Objective", slo.ErrNothing},
	} {
		_, err := New(c.options)
		var option *OptionError
		if !errors.As(err, &option) || option.Option != c.option || !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want one of option %s that wraps %q", c.name, err, c.option, c.err)
		}
	}
}

func TestWithErrors(t *testing.T) {
	o := newObserver(t, Options{Labels: []string{"model"}})
	for _, values := range [][]string{nil, {"a", "b"}, {"\xff"}} {
		var option *OptionError
		if _, err := o.With(values...); !errors.As(err, &option) {
			t.Errorf("With(%q): error %v, want an *OptionError", values, err)
		}
	}
}

// A record that contradicts itself is counted nowhere.
func TestContradictoryRecord(t *testing.T) {
	o := newObserver(t, everything(t, Layout{}))
	c := bind(t, o)
	before := scrape(t, o, expfmt.TypeTextPlain)
	reversed := answer(20*ms, 10*ms)
	reversed.End = metrics.Known(30 * ms)
	if err := c.Observe(reversed); !errors.Is(err, metrics.ErrTimeReversed) {
		t.Errorf("error %v, want %v", err, metrics.ErrTimeReversed)
	}
	after := scrape(t, o, expfmt.TypeTextPlain)
	for name := range before {
		if before[name].String() != after[name].String() {
			t.Errorf("%s changed", name)
		}
	}
}

func TestRecordPanics(t *testing.T) {
	c := bind(t, newObserver(t, Options{}))
	for name, v := range map[string]Observation{
		"no such outcome": {Outcome: metrics.Rejected + 1},
		"no such verdict": {Verdict: slo.Missed + 1},
		"negative count":  {OutputTokens: -1},
	} {
		func() {
			defer func() {
				if got := recover(); got != "prometheus: "+name {
					t.Errorf("%s: panic %v", name, got)
				}
			}()
			c.Record(v)
		}()
	}
}

// The same label values are the same series; others are others.
func TestWith(t *testing.T) {
	o := newObserver(t, Options{Labels: []string{"model"}})
	observe(t, bind(t, o, "a"), answer(ms))
	observe(t, bind(t, o, "a"), answer(ms))
	observe(t, bind(t, o, "b"), answer(ms))
	got := counts(scrape(t, o, expfmt.TypeTextPlain)["tokentime_output_tokens_total"], "model")
	if diff := cmp.Diff(map[string]float64{"a": 2, "b": 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Neither a request, nor the options, nor a layout that was handed out is
// changed or kept.
func TestArgumentsAreNotChanged(t *testing.T) {
	r, same := answer(100*ms, 150*ms), answer(100*ms, 150*ms)
	layout := VLLM()
	layout.Buckets[TTFT] = []float64{1, 2}
	delete(layout.Buckets, TPOT)
	o := newObserver(t, Options{Layout: layout})
	observe(t, bind(t, o), r)
	opt := cmp.AllowUnexported(metrics.Instant{}, metrics.Count{})
	if diff := cmp.Diff(same, r, opt); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
	if layout.Buckets[TPOT] != nil {
		t.Error("the layout's buckets were completed in place")
	}
	layout.Buckets[TTFT][0] = 5
	if got := o.options.Layout.Buckets[TTFT][0]; got != 1 {
		t.Errorf("the observer's bound follows its caller's: %v", got)
	}
	VLLM().Buckets[Duration][0] = 9
	if got := VLLM().Buckets[Duration][0]; got != 0.3 {
		t.Errorf("VLLM() returned a shared slice: %v", got)
	}
}

// Requests that finish at once, in one class and in several, are all there.
func TestConcurrentUse(t *testing.T) {
	const goroutines, each = 8, 200
	o := newObserver(t, Options{Labels: []string{"model"}})
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := o.With([]string{"a", "b"}[i%2])
			if err != nil {
				t.Error(err)
				return
			}
			for range each {
				if err := c.Observe(answer(100*ms, 120*ms, 140*ms)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 5 {
		scrape(t, o, expfmt.TypeTextPlain)
	}
	wg.Wait()
	got := counts(scrape(t, o, expfmt.TypeTextPlain)["tokentime_output_tokens_total"], "model")
	if diff := cmp.Diff(map[string]float64{"a": 3 * each * goroutines / 2, "b": 3 * each * goroutines / 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Allocations do not grow with the number of tokens, and without the gaps a
// request makes none.
func TestAllocations(t *testing.T) {
	all := everything(t, Layout{})
	noGaps := all
	noGaps.NoGaps = true
	for _, c := range []struct {
		name    string
		options Options
		most    float64
	}{{"with gaps", all, 5}, {"without gaps", noGaps, 0}} {
		class := bind(t, newObserver(t, c.options))
		for _, tokens := range []int{2, 1000} {
			var at []time.Duration
			for i := range tokens {
				at = append(at, time.Duration(i)*20*ms)
			}
			r := answer(at...)
			if got := testing.AllocsPerRun(100, func() { observe(t, class, r) }); got > c.most {
				t.Errorf("%s, %d tokens: %v allocations, want at most %v", c.name, tokens, got, c.most)
			}
		}
	}
}
