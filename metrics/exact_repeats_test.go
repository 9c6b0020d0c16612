package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writtenOut returns the distribution in which each value is added by itself:
// what a repeat must not differ from.
func writtenOut(sample []repeat) *Exact {
	e := new(Exact)
	for _, r := range sample {
		for range r.count {
			e.Add(r.value)
		}
	}
	return e
}

// repeating returns the distribution of the sample by AddN.
func repeating(sample []repeat) *Exact {
	e := new(Exact)
	for _, r := range sample {
		e.AddN(r.value, r.count)
	}
	return e
}

// figures is all that an Exact says of its values, bit for bit.
type figures struct {
	N                      int
	Min, Max, Mean, StdDev float64
	Alone                  []float64
	Quantiles              map[QuantileKind][]float64
	Intervals              []Optional[Interval]
}

func figuresOf(e *Exact) figures {
	ps := []float64{0.999, 0, 0.001, 0.01, 0.07, 0.25, 0.5, 2.0 / 3, 0.9, 0.95, 0.99, 0.9999, 1}
	f := figures{N: e.Len(), Intervals: e.Intervals(0.95, ps...), Quantiles: map[QuantileKind][]float64{}}
	f.Min, _ = e.Min()
	f.Max, _ = e.Max()
	f.Mean, _ = e.Mean()
	f.StdDev, _ = e.StdDev()
	for kind := Linear; kind <= FloorRank; kind++ {
		f.Quantiles[kind] = e.Quantiles(kind, ps...)
		alone, _ := e.Quantile(kind, 0.3)
		f.Alone = append(f.Alone, alone)
	}
	return f
}

func diffFigures(want, got *Exact) string {
	return cmp.Diff(figuresOf(want), figuresOf(got), cmp.Comparer(func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b)
	}))
}

// sampleOf returns n values with counts, of which about one in eight is of a
// repeat; some values occur in repeats and by themselves.
func sampleOf(rng *rand.Rand, n int, value func() float64) []repeat {
	var sample []repeat
	for range n {
		r := repeat{value(), 1}
		if len(sample) > 0 && rng.IntN(3) == 0 {
			r.value = sample[rng.IntN(len(sample))].value
		}
		switch rng.IntN(16) {
		case 0:
			r.count = minRepeat + rng.Int64N(3) - 1
		case 1:
			r.count = minRepeat + rng.Int64N(1000)
		case 2:
			r.count = rng.Int64N(minRepeat)
		}
		sample = append(sample, r)
	}
	return sample
}

func TestRepeatsAgainstValuesWrittenOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 41))
	tests := []struct {
		name   string
		value  func() float64
		reason string
	}{
		{"gaps", func() float64 { return float64(randomLatency(rng)) }, "integers: sums in 192 bits"},
		{"half zeros", func() float64 { return math.Floor(1e7*rng.Float64()) * float64(rng.IntN(2)) }, "what bursts look like"},
		{"few", func() float64 { return float64(rng.IntN(4)) }, "ties between repeats and values by themselves"},
		{"one", func() float64 { return 25e6 }, "nothing but equal values"},
		{"minus zero", func() float64 { return math.Copysign(0, -1) }, "is 0 in a repeat too"},
		{"both signs", func() float64 { return math.Floor(1e12 * rng.NormFloat64()) }, "two's complement"},
		{"largest integers", func() float64 { return float64(1<<53-rng.Int64N(4)) * float64(1-2*rng.IntN(2)) }, "squares of 106 bits"},
		{"fractions", func() float64 { return 1e7 * rng.Float64() }, "no integer path: sums as expansions"},
		{"shares", func() float64 { return min(1, max(0, 2*rng.Float64()-0.5)) }, "heavy ends"},
		{"a tenth", func() float64 { return 0.1 }, "the mean is the value, the standard deviation 0"},
		{"one fraction among integers", func() float64 { return float64(rng.IntN(9)) + 0.5*float64(rng.IntN(20)/19) }, "in a repeat or by itself"},
		{"beyond 2^53", func() float64 { return math.Ldexp(rng.Float64(), 50+rng.IntN(20)) }, "some are too large for the integer path"},
		{"tiny", func() float64 { return math.Float64frombits(rng.Uint64N(1 << 53)) }, "products of subnormal numbers are exact too"},
		{"any bits", func() float64 {
			for {
				if v := math.Float64frombits(rng.Uint64()); math.Abs(v) < 1e150 {
					return v
				}
			}
		}, "almost the whole range of float64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 5, 40, 40, 40, 3000} {
				sample := sampleOf(rng, n, tt.value)
				want, got := writtenOut(sample), repeating(sample)
				if want.Len() == 0 {
					continue
				}
				before := repeating(sample)
				if diff := diffFigures(want, got); diff != "" {
					t.Fatalf("n = %d: %s (-written out +with repeats)\n%s", n, tt.reason, diff)
				}
				if diff := cmp.Diff(before, got, cmp.AllowUnexported(Exact{}, repeat{})); diff != "" {
					t.Fatalf("reading changes the distribution\n%s", diff)
				}
				cut := rng.IntN(n)
				merged, second := repeating(sample[:cut]), repeating(sample[cut:])
				merged.Merge(second)
				if diff := cmp.Diff(got, merged, cmp.AllowUnexported(Exact{}, repeat{})); diff != "" {
					t.Fatalf("merged (-whole +merged)\n%s", diff)
				}
				second.Merge(repeating(sample[:cut]))
				if diff := diffFigures(want, second); diff != "" {
					t.Fatalf("merged the other way round (-written out +merged)\n%s", diff)
				}
			}
		})
	}
}

