package metricstest_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// failing tells a test process to run a test that fails.
const failing = "TOKENTIME_FAILING"

// TestRunFails starts this test again with a wrong implementation: Run must
// fail its subtest, say why, and name what was not tested.
func TestRunFails(t *testing.T) {
	if os.Getenv(failing) != "" {
		metricstest.Run(t, metricstest.Implementation{
			TTFT: func(r *metrics.Request) (time.Duration, bool) { return r.Raw().TTFT.Get() },
			TPOT: func(r *metrics.Request) (float64, bool) {
				d, ok := r.Raw().Decode.Get()
				return float64(d) / float64(r.OutputTokens()), ok && r.OutputTokens() > 0
			},
		})
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRunFails$", "-test.v")
	cmd.Env = append(os.Environ(), failing+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("a wrong implementation passes:\n%s", out)
	}
	for _, says := range []string{
		"--- PASS: TestRunFails/ttft_ns", "--- FAIL: TestRunFails/tpot_ns", "this is T_d/N, N instead of N - 1",
		"not tested, as there is no function: ttlt_ns,", "tokens  ", "want ", "got  ",
	} {
		if !strings.Contains(string(out), says) {
			t.Errorf("the output does not say %q:\n%s", says, out)
		}
	}
	for line := range strings.Lines(string(out)) {
		if n := len(strings.TrimRight(line, "\n")); n > 100 && !strings.Contains(line, "not tested") {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
}

// TestChangedRecord holds that a function that changes its argument fails, and
// that the functions after it get the record unchanged.
func TestChangedRecord(t *testing.T) {
	report := metricstest.Check(metricstest.Implementation{
		TTFT: func(r *metrics.Request) (time.Duration, bool) {
			defer func() { r.Deliveries = nil }()
			return r.Raw().TTFT.Get()
		},
		TTLT: func(r *metrics.Request) (time.Duration, bool) { return r.Raw().TTLT.Get() },
	})
	if len(report.Findings) != 1 || report.Findings[0].Metric != "ttft_ns" || report.Findings[0].Changed == 0 || report.Findings[0].Wrong != 0 {
		t.Errorf("findings %v, want one about a record that ttft_ns changed", report.Findings)
	}
}

// TestUnknownClaim holds that a misspelt claim is a panic, not the default.
func TestUnknownClaim(t *testing.T) {
	vectors := allVectors(t)[:1]
	for _, impl := range []metricstest.Implementation{
		{Convention: "sarathi"}, {FluidityRule: "round"}, {IdleOrigin: "sent"}, {BenefitRule: "minutes"},
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "metricstest: Implementation.") {
					t.Errorf("%+v: panic %q", impl, text)
				}
			}()
			metricstest.CheckWith(impl, vectors)
		}()
	}
}

// TestUnexplained holds that nothing is explained that has no explanation.
func TestUnexplained(t *testing.T) {
	report := metricstest.CheckWith(metricstest.Implementation{
		TTFT: func(r *metrics.Request) (time.Duration, bool) { return 123456789123457, true },
	}, diagnosable(t))
	if f := report.Findings[0]; len(f.Causes) > 0 || f.Explained > 0 || !strings.Contains(f.String(), "no known mistake") {
		t.Errorf("a random value is explained: %v", f)
	}
}

// TestSeveralMistakes holds that mistakes that befall different vectors are
// told apart.
func TestSeveralMistakes(t *testing.T) {
	report := metricstest.CheckWith(metricstest.Implementation{
		TTFT: func(r *metrics.Request) (time.Duration, bool) {
			d, ok := r.Raw().TTFT.Get()
			if len(r.Deliveries) > 5 {
				return d.Truncate(time.Millisecond), ok
			}
			d, ok = metrics.Convention{Zero: metrics.FromSent}.Raw(r).TTFT.Get()
			return d, ok
		},
	}, diagnosable(t))
	f := report.Findings[0]
	text := fmt.Sprint(f.Causes)
	if !f.Several || !strings.Contains(text, "truncated to the millisecond") || !strings.Contains(text, "from the sending") {
		t.Errorf("got %v", f)
	}
}

// TestNonFinite holds that NaN and infinities are wrong, and break nothing.
func TestNonFinite(t *testing.T) {
	vectors := diagnosable(t)[:60]
	zero := 0.0
	for _, x := range []float64{zero / zero, 1 / zero, -1 / zero} {
		report := metricstest.CheckWith(metricstest.Implementation{
			TPOT: func(*metrics.Request) (float64, bool) { return x, true },
		}, vectors)
		if report.Err() == nil {
			t.Errorf("%v passes", x)
		}
	}
}

func ExampleCheck() {
	report := metricstest.Check(metricstest.Implementation{
		TBT: func(r *metrics.Request) []time.Duration { // a chunk is taken for a token
			return slices.Collect(metrics.Convention{Gaps: metrics.PerChunk}.TBT(r))
		},
	})
	f := report.Findings[0]
	fmt.Println(f.Metric, "is wrong; this is", f.Causes[0])
	// Output:
	// tbt_ns is wrong; this is aiperf's ITL: one value for a chunk, however many tokens it holds
}
