package slo

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// headers makes the argument of FromHeaders from "name: value" lines.
func headers(lines ...string) func(string) []string {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimPrefix(value, " "))
	}
	return h.Values
}

func TestFromHeaders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  []string
		want   string
		reason string
	}{
		{"none", nil, "", "absence is no objective"},
		{"others", []string{"x-slo-itl-ms: 5", "content-type: NaN"}, "", "other headers are not looked at"},
		{"ttft", []string{"x-llm-d-slo-ttft-ms: 500"}, "ttft<=500ms", "one metric alone"},
		{"tpot", []string{"x-llm-d-slo-tpot-ms: 50.25"}, "tpot<=50.25ms", "a fraction of a millisecond"},
		{"both", []string{"x-llm-d-slo-tpot-ms: 50", "x-llm-d-slo-ttft-ms: 500"}, "ttft<=500ms,tpot<=50ms", "the order is always the same"},
		{"old", []string{"x-slo-ttft-ms: 500", "x-slo-tpot-ms: 50"}, "ttft<=500ms,tpot<=50ms", "older names mean the same"},
		{"mixed", []string{"x-slo-ttft-ms: 500", "x-llm-d-slo-tpot-ms: 50"}, "ttft<=500ms,tpot<=50ms", "one metric each way"},
		{"capitals", []string{"X-LLM-D-SLO-TTFT-MS: 500"}, "ttft<=500ms", "HTTP does not tell capitals apart"},
		{"agreeing", []string{"x-slo-ttft-ms: 500.0", "x-llm-d-slo-ttft-ms: 500"}, "ttft<=500ms", "equal numbers; the newer name's spelling"},
		{"repeated", []string{"x-slo-ttft-ms: 5", "x-slo-ttft-ms: 5.0"}, "ttft<=5ms", "one header twice, equal"},
		{"zeros", []string{"x-slo-ttft-ms: 0500.000000000"}, "ttft<=0500.000000000ms", "zeros that change nothing"},
		{"1 ns", []string{"x-slo-tpot-ms: 0.000001"}, "tpot<=0.000001ms", "the shortest limit"},
		{"longest", []string{"x-slo-ttft-ms: 2305843009213.693952"}, "ttft<=2305843009213.693952ms", "MaxLimit"},
		{"64 bytes", []string{"x-slo-ttft-ms: " + strings.Repeat("0", 63) + "1"}, "ttft<=" + strings.Repeat("0", 63) + "1ms", "the longest value"},
	} {
		o, err := FromHeaders(headers(tt.lines...))
		if err != nil || o.String() != tt.want {
			t.Errorf("%s: got %q, %v, want %q: %s", tt.name, o, err, tt.want, tt.reason)
			continue
		}
		if tt.want == "" {
			continue
		}
		if parsed, err := Parse(tt.want); err != nil || !o.Equal(parsed) {
			t.Errorf("%s: Parse reads %q otherwise, %v\n%s", tt.name, tt.want, err, cmp.Diff(parsed.Parts(), o.Parts(), cmp.AllowUnexported(Part{})))
		}
		checkInvariants(t, tt.want, o)
	}
}

func TestFromHeadersErrors(t *testing.T) {
	const name = "x-llm-d-slo-ttft-ms"
	for _, tt := range []struct {
		value  string
		err    error
		offset int
		reason string
	}{
		{"", ErrNumber, 0, "sent, but empty: no statement"},
		{"0", ErrRange, 0, "no wait is that short; and no tool's word for no limit"},
		{"0.0", ErrRange, 0, "zero in another spelling"},
		{"-0", ErrNegative, 0, "a sign"},
		{"-5", ErrNegative, 0, "no wait is negative"},
		{"+5", ErrNumber, 0, "a sign"},
		{"NaN", ErrNumber, 0, "what ParseFloat takes"},
		{"Inf", ErrNumber, 0, "what ParseFloat takes"},
		{"+Inf", ErrNumber, 0, "what ParseFloat takes"},
		{"-Infinity", ErrNumber, 0, "what ParseFloat takes"},
		{"1e3", ErrNumber, 1, "no exponents"},
		{"5E2", ErrNumber, 1, "no exponents"},
		{"1e999", ErrNumber, 1, "no exponents, so none that overflows"},
		{"1e-999", ErrNumber, 1, "no exponents, so none that underflows"},
		{"0x1F4", ErrUnit, 1, "no hexadecimal; x is no unit"},
		{"1_000", ErrNumber, 1, "no separators"},
		{"1,000", ErrNumber, 1, "no separators"},
		{"500, 500", ErrNumber, 3, "two values joined by a proxy: a list is no number"},
		{"500ms", ErrUnit, 3, "the name of the header has the unit"},
		{"500 ms", ErrNumber, 3, "space"},
		{" 500", ErrNumber, 0, "space before"},
		{"500 ", ErrNumber, 3, "space behind"},
		{"500\t", ErrNumber, 3, "a tab"},
		{"50 0", ErrNumber, 2, "space within"},
		{"\u00a0500", ErrNumber, 0, "no-break space"},
		{"500\x00", ErrNumber, 3, "what a C program would not see"},
		{"500\r\nx: y", ErrNumber, 3, "a header smuggled in"},
		{".5", ErrNumber, 0, "0.5"},
		{"5.", ErrNumber, 1, "a digit follows the point"},
		{"1.2.3", ErrNumber, 3, "two points"},
		{"٥٠٠", ErrNumber, 0, "Arabic-Indic digits"},
		{"５００", ErrNumber, 0, "full-width digits"},
		{"5٠0", ErrNumber, 1, "a digit of another script within"},
		{"\xff", ErrNumber, 0, "no UTF-8"},
		{"0.0000001", ErrPrecision, 0, "a tenth of a nanosecond"},
		{"2305843009213.693953", ErrRange, 0, "1 ns above MaxLimit"},
		{"18446744073709551616", ErrRange, 0, "2^64"},
		{strings.Repeat("9", 64), ErrRange, 0, "far beyond 64 bits"},
		{strings.Repeat("0", 64) + "1", ErrTooLong, 64, "65 bytes, though the number is 1"},
		{strings.Repeat("1", 1<<20), ErrTooLong, 64, "a megabyte"},
	} {
		get := func(n string) []string {
			if n == name {
				return []string{tt.value}
			}
			return nil
		}
		o, err := FromHeaders(get)
		var he *HeaderError
		if !errors.As(err, &he) || !errors.Is(err, tt.err) || len(o.Parts()) != 0 {
			t.Errorf("%.40q: got %v, %v, want %v: %s", tt.value, o, err, tt.err, tt.reason)
			continue
		}
		if he.Name != name || he.Value != tt.value || he.Offset != tt.offset || he.Hint == "" || len(err.Error()) > 500 {
			t.Errorf("%.40q: %.200v, byte %d, want byte %d", tt.value, err, he.Offset, tt.offset)
		}
	}
}