// More values by themselves than are sorted in a copy, so that those of
// repeats are counted into the buckets of the grid.
func TestSelectWithRepeatsAgainstSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(42, 42))
	whole := func(scale float64) func() float64 {
		return func() float64 { return math.Floor(scale * rng.NormFloat64()) }
	}
	shapes := map[string][]float64{"bimodal": bimodal(60000), "steady": steady(60000), "ties": ties(60000)}
	shapes["both signs"] = make([]float64, 60000)
	for i := range shapes["both signs"] {
		shapes["both signs"][i] = math.Floor(1e6 * rng.NormFloat64())
	}
	shapes["one value"] = slices.Repeat([]float64{25e6}, 60000)
	for name, values := range shapes {
		for where, value := range map[string]func() float64{
			"among the values": func() float64 { return values[rng.IntN(len(values))] },
			"beside them":      func() float64 { return values[rng.IntN(len(values))] + float64(rng.IntN(3)-1) },
			"below and above":  whole(1e12),
			"zero":             func() float64 { return 0 },
		} {
			for _, m := range []int{1, 3, 500} {
				var repeats []repeat
				expanded := slices.Clone(values)
				for range m {
					r := repeat{value(), minRepeat + rng.Int64N(50000/int64(m))}
					repeats = append(repeats, r)
					expanded = append(expanded, slices.Repeat([]float64{r.value}, int(r.count))...)
				}
				ranks := []int64{0, int64(len(expanded)) - 1}
				for range 30 {
					ranks = append(ranks, rng.Int64N(int64(len(expanded))))
				}
				slices.Sort(ranks)
				ranks = slices.Compact(ranks)
				before := slices.Clone(repeats)
				if diff := cmp.Diff(selectTwin(expanded, ranks), selectRanks(values, repeats, ranks)); diff != "" {
					t.Fatalf("%s, %d repeats %s (-want +got)\n%s", name, m, where, diff)
				}
				if !slices.Equal(before, repeats) {
					t.Fatal("the repeats were changed")
				}
			}
		}
	}
}

// weightedTwin computes the moments in rationals from values and counts; the
// square root is of 200 bits.
func weightedTwin(sample []repeat) moments {
	n, sum, squares := new(big.Rat), new(big.Rat), new(big.Rat)
	m := moments{min: math.Inf(1), max: math.Inf(-1)}
	for _, r := range sample {
		v, k := new(big.Rat).SetFloat64(r.value), new(big.Rat).SetInt64(r.count)
		n.Add(n, k)
		sum.Add(sum, new(big.Rat).Mul(v, k))
		squares.Add(squares, k.Mul(k, v.Mul(v, v)))
		m.min, m.max = min(m.min, r.value), max(m.max, r.value)
	}
	mean := sum.Quo(sum, n)
	m.mean, _ = mean.Float64()
	variance := squares.Quo(squares, n)
	variance.Sub(variance, new(big.Rat).Mul(mean, mean))
	m.stdDev, _ = new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetRat(variance)).Float64()
	return m
}

func TestMomentsOfLargeCountsAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 43))
	tests := []struct {
		name   string
		value  func() float64
		ulps   float64 // of the mean; the standard deviation has 1000 times as many
		reason string
	}{
		{"gaps", func() float64 { return float64(rng.Int64N(1 << 40)) }, 0, "rounded once"},
		{"the largest gaps", func() float64 { return float64(1<<53 - rng.Int64N(1<<20)) }, 0, "sums beyond 2^113, squares beyond 2^166"},
		{"both signs", func() float64 { return math.Floor(1e15 * rng.NormFloat64()) }, 0, "two's complement"},
		{"fractions", func() float64 { return 1e7 * rng.Float64() }, 2, "products of 53 and 62 bits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 300 {
				sample := []repeat{{tt.value(), 1}, {tt.value(), 63}}
				for range 1 + rng.IntN(5) {
					sample = append(sample, repeat{tt.value(), minRepeat + rng.Int64N(1<<(5+rng.IntN(55)))})
				}
				e := repeating(sample)
				want, got := weightedTwin(sample), e.moments()
				if want.min != got.min || want.max != got.max || !near(want.mean, got.mean, tt.ulps) || !near(want.stdDev, got.stdDev, 1000*max(tt.ulps, 0.001)) {
					t.Fatalf("%v: %s\nwant %+v\ngot  %+v", sample, tt.reason, want, got)
				}
			}
		})
	}
}

func TestExpansionAddN(t *testing.T) {
	rng := rand.New(rand.NewPCG(44, 44))
	for range 3000 {
		var e expansion
		want := new(big.Rat)
		for range 1 + rng.IntN(6) {
			x := math.Ldexp(rng.NormFloat64(), rng.IntN(200)-100)
			if rng.IntN(5) == 0 {
				x = math.Float64frombits(rng.Uint64N(1 << 54)) // subnormal, and next to it
			}
			n := rng.Int64N(1 << rng.IntN(63))
			e.addN(x, n)
			want.Add(want, new(big.Rat).Mul(new(big.Rat).SetFloat64(x), new(big.Rat).SetInt64(n)))
		}
		if w, _ := want.Float64(); w != e.value() {
			t.Fatalf("%v, want %v", e.value(), w)
		}
	}
}

// What one record of a hundred bytes can state.
func TestExactOfLargeCounts(t *testing.T) {
	var e Exact
	e.Add(3e9)
	e.AddN(0, MaxTokens-1)
	if e.Len() != int(MaxTokens) || cap(e.values)+cap(e.repeats) > 100 {
		t.Fatalf("%d values in room for %d", e.Len(), cap(e.values)+cap(e.repeats))
	}
	q := e.Quantiles(Linear, 0.5, 1-0x1p-31, 1)
	if want := []float64{0, 3e9 * (1 - (1 - 0x1p-31)), 3e9}; q[0] != want[0] || q[2] != want[2] || !(q[1] >= 0 && q[1] < 3e9) {
		t.Errorf("quantiles %v, want about %v", q, want)
	}
	if mean, _ := e.Mean(); mean != 3e9/0x1p31 {
		t.Errorf("mean %v", mean)
	}
	for range 9 { // the counts double: 2^40
		e.Merge(&e)
	}
	if e.Len() != 1<<40 || len(e.values) != 512 || len(e.repeats) != 1 {
		t.Errorf("merged with itself: %d values in %d and %d", e.Len(), len(e.values), len(e.repeats))
	}
	const p = 1 - 0x1p-31
	if q := e.Quantiles(FloorRank, math.Nextafter(p, 0), p); q[0] != 0 || q[1] != 3e9 {
		t.Errorf("ranks 2^40 - 512 and 2^40 - 511 of 2^40 are %v", q)
	}
}

func TestExactMergesRepeatsWithItself(t *testing.T) {
	a, b := repeat{1, 64}, repeat{2, 65}
	for _, sample := range [][]repeat{{a}, {a, b}, {a, b, a}, {a, b, a, b, a}} {
		e, want := repeating(sample), repeating(append(slices.Clone(sample), sample...))
		e.Merge(e)
		if diff := cmp.Diff(want, e, cmp.AllowUnexported(Exact{}, repeat{})); diff != "" {
			t.Errorf("%v (-want +got)\n%s", sample, diff)
		}
	}
}

