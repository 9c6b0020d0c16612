package prometheus

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// A histogram as a scraper sees it: counts of the classic buckets by bound.
type histogram struct {
	Count   uint64
	Sum     float64
	Buckets map[string]uint64
}

func scraped(h *dto.Histogram) histogram {
	out := histogram{h.GetSampleCount(), h.GetSampleSum(), map[string]uint64{}}
	for _, b := range h.GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) {
			out.Buckets[decimal(b.GetUpperBound())] = b.GetCumulativeCount()
		}
	}
	return out
}

func decimal(bound float64) string { return strconv.FormatFloat(bound, 'g', -1, 64) }

// naive puts exact rational seconds into buckets whose bounds are exact
// decimals.
func naive(values []*big.Rat, bounds []float64) histogram {
	h := histogram{uint64(len(values)), 0, map[string]uint64{}}
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	h.Sum, _ = sum.Float64()
	for _, b := range bounds {
		bound, _ := new(big.Rat).SetString(decimal(b))
		h.Buckets[decimal(b)] = 0
		for _, v := range values {
			if v.Cmp(bound) <= 0 {
				h.Buckets[decimal(b)]++
			}
		}
	}
	return h
}

// twin holds what the requests amount to, as plain lists and the summaries of
// the packages that define the numbers.
type twin struct {
	values    [numHistograms][]*big.Rat
	undefined map[string]float64
	summary   metrics.Summary
	fluidity  fluidity.Summary
	slo       slo.Summary
	goodput   goodput.Summary
}

func (w *twin) add(t *testing.T, s Series, total, tokens int64, ok bool) {
	t.Helper()
	if !ok {
		w.undefined[absence(s).name()]++
		return
	}
	v := big.NewRat(total, tokens)
	w.values[s] = append(w.values[s], v.Quo(v, big.NewRat(1e9, 1)))
}

func (w *twin) observe(t *testing.T, r *metrics.Request) {
	t.Helper()
	if err := w.summary.Add(r); err != nil {
		t.Fatal(err)
	}
	if err := w.fluidity.Add(r); err != nil {
		t.Fatal(err)
	}
	verdict, err := w.slo.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.goodput.Add(r, metrics.Known(verdict == slo.Met)); err != nil {
		t.Fatal(err)
	}
	span := func(s Series, v metrics.Span) {
		d, ok := v.Get()
		w.add(t, s, int64(d), 1, ok)
	}
	span(IdleLatency, goodput.Options{}.IdleLatency(r))
	c := w.summary.Options.Convention
	var n metrics.Normalized
	gaps := 0
	if r.Outcome == metrics.Completed || !c.CompletedOnly {
		n = c.Normalized(r)
		for g := range c.TBT(r) {
			w.add(t, InterToken, int64(g), 1, true)
			gaps++
		}
	}
	if gaps == 0 {
		w.add(t, InterToken, 0, 0, false)
	}
	span(TTFT, n.Raw.TTFT)
	span(Duration, n.Raw.EndToEnd)
	span(SchedulingDelay, n.Raw.SchedulingDelay)
	span(Prefill, n.Raw.Prefill)
	span(Decode, n.Raw.Decode)
	span(Stall, n.Raw.Stall)
	w.add(t, TPOT, int64(n.TPOT.Total), n.TPOT.Tokens, n.TPOT.Known())
}

// Everything that is scraped follows from the summaries of the other
// packages, bucket for bucket.
func TestScrapeEqualsTheSummaries(t *testing.T) {
	completedOnly := Tokentime()
	completedOnly.Convention = metrics.VLLM
	for i, layout := range append(Layouts(), Layout{}, completedOnly) {
		t.Run(fmt.Sprint(i, layout.Name), func(t *testing.T) {
			options := everything(t, layout)
			class := newObserver(t, options)
			bound := bind(t, class)
			w := &twin{undefined: map[string]float64{}}
			w.summary.Options.Convention = layout.Convention
			w.fluidity.Options = fluidity.Options{Deadlines: options.Deadlines, NoTokenRate: true}
			w.slo.Checker = slo.Checker{Objective: options.Objective, Convention: layout.Convention}
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			n := 500
			if testing.Short() {
				n = 100
			}
			for range n {
				r := randomRequest(rng)
				observe(t, bound, r)
				w.observe(t, r)
			}
			compare(t, class, w)
		})
	}
}

func compare(t *testing.T, o *Observer, w *twin) {
	t.Helper()
	families := scrape(t, o, expfmt.TypeProtoDelim)
	family := func(s Series) *dto.MetricFamily {
		f := families[o.options.Layout.fullName(s)]
		if f == nil {
			t.Fatalf("%v is not exported", s)
		}
		return f
	}
	approx := cmpopts.EquateApprox(1e-12, 0) // of sums, which are added up in float64
	for s := range numHistograms {
		want := naive(w.values[s], o.options.Layout.Buckets[s])
		got := scraped(family(s).GetMetric()[0].GetHistogram())
		if diff := cmp.Diff(want, got, approx); diff != "" {
			t.Errorf("%v (-want +got):\n%s", s, diff)
		}
	}
	w.undefined["fluidity"] = float64(w.fluidity.LeftOut.Total())
	w.undefined["benefit"] = float64(w.goodput.Counts.Requests - w.goodput.Counts.Benefit)
	for a := range numAbsences {
		w.undefined[a.name()] += 0
	}
	if diff := cmp.Diff(w.undefined, counts(family(Undefined), "metric")); diff != "" {
		t.Errorf("undefined (-want +got):\n%s", diff)
	}
	n := w.summary.Requests
	outcomes := map[string]float64{"completed": float64(n.Completed), "empty": float64(n.Empty),
		"failed": float64(n.Failed), "cancelled": float64(n.Cancelled), "timed_out": float64(n.TimedOut),
		"rejected": float64(n.Rejected)}
	if diff := cmp.Diff(outcomes, counts(family(Requests), "outcome")); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	report := w.slo.Report()
	verdicts := map[string]float64{"met": float64(report.Met), "missed": float64(report.Missed), "undefined": float64(report.Undefined)}
	if diff := cmp.Diff(verdicts, counts(family(SLORequests), "verdict")); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	single := func(s Series) float64 { return counts(family(s), "")[""] }
	benefit, _ := w.goodput.Benefit().Get()
	want := []float64{float64(w.summary.PromptTokens), float64(w.summary.OutputTokens), float64(w.fluidity.Pooled.Hits),
		float64(w.fluidity.Pooled.Misses), float64(w.goodput.Counts.MetTokens), benefit}
	got := []float64{single(PromptTokens), single(OutputTokens), single(FluidityHits),
		single(FluidityMisses), single(GoodputTokens), single(SmoothTokens) - single(SmoothPenalty)}
	if diff := cmp.Diff(want, got, approx); diff != "" {
		t.Errorf("tokens, deadlines, benefit (-want +got):\n%s", diff)
	}
}
