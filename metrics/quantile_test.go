package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/stat"
)

// upTo returns 1..n.
func upTo(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return x
}

func TestQuantileReferenceValues(t *testing.T) {
	tenths := []float64{0, 0.05, 0.1, 0.15, 0.45, 0.5, 0.55, 0.85, 0.9, 0.95, 1}
	numpy := []float64{15, 20, 35, 40, 50}
	tests := []struct {
		name   string
		kind   QuantileKind
		values []float64
		p      []float64
		want   []float64
		origin string
	}{
		{"median, type 1", InverseCDF, upTo(10), []float64{0.5}, []float64{5}, "DEFINITIONS section 4"},
		{"median, type 4", LinearCDF, upTo(10), []float64{0.5}, []float64{5}, "DEFINITIONS section 4"},
		{"median, type 7", Linear, upTo(10), []float64{0.5}, []float64{5.5}, "DEFINITIONS section 4"},
		{"median, order statistic", OrderStatistic, upTo(10), []float64{0.5}, []float64{5}, "DEFINITIONS section 4"},
		{"type 1", InverseCDF, upTo(10), tenths, []float64{1, 1, 1, 2, 5, 5, 6, 9, 9, 10, 10}, "gonum v0.17.0, stat_test.go, TestQuantile, Empirical"},
		{"order statistic", OrderStatistic, upTo(10), tenths, []float64{1, 1, 1, 2, 5, 5, 6, 9, 9, 10, 10}, "the same: type 1"},
		{"type 4", LinearCDF, upTo(10), tenths, []float64{1, 1, 1, 1.5, 4.5, 5, 5.5, 8.5, 9, 9.5, 10}, "gonum v0.17.0, stat_test.go, TestQuantile, LinInterp"},
		{"median, lower", Lower, upTo(10), []float64{0.5}, []float64{5}, "x_(1 + floor(9/2))"},
		{"median, floor rank", FloorRank, upTo(10), []float64{0.5}, []float64{6}, "sorted[floor(10/2)], counted from 0"},
		{"lower", Lower, upTo(10), tenths, []float64{1, 1, 1, 2, 5, 5, 5, 8, 9, 9, 10}, "1 + floor(9p): 9p is 4.05, 4.5, 4.95, 7.65, 8.1, 8.55 from p = 0.45 on"},
		{"floor rank", FloorRank, upTo(10), tenths, []float64{1, 1, 2, 2, 5, 6, 6, 9, 10, 10, 10}, "1 + floor(10p), at most 10"},
		{"P99 of 100 values, floor rank", FloorRank, upTo(100), []float64{0.99}, []float64{100}, "MLPerf: the P99 of at most 100 values is the largest"},
		{"P99 of 1 value, floor rank", FloorRank, upTo(1), []float64{0.99}, []float64{1}, "likewise"},
		{"P99 of 101 values, floor rank", FloorRank, upTo(101), []float64{0.99}, []float64{100}, "floor(99.99) = 99"},
		{"P99 of 101 values, lower", Lower, upTo(101), []float64{0.99}, []float64{100}, "floor(99) = 99"},
		{"p that no float64 holds, floor rank", FloorRank, upTo(100), []float64{0.57, 0.07}, []float64{57, 8}, "0.57*100 is 56.99999999999999: the product as LoadGen takes it"},
		{"NumPy's row, lower", Lower, numpy, []float64{0.4, 0.5, 0.74, 0.75}, []float64{20, 35, 35, 40}, "4p is 1.6, 2, 2.96, 3"},
		{"type 7", Linear, upTo(9), []float64{0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1}, []float64{1, 1.8, 2.6, 3.4, 4.2, 5, 5.8, 6.6, 7.4, 8.2, 9}, "TERR language reference, quantile(1:9, probs=seq(0,1,.1)), type 7"},
		{"NumPy's row, inverted_cdf", InverseCDF, numpy, []float64{0.4}, []float64{20}, "numpy test_function_base.py, test_linear_interpolation"},
		{"NumPy's row, interpolated_inverted_cdf", LinearCDF, numpy, []float64{0.4}, []float64{20}, "numpy test_function_base.py, test_linear_interpolation"},
		{"NumPy's row, linear", Linear, numpy, []float64{0.4}, []float64{29}, "numpy test_function_base.py, test_linear_interpolation"},
		{"p that no float64 holds, type 1", InverseCDF, upTo(100), []float64{0.07}, []float64{8}, "0.07*100 is 7.000000000000001, as gonum and NumPy take it"},
		{"p that no float64 holds, order statistic", OrderStatistic, upTo(100), []float64{0.07, 0.14, 0.28, 0.55, 0.56, 0.57}, []float64{7, 14, 28, 55, 56, 57}, "ceil(n p) in decimal arithmetic"},
		{"ties", Linear, []float64{1, 2, 2, 2, 3}, []float64{0.25, 0.4, 0.75, 0.9}, []float64{2, 2, 2, 2.6}, "h = 4p + 1: 2, 2.6, 4, 4.6"},
		{"ties, type 4", LinearCDF, []float64{1, 2, 2, 2, 3}, []float64{0.3, 0.4, 0.8, 0.9}, []float64{1.5, 2, 2, 2.5}, "h = 5p: 1.5, 2, 4, 4.5"},
		{"negative values", Linear, []float64{-3, -1}, []float64{0, 0.25, 1}, []float64{-3, -2.5, -1}, "client delays can be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Exact
			for _, v := range tt.values {
				e.Add(v)
			}
			got := e.Quantiles(tt.kind, tt.p...)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(1e-15, 0)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.origin, diff)
			}
		})
	}
}

