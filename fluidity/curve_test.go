package fluidity

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// samples evaluates f at the prompt lengths.
func samples(f func(p float64) float64, lengths ...int64) []PrefillSample {
	var s []PrefillSample
	for _, p := range lengths {
		s = append(s, PrefillSample{p, time.Duration(math.Round(f(float64(p))))})
	}
	return s
}

func mustFit(t testing.TB, s []PrefillSample) *PrefillCurve {
	t.Helper()
	c, err := FitPrefillCurve(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrefillCurve(t *testing.T) {
	ms := float64(time.Millisecond)
	// 20 ms, 0.1 ms a token and 50 ns a token squared: an integer at every P.
	quadratic := func(p float64) float64 { return 20*ms + 0.1*ms*p + 50*p*p }
	type prediction struct {
		D            time.Duration
		Extrapolated bool
	}
	for _, test := range []struct {
		name    string
		samples []PrefillSample
		p       int64
		want    prediction
		reason  string
	}{
		{"between samples", samples(quadratic, 128, 512, 2048, 8192), 1000, prediction{170 * time.Millisecond, false}, "samples on a parabola give it back"},
		{"low end", samples(quadratic, 128, 512, 2048, 8192), 128, prediction{33_619_200, false}, "the range includes its ends"},
		{"below the range", samples(quadratic, 128, 512, 2048, 8192), 127, prediction{33_506_400, true}, "the tangent: 33.6192 ms less the slope 0.1128 ms"},
		{"high end", samples(quadratic, 128, 512, 2048, 8192), 8192, prediction{4_194_643_200, false}, "20 ms + 819.2 ms + 3355.4432 ms"},
		{"four times the largest sample", samples(quadratic, 128, 512, 2048, 8192), 32768, prediction{56_983_891_200, true}, "the parabola goes on, where a random forest stays 93 % too low"},
		{"a straight line", samples(func(p float64) float64 { return 1000 * p }, 100, 200, 300), 250, prediction{250_000, false}, "degree 1 is a parabola too"},
		{"a line below 0", samples(func(p float64) float64 { return max(0, 1000*(p-100)) }, 100, 200, 300), 0, prediction{0, true}, "never negative"},
		{"falling samples", samples(func(p float64) float64 { return 900 - p }, 100, 200, 300), 250, prediction{700, false}, "their mean"},
		{"concave samples", []PrefillSample{{0, 0}, {100, 75}, {200, 100}}, 400, prediction{100, true}, "beyond its top the parabola would fall: its tangent is level"},
		{"all at 0", samples(func(p float64) float64 { return 0 }, 1, 2, 3), 2, prediction{0, false}, "a curve that is 0"},
		{"without end", samples(func(p float64) float64 { return p }, 1, 2, 3), math.MaxInt64, prediction{math.MaxInt64, true}, "saturates"},
	} {
		d, e := mustFit(t, test.samples).Predict(test.p)
		if diff := cmp.Diff(test.want, prediction{d, e}); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", test.name, test.reason, diff)
		}
	}
	if d, extrapolated := new(PrefillCurve).Predict(0); d != 0 || !extrapolated {
		t.Errorf("the zero curve predicts %v %v, want 0 true", d, extrapolated)
	}
}

func TestPrefillResiduals(t *testing.T) {
	c := mustFit(t, []PrefillSample{{1, 10}, {1, 14}, {2, 20}, {2, 24}, {3, 40}, {3, 44}})
	want := []time.Duration{-2, 2, -2, 2, -2, 2}
	if diff := cmp.Diff(want, c.Residuals()); diff != "" {
		t.Error(diff)
	}
	c.Residuals()[0] = 99
	if diff := cmp.Diff(want, c.Residuals()); diff != "" {
		t.Errorf("Residuals can be changed from outside: %s", diff)
	}
	if c.RMS() != 2 || c.MaxResidual() != 2 || c.Constrained() {
		t.Errorf("got RMS %v, max %v, constrained %v, want 2ns 2ns false", c.RMS(), c.MaxResidual(), c.Constrained())
	}
	if c := mustFit(t, []PrefillSample{{1, 30}, {2, 20}, {3, 10}}); !c.Constrained() || c.RMS() != 8 || c.MaxResidual() != 10 {
		t.Errorf("got RMS %v, max %v, constrained %v, want 8ns 10ns true", c.RMS(), c.MaxResidual(), c.Constrained())
	}
	const text = "prefill(P) = 12 + 5 x + 5 x^2 ns, x = P - 1, P in [1, 3]; residuals: RMS 2ns, at most 2ns"
	if c.String() != text {
		t.Errorf("got %s, want %s", c, text)
	}
	if new(PrefillCurve).RMS() != 0 {
		t.Error("the zero curve has residuals")
	}
}

func TestFitPrefillCurveErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		samples []PrefillSample
		index   int
		err     error
	}{
		{"none", nil, -1, ErrFewLengths},
		{"two lengths", []PrefillSample{{1, 1}, {2, 2}, {2, 3}, {1, 5}}, -1, ErrFewLengths},
		{"negative length", []PrefillSample{{1, 1}, {-2, 2}, {3, 3}}, 1, ErrRange},
		{"length too large", []PrefillSample{{1, 1}, {2, 2}, {metrics.MaxTokens + 1, 3}}, 2, ErrRange},
		{"negative time", []PrefillSample{{1, -1}, {2, 2}, {3, 3}}, 0, ErrRange},
		{"time too large", []PrefillSample{{1, metrics.MaxInstant + 1}, {2, 2}, {3, 3}}, 0, ErrRange},
	} {
		c, err := FitPrefillCurve(test.samples)
		var se *SampleError
		if c != nil || !errors.As(err, &se) || se.Index != test.index || !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, %v, want a SampleError at %d: %v", test.name, c, err, test.index, test.err)
		}
	}
}

