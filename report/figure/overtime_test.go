package figure

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// A freeze of the server is a shaded band in the load and in the rows.
func TestFreezeIsABand(t *testing.T) {
	all := freezing(400)
	c := collect(t, standard("run"), all)
	band := seriesOf(t, find(t, "load", c), "run", "half of the answers stalled")
	start := float64(value(all[0].Sent))
	if len(band.X) != 1 || band.X[0]+start > 20.1e9 || band.X2[0]+start < 26e9 {
		t.Errorf("shaded from %v to %v (since %v), want one band from 20 s to 26 s", band.X, band.X2, start)
	}
	stalls := seriesOf(t, find(t, "requests", c), "run", "stalled for 1 s or more")
	for i := range stalls.X {
		if from, to := stalls.X[i]+start, stalls.X2[i]+start; from < 19.9e9 || from > 20e9 || to < 26e9 || to > 26.1e9 {
			t.Errorf("stall %d from %v to %v, want 20 s to 26 s", i, from, to)
		}
	}
}

// Levels against the definition: how many intervals hold an instant.
func TestLevelsAgainstCounting(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	for range 500 {
		var c, d changes
		var cs, ds []interval
		for range rng.IntN(12) {
			from := time.Duration(rng.IntN(40))
			w := interval{from, from + time.Duration(rng.IntN(10))}
			if rng.IntN(2) == 0 {
				c.add(w.from, w.to)
				cs = append(cs, w)
			} else {
				d.add(w.from, w.to)
				ds = append(ds, w)
			}
		}
		shaded := frozenTimes(c.sorted(), d.sorted())
		for t0 := time.Duration(0); t0 < 60; t0++ {
			stuck, decoding := count(cs, t0), count(ds, t0)
			if got := levelAt(c.sorted(), t0); got != stuck {
				t.Fatalf("level at %d is %d, want %d of %v", t0, got, stuck, cs)
			}
			if got, want := count(shaded, t0) == 1, stuck >= 2 && 2*stuck >= decoding; got != want {
				t.Fatalf("shaded at %d: %v, want %v: %d stalled of %d", t0, got, want, stuck, decoding)
			}
		}
	}
}

func count(all []interval, t time.Duration) (n int) {
	for _, w := range all {
		if w.from <= t && t < w.to {
			n++
		}
	}
	return n
}

func levelAt(all []level, t time.Duration) (n int) {
	for _, l := range all {
		if l.at <= t {
			n = l.n
		}
	}
	return n
}

func TestExtremesStay(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	var all []level
	for i := range 50_000 {
		all = append(all, level{time.Duration(i*100 + rng.IntN(100)), rng.IntN(50)})
	}
	all[31_415].n, all[27_182].n = 1000, -1000
	got := extremes(all, 400)
	if len(got) > 801 {
		t.Errorf("%d levels, want at most 801", len(got))
	}
	for _, want := range []level{all[31_415], all[27_182], all[len(all)-1]} {
		if !slices.Contains(got, want) {
			t.Errorf("%v is lost", want)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b level) int { return int(a.at - b.at) }) {
		t.Error("not in order of time")
	}
	if few := extremes(all[:800], 400); len(few) != 800 {
		t.Errorf("%d of 800 levels, want all", len(few))
	}
}