func TestQuantileSpecialCases(t *testing.T) {
	for kind := Linear; kind <= FloorRank; kind++ {
		var e Exact
		if q, ok := e.Quantile(kind, 0.5); ok || !math.IsNaN(q) {
			t.Errorf("%v of no value: %v, %v", kind, q, ok)
		}
		e.Add(7)
		for _, p := range []float64{0, 0.3, 1} {
			if q, ok := e.Quantile(kind, p); !ok || q != 7 {
				t.Errorf("%v of one value, p = %v: %v, %v", kind, p, q, ok)
			}
		}
		e.Add(9)
		if got, want := e.Quantiles(kind, 1, 0), []float64{9, 7}; !cmp.Equal(got, want) {
			t.Errorf("%v, p = 1 and 0: %v", kind, got)
		}
	}
}

func TestQuantilePanics(t *testing.T) {
	var e Exact
	for _, p := range []float64{-0.01, 1.01, math.NaN(), 99, math.Nextafter(1, 2)} {
		mustPanic(t, func() { e.Quantile(Linear, p) })
		mustPanic(t, func() { new(HDR).Quantile(p) })
	}
	e.Add(1)
	mustPanic(t, func() { e.Quantile(FloorRank+1, 0.5) })
}

// mustPanic fails unless f panics with a message of this package.
func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if msg, _ := recover().(string); len(msg) < 9 || msg[:9] != "metrics: " {
			t.Errorf("recovered %q, want a panic with the package's name", msg)
		}
	}()
	f()
}

// Types 1 and 4 are gonum's. Its type 4 weighs both values instead of adding
// to one, which differs in the last digits.
func TestQuantileAgainstGonum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var e Exact
		for range 1 + rng.IntN(60) {
			e.Add(math.Floor(rng.ExpFloat64() * 50))
		}
		sorted := slices.Sorted(slices.Values(e.values))
		p := rng.Float64()
		if rng.IntN(2) == 0 {
			p = float64(rng.IntN(101)) / 100
		}
		if got, want := e.Quantiles(InverseCDF, p)[0], stat.Quantile(p, stat.Empirical, sorted, nil); got != want {
			t.Fatalf("type 1 of %v, p = %v: %v, gonum %v", sorted, p, got, want)
		}
		got, want := e.Quantiles(LinearCDF, p)[0], stat.Quantile(p, stat.LinInterp, sorted, nil)
		if !cmp.Equal(got, want, cmpopts.EquateApprox(1e-13, 1e-12)) {
			t.Fatalf("type 4 of %v, p = %v: %v, gonum %v", sorted, p, got, want)
		}
	}
}

// rank is ceil(n p) for the decimal p that was written, in exact arithmetic.
func TestRankAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 20000 {
		n := 1 + rng.Int64N(int64(1)<<(1+rng.IntN(33)))
		p := float64(rng.IntN(100001)) / 100000
		if got, want := rank(n, p), rankTwin(n, p); got != want {
			t.Fatalf("rank(%d, %v) = %d, want %d", n, p, got, want)
		}
	}
}

