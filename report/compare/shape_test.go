package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
)

func columnOf(values ...float64) *column {
	return newColumn(values, metrics.Linear, []float64{0.5})
}

// naiveShape evaluates both distribution functions at every value by
// counting.
func naiveShape(base, new []float64) (distance, at float64, above, below bool) {
	share := func(values []float64, x float64) float64 {
		n := 0
		for _, v := range values {
			if v <= x {
				n++
			}
		}
		return float64(n) / float64(len(values))
	}
	all := slices.Concat(base, new)
	slices.Sort(all)
	for _, x := range all {
		d := share(new, x) - share(base, x)
		if math.Abs(d) > distance {
			distance, at = math.Abs(d), x
		}
		above, below = above || d > 0, below || d < 0
	}
	return distance, at, above, below
}

func TestSweepEqualsCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	sample := func() []float64 {
		values := make([]float64, 1+random.IntN(40))
		for i := range values {
			values[i] = float64(random.IntN(25))
		}
		return values
	}
	pairs := 2000
	if testing.Short() {
		pairs = 200
	}
	for range pairs {
		base, new := sample(), sample()
		if random.IntN(3) == 0 {
			new = slices.Clone(base)
			new[random.IntN(len(new))] += float64(random.IntN(3))
		}
		distance, at, above, below := naiveShape(base, new)
		dominates := Neither
		switch {
		case above && !below:
			dominates = New
		case below && !above:
			dominates = Base
		}
		got := shapeOf(columnOf(base...), columnOf(new...), perRequest[ttft], 0.95)
		want := &Shape{Distance: distance, At: at, Dominates: dominates}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Shape{}, "Percentile", "Band", "ShownBetter", "Regions", "Crossings")); diff != "" {
			t.Fatalf("%v and %v (-counted +got)\n%s", base, new, diff)
		}
	}
}

// ramp returns n values from lo to hi, evenly spaced.
func ramp(n int, lo, hi float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	return values
}

// atoms returns values that occur many times, from pairs of number and value.
func atoms(pairs ...float64) []float64 {
	var values []float64
	for i := 0; i < len(pairs); i += 2 {
		values = append(values, slices.Repeat([]float64{pairs[i+1]}, int(pairs[i]))...)
	}
	return values
}

func TestShape(t *testing.T) {
	type summary struct {
		Dominates, ShownBetter Side
		Crossings              []Crossing
	}
	slow := slices.Concat(ramp(900, 0, 100), ramp(100, 1000, 2000))
	for _, tt := range []struct {
		name      string
		base, new []float64
		metric    metric
		want      summary
		reason    string
	}{
		{"identical", ramp(1000, 0, 1), ramp(1000, 0, 1), perRequest[ttft], summary{}, "nothing differs"},
		{"shifted", ramp(1000, 0, 1), ramp(1000, 0.5, 1.5), perRequest[ttft], summary{Dominates: Base, ShownBetter: Base}, "new is larger everywhere"},
		{"shifted, more is better", ramp(1000, 0, 1), ramp(1000, 0.5, 1.5), perRequest[fluidityIndex], summary{Dominates: New, ShownBetter: New}, "the other way round"},
		{"a hair", ramp(1000, 0, 1), ramp(1000, 0.001, 1.001), perRequest[ttft], summary{Dominates: Base}, "dominated, though within the band"},
		{"tail", slow, ramp(1000, 40, 140), perRequest[ttft], summary{Crossings: []Crossing{{Percentile: 0.9, At: 130, Lower: Base, Upper: New}}},
			"new is worse below P90 and better above: a tenth of base takes a second"},
		{"at a value of many", atoms(200, 1, 700, 5, 100, 10), atoms(500, 1, 100, 5, 400, 10), perRequest[ttft],
			summary{Crossings: []Crossing{{Percentile: 0.55, At: 5, Lower: New, Upper: Base}}},
			"both have a 5 from P50 to P60: below new is better, above base; the middle is told"},
		{"few", ramp(19, 0, 1), ramp(19, 5, 6), perRequest[ttft], summary{Dominates: Base}, "too few for a region, however far apart"},
		{"twice", slices.Concat(ramp(400, 0, 10), ramp(400, 40, 50), ramp(400, 90, 100)), slices.Concat(ramp(400, 11, 20), ramp(400, 31, 39), ramp(400, 101, 110)),
			perRequest[ttft], summary{Crossings: []Crossing{{1.0 / 3, 31, Base, New}, {2.0 / 3, 90, New, Base}}}, "worse, better, worse"},
	} {
		s := shapeOf(columnOf(tt.base...), columnOf(tt.new...), tt.metric, 0.95)
		got := summary{s.Dominates, s.ShownBetter, s.Crossings}
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 0.6)); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, tt.reason, diff)
		}
		for i, c := range s.Crossings {
			if math.Abs(c.Percentile-tt.want.Crossings[i].Percentile) > 0.01 {
				t.Errorf("%s: crossing at %.3f, want %.3f", tt.name, c.Percentile, tt.want.Crossings[i].Percentile)
			}
		}
	}
	// Ten requests whose two values lie on either side: no spread at all, and
	// too few values for a band.
	var a, b []entry
	for i := range int32(10) {
		a = append(a, entry{1, i, 1}, entry{3, i, 1})
		b = append(b, entry{2, i, 1}, entry{4, i, 1})
	}
	s := shapeOf(newPooledColumn(a, 10, metrics.Linear, []float64{0.5}), newPooledColumn(b, 10, metrics.Linear, []float64{0.5}), pooled, 0.95)
	if s.Band != 1 || len(s.Regions) > 0 {
		t.Errorf("ten requests of two values: %+v", s)
	}
	if s := shapeOf(columnOf(), columnOf(1), perRequest[ttft], 0.95); s != nil {
		t.Errorf("an empty sample has the shape %+v", s)
	}
}