// The load of three requests, counted by hand.
//
//	a  arrives 0 s, first 1.5 s, stalled from 2 s to 8 s, last 8.5 s
//	b  arrives 1 s, first 3.5 s, stalled from 4 s to 9 s, last 9 s
//	c  arrives 5 s, no token, ends 6 s
func TestLoadByHand(t *testing.T) {
	a := at("a", 0, 1500*ms, 2*sec, 8*sec, 8500*ms)
	b := at("b", sec, 2500*ms, 3*sec, 8*sec)
	c := &metrics.Request{ID: "c", Sent: metrics.Known(5 * sec), End: metrics.Known(6 * sec), Outcome: metrics.Failed}
	f := find(t, "load", collect(t, standard(""), []*metrics.Request{a, b, c}))
	type points struct{ X, Y, X2 []float64 }
	got := map[string]points{}
	for _, s := range f.Series() {
		got[s.Name] = points{s.X, s.Y, s.X2}
	}
	want := map[string]points{
		"half of the answers stalled": {[]float64{4e9}, []float64{0}, []float64{8e9}},
		"in flight":                   {[]float64{0, 1e9, 5e9, 6e9, 8.5e9, 9e9}, []float64{1, 2, 3, 2, 1, 0}, nil},
		"waiting for the first token": {[]float64{0, 1e9, 1.5e9, 3.5e9, 5e9, 6e9}, []float64{1, 2, 1, 0, 1, 0}, nil},
		"stalled for 1 s or more":     {[]float64{2e9, 4e9, 8e9, 9e9}, []float64{1, 2, 1, 0}, nil},
	}
	arrivals := got["arrivals in 200 ms"]
	var n float64
	for _, y := range arrivals.Y {
		n += y
	}
	if n != 3 || arrivals.Y[0] != 1 || arrivals.Y[5] != 1 || arrivals.Y[25] != 1 {
		t.Errorf("arrivals %v", arrivals.Y)
	}
	delete(got, "arrivals in 200 ms")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Without a common clock there is no load, and rows begin at 0.
func TestWithoutACommonClock(t *testing.T) {
	o := standard("run")
	o.CommonClock = false
	c := collect(t, o, freezing(50))
	_, left := Figures([]*Collector{c})
	want := []LeftOut{{"load", "Requests over time", "run", "the file does not say when requests were sent, so that they cannot be put on one time line"}}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	for i, x := range seriesOf(t, find(t, "requests", c), "run", "waiting for the first token").X {
		if x != 0 {
			t.Errorf("row %d begins at %v, want 0", i, x)
		}
	}
}

// Of neighboring rows the one with the longest stall is drawn.
func TestRowsKeepTheLongestStall(t *testing.T) {
	var all []*metrics.Request
	for i := range 2000 {
		sent := time.Duration(i) * 10 * ms
		gap := 1500 * ms
		if i == 1234 {
			gap = 60 * sec
		}
		all = append(all, at("", sent, 10*ms, 10*ms+gap))
		all[i].ID = string(rune('a' + i%26))
	}
	f := find(t, "requests", collect(t, standard(""), all))
	if s := seriesOf(t, f, "", "tokens"); len(s.X) != maxRows {
		t.Errorf("%d rows, want %d", len(s.X), maxRows)
	}
	if got := longestExtent(f, "stalled for 1 s or more"); got != 60e9 {
		t.Errorf("the longest stall drawn is %v, want 60 s", time.Duration(got))
	}
}

// The caption of the rows says which requests are there, and of neighbors
// which one, as it is.
func TestRowsCaption(t *testing.T) {
	const chosen, first, band = "the longest stall is drawn", "the first is drawn", "is a vertical band"
	unknown := &metrics.Request{ID: "no end", Sent: metrics.Known(time.Duration(0))}
	for _, tt := range []struct {
		name   string
		gap    time.Duration
		sparse bool
		more   []*metrics.Request
		n      int
		want   []string
		not    []string
		reason string
	}{
		{"few", 2 * sec, false, nil, 10, []string{"10 of 10.", band}, []string{chosen, first, "not shown"}, "all are drawn"},
		{"stalls", 2 * sec, false, nil, 300, []string{"200 of 300.", chosen, band}, []string{first}, "there are stalls to choose by"},
		{"no stall", 20 * ms, false, nil, 300, []string{"200 of 300.", first, band}, []string{chosen}, "nothing to choose by"},
		{"sparse", 2 * sec, true, nil, 300, []string{"200 of 300.", first, "not recorded"}, []string{chosen, band}, "a stall cannot be seen, so nor can a band"},
		{"unknown end", 2 * sec, false, []*metrics.Request{unknown}, 300,
			[]string{"200 of 301. 1 request without a known arrival or end is not shown."}, nil, "the axis ends at 300, and the words say why"},
	} {
		all := tt.more
		for i := range tt.n {
			r := at("", time.Duration(i)*10*ms, 10*ms, 10*ms+tt.gap)
			if tt.sparse {
				r.Sparse = true
				r.Deliveries[1].Tokens = 9
			}
			all = append(all, r)
		}
		got := find(t, "requests", collect(t, standard(""), all)).Caption
		for _, w := range tt.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q, want %q: %s", tt.name, got, w, tt.reason)
			}
		}
		for _, w := range tt.not {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q, want no %q: %s", tt.name, got, w, tt.reason)
			}
		}
	}
}

// When there are too many stalls, the longest of each request stays, and the
// longest of the others.
func TestStallsAreBounded(t *testing.T) {
	var s stalls
	r := &metrics.Request{}
	now := time.Duration(0)
	for i := range 3 * maxStalls {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: now, Tokens: 1})
		now += sec + time.Duration(i)
		if i == 777 {
			now += 100 * sec
		}
		if i == 888 {
			now += 90 * sec
		}
	}
	s.add(r, 0, sec)
	if len(s.longest) != 1 || s.longest[0].length() != 101*sec+777 {
		t.Errorf("longest %v", s.longest)
	}
	if len(s.others) > maxStalls || !s.limited {
		t.Errorf("%d others, limited %v", len(s.others), s.limited)
	}
	if !slices.ContainsFunc(s.others, func(o stall) bool { return o.length() == 91*sec+888 }) {
		t.Error("the second longest is lost")
	}
}

// A stall is a gap of at least the given length.
func TestStallAtTheLimit(t *testing.T) {
	for _, tt := range []struct {
		gap    time.Duration
		want   int
		reason string
	}{
		{sec - 1, 0, "one nanosecond short"},
		{sec, 1, "of exactly this length"},
		{sec + 1, 1, "longer"},
	} {
		c := collect(t, standard(""), []*metrics.Request{at("a", 0, 10*ms, 10*ms+tt.gap)})
		if got := len(c.stalls.all()); got != tt.want {
			t.Errorf("gap of %v: %d stalls, want %d: %s", tt.gap, got, tt.want, tt.reason)
		}
	}
	for _, tt := range []struct {
		o      Options
		want   time.Duration
		reason string
	}{
		{Options{}, sec, "no deadlines"},
		{standard(""), sec, "ten times 100 ms"},
		{Options{Stall: 5, Deadlines: standard("").Deadlines}, 5, "as asked for"},
		{Options{Deadlines: fluidity.Deadlines{Decode: 1<<63 - 1}}, metrics.MaxInstant, "ten times it is no length of time"},
	} {
		if got := (&Collector{Options: tt.o}).leastStall(); got != tt.want {
			t.Errorf("%v, want %v: %s", got, tt.want, tt.reason)
		}
	}
}