func rankTwin(n int64, p float64) int64 {
	h, _ := new(big.Rat).SetString(strconv.FormatFloat(p, 'g', -1, 64))
	h.Mul(h, new(big.Rat).SetInt64(n))
	whole, rest := new(big.Int).QuoRem(h.Num(), h.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return max(1, whole.Int64())
}

func TestBetweenStaysBetween(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 100000 {
		a := math.Float64frombits(rng.Uint64())
		b := a + math.Abs(a)*rng.Float64()
		switch rng.IntN(3) {
		case 0:
			b = math.Float64frombits(rng.Uint64())
		case 1: // b - a is rounded up
			a, b = -0x1p53*rng.Float64(), rng.Float64()
		}
		if a-a != 0 || b-b != 0 {
			continue
		}
		a, b = min(a, b), max(a, b)
		w := rng.Float64()
		if rng.IntN(4) == 0 {
			w = math.Nextafter(1, 0)
		}
		if x := between(a, b, w); !(a <= x && x <= b) {
			t.Fatalf("between(%v, %v, %v) = %v", a, b, w, x)
		}
		if x := between(a, a, w); x != a {
			t.Fatalf("between(%v, %v, %v) = %v", a, a, w, x)
		}
	}
}

func TestQuantileKindText(t *testing.T) {
	for kind := Linear; kind <= FloorRank; kind++ {
		b, err := kind.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		got := QuantileKind(99)
		if err := got.UnmarshalText(b); err != nil || got != kind {
			t.Errorf("%s read back as %v, %v", b, got, err)
		}
	}
	if _, err := (FloorRank + 1).MarshalText(); err == nil {
		t.Error("a kind that does not exist has a text")
	}
	var kind QuantileKind
	if err := kind.UnmarshalText([]byte("type 7")); err == nil {
		t.Error("an unknown name is accepted")
	}
}

// NumPy's _lerp (numpy/lib/_function_base_impl.py) counts from the nearer end;
// from the other one the last digit would be another.
func TestLinearRoundsAsNumPy(t *testing.T) {
	for _, tt := range []struct{ a, b, p, want float64 }{
		{47, 570, 0.95, 543.85},             // 47 + 523*0.95 is 543.8499999999999
		{20, 149, 0.95, 142.54999999999998}, // 20 + 129*0.95 is 142.55
		{2, 668, 0.7, 468.19999999999993},   // 2 + 666*0.7 is 468.2
		{1044, 47, 0.6, 645.2},              // 47 + 997*0.6 is 645.1999999999999
	} {
		if got, _ := exactOf([]float64{tt.a, tt.b}).Quantile(Linear, tt.p); got != tt.want {
			t.Errorf("P%v of %v and %v: %v, want %v", 100*tt.p, tt.a, tt.b, got, tt.want)
		}
	}
}

// TestPosition holds positions to the quantiles: in the sample 0, 3, ..., 3n-3
// a quantile says where it was read.
func TestPosition(t *testing.T) {
	ps := []float64{0, 0.001, 0.01, 0.05, 0.07, 0.1, 0.3, 0.5, 0.57, 0.9, 0.95, 0.99, 0.999, 0.9999, 1}
	for kind := range QuantileKind(len(quantileKindNames)) {
		for n := int64(1); n <= 300; n++ {
			var e Exact
			for i := range n {
				e.Add(float64(i) * 3)
			}
			want := e.Quantiles(kind, ps...)
			for k, p := range ps {
				i, u := kind.Position(n, p)
				got := float64(i) * 3
				if u > 0 {
					got = between(got, got+3, u)
				}
				if got != want[k] || i < 0 || i >= n || i == n-1 && u != 0 {
					t.Fatalf("%v, n = %d, p = %v: %d + %v, got %v, want %v", kind, n, p, i, u, got, want[k])
				}
			}
		}
	}
}

func TestPositionEnds(t *testing.T) {
	for kind := range QuantileKind(len(quantileKindNames)) {
		for _, n := range []int64{1, 2, 1 << 53, 1<<53 + 1, math.MaxInt64} {
			if i, u := kind.Position(n, 0); i != 0 || u != 0 {
				t.Errorf("%v, n = %d, p = 0: %d + %v, want the first", kind, n, i, u)
			}
			if i, u := kind.Position(n, 1); i != n-1 || u != 0 {
				t.Errorf("%v, n = %d, p = 1: %d + %v, want the last", kind, n, i, u)
			}
		}
		for _, bad := range []struct {
			n int64
			p float64
		}{{0, 0.5}, {-1, 0.5}, {1, -0.1}, {1, 1.1}, {1, math.NaN()}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v: Position(%d, %v) does not panic", kind, bad.n, bad.p)
					}
				}()
				kind.Position(bad.n, bad.p)
			}()
		}
	}
}