// randomSamples returns samples of noisy curves of many shapes, some of which
// no prefill has.
func randomSamples(rng *rand.Rand) []PrefillSample {
	var s []PrefillSample
	largest := int64(1) << (3 + rng.IntN(29))
	shape := [3]float64{rng.NormFloat64(), 3 * rng.NormFloat64(), 3 * rng.NormFloat64()}
	for n := 3 + rng.IntN(12); len(s) < n; {
		p := rng.Int64N(largest)
		if rng.IntN(3) == 0 {
			p %= 4 // a cluster at the low end
		}
		u := float64(p) / float64(largest)
		y := shape[0] + shape[1]*u + shape[2]*u*u + 0.3*rng.NormFloat64()
		s = append(s, PrefillSample{p, time.Duration(max(0, y*1e9))})
	}
	s[0].PromptTokens, s[1].PromptTokens, s[2].PromptTokens = 0, largest/2, largest
	return s
}

// TestLeastSquaresOptimal checks the conditions of Karush, Kuhn and Tucker in
// rational arithmetic: the sum of squares is convex in q, so q >= 0 is the
// optimum if and only if its gradient is 0 where q > 0 and not negative where
// q = 0.
func TestLeastSquaresOptimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 11))
	seen := map[int]int{}
	for range 3_000 {
		s := randomSamples(rng)
		low, high, err := sampledRange(s)
		if err != nil {
			t.Fatal(err)
		}
		q, constrained := leastSquares(s, low, high)
		var gradient [3]big.Rat
		for _, v := range s {
			x := big.NewRat(v.PromptTokens-low, 1)
			f := [3]*big.Rat{big.NewRat(1, 1), new(big.Rat), new(big.Rat)}
			f[1].Sub(big.NewRat(2*(high-low), 1), x).Mul(f[1], x)
			f[2].Mul(x, x)
			y := new(big.Rat)
			for i := range f {
				y.Add(y, new(big.Rat).Mul(q[i], f[i]))
			}
			y.Sub(y, rat(v.TTFT))
			for i := range f {
				gradient[i].Add(&gradient[i], new(big.Rat).Mul(y, f[i]))
			}
		}
		set, slope := 0, false
		for i := range q {
			g := gradient[i].Sign()
			if q[i].Sign() < 0 || q[i].Sign() > 0 && g != 0 || g < 0 {
				t.Fatalf("%v: q = %v with gradient %v", s, q, &gradient[i])
			}
			if q[i].Sign() > 0 {
				set |= 1 << i
			}
			slope = slope || g != 0
		}
		if constrained != slope {
			t.Fatalf("%v: constrained is %v, but the gradient is 0: %v", s, constrained, !slope)
		}
		seen[set]++
	}
	for set := 1; set < 8; set++ {
		if seen[set] == 0 {
			t.Errorf("no case had its optimum on the set %03b of coefficients", set)
		}
	}
}

