package layout

import (
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

func TestNanoseconds(t *testing.T) {
	for _, tt := range []struct {
		ns     float64
		want   string
		reason string
	}{
		{0, "0 s", "a true zero"},
		{1, "1 ns", "the smallest unit"},
		{999, "999 ns", "below a microsecond"},
		{999.6, "1.00 µs", "three digits would show 1000 ns"},
		{5500, "5.50 µs", "three digits"},
		{112_345_678, "112 ms", "no wall of digits"},
		{36_416_392_948, "36.4 s", "the freeze of the README"},
		{999_499_999, "999 ms", "just below the next unit"},
		{999_500_001, "1.00 s", "just above"},
		{200.4e9, "200 s", "seconds up to ten minutes"},
		{660e9, "11 min", "then minutes"},
		{7200e9, "2 h", "then hours"},
		{-1.5e9, "-1.50 s", "a sign"},
	} {
		if got := Nanoseconds(tt.ns); got != tt.want {
			t.Errorf("%v ns: got %q, want %q: %s", tt.ns, got, tt.want, tt.reason)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 120689: "120,689", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Count(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestShareNeverRoundsToAllOrNone(t *testing.T) {
	for x, want := range map[float64]string{0: "0 %", 1: "100 %", 0.99999: ">99.9 %", 0.00001: "<0.1 %", 0.5: "50.0 %", 0.123: "12.3 %"} {
		if got := Share(x); got != want {
			t.Errorf("%v: got %q, want %q", x, got, want)
		}
	}
}

func TestIndexNeverRoundsToAllOrNone(t *testing.T) {
	for x, want := range map[float64]string{0: "0.00", 1: "1.00", 0.001: "<0.01", 0.005: "0.01", 0.999: ">0.99", 0.934: "0.93"} {
		if got := Index(x); got != want {
			t.Errorf("%v: got %q, want %q", x, got, want)
		}
	}
}

func TestThreeDigits(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.0155: "0.015", 0.5: "0.50", 2.5: "2.50", 9.996: "10.0", 99.96: "100", 1234.5: "1234"} {
		if got := ThreeDigits(x); got != want {
			t.Errorf("%v: got %q, want %q", x, got, want)
		}
	}
}

func TestUndefinedPrintsAsDash(t *testing.T) {
	if got := Optional(metrics.Span{}, Duration); got != "–" {
		t.Errorf("got %q", got)
	}
	if got := Optional(metrics.Known(time.Second), Duration); got != "1 s" {
		t.Errorf("got %q", got)
	}
}
