package metrics

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// classedRun is randomRun with classes, and gaps that make the largest stall
// unlikely to be there twice.
func classedRun(seed uint64, n int, classes ...string) []*Request {
	rng := rand.New(rand.NewPCG(seed, 77))
	run := randomRun(seed, n)
	for i, r := range run {
		r.ID = fmt.Sprint(i)
		r.Class = classes[rng.IntN(len(classes))]
	}
	return run
}

// content returns everything in s that does not depend on the order in which
// requests were added: as a snapshot, exact values sorted, and without the
// place of the largest stall, because two may be equal.
func content(t testing.TB, s *Summary) []byte {
	t.Helper()
	c := *s
	c.Largest = LargestStall{Gap: s.Largest.Gap, Requests: s.Largest.Requests}
	for _, d := range c.distributions() {
		d.exact.values = slices.Sorted(slices.Values(d.exact.values))
		var together Exact // repeats of one value
		for _, r := range sortedRepeats(d.exact.repeats) {
			together.addRepeat(r)
		}
		d.exact.repeats = together.repeats
	}
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkSame wants two summaries to be equal in every bucket and value.
func checkSame(t testing.TB, what string, want, got *Summary) {
	t.Helper()
	if slices.Equal(content(t, want), content(t, got)) {
		return
	}
	t.Errorf("%s: (-want +got)\n%s", what, cmp.Diff(want.Stats(), got.Stats()))
}

// ofClass returns the requests of the class, or all.
func ofClass(run []*Request, class Optional[string]) []*Request {
	name, one := class.Get()
	if !one {
		return run
	}
	return slices.DeleteFunc(slices.Clone(run), func(r *Request) bool { return r.Class != name })
}

// TestAggregateConcurrent adds from many goroutines, each request once, while
// others take snapshots, and compares with one summary of one goroutine.
func TestAggregateConcurrent(t *testing.T) {
	const writers = 16
	run := classedRun(21, 400, "chat", "code", "", "batch")
	for _, c := range []Convention{Paper, VLLM} {
		for _, method := range []Method{ExactMethod, HDRMethod} {
			o := SummaryOptions{Convention: c, Method: method}
			a := Aggregate{Options: AggregateOptions{Summary: o, Interval: time.Second, Shards: 3}}
			var writing, reading sync.WaitGroup
			done := make(chan struct{})
			reading.Add(1)
			go func() {
				defer reading.Done()
				watch(t, &a, done)
			}()
			for g := range writers {
				writing.Add(1)
				go func() {
					defer writing.Done()
					for i := g; i < len(run); i += writers {
						if err := a.Add(time.Duration(i)*50*ms, run[i]); err != nil {
							t.Error(err)
						}
					}
				}()
			}
			writing.Wait()
			close(done)
			reading.Wait()
			for _, class := range []Optional[string]{{}, Known("chat"), Known("code"), Known(""), Known("batch"), Known("none")} {
				want := summaryOf(t, o, ofClass(run, class))
				what := fmt.Sprintf("%s, %v, class %v", c.Name, method, class)
				checkSame(t, what, want, a.Snapshot(Selection{Class: class}))
				// All intervals that were ever begun are within reach.
				window := a.Snapshot(Selection{Class: class, Last: time.Minute, Now: time.Duration(len(run)) * 50 * ms})
				window.Options.Duration = Span{}
				checkSame(t, what+", window", want, window)
			}
		}
	}
}

// watch takes snapshots until done: none may hold fewer requests than the one
// before, or a part of a request.
func watch(t *testing.T, a *Aggregate, done <-chan struct{}) {
	var before int64
	for {
		s := a.Snapshot(Selection{})
		if n := s.Requests.Offered; n < before {
			t.Errorf("a snapshot has %d requests, the one before had %d", n, before)
		}
		before = s.Requests.Offered
		checkWhole(t, s)
		checkWhole(t, a.Snapshot(Selection{Class: Known("chat"), Last: 5 * time.Second, Now: 10 * time.Second}))
		select {
		case <-done:
			return
		default:
		}
	}
}

func checkWhole(t *testing.T, s *Summary) {
	t.Helper()
	for i, d := range s.distributions() {
		if n := d.N() + d.Undefined(); d != &s.Raw.TBT && n != s.Requests.Offered {
			t.Errorf("distribution %d has %d values and undefined of %d requests", i, n, s.Requests.Offered)
		}
	}
}

// addTo adds to one of the shards, as a goroutine would that found the others
// taken.
func addTo(t testing.TB, a *Aggregate, shard int, at time.Duration, r *Request) {
	t.Helper()
	a.prepare()
	k := a.interval(at)
	s := a.shards[shard]
	if err := s.cell(a.classes.place(r.Class), k, a.Options.Summary).add(k, a.keep, r, &s.scratch); err != nil {
		t.Fatal(err)
	}
}

// TestAggregateWindows compares windows with the summary of the requests that
// a plain loop finds to be in them.
func TestAggregateWindows(t *testing.T) {
	const keep = 5
	rng := rand.New(rand.NewPCG(22, 1))
	for _, method := range []Method{ExactMethod, HDRMethod} {
		for round := range 2 {
			o := SummaryOptions{Method: method}
			start := []time.Duration{-40 * s1, 7 * s1}[round]
			a := Aggregate{Options: AggregateOptions{Summary: o, Interval: 10 * s1, Intervals: keep, Start: start, Shards: 3}}
			run := classedRun(uint64(23+round), 200, "a", "b")
			var at []time.Duration
			now := start
			for i, r := range run {
				now += time.Duration(rng.Int64N(int64(s1)))
				if rng.IntN(40) == 0 {
					now += time.Duration(rng.Int64N(int64(45 * s1))) // a quiet time
				}
				ended := now - time.Duration(rng.Int64N(int64(15*s1))/int64(1+rng.IntN(100))) // not quite in order
				at = append(at, ended)
				addTo(t, &a, rng.IntN(3), ended, r)
				if i%15 > 0 {
					continue
				}
				last := time.Duration(rng.Int64N(int64(70 * s1)))
				if rng.IntN(2) == 0 {
					last = last.Truncate(10 * s1)
				}
				class := []Optional[string]{{}, Known("a"), Known("b")}[rng.IntN(3)]
				asked := now + time.Duration(rng.Int64N(int64(20*s1)))
				got := a.Snapshot(Selection{Class: class, Last: last, Now: asked})
				want, covered := twinWindow(t, &a, run[:i+1], at, class, last, asked)
				if last > 0 && got.Duration() != covered {
					t.Errorf("window of %v at %v covers %v, want %v", last, asked, got.Duration(), covered)
				}
				got.Options.Duration = Span{}
				checkSame(t, fmt.Sprintf("window of %v at %v, class %v", last, asked, class), want, got)
			}
			if a.Late() != 0 {
				t.Errorf("%d late requests", a.Late())
			}
			checkSame(t, "since the start", summaryOf(t, o, run), a.Snapshot(Selection{}))
		}
	}
}

// twinWindow walks all requests. Instants are split at intervals by counting.
func twinWindow(t *testing.T, a *Aggregate, run []*Request, at []time.Duration, class Optional[string], last, now time.Duration) (*Summary, Span) {
	t.Helper()
	o := a.Options
	if last == 0 {
		return summaryOf(t, o.Summary, ofClass(run, class)), Span{}
	}
	beginning := func(of time.Duration) time.Duration {
		b := -1000 * o.Interval
		for b+o.Interval <= of {
			b += o.Interval
		}
		return b
	}
	from := max(beginning(now-last), beginning(now)-time.Duration(o.Intervals)*o.Interval)
	var in []*Request
	for i, r := range run {
		if at[i] >= from {
			in = append(in, r)
		}
	}
	return summaryOf(t, o.Summary, ofClass(in, class)), Known(now - max(from, o.Start))
}

// TestAggregateLate adds in an order that does not rise.
func TestAggregateLate(t *testing.T) {
	a := Aggregate{Options: AggregateOptions{Interval: s1, Intervals: 3, Shards: 1}}
	r := &Request{Sent: Known(0 * ms), Deliveries: at(1)}
	for _, tt := range []struct {
		at         time.Duration
		late, last int64 // how many are late in all, and how many in the window of 3 s that ends at 10 s
		reason     string
	}{
		{10 * s1, 0, 1, "the first"},
		{10*s1 - 1, 0, 2, "1 ns before the current interval"},
		{9 * s1, 0, 3, "another in an interval that is closed"},
		{7 * s1, 0, 4, "the first interval of the window"},
		{7*s1 - 1, 0, 4, "kept, but before the window"},
		{6 * s1, 0, 4, "likewise"},
		{6*s1 - 1, 1, 4, "1 ns before all that is kept"},
		{-5 * s1, 2, 4, "long ago"},
	} {
		if err := a.Add(tt.at, r); err != nil {
			t.Fatal(err)
		}
		n := a.Snapshot(Selection{Last: 3 * s1, Now: 10 * s1}).Requests.Offered
		if got := a.Late(); got != tt.late || n != tt.last {
			t.Errorf("at %v: %d late and %d in the window, want %d and %d: %s", tt.at, got, n, tt.late, tt.last, tt.reason)
		}
	}
	if err := a.Add(11*s1, r); err != nil {
		t.Fatal(err)
	}
	if n := a.Snapshot(Selection{Last: 3 * s1, Now: 11*s1 - 1}).Requests.Offered; n != 5 {
		t.Errorf("%d requests, want 5: of 7 s to 11 s, for who read the clock 1 ns before the interval began", n)
	}
	if n := a.Snapshot(Selection{}).Requests.Offered; n != 9 {
		t.Errorf("%d requests, want 9: late ones are counted", n)
	}
	if err := a.Add(0, &Request{Deliveries: at(2, 1)}); err == nil || a.Late() != 2 {
		t.Errorf("%v, %d late: a refused request is not counted", err, a.Late())
	}
}

// TestAggregateBounds says what an aggregate keeps after a long time and
// hostile names.
func TestAggregateBounds(t *testing.T) {
	a := Aggregate{Options: AggregateOptions{
		Interval: s1, Intervals: 3, Shards: 2, Classes: []string{"chat", "chat", OverflowClass}, MaxClasses: 2}}
	r := &Request{Sent: Known(0 * ms), Deliveries: at(1)}
	names := []string{"x", strings.Repeat("n", MaxClassName+1), strings.Repeat("n", MaxClassName), "y", OverflowClass, "chat"}
	for i := range 1000 {
		names = append(names, fmt.Sprint("hostile", i))
	}
	for i, name := range names {
		r.Class = name
		addTo(t, &a, i%2, time.Duration(i)*s1, r)
	}
	if diff := cmp.Diff([]string{OverflowClass, "chat", "x", strings.Repeat("n", MaxClassName)}, a.Classes()); diff != "" {
		t.Errorf("classes (-want +got)\n%s", diff)
	}
	for class, want := range map[string]int64{"x": 1, "chat": 1, OverflowClass: 1003, "y": 0, "hostile7": 0} {
		if n := a.Snapshot(Selection{Class: Known(class)}).Requests.Offered; n != want {
			t.Errorf("class %s has %d requests, want %d", class, n, want)
		}
	}
	for _, s := range a.shards {
		if len(s.cells) > 4 {
			t.Errorf("%d cells for 4 classes", len(s.cells))
		}
		for _, c := range s.cells {
			if c != nil && (len(c.closed) > 4 || cap(c.closed) > 16) {
				t.Errorf("%d closed intervals with room for %d, of 3 and one", len(c.closed), cap(c.closed))
			}
		}
	}
}

func TestAggregateMaxClasses(t *testing.T) {
	for _, tt := range []struct {
		max, want int
		reason    string
	}{
		{0, 17, "16 and the overflow"}, {-1, 1, "none come by themselves"}, {3, 4, "as said"},
	} {
		a := Aggregate{Options: AggregateOptions{MaxClasses: tt.max}}
		for i := range 100 {
			if err := a.Add(0, &Request{Class: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(a.Classes()); n != tt.want {
			t.Errorf("MaxClasses %d: %d classes, want %d: %s", tt.max, n, tt.want, tt.reason)
		}
	}
}

// TestAggregateGoesOn wants Add to go on while a snapshot, or a goroutine
// that lost its processor, holds all locks but one.
func TestAggregateGoesOn(t *testing.T) {
	r := &Request{Sent: Known(0 * ms), Deliveries: at(1)}
	for free := range 4 {
		a := Aggregate{Options: AggregateOptions{Shards: 4}}
		for range 10 {
			if err := a.Add(0, r); err != nil { // also to become the one used last
				t.Fatal(err)
			}
		}
		for i, s := range a.shards {
			if i != free {
				s.mu.Lock()
			}
		}
		done := make(chan error)
		go func() {
			var err error
			for range 10 {
				err = errors.Join(err, a.Add(0, r))
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("Add waits although shard %d is free", free)
		}
		for i, s := range a.shards {
			if i != free {
				s.mu.Unlock()
			}
		}
		if n := a.Snapshot(Selection{}).Requests.Offered; n != 20 {
			t.Errorf("%d requests, want 20", n)
		}
	}
}

func TestAggregateRefuses(t *testing.T) {
	var a Aggregate
	var re *RequestError
	if err := a.Add(0, &Request{ID: "x", Deliveries: at(2, 1)}); !errors.As(err, &re) || re.ID != "x" {
		t.Errorf("got %v, want a *RequestError about x", err)
	}
	if n := a.Snapshot(Selection{}).Requests.Offered; n != 0 {
		t.Errorf("%d requests: a refused one was counted", n)
	}
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"window without intervals", func() { a.Snapshot(Selection{Last: 1}) }},
		{"window of negative length", func() {
			(&Aggregate{Options: AggregateOptions{Interval: 1}}).Snapshot(Selection{Last: -1})
		}},
		{"interval", func() { (&Aggregate{Options: AggregateOptions{Interval: -1}}).Classes() }},
		{"intervals", func() { (&Aggregate{Options: AggregateOptions{Intervals: -1}}).Classes() }},
		{"shards", func() { (&Aggregate{Options: AggregateOptions{Shards: -1}}).Classes() }},
	} {
		func() {
			defer func() {
				if m, ok := recover().(string); !ok || !strings.HasPrefix(m, "metrics: ") {
					t.Errorf("%s: panic %v", tt.name, m)
				}
			}()
			tt.do()
		}()
	}
}

// TestAggregateExtremeInstants wants no instant to overflow.
func TestAggregateExtremeInstants(t *testing.T) {
	r := &Request{Sent: Known(0 * ms), Deliveries: at(1)}
	extremes := []time.Duration{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	for _, interval := range []time.Duration{1, 3, s1, math.MaxInt64} {
		for _, start := range extremes {
			a := Aggregate{Options: AggregateOptions{Interval: interval, Intervals: 2, Start: start, Shards: 1}}
			for _, at := range extremes {
				if err := a.Add(at, r); err != nil {
					t.Fatal(err)
				}
				for _, last := range []time.Duration{1, interval, math.MaxInt64} {
					s := a.Snapshot(Selection{Last: last, Now: at})
					if d, ok := s.Duration().Get(); !ok || d < 0 || s.Requests.Offered == 0 {
						t.Errorf("interval %d, start %d, window %d at %d: %v, %d requests", interval, start, last, at, s.Duration(), s.Requests.Offered)
					}
				}
			}
			if n := a.Snapshot(Selection{}).Requests.Offered; n != int64(len(extremes)) {
				t.Errorf("%d requests, want %d", n, len(extremes))
			}
		}
	}
}

func TestAggregateInterval(t *testing.T) {
	a := Aggregate{Options: AggregateOptions{Interval: 10}}
	for at, want := range map[time.Duration]int64{-11: -2, -10: -1, -1: -1, 0: 0, 9: 0, 10: 1, 11: 1} {
		if got := a.interval(at); got != want {
			t.Errorf("%d ns are in interval %d, want %d", at, got, want)
		}
	}
}

// TestCloseInterval wants closing to move everything, and the tables to stay.
func TestCloseInterval(t *testing.T) {
	for _, c := range Conventions() {
		for _, method := range []Method{ExactMethod, HDRMethod} {
			o := SummaryOptions{Convention: c, Method: method}
			a, b := randomRun(31, 100), randomRun(32, 50)
			a = append(a, &Request{Sent: Known(0 * ms), Deliveries: at(1, 1+1<<43, MaxInstant)}) // out of range
			s := summaryOf(t, o, a)
			sum := &Summary{Options: o}
			first := closeInterval(s, 7)
			checkSame(t, "what is left", &Summary{Options: o}, s)
			first.mergeInto(sum)
			checkSame(t, "what was moved", summaryOf(t, o, a), sum)
			for _, r := range b {
				if err := s.Add(r); err != nil {
					t.Fatal(err)
				}
			}
			checkSame(t, "what came later", summaryOf(t, o, b), s)
			second := closeInterval(s, 8)
			closeInterval(s, 9).mergeInto(sum) // nothing
			second.mergeInto(sum)
			checkSame(t, "together", summaryOf(t, o, slices.Concat(a, b)), sum)
			first.mergeInto(s)
			checkSame(t, "again: it does not change", summaryOf(t, o, a), s)
		}
	}
}

func TestAggregateAllocations(t *testing.T) {
	run, _ := benchRun(100)
	a := Aggregate{Options: AggregateOptions{Summary: SummaryOptions{Method: HDRMethod}, Interval: s1, Shards: 1}}
	add := func() {
		for _, r := range run {
			if err := a.Add(0, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	add()
	if n := testing.AllocsPerRun(10, add); n != 0 {
		t.Errorf("%v allocations for %d requests", n, len(run))
	}
}

func TestAggregateDropsLargeBuffers(t *testing.T) {
	a := Aggregate{Options: AggregateOptions{Summary: SummaryOptions{Method: HDRMethod}, Shards: 1}}
	long := &Request{Sent: Known(0 * ms)}
	for i := range 100_000 {
		long.Deliveries = append(long.Deliveries, Delivery{time.Duration(i), 1})
	}
	if err := a.Add(0, long); err != nil {
		t.Fatal(err)
	}
	if n := cap(a.shards[0].cells[1].live.gaps); n > mostGaps {
		t.Errorf("room for %d gaps is kept", n)
	}
}
