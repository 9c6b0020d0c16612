package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// TestCodesAreDocumented holds the table of the package documentation against
// the checks: the same codes, in the same order.
func TestCodesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z0-9-]+) +(?:error|warning|info)  `).FindAllStringSubmatch(string(doc), -1) {
		documented = append(documented, m[1])
	}
	if diff := cmp.Diff(Codes(), documented); diff != "" {
		t.Errorf("-checks +doc.go\n%s", diff)
	}
}

// TestDefaultsAreDocumented holds the numbers in the table of the package
// documentation against the defaults.
func TestDefaultsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{}.withDefaults()
	for name, value := range map[string]string{
		"Noticeable": durationText(o.Noticeable), "Attention": durationText(o.Attention), "ReadingPace": durationText(o.ReadingPace),
		"BurstGap": durationText(o.BurstGap), "TailGap": durationText(o.TailGap), "RoleGap": durationText(o.RoleGap), "ClientLag": durationText(o.ClientLag),
		"MaxShare": number(o.MaxShare), "StallMultiple": number(o.StallMultiple), "PooledMultiple": number(o.PooledMultiple),
		"PooledShare": number(o.PooledShare), "HiddenShare": number(o.HiddenShare), "BurstRatio": number(o.BurstRatio),
		"NobodyFactor": number(o.NobodyFactor), "NobodyShare": number(o.NobodyShare), "Tolerance": number(o.Tolerance),
		"TPOTFactor": number(o.TPOTFactor), "TailShare": number(o.TailShare), "OmissionFactor": number(o.OmissionFactor),
		"GapVariation": number(o.GapVariation), "WarmupFactor": number(o.WarmupFactor), "TrendZ": number(o.TrendZ),
		"TrendFactor": number(o.TrendFactor), "LimitShare": number(o.LimitShare),
	} {
		if want := name + " (" + value + ")"; !strings.Contains(string(doc), want) {
			t.Errorf("doc.go does not say %q", want)
		}
	}
}

func durationText(d time.Duration) string {
	return regexp.MustCompile(`^([0-9.]+)`).ReplaceAllString(d.String(), "$1 ")
}

func number(x float64) string {
	b, _ := json.Marshal(x)
	return string(b)
}

// TestIgnore holds that codes can be left out, and that a misspelt one is
// refused.
func TestIgnore(t *testing.T) {
	f := steady(1)
	empty(13)(f)
	f.options.Ignore = []string{CodeZeroTTFT, CodeEmptySuccesses}
	if found := f.audit(t).Findings(); len(found) > 0 {
		t.Errorf("ignored codes are reported: %v", codes(found))
	}
	if err := f.options.Validate(); err != nil {
		t.Error(err)
	}
	f.options.Ignore = append(f.options.Ignore, "empty-sucesses")
	if err := f.options.Validate(); err == nil || !strings.Contains(err.Error(), `"empty-sucesses"`) {
		t.Errorf("a misspelt code: %v", err)
	}
}

// TestOrder holds that errors come first, and codes of one severity in the
// order of the table.
func TestOrder(t *testing.T) {
	f := steady(1)
	both(empty(13), hang(70, 1500*ms), scale(results.MetricTPOT, "mean", times(0.5)))(f)
	want := []string{"error identity-tpot", "error zero-ttft", "error empty-successes", "warning tpot-hides-stall", "warning pooled-tbt-hides-stalls"}
	if diff := cmp.Diff(want, codes(f.audit(t).Findings())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestProof holds one finding in full.
func TestProof(t *testing.T) {
	f := steady(1)
	both(empty(13), noMean)(f)
	got := f.audit(t).Findings()
	rate, _ := f.run.Report(results.MetricRequestRate, "")
	want := []Finding{{
		Code: CodeEmptySuccesses, Severity: Error,
		Message: "13 of 1200 completed answers have no token",
		Numbers: []Number{
			{"empty answers", 13, RequestCount},
			{"share of completed", 13.0 / 1200, Share},
			{"stated request rate", rate.Value, RequestsPerSecond},
			{"of answers with a token", rate.Value * 1187 / 1200, RequestsPerSecond},
		},
		Requests: Requests{Count: 13, IDs: []string{"46", "138", "230", "323", "415"}},
		Advice:   "take them as failed: they are no service, yet they raise the request rate and lower the latencies",
		Source:   "our definition",
	}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestFewRequests holds that nothing is said about the distribution of 19
// requests which is said about 20.
func TestFewRequests(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want []string
	}{{19, []string{}}, {20, []string{"info outputs-at-limit"}}} {
		f := steady(1)
		f.reqs = f.reqs[:tt.n]
		f.stats = nil
		each(func(_ int, r *metrics.Request) { regap(r, 100, 25*ms) })(f)
		if diff := cmp.Diff(tt.want, codes(f.audit(t).Findings())); diff != "" {
			t.Errorf("%d requests (-want +got)\n%s", tt.n, diff)
		}
	}
}

// TestEmptyRun holds that an audit of nothing finds nothing.
func TestEmptyRun(t *testing.T) {
	for _, run := range []results.Run{{}, {AggregatesOnly: true}, {CommonClock: true, Convention: "vllm"}} {
		a := New(&run, Options{})
		if found := a.Findings(); found == nil || len(found) > 0 {
			t.Errorf("%+v: %v", run, found)
		}
	}
}

// TestUnknowns feeds requests of which little is known: no check may take an
// unknown for a value.
func TestUnknowns(t *testing.T) {
	a := New(&results.Run{CommonClock: true}, Options{})
	for i := range 100 {
		r := metrics.Request{ID: fmt.Sprint(i)}
		if i%2 == 0 {
			r.UsageTokens = metrics.Known(int64(i))
		}
		if i%3 == 0 {
			r.Due = metrics.Known(time.Duration(i))
		}
		if err := a.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range a.Findings() {
		if f.Code != CodeEmptySuccesses {
			t.Errorf("%s: %s", f.Code, f.Message)
		}
		for _, n := range f.Numbers {
			if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
				t.Errorf("%s: %s is %v", f.Code, n.Name, n.Value)
			}
		}
	}
}

// TestSparse holds that answers without times between their first and last
// token give no finding that would need them.
func TestSparse(t *testing.T) {
	f := steady(1)
	f.stats = nil
	each(func(_ int, r *metrics.Request) {
		n := len(r.Deliveries)
		r.Deliveries = []metrics.Delivery{r.Deliveries[0], {At: r.Deliveries[n-1].At, Tokens: n - 1}}
		r.Sparse = true
	})(f)
	if found := f.audit(t).Findings(); len(found) > 0 {
		t.Errorf("found %v", proofs(found))
	}
}

// TestAdd holds that a record that contradicts itself is an error and
// is not counted, and that Add leaves a good one as it is.
func TestAdd(t *testing.T) {
	a := New(&results.Run{}, Options{})
	bad := metrics.Request{ID: "x", Deliveries: []metrics.Delivery{{At: 2, Tokens: 1}, {At: 1, Tokens: 1}}}
	if err := a.Add(&bad); !errors.Is(err, metrics.ErrTimeReversed) {
		t.Errorf("error %v, want time reversed", err)
	}
	if got := a.Requests().Offered; got != 0 {
		t.Errorf("%d requests counted", got)
	}
	f := steady(1)
	r := f.reqs[0]
	copied := r
	copied.Deliveries = slices.Clone(r.Deliveries)
	if err := a.Add(&r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copied, r, cmp.Comparer(metrics.Instant.Equal), cmp.Comparer(metrics.Count.Equal)); diff != "" {
		t.Errorf("Add changed the request\n%s", diff)
	}
}

// TestRunIsUnchanged holds that an audit does not change the run, and that
// Findings can be asked for again.
func TestRunIsUnchanged(t *testing.T) {
	f := steady(1)
	empty(13)(f)
	a := f.audit(t)
	before := *a.Run()
	before.Facts, before.Reported = slices.Clone(before.Facts), slices.Clone(before.Reported)
	once := a.Findings()
	if diff := cmp.Diff(once, a.Findings()); diff != "" {
		t.Errorf("the second time other findings\n%s", diff)
	}
	if diff := cmp.Diff(before, *a.Run(), cmp.Comparer(metrics.Span.Equal)); diff != "" {
		t.Errorf("the run changed\n%s", diff)
	}
}

// TestMemory holds that an answer of many tokens takes no more memory than
// one of few.
func TestMemory(t *testing.T) {
	a := New(&results.Run{}, Options{})
	r := metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: make([]metrics.Delivery, 100_000)}
	for i := range r.Deliveries {
		r.Deliveries[i] = metrics.Delivery{At: time.Duration(i+1) * ms, Tokens: 1}
	}
	if err := a.Add(&r); err != nil {
		t.Fatal(err)
	}
	a.records = slices.Grow(a.records, 200)
	if allocs := testing.AllocsPerRun(100, func() {
		if err := a.Add(&r); err != nil {
			t.Fatal(err)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations for a request of 100,000 tokens", allocs)
	}
}

// TestMannKendall has rows computed by hand.
func TestMannKendall(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    []float64
		want float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 0},
		{"all equal: no trend and no variance", []float64{2, 2, 2, 2}, 0},
		{"rising: S = 10, var = 5*4*15/18 = 16.67, Z = 9/4.08", []float64{1, 2, 3, 4, 5}, 9 / math.Sqrt(300.0/18)},
		{"falling: the same with the other sign", []float64{5, 4, 3, 2, 1}, -9 / math.Sqrt(300.0/18)},
		{"one inversion: S = 8", []float64{1, 2, 4, 3, 5}, 7 / math.Sqrt(300.0/18)},
		{"a tie of two: S = 9, var less 2*1*9/18", []float64{1, 2, 2, 4, 5}, 8 / math.Sqrt((300-18)/18.0)},
	} {
		if got := mannKendall(tt.x); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: Z = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestFlight compares the sweep over starts and ends with counting at every
// instant.
func TestFlight(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var f flight
		type stay struct{ from, to time.Duration }
		var stays []stay
		for range 1 + rng.IntN(12) {
			from := time.Duration(rng.IntN(20))
			stays = append(stays, stay{from, from + time.Duration(rng.IntN(8))})
		}
		for _, s := range stays {
			f.starts, f.ends = append(f.starts, s.from), append(f.ends, s.to)
		}
		slices.Sort(f.starts)
		slices.Sort(f.ends)
		want := 0
		for at := range time.Duration(30) {
			n := 0
			for _, s := range stays {
				if s.from <= at && at < s.to {
					n++
				}
			}
			want = max(want, n)
			if got := f.at(at); got != n {
				t.Fatalf("%v: %d in flight at %d, want %d", stays, got, at, n)
			}
		}
		if got, ok := f.peak(); got != want || !ok {
			t.Fatalf("%v: peak %d, want %d", stays, got, want)
		}
	}
	if _, ok := (flight{}).peak(); ok {
		t.Error("no request has a peak")
	}
}

func TestSeverityText(t *testing.T) {
	for s := Info; s <= Error; s++ {
		b, err := s.MarshalText()
		var back Severity
		if err != nil || back.UnmarshalText(b) != nil || back != s {
			t.Errorf("%v: %q, %v, %v", s, b, err, back)
		}
	}
	if _, err := Severity(3).MarshalText(); err == nil {
		t.Error("severity 3 has a name")
	}
	var s Severity
	if s.UnmarshalText([]byte("fatal")) == nil {
		t.Error("there is no severity fatal")
	}
	if got := Severity(9).String(); got != "Severity(9)" {
		t.Errorf("String = %q", got)
	}
}

// TestChecklist holds that answers are texts of the file, and that what it
// does not say is not guessed.
func TestChecklist(t *testing.T) {
	run := results.Run{Facts: []results.Fact{
		{Name: "model_id", Value: "m-405b"}, {Name: "backend", Value: "vllm"}, {Name: "request_rate", Value: "inf"}, {Name: "dataset_name", Value: "None"},
	}}
	stated := map[string]string{}
	items := New(&run, Options{}).Checklist()
	for _, i := range items {
		if i.Stated {
			stated[i.Question] = i.Fact + "=" + i.Answer
		} else if i.Answer != NotStated || i.Fact != "" {
			t.Errorf("%q: %q, %q", i.Question, i.Fact, i.Answer)
		}
		if i.Source == "" {
			t.Errorf("%q has no source", i.Question)
		}
	}
	want := map[string]string{
		"Is the model a current one?":      "model_id=m-405b",
		"Which engine, and which version?": "backend=vllm",
		"At which load?":                   "request_rate=inf",
	}
	if diff := cmp.Diff(want, stated); diff != "" || len(items) < 8 {
		t.Errorf("%d items (-want +got)\n%s", len(items), diff)
	}
}