func TestFromHeadersConflict(t *testing.T) {
	for _, lines := range [][]string{
		{"x-llm-d-slo-ttft-ms: 500", "x-slo-ttft-ms: 501"},
		{"x-llm-d-slo-ttft-ms: 500", "x-slo-ttft-ms: 500.000001"},
		{"x-slo-ttft-ms: 1", "x-slo-ttft-ms: 2"},
		{"x-slo-tpot-ms: 1", "x-slo-tpot-ms: 2", "x-slo-ttft-ms: 5"},
	} {
		o, err := FromHeaders(headers(lines...))
		var he *HeaderError
		if !errors.As(err, &he) || !errors.Is(err, ErrConflict) || len(o.Parts()) != 0 {
			t.Errorf("%q: got %v, %v", lines, o, err)
		}
	}
	// A value that is wrong is told of as such, wherever it stands.
	_, err := FromHeaders(headers("x-llm-d-slo-ttft-ms: 500", "x-slo-ttft-ms: fast"))
	if !errors.Is(err, ErrNumber) {
		t.Errorf("500 and fast: %v", err)
	}
}

var headerGrammar = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// twinHeader reads a value by arbitrary precision.
func twinHeader(value string) (time.Duration, bool) {
	if len(value) > MaxHeader || !headerGrammar.MatchString(value) {
		return 0, false
	}
	x, _ := new(big.Rat).SetString(value)
	x.Mul(x, big.NewRat(1e6, 1))
	if !x.IsInt() || x.Sign() <= 0 || x.Cmp(new(big.Rat).SetInt64(int64(MaxLimit))) > 0 {
		return 0, false
	}
	return time.Duration(x.Num().Int64()), true
}

// checkHeader compares what FromHeaders makes of a value with the twin.
func checkHeader(t testing.TB, value string) bool {
	t.Helper()
	want, ok := twinHeader(value)
	o, err := FromHeaders(func(name string) []string {
		if name == OldHeaderTPOT {
			return []string{value}
		}
		return nil
	})
	if !ok {
		var he *HeaderError
		if !errors.As(err, &he) || he.Value != value || he.Offset < 0 || he.Offset > len(value) || len(o.Parts()) != 0 || len(err.Error()) > 1000 {
			t.Fatalf("%q: got %v, %v, want an error", value, o, err)
		}
		return false
	}
	parts := o.Parts()
	if err != nil || len(parts) != 1 || parts[0].Metric != TPOT || parts[0].Max != want {
		t.Fatalf("%q: got %v, %v, want tpot<=%dns", value, o, err, want)
	}
	checkInvariants(t, o.String(), o)
	return true
}

func TestFromHeadersRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	good := 0
	for range 20_000 {
		value := strconv.FormatUint(rng.Uint64()>>rng.IntN(64), 10)
		if rng.IntN(2) == 0 {
			value = fmt.Sprintf("%s.%0*d", value, 1+rng.IntN(8), rng.IntN(1000))
		}
		if rng.IntN(4) == 0 { // one byte wrong
			i := rng.IntN(len(value))
			value = value[:i] + string(" -+.eE_0x9\t"[rng.IntN(11)]) + value[i+1:]
		}
		if checkHeader(t, value) {
			good++
		}
	}
	if good < 5_000 || good > 18_000 {
		t.Errorf("%d of 20000 values were good: the test sees one side only", good)
	}
}

func FuzzFromHeaders(f *testing.F) {
	for _, value := range []string{"500", "50.25", "0", "-1", "1e999", "NaN", " 5", "５", "0.0000001", "2305843009213.693953", ""} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { checkHeader(t, value) })
}

func BenchmarkFromHeaders(b *testing.B) {
	for _, lines := range [][]string{nil, {"x-llm-d-slo-ttft-ms: 500", "x-llm-d-slo-tpot-ms: 50.25"}} {
		b.Run(fmt.Sprintf("headers=%d", len(lines)), func(b *testing.B) {
			get := headers(lines...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FromHeaders(get); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestFromHeadersAllocations(t *testing.T) {
	none := func(string) []string { return nil }
	if n := testing.AllocsPerRun(100, func() {
		if _, err := FromHeaders(none); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a request without the headers", n)
	}
}
