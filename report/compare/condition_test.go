package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

func mustParse(t testing.TB, text string) []Condition {
	t.Helper()
	list, err := ParseConditions(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestHolds has rows at each limit and one unit beside it.
func TestHolds(t *testing.T) {
	const ms = 1e6
	for _, tt := range []struct {
		condition string
		base, new float64
		want      bool
		reason    string
	}{
		{"p99(ttft) > +5%", 100 * ms, 105 * ms, false, "at the limit"},
		{"p99(ttft) > +5%", 100 * ms, 105*ms + 1, true, "1 ns beyond"},
		{"p99(ttft) >= +5%", 100 * ms, 105 * ms, true, "at the limit"},
		{"p99(ttft) >= +5%", 100 * ms, 105*ms - 1, false, "1 ns within"},
		{"p99(ttft) > +0.1%", 1000, 1001, false, "0.001 is no float64, and is meant"},
		{"p99(ttft) < -5%", 100 * ms, 95 * ms, false, "at the limit"},
		{"p99(ttft) < -5%", 100 * ms, 95*ms - 1, true, "1 ns beyond"},
		{"p99(ttft) <= -5%", 100 * ms, 95 * ms, true, "at the limit"},
		{"p99(ttft) > +20ms", 100 * ms, 120 * ms, false, "at the limit"},
		{"p99(ttft) > +20ms", 100 * ms, 120*ms + 1, true, "1 ns beyond"},
		{"p99(ttft) < -20ms", 100 * ms, 80*ms - 1, true, "1 ns beyond"},
		{"p99(ttft) > 1.05x", 100 * ms, 105 * ms, false, "at the limit"},
		{"p99(ttft) > 1.05x", 100 * ms, 105*ms + 1, true, "1 ns beyond"},
		{"p99(ttft) > +0%", 100, 100, false, "no change"},
		{"p99(idle) > +5%", 0, 0, false, "0 to 0 is no change"},
		{"p99(idle) > +5%", 0, 1, true, "from 0 any rise is beyond every percentage"},
		{"mean(fluidity) < -2pp", 0.9375, 0.9175, true, "0.02 beyond by the rounding of 0.9175"},
		{"mean(fluidity) < -25pp", 0.75, 0.5, false, "at the limit"},
		{"mean(fluidity) < -25pp", 0.75, math.Nextafter(0.5, 0), true, "one float beyond"},
	} {
		c := mustParse(t, tt.condition)[0]
		if got := c.holds(tt.base, tt.new); got != tt.want {
			t.Errorf("%s, %v to %v: got %v, want %v: %s", c, tt.base, tt.new, got, tt.want, tt.reason)
		}
	}
}

// TestCheck evaluates conditions in a pair made by hand.
func TestCheck(t *testing.T) {
	known := metrics.Known[float64]
	between := func(lo, hi float64) metrics.Optional[metrics.Interval] {
		return metrics.Known(metrics.Interval{Lo: lo, Hi: hi, Confidence: 0.95})
	}
	pair := &Pair{
		Metrics: []Metric{
			{Key: "ttft", Unit: Nanoseconds, Rows: []Row{
				{Stat: "p99", Base: known(100), New: known(110), Difference: known(10), Ratio: known(1.1),
					DifferenceInterval: between(2, 18), RatioInterval: between(1.02, 1.18), Verdict: Worse},
				{Stat: "p99.9", Base: known(100), New: known(110), Difference: known(10), Ratio: known(1.1),
					DifferenceInterval: between(2, 18), RatioInterval: between(1.02, 1.18), Verdict: TooFew, TooFew: true},
				{Stat: "max", Base: known(100), New: known(110), Difference: known(10), Ratio: known(1.1)},
			}},
			{Key: "stall", Unit: Nanoseconds, Rows: []Row{{Stat: "p99", Base: known(100)}}},
			{Key: "tpot", Unit: Nanoseconds, Rows: []Row{{Stat: "p99", Base: known(100), New: known(100), Verdict: NotComparable}}},
			{Key: "smooth", Unit: PerSecond, Rows: []Row{{Stat: "rate", Base: known(-10), New: known(-5), Difference: known(5)}}},
		},
		Populations: []Population{{Name: "failed", BaseCount: 1, NewCount: 3, BaseShare: known(0.01), NewShare: known(0.03), Interval: between(0.01, 0.03)}},
	}
	for _, tt := range []struct {
		condition string
		confident bool
		holds     bool
		reason    string // a part of it
		why       string
	}{
		{"p99(ttft) > +5%", false, true, "1.100x [1.020, 1.180]", "the value counts"},
		{"p99(ttft) > +5%", true, false, "1.100x [1.020, 1.180]", "the interval reaches below"},
		{"p99(ttft) > +1%", true, true, "1.100x", "all of the interval is beyond"},
		{"p99(ttft) > +1ns", true, true, "+10 ns [+2 ns, +18 ns]", "of the difference"},
		{"p99(ttft) > +2ns", true, false, "+10 ns", "one end at the limit"},
		{"p99(ttft) > 1.2x", false, false, "100 ns to 110 ns", ""},
		{"p99.9(ttft) > +5%", false, true, "1.100x", "the value counts, however few samples"},
		{"p99.9(ttft) > +50%", true, true, "cannot be evaluated: too few samples", "must not pass"},
		{"max(ttft) > +50%", false, false, "1.100x", ""},
		{"max(ttft) > +50%", true, true, "cannot be evaluated: there is no interval of max(ttft)", "must not pass"},
		{"p99(stall) > +50%", false, true, "cannot be evaluated: p99(stall) is undefined in new", "must not pass"},
		{"p99(tpot) > +50%", false, true, "cannot be evaluated: the runs' requests ended differently", "must not pass"},
		{"rate(smooth) < -5%", false, true, "cannot be evaluated: base is negative", "must not pass"},
		{"share(attainment) < -5pp", false, true, "cannot be evaluated: there is no objective", "must not pass"},
		{"share(failed) > +1pp", false, true, "1.0 % to 3.0 %, +2.00 pp", ""},
		{"share(failed) > +50%", true, true, "of the ratio of share(failed), only of its difference: write the limit as one, as in +1pp", "says what to write"},
		{"share(rejected) > +1pp", false, false, "0 % to 0 %", "none in either run"},
	} {
		got := pair.check(mustParse(t, tt.condition)[0], tt.confident)
		if got.Holds != tt.holds || !strings.Contains(got.Reason, tt.reason) || got.Evaluated == strings.Contains(got.Reason, "cannot") {
			t.Errorf("%s, confident %v: got %+v, want %v, %q: %s", tt.condition, tt.confident, got, tt.holds, tt.reason, tt.why)
		}
	}
}