// TestBandHoldsForAllValuesAtOnce draws both runs from one distribution: a
// region anywhere is a false alarm, of which 5 % are allowed.
func TestBandHoldsForAllValuesAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("2400 pairs")
	}
	const repetitions = 600
	for _, tt := range []struct {
		name                string
		requests, new, gaps int
	}{
		{"one value a request", 500, 500, 1},
		{"of different size", 100, 1000, 1},
		{"clusters", 200, 200, 10},
		{"clusters of different number", 80, 300, 10},
	} {
		random := rand.New(rand.NewPCG(10, uint64(tt.new)))
		alarms := 0
		for range repetitions {
			a, n := draws(random, tt.requests, tt.gaps, 1, false)
			b, m := draws(random, tt.new, tt.gaps, 1, false)
			s := shapeOf(newPooledColumn(a, n, metrics.Linear, []float64{0.5}), newPooledColumn(b, m, metrics.Linear, []float64{0.5}), pooled, 0.95)
			if len(s.Regions) > 0 {
				alarms++
			}
		}
		share := float64(alarms) / repetitions
		t.Logf("%s: false alarms: %.3f", tt.name, share)
		if share > 0.08 || share < 0.01 {
			t.Errorf("%s: %.3f of equal pairs have a region, want about 0.05", tt.name, share)
		}
	}
}

// TestSpread compares the running sums with the definition, at every value.
func TestSpread(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 13))
	for range 100 {
		n, m := 20+random.IntN(20), 20+random.IntN(20)
		a, b := randomPooled(random, n), randomPooled(random, m)
		base := newPooledColumn(slices.Clone(a), n, metrics.Linear, []float64{0.5})
		new := newPooledColumn(slices.Clone(b), m, metrics.Linear, []float64{0.5})
		s := newSpread(base, new)
		i, j := 0, 0
		for _, x := range ramp(40, 0, 40) {
			for ; i < len(base.entries) && base.entries[i].value <= x; i++ {
				s.base.pass(base.entries[i])
			}
			for ; j < len(new.entries) && new.entries[j].value <= x; j++ {
				s.new.pass(new.entries[j])
			}
			got, ok := s.deviation()
			want, enough := naiveDeviation(a, b, n, m, x)
			if ok != enough || ok && math.Abs(got-want) > 1e-9*want {
				t.Fatalf("at %v: got %v, %v, want %v, %v", x, got, ok, want, enough)
			}
		}
	}
}

