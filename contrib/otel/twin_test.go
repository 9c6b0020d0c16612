package otel

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// naive puts exact rational values into buckets whose bounds are exact
// decimals: a value v is in bucket i if bounds[i-1] < v <= bounds[i].
func naive(values []*big.Rat, bounds []float64) histogram {
	if len(values) == 0 {
		return histogram{} // the SDK has no point without a value
	}
	h := histogram{Count: uint64(len(values)), Bounds: bounds, Buckets: make([]uint64, len(bounds)+1)}
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
		i := 0
		for ; i < len(bounds); i++ {
			bound, _ := new(big.Rat).SetString(strconv.FormatFloat(bounds[i], 'g', -1, 64))
			if v.Cmp(bound) <= 0 {
				break
			}
		}
		h.Buckets[i]++
	}
	h.Sum, _ = sum.Float64()
	return h
}

// twin holds what the requests amount to, as plain lists and the summaries of
// the packages that define the numbers.
type twin struct {
	options   Options
	values    [numSeries][]*big.Rat
	undefined map[string]float64
	durations map[string]float64 // by error.type
	paper     metrics.Summary
	fluidity  fluidity.Summary
	slo       slo.Summary
	goodput   goodput.Summary
}

func newTwin(o Options) *twin {
	w := &twin{options: o, undefined: map[string]float64{}, durations: map[string]float64{}}
	w.fluidity.Options = fluidity.Options{Deadlines: o.Deadlines, NoTokenRate: true}
	w.slo.Checker = slo.Checker{Objective: o.Objective}
	return w
}

func (w *twin) add(s series, total, tokens int64, ok bool) {
	switch {
	case s.definition(w.options.Role).name == "":
	case ok:
		v := big.NewRat(total, tokens)
		w.values[s] = append(w.values[s], v.Quo(v, big.NewRat(1e9, 1)))
	default:
		w.undefined[s.definition(w.options.Role).name]++
	}
}

func (w *twin) observe(t *testing.T, r *metrics.Request) {
	t.Helper()
	if err := w.paper.Add(r); err != nil {
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
	span := func(s series, v metrics.Span) {
		d, ok := v.Get()
		w.add(s, int64(d), 1, ok)
	}
	span(stall, r.Raw().Stall)
	span(schedulingDelay, r.Raw().SchedulingDelay)
	span(idleLatency, goodput.Options{}.IdleLatency(r))
	w.convention(r, span)
	if w.options.Role == ClientRole {
		w.values[usage] = append(w.values[usage], big.NewRat(r.OutputTokens(), 1))
		if p, ok := r.PromptTokens.Get(); ok {
			w.values[usage] = append(w.values[usage], big.NewRat(p, 1))
		}
	}
}

// convention computes the values of gen_ai.* from their definitions, without
// a metrics.Convention.
func (w *twin) convention(r *metrics.Request, span func(series, metrics.Span)) {
	client := w.options.Role == ClientRole
	var chunks []metrics.Delivery // those that count
	for _, d := range r.Deliveries {
		if d.Tokens > 0 || client {
			chunks = append(chunks, d)
		}
	}
	end, ended := r.End.Get()
	if n := len(r.Deliveries); !ended && n > 0 && len(chunks) > 0 {
		end, ended = r.Deliveries[n-1].At, true
	}
	sent, started := r.Sent.Get()
	var first, all metrics.Span
	if started && ended {
		all = metrics.Known(end - sent)
		w.durations[errorType(r.Outcome)]++
	}
	complete := client || r.Outcome == metrics.Completed
	if started && complete && len(chunks) > 0 {
		first = metrics.Known(chunks[0].At - sent)
	}
	span(ttft, first)
	span(duration, all)
	n := r.OutputTokens()
	if complete && len(chunks) > 0 && n > 1 {
		w.add(tpot, int64(end-chunks[0].At), n-1, true)
	} else {
		w.add(tpot, 0, 0, false)
	}
	for i := 1; i < len(chunks); i++ {
		w.add(chunk, int64(chunks[i].At-chunks[i-1].At), 1, true)
	}
	if len(chunks) < 2 {
		w.add(chunk, 0, 0, false)
	}
}

// Everything that the SDK collects follows from the definitions and from the
// summaries of the other packages, bucket for bucket.
func TestCollectedEqualsTheSummaries(t *testing.T) {
	for _, role := range []Role{ServerRole, ClientRole} {
		t.Run(role.String(), func(t *testing.T) {
			options := everything(t, role)
			meter := newMeter(t)
			c, w := newClass(t, meter, options), newTwin(options)
			rng := rand.New(rand.NewPCG(2, uint64(role)))
			n := 500
			if testing.Short() {
				n = 100
			}
			for range n {
				r := randomRequest(rng)
				observe(t, c, r)
				w.observe(t, r)
			}
			w.compare(t, meter)
		})
	}
}

func (w *twin) compare(t *testing.T, meter sdkMeter) {
	t.Helper()
	collected := meter.read(t)
	approx := cmpopts.EquateApprox(1e-12, 0) // of sums, which are added up in float64
	for s := range numSeries {
		d := s.definition(w.options.Role)
		if d.name == "" || d.boundaries == nil {
			continue
		}
		if diff := cmp.Diff(naive(w.values[s], d.boundaries), histogramOf(t, collected[d.name]), approx); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.name, diff)
		}
	}
	compare := func(s series, key string, want map[string]float64) {
		t.Helper()
		name := s.definition(w.options.Role).name
		for k, v := range want {
			if v == 0 {
				delete(want, k) // the SDK has no point without a value
			}
		}
		if diff := cmp.Diff(want, counts(t, collected[name], key), approx); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	w.undefined["tokentime.fluidity"] = float64(w.fluidity.LeftOut.Total())
	w.undefined["tokentime.smooth"] = float64(w.goodput.Counts.Requests - w.goodput.Counts.Benefit)
	compare(undefined, "tokentime.metric", w.undefined)
	compare(duration, "error.type", w.durations)
	n := w.paper.Requests
	compare(requests, "tokentime.outcome", map[string]float64{"completed": float64(n.Completed), "empty": float64(n.Empty),
		"failed": float64(n.Failed), "cancelled": float64(n.Cancelled), "timed_out": float64(n.TimedOut),
		"rejected": float64(n.Rejected)})
	report := w.slo.Report()
	compare(sloRequests, "tokentime.verdict", map[string]float64{"met": float64(report.Met),
		"missed": float64(report.Missed), "undefined": float64(report.Undefined)})
	compare(goodputTokens, "", map[string]float64{"": float64(w.goodput.Counts.MetTokens)})
	compare(fluidityHits, "", map[string]float64{"": float64(w.fluidity.Pooled.Hits)})
	compare(fluidityMisses, "", map[string]float64{"": float64(w.fluidity.Pooled.Misses)})
	benefit, _ := w.goodput.Benefit().Get()
	got := counts(t, collected["tokentime.smooth.tokens"], "")[""] - counts(t, collected["tokentime.smooth.penalty"], "")[""]
	if diff := cmp.Diff(benefit, got, approx); diff != "" {
		t.Errorf("smooth benefit (-want +got):\n%s", diff)
	}
	if w.options.Role == ClientRole {
		want := map[string]float64{"input": float64(w.paper.PromptTokens), "output": float64(w.paper.OutputTokens)}
		compare(usage, "gen_ai.token.type", want)
	}
}
