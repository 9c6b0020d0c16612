package figure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// The points of percentile plots are the numbers of the text report, which
// are those of metrics.Summary.
func TestPercentilesAreThoseOfTheReport(t *testing.T) {
	all := freezing(400)
	for _, conv := range []metrics.Convention{metrics.Paper, metrics.VLLM, metrics.SGLang, metrics.GuideLLM} {
		o := standard("run")
		o.Convention = conv
		c := collect(t, o, all)
		sum := metrics.Summary{Options: metrics.SummaryOptions{Convention: conv}}
		for _, r := range all {
			if err := sum.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []struct {
			figure string
			of     *metrics.Distribution
		}{{"tbt-percentiles", &sum.Raw.TBT}, {"ttft-percentiles", &sum.Raw.TTFT}, {"stall-percentiles", &sum.Raw.Stall}} {
			drawn := map[float64]float64{}
			for _, s := range find(t, m.figure, c).Series() {
				for i := range s.X {
					drawn[s.X[i]] = s.Y[i]
				}
			}
			st := m.of.Stats()
			want := map[float64]metrics.Optional[float64]{0.5: st.P50, 0.9: st.P90, 0.95: st.P95, 0.99: st.P99, 1: st.Max, 0: st.Min}
			if m.figure == "tbt-percentiles" {
				want[0.999] = st.P999
			}
			for p, v := range want {
				if got, ok := drawn[p]; !ok || !metrics.Known(got).Equal(v) {
					t.Errorf("%s, %s: P%v is drawn as %v (%v), the report has %v", conv.Name, m.figure, 100*p, got, ok, v)
				}
			}
			for p, got := range drawn {
				if want, _ := m.of.Quantile(p); got != want {
					t.Errorf("%s, %s: quantile of %v is drawn as %v, want %v", conv.Name, m.figure, p, got, want)
				}
			}
		}
	}
}

func TestCDFPointsAreQuantiles(t *testing.T) {
	all := freezing(300)
	c := collect(t, standard("run"), all)
	var sum metrics.Summary
	for _, r := range all {
		if err := sum.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	for name, d := range map[string]*metrics.Distribution{"tbt-cdf": &sum.Raw.TBT, "ttft-cdf": &sum.Raw.TTFT} {
		s := seriesOf(t, find(t, name, c), "run", find(t, name, c).Series()[0].Name)
		if !slices.IsSorted(s.X) || !slices.IsSorted(s.Y) || s.Y[0] != 0 || s.Y[len(s.Y)-1] != 1 {
			t.Errorf("%s is not a rising line from 0 to 1", name)
		}
		for i, p := range s.Y {
			if want, _ := d.Quantile(p); s.X[i] != want {
				t.Errorf("%s: %v at %v, want %v", name, s.X[i], p, want)
			}
		}
	}
}

// Beyond maxExact values a sample is the streaming distribution of the same
// values, with exact ends.
func TestLargeSampleIsStreaming(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	var s sample
	d := metrics.Distribution{Options: metrics.DistributionOptions{Method: metrics.HDRMethod}}
	zeros := 0
	for i := range maxExact + 1000 {
		v := time.Duration(rng.Int64N(int64(50 * ms)))
		if i%10 == 0 {
			v = 0
		}
		if v == 0 {
			zeros++
		}
		if i == 12345 {
			v = 61 * sec
		}
		s.add(v)
		d.AddSpan(metrics.Known(v))
		if i+1 == maxExact && (!s.isExact() || s.exact.Len() != maxExact) {
			t.Errorf("of %d values %d are kept, exact: %v", i+1, s.exact.Len(), s.isExact())
		}
	}
	if s.isExact() {
		t.Fatal("the sample still claims to be exact")
	}
	ps := append(cdfShares(), ninesShares(s.n())...)
	for i, got := range s.quantiles(metrics.Linear, ps) {
		want, _ := d.Quantile(ps[i])
		switch ps[i] {
		case 0:
			want = 0
		case 1:
			want = float64(61 * sec)
		}
		if got != want {
			t.Errorf("quantile of %v is %v, want %v", ps[i], got, want)
		}
	}
	if got, want := s.zeroShare(), float64(zeros)/float64(s.n()); got != want {
		t.Errorf("share of zeros %v, want %v", got, want)
	}
}

func TestSharesOfCurves(t *testing.T) {
	if ps := cdfShares(); !slices.IsSorted(ps) || ps[lowShare] != 0.005 {
		t.Errorf("cdfShares()[lowShare] = %v, want 0.005, in order", ps[lowShare])
	}
	for _, tt := range []struct {
		n      int64
		want   []float64 // among them
		reason string
	}{
		{1, []float64{0, 1}, "one value is the least and the largest"},
		{2, []float64{0, 0.5, 1}, "one of two lies beyond the median"},
		{10, []float64{0, 0.5, 0.9, 1}, "one of ten lies beyond P90"},
		{999, []float64{0.5, 0.9, 0.95, 0.99}, "P99.9 has less than a value beyond it"},
		{1000, []float64{0.99, 0.999}, "P99.9 has one value beyond it"},
		{10_000_000, []float64{0.999, 0.9999, 0.99999, 0.999999, 0.9999999}, "seven nines"},
	} {
		ps := ninesShares(tt.n)
		for _, p := range tt.want {
			if !slices.Contains(ps, p) {
				t.Errorf("n = %d: %v is missing: %s", tt.n, p, tt.reason)
			}
		}
		for i, p := range ps {
			if i > 0 && p <= ps[i-1] {
				t.Errorf("n = %d: %v after %v", tt.n, p, ps[i-1])
			}
			if p > 0 && p < 1 && math.Round((1-p)*float64(tt.n)*1e6)/1e6 < 1 {
				t.Errorf("n = %d: %v has less than one value beyond it", tt.n, p)
			}
		}
		if ps[len(ps)-1] != 1 {
			t.Errorf("n = %d: ends at %v, want the largest value", tt.n, ps[len(ps)-1])
		}
	}
}

// The thin end of a line begins where too few values lie beyond.
func TestThinWhereFewValuesLieBeyond(t *testing.T) {
	c := collect(t, standard("run"), freezing(400))
	for _, s := range find(t, "ttft-percentiles", c).Series() {
		for i, p := range s.X {
			joint := s.thin && i == 0 // where the lines meet
			if few := metrics.TooFewSamples(c.ttft.n(), p); few != s.thin && !joint {
				t.Errorf("P%v of %d values: thin is %v", 100*p, c.ttft.n(), s.thin)
			}
		}
	}
}

// The fluidity curve is that of fluidity.Summary, which the report shows.
func TestFluidityCurveIsThatOfTheReport(t *testing.T) {
	all := freezing(150)
	o := standard("run")
	o.Deadlines.Decode = 123456789 // on no step of the sweep
	f := find(t, "fluidity-curve", collect(t, o, all))
	pooled, mean := seriesOf(t, f, "run", "pooled"), seriesOf(t, f, "run", "mean of requests")
	var want []float64
	for _, d := range sweep(o.Deadlines.Decode) {
		want = append(want, float64(d))
	}
	if diff := cmp.Diff(want, pooled.X); diff != "" {
		t.Errorf("deadlines (-want +got):\n%s", diff)
	}
	if !slices.Contains(pooled.X, 123456789) || !slices.Contains(pooled.X, 50e6) {
		t.Error("the run's own deadline, or 50 ms, is not in the curve")
	}
	for i, x := range pooled.X {
		sum := summaryAt(t, all, o, time.Duration(x))
		if p, _ := sum.Pooled.Index().Get(); pooled.Y[i] != p {
			t.Errorf("pooled index at %v is %v, want %v", time.Duration(x), pooled.Y[i], p)
		}
		if m, _ := sum.Index.Stats().Mean.Get(); math.Abs(mean.Y[i]-m) > 1e-9 {
			t.Errorf("mean index at %v is %v, want %v", time.Duration(x), mean.Y[i], m)
		}
		if i > 0 && (pooled.Y[i] < pooled.Y[i-1] || mean.Y[i] < mean.Y[i-1]) {
			t.Errorf("the curve falls at %v", time.Duration(x))
		}
	}
}
