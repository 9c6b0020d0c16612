package figure

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func labels(a *Axis) []string {
	var out []string
	for _, t := range a.ticks() {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return out
}

func TestTicks(t *testing.T) {
	logAxis := func(u Unit, lo, hi float64) *Axis {
		a := &Axis{Unit: u, Scale: Log}
		a.logSpan(lo, hi)
		return a
	}
	linear := func(u Unit, lo, hi float64) *Axis {
		a := &Axis{Unit: u}
		a.span(lo, hi)
		return a
	}
	for _, tt := range []struct {
		axis   *Axis
		want   []string
		reason string
	}{
		{logAxis(Nanoseconds, 1e6, 1e10), []string{"1 ms", "10 ms", "100 ms", "1 s", "10 s"}, "decades, each in its unit"},
		{logAxis(Nanoseconds, 3e6, 47e6), []string{"2 ms", "5 ms", "10 ms", "20 ms", "50 ms"}, "few decades: 2 and 5 too"},
		{logAxis(Nanoseconds, 1e9, 1e9), []string{"500 ms", "600 ms", "700 ms", "800 ms", "900 ms", "1 s"}, "a single value still has a range"},
		{linear(Nanoseconds, 0, 36.4e9), []string{"0", "10 s", "20 s", "30 s"}, "seconds"},
		{linear(Nanoseconds, 0, 1800e9), []string{"0", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min"}, "minutes, not 500 s"},
		{linear(Nanoseconds, 0, 8*3600e9), []string{"0", "2 h", "4 h", "6 h", "8 h"}, "hours"},
		{linear(Nanoseconds, 0, 0), []string{"0", "200 µs", "400 µs", "600 µs", "800 µs", "1 ms"}, "nothing still has a range"},
		{linear(Share, 0, 1), []string{"0 %", "20 %", "40 %", "60 %", "80 %", "100 %"}, "percent"},
		{linear(Tokens, 0, 3), []string{"0", "1", "2", "3"}, "no part of a token"},
		{linear(TokensPerSecond, -250, 12_000), []string{"-2,000", "0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"}, "below zero; the thousands apart"},
		{&Axis{Unit: Share, Scale: Nines, Min: 0, Max: 1, end: 4.5}, []string{"0", "50", "90", "99", "99.9", "99.99", "max"}, "nines"},
	} {
		if diff := cmp.Diff(tt.want, labels(tt.axis)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
		}
	}
}

func TestPosition(t *testing.T) {
	log := &Axis{Scale: Log, Min: 1e6, Max: 1e10}
	nines := &Axis{Scale: Nines, Min: 0, Max: 1, end: 4}
	linear := &Axis{Min: -5, Max: 15}
	for _, tt := range []struct {
		axis    *Axis
		v, want float64
		reason  string
	}{
		{log, 1e8, 0.5, "two of four decades"},
		{log, 0, 0, "zero has no logarithm and stands at the edge"},
		{log, 1e11, 1, "beyond stands at the edge"},
		{nines, 0, 0, "the least value"},
		{nines, 0.99, 0.5, "two of four nines"},
		{nines, 0.99999, 1, "beyond stands at the end"},
		{nines, 1, 1, "the largest value"},
		{linear, 5, 0.5, "the middle"},
		{linear, -6, 0, "below stands at the edge"},
	} {
		if got := tt.axis.Position(tt.v); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v of %+v at %v, want %v: %s", tt.v, *tt.axis, got, tt.want, tt.reason)
		}
	}
}

func TestRoundNumbers(t *testing.T) {
	for _, tt := range []struct{ v, down, up float64 }{
		{1, 1, 1}, {1.5, 1, 2}, {2, 2, 2}, {4.9, 2, 5}, {5, 5, 5}, {7, 5, 10}, {0.03, 0.02, 0.05}, {1000, 1000, 1000}, {1e15, 1e15, 1e15},
		{math.Nextafter(1000, 0), 500, 1000}, {math.Nextafter(1000, 2000), 1000, 2000},
	} {
		if down, up := roundDown(tt.v), roundUp(tt.v); math.Abs(down/tt.down-1) > 1e-15 || math.Abs(up/tt.up-1) > 1e-15 {
			t.Errorf("%v is rounded to %v and %v, want %v and %v", tt.v, down, up, tt.down, tt.up)
		}
	}
}

func TestSpansInWords(t *testing.T) {
	for ns, want := range map[float64]string{
		36.4e9: "36.4 s", 1e9: "1 s", 0.99996e9: "1 s", 411.2e6: "411 ms", 1.5e3: "1.5 µs", 0: "0 ns", 12345e9: "12,345 s", 60e9: "60 s",
	} {
		if got := formatSpan(ns); got != want {
			t.Errorf("%v ns is %q, want %q", ns, got, want)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 1: "100 %", 0.5: "50 %", 0.99999: "over 99.9 %", 1e-9: "under 0.1 %", 0.123456: "12.3 %"} {
		if got := formatPercent(share); got != want {
			t.Errorf("share %v is %q, want %q", share, got, want)
		}
	}
}

func TestNamesOfConstants(t *testing.T) {
	got := []string{Line.String(), Strips.String(), Mark(99).String(), Nanoseconds.String(), RequestsPerSecond.String(), Nines.String()}
	if diff := cmp.Diff([]string{"line", "strips", "Mark(99)", "ns", "requests/s", "nines"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b, err := Steps.MarshalText(); err != nil || string(b) != "steps" {
		t.Errorf("%s, %v", b, err)
	}
	if got := (LeftOut{"load", "Requests over time", "a", "why"}).String(); got != "Requests over time, a: why" {
		t.Errorf("%q", got)
	}
}
