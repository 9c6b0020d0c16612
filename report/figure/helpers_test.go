package figure

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// at returns the request of one token at each time after the arrival at sent.
func at(id string, sent time.Duration, tokens ...time.Duration) *metrics.Request {
	r := &metrics.Request{ID: id, Sent: metrics.Known(sent)}
	for _, t := range tokens {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: sent + t, Tokens: 1})
	}
	return r
}

// freezing returns requests of a server that stops completely from 20 s to
// 26 s.
func freezing(n int) []*metrics.Request {
	rng := rand.New(rand.NewPCG(1, 1))
	real := func(t time.Duration) time.Duration {
		if t > 20*sec {
			return t + 6*sec
		}
		return t
	}
	var all []*metrics.Request
	var t time.Duration
	for i := range n {
		t += time.Duration(rng.Int64N(int64(300 * ms)))
		r := &metrics.Request{ID: fmt.Sprint("r", i), Sent: metrics.Known(t)}
		s := t + time.Duration(rng.Int64N(int64(200*ms)))
		r.Scheduled = metrics.Known(max(real(s), t))
		s += 50 * ms
		for range 2 + rng.IntN(200) {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: max(real(s), t), Tokens: 1 + rng.IntN(2)})
			s += 20*ms + time.Duration(rng.Int64N(int64(20*ms)))
		}
		all = append(all, r)
	}
	return all
}

func collect(t testing.TB, o Options, all []*metrics.Request) *Collector {
	t.Helper()
	c := &Collector{Options: o}
	for _, r := range all {
		if err := c.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func standard(name string) Options {
	return Options{Name: name, CommonClock: true, Deadlines: fluidity.Deadlines{Prefill: sec, Decode: 100 * ms}}
}

// find returns the figure of that name.
func find(t testing.TB, name string, runs ...*Collector) *Figure {
	t.Helper()
	figures, left := Figures(runs)
	for _, f := range figures {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no figure %s; left out: %v", name, left)
	return nil
}

// seriesOf returns the series of that name, of that run unless it is "".
func seriesOf(t testing.TB, f *Figure, run, name string) Series {
	t.Helper()
	for _, s := range f.Series() {
		if s.Name == name && (run == "" || s.Run == run) {
			return s
		}
	}
	t.Fatalf("%s has no series %q of %q", f.Name, name, run)
	return Series{}
}

func svg(t testing.TB, f *Figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