func TestExactHoldsUpTo2To62(t *testing.T) {
	var e Exact
	e.AddN(1<<53, maxCount-minRepeat)
	e.AddN(0, minRepeat)
	mustPanic(t, func() { e.AddN(1, minRepeat) })
	mustPanic(t, func() { e.Merge(&e) })
	want := weightedTwin([]repeat{{1 << 53, maxCount - minRepeat}, {0, minRepeat}})
	if got := e.moments(); got != want || e.n() != maxCount {
		t.Errorf("%d values: %+v, want %+v", e.n(), got, want)
	}
	for kind := Linear; kind <= FloorRank; kind++ {
		q := e.Quantiles(kind, 0, 0x1p-57, 0.5, 1)
		if q[0] != 0 || q[2] != 1<<53 || q[3] != 1<<53 {
			t.Errorf("%v: quantiles %v", kind, q)
		}
	}
	d := Distribution{exact: e}
	d.Stats()
	b, err := d.MarshalBinary()
	var back Distribution
	if err != nil || back.UnmarshalBinary(b) != nil {
		t.Fatal(err)
	}
	sameDistribution(t, &d, &back)
}

// A Summary takes no longer, and no more memory, for a record that states as
// many tokens as are possible; and where the counts are so small that they
// can be written out, it says what TBT does.
func TestSummaryOfRepeats(t *testing.T) {
	request := func(k int64, usage Count) *Request {
		return &Request{Sent: Known(0 * ms), UsageTokens: usage, End: Known(3 * s1),
			Deliveries: []Delivery{{1 * s1, int(k)}, {2*s1 + 7, int(k)}}}
	}
	for _, c := range Conventions() {
		for _, k := range []int64{2, 63, 64, 65, 1000} {
			r := request(k, Known(2*k))
			s, want := Summary{Options: SummaryOptions{Convention: c}}, Distribution{Options: DistributionOptions{Kind: c.Quantile}}
			if err := s.Add(r); err != nil {
				t.Fatal(err)
			}
			for g := range c.TBT(r) {
				want.Add(float64(g))
			}
			if want.N() == 0 {
				want.AddUndefined(1)
			}
			if diff := cmp.Diff(want.Stats(), s.Raw.TBT.Stats(), cmp.AllowUnexported(Optional[float64]{})); diff != "" {
				t.Errorf("%s, k = %d: TBT (-written out +repeats)\n%s", c.Name, k, diff)
			}
		}
		for _, method := range []Method{ExactMethod, HDRMethod} {
			s := Summary{Options: SummaryOptions{Convention: c, Method: method}}
			for _, r := range []*Request{request(MaxTokens/2, Count{}), request(1, Known(MaxTokens))} {
				if err := s.Add(r); err != nil {
					t.Fatal(err)
				}
			}
			s.Stats()
			for _, d := range s.distributions() {
				if room := cap(d.exact.values) + cap(d.exact.repeats); room > 1000 {
					t.Errorf("%s: room for %d of %d values", c.Name, room, d.N())
				}
			}
		}
	}
}

// The pairs of TBTRuns, written out, are the values of TBT.
func TestTBTRunsAgainstTBT(t *testing.T) {
	for _, r := range randomRun(45, 300) {
		for _, c := range Conventions() {
			var got []time.Duration
			pairs := 0
			for g, n := range c.TBTRuns(r) {
				if n < 1 {
					t.Fatalf("%s: %d times %v", c.Name, n, g)
				}
				got = append(got, slices.Repeat([]time.Duration{g}, int(n))...)
				pairs++
			}
			if diff := cmp.Diff(slices.Collect(c.TBT(r)), got); diff != "" || pairs > 2*max(1, len(r.Deliveries)) {
				t.Fatalf("%s, %d pairs: (-TBT +TBTRuns)\n%s", c.Name, pairs, diff)
			}
		}
	}
	for g, n := range Paper.TBTRuns(&Request{Deliveries: []Delivery{{1, 3}, {2, 3}}}) {
		if g != 0 || n != 2 {
			t.Errorf("%d times %v", n, g)
		}
		break // stops early
	}
}