// TestPrefillCurveEqualsTwin compares with the textbook's normal equations for
// 1, P, P^2, solved by Cramer's rule in rational arithmetic.
func TestPrefillCurveEqualsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 12))
	for range 2_000 {
		s := randomSamples(rng)
		c := mustFit(t, s)
		if c.Constrained() {
			continue
		}
		beta := cramer(s)
		low, high := c.Range()
		for range 5 {
			p := low + rng.Int64N(high-low+1)
			x := big.NewRat(p, 1)
			y := new(big.Rat).Mul(beta[2], x)
			y.Add(y, beta[1]).Mul(y, x).Add(y, beta[0])
			want, _ := y.Float64()
			got, extrapolated := c.Predict(p)
			if math.Abs(float64(got)-want) > 0.5+1e-14*want || extrapolated {
				t.Fatalf("%v at %d: got %d %v, want %.1f", s, p, got, extrapolated, want)
			}
		}
	}
}

// cramer returns the coefficients of the nearest parabola of all.
func cramer(s []PrefillSample) [3]*big.Rat {
	var m [3][4]*big.Rat
	for i := range m {
		for j := range m[i] {
			m[i][j] = new(big.Rat)
			for _, v := range s {
				power, factor := i+j, big.NewRat(1, 1)
				if j == 3 {
					power, factor = i, rat(v.TTFT)
				}
				for range power {
					factor = new(big.Rat).Mul(factor, big.NewRat(v.PromptTokens, 1))
				}
				m[i][j].Add(m[i][j], factor)
			}
		}
	}
	det := func(a, b, c int) *big.Rat {
		d := new(big.Rat)
		for _, o := range [6][4]int{{0, 1, 2, 1}, {1, 2, 0, 1}, {2, 0, 1, 1}, {2, 1, 0, -1}, {1, 0, 2, -1}, {0, 2, 1, -1}} {
			p := new(big.Rat).Mul(m[o[0]][a], m[o[1]][b])
			d.Add(d, p.Mul(p, m[o[2]][c]).Mul(p, big.NewRat(int64(o[3]), 1)))
		}
		return d
	}
	d := det(0, 1, 2)
	return [3]*big.Rat{
		new(big.Rat).Quo(det(3, 1, 2), d),
		new(big.Rat).Quo(det(0, 3, 2), d),
		new(big.Rat).Quo(det(0, 1, 3), d),
	}
}

// TestPrefillCurveRises: not negative and never falling, inside the range and
// out of it, whatever the samples.
func TestPrefillCurveRises(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 13))
	for range 2_000 {
		s := randomSamples(rng)
		for i := range s {
			s[i].PromptTokens = min(metrics.MaxTokens, s[i].PromptTokens+1000)
		}
		c := mustFit(t, s)
		low, high := c.Range()
		last := time.Duration(0)
		step := max(1, (high-low)/200)
		for p := int64(0); p <= high+50*step; p += 1 + rng.Int64N(step) {
			d, extrapolated := c.Predict(p)
			if d < last {
				t.Fatalf("%v: falls from %v to %v at %d", c, last, d, p)
			}
			if extrapolated != (p < low || p > high) {
				t.Fatalf("%v: extrapolated is %v at %d", c, extrapolated, p)
			}
			last = d
		}
	}
}

func TestPrefillDeadline(t *testing.T) {
	c := mustFit(t, []PrefillSample{{100, 1000}, {200, 2000}, {300, 3000}})
	d := Deadlines{Prefill: 50, Decode: 10, Curve: c}
	r := gaps(1, 1550, 10)
	r.PromptTokens = metrics.Known(int64(150))
	if got := mustScore(t, d, r); got != (Score{2, 0}) {
		t.Errorf("at the predicted 1500 ns + 50 ns of slack: got %+v, want 2 hits", got)
	}
	r.Deliveries[0].At++
	if got := mustScore(t, d, r); got != (Score{1, 1}) {
		t.Errorf("1 ns later: got %+v, want a hit and a miss", got)
	}
	r.PromptTokens = metrics.Known(int64(400))
	if dp, extrapolated := d.PrefillDeadline(r); dp != metrics.Known[time.Duration](4050) || !extrapolated {
		t.Errorf("got %v %v, want 4.05µs true", dp, extrapolated)
	}
	d.Prefill = math.MaxInt64
	if dp, _ := d.PrefillDeadline(r); dp != metrics.Known[time.Duration](math.MaxInt64) {
		t.Errorf("got %v, want the largest duration", dp)
	}
}