// naiveDeviation is the definition of [Shape], request by request.
func naiveDeviation(a, b []entry, n, m int, x float64) (float64, bool) {
	type request struct{ c, m float64 }
	collect := func(entries []entry, n int) (list []request, values float64) {
		all := make([]request, n)
		for _, e := range entries {
			all[e.owner].m += float64(e.count)
			if e.value <= x {
				all[e.owner].c += float64(e.count)
			}
		}
		for _, r := range all {
			if r.m > 0 {
				list = append(list, r)
				values += r.m
			}
		}
		return list, values
	}
	base, M := collect(a, n)
	new, N := collect(b, m)
	both := slices.Concat(base, new)
	passed, below, above := 0.0, 0, 0
	for _, r := range both {
		passed += r.c
		if r.c > 0 {
			below++
		}
		if r.c < r.m {
			above++
		}
	}
	h, sum := passed/(M+N), 0.0
	for _, r := range both {
		sum += (r.c - h*r.m) * (r.c - h*r.m)
	}
	share := float64(min(len(base), len(new))) / float64(len(both))
	variance := sum / float64(len(both)) * (float64(len(base))/M/M + float64(len(new))/N/N)
	return math.Sqrt(variance), float64(min(below, above))*share >= 10
}

// TestCritical recomputes b by substitution. That of a = 0.01 is also known
// from tables of the supremum of the standardized bridge: about 3.3.
func TestCritical(t *testing.T) {
	for _, a := range []float64{0.4, 0.1, 0.01, 1e-4, 1e-6} {
		b := critical(0.05, a)
		phi := math.Exp(-b*b/2) / math.Sqrt(2*math.Pi)
		if p := 4*phi/b + phi*(b-1/b)*math.Log((1-a)*(1-a)/(a*a)); math.Abs(p-0.05) > 1e-9 {
			t.Errorf("a = %v: b = %v has the error %v", a, b, p)
		}
	}
	if b := critical(0.05, 0.01); math.Abs(b-3.3) > 0.05 {
		t.Errorf("b = %v, want about 3.3", b)
	}
	if b := critical(0.05, 0.5); !math.IsInf(b, 1) {
		t.Errorf("b = %v where nothing is left between the edges", b)
	}
}

// TestWorstWords has runs that are better in the tail as far as it can be
// judged: a worst value that says the opposite is told with it.
func TestWorstWords(t *testing.T) {
	known := metrics.Known[float64]
	for _, tt := range []struct {
		name          string
		higher        bool
		base, new     metrics.Optional[float64]
		lower, upper  Side // better below, above
		want, missing string
		reason        string
	}{
		{"agrees", false, known(10e9), known(9e9), Base, New, "better above; largest", "yet", "nothing to add"},
		{"new has the stall", false, known(10e9), known(49.5e9), Base, New, "better above, yet the worst value is 49.5 s in run 2 and 10 s in base; largest", "", "one stall is not beyond chance"},
		{"base has the stall", false, known(49.5e9), known(10e9), New, Base, "worse above, yet the worst value is 10 s in run 2 and 49.5 s in base; largest", "", "the other way round"},
		{"equal", false, known(10e9), known(10e9), Base, New, "better above; largest", "yet", "no contradiction"},
		{"unknown", false, metrics.Optional[float64]{}, known(10e9), Base, New, "better above; largest", "yet", "undefined is not less"},
		{"more is better", true, known(0.5), known(0.1), New, Base, "worse above, yet the worst value is", "", "the worst end is the lower one, where new is better"},
		{"more is better, agrees", true, known(0.1), known(0.5), New, Base, "worse above; largest", "yet", "nothing to add"},
	} {
		m := Metric{HigherBetter: tt.higher, Unit: Nanoseconds, Shape: &Shape{Distance: 0.5, Regions: []Region{{Better: tt.lower}, {Better: tt.upper}},
			Crossings: []Crossing{{Percentile: 0.5, At: 1e9, Lower: tt.lower, Upper: tt.upper}}}}
		stat := "max"
		if tt.higher {
			stat, m.Unit = "min", Share
		}
		m.Rows = []Row{{Stat: stat, Base: tt.base, New: tt.new}}
		got := m.Sentence("run 2")
		if !strings.Contains(got, tt.want) || tt.missing != "" && strings.Contains(got, tt.missing) {
			t.Errorf("%s: %q, want %q: %s", tt.name, got, tt.want, tt.reason)
		}
	}
	m := Metric{Unit: Nanoseconds, Rows: []Row{{Stat: "max", Base: known(1e9), New: known(60e9)}},
		Shape: &Shape{Distance: 0.5, ShownBetter: New, Regions: []Region{{Better: New}}}}
	if got, want := m.Sentence("new"), "nowhere worse beyond chance, yet the worst value is 60 s in new and 1 s in base"; !strings.Contains(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
