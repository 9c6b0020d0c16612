package results

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// timeTwin is parseTime by exact rationals.
func timeTwin(lit string, u unit) (int64, bool) {
	r, ok := new(big.Rat).SetString(lit)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(powersOfTen[u])))
	n, ok := new(big.Int).SetString(r.FloatString(0), 10) // rounds a half away from zero
	if !ok || !n.IsInt64() || n.Int64() == math.MinInt64 {
		return 0, false
	}
	return n.Int64(), true
}

// checkMilliseconds compares the three ways to read one literal: as itself,
// within an array where the fast path can see it, and by the twin.
func checkMilliseconds(t *testing.T, lit string) {
	t.Helper()
	want, ok := timeTwin(lit, millisecond)
	got, err := parseTime([]byte(lit), millisecond)
	if (err == nil) != ok || ok && got != want {
		t.Fatalf("parseTime(%s, ms) = %d, %v; want %d, %v", lit, got, err, want, ok)
	}
	for _, array := range []string{lit + ", " + lit + "]" + strings.Repeat(" ", 64), lit + "," + lit + "]"} {
		all, n, closed, err := milliseconds.appendElements(nil, []byte(array), true)
		if !ok {
			if err == nil {
				t.Fatalf("appendElements(%s): no error", array)
			}
			continue
		}
		if err != nil || !closed || array[n] != ']' || len(all) != 2 || all[0] != want || all[1] != want {
			t.Fatalf("appendElements(%s) = %v, %d, %v, %v; want %d twice", array, all, n, closed, err, want)
		}
	}
}

func TestShortMilliseconds(t *testing.T) {
	for _, test := range []struct {
		lit    string
		want   int64
		n      int
		reason string
	}{
		{"4.898437", 4898437, 8, "the six digits that a nanosecond takes"},
		{"0.5", 500000, 3, "fewer"},
		{"255.88656799999998", 255886568, 18, "digit 7 rounds up, by itself"},
		{"0.0000004", 0, 9, "digit 7 rounds down"},
		{"0.0000005", 1, 9, "a half away from zero"},
		{"0.00000049", 0, 10, "digit 8 decides nothing"},
		{"9.999999999", 10000000, 11, "the round carries into the whole"},
		{"1234567.25", 1234567250000, 10, "seven digits before the point"},
		{"0.12345678901234567890123", 123457, 25, "23 digits behind it"},
		{"12345678.5", 0, 0, "eight digits before it: the long way"},
		{"0.123456789012345678901234", 0, 0, "24 digits behind it: the long way"},
		{"0.5e1", 0, 0, "an exponent: the long way"},
		{"5", 0, 0, "no point: the long way"},
		{"-0.5", 0, 0, "a sign: the long way"},
		{"0.", 0, 0, "no number"},
	} {
		got, n := shortMilliseconds([]byte(test.lit + "," + strings.Repeat(" ", shortSpan)))
		if got != test.want || n != test.n {
			t.Errorf("shortMilliseconds(%s) = %d, %d; want %d, %d: %s", test.lit, got, n, test.want, test.n, test.reason)
		}
	}
}

func TestMillisecondsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for range 200_000 {
		lit := randomSeconds(rng)
		if rng.IntN(4) == 0 {
			lit = "-" + lit
		}
		checkMilliseconds(t, lit)
	}
}

func FuzzMilliseconds(f *testing.F) {
	for _, lit := range []string{"255.88656799999998", "0.0000005", "-1e300", "NaN", "9999999.9999999", "1,2"} {
		f.Add(lit)
	}
	f.Fuzz(func(t *testing.T, lit string) {
		n, ok := scanNumber([]byte(lit))
		if !ok {
			if _, err := parseTime([]byte(lit), millisecond); err == nil {
				t.Fatalf("parseTime(%q, ms): no error", lit)
			}
			return
		}
		if n.exp < -1000 || n.exp > 1000 {
			return // the twin would take too long
		}
		checkMilliseconds(t, lit)
	})
}

func BenchmarkMilliseconds(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	var input []byte
	for i := range benchRequests * benchTokens {
		if i > 0 {
			input = append(input, ", "...)
		}
		input = pythonSeconds(input, float64(rng.Int64N(60e6))/1e6)
	}
	input = append(input, ']')
	var dst []int64
	var err error
	for b.Loop() {
		if dst, _, _, err = milliseconds.appendElements(dst[:0], input, true); err != nil {
			b.Fatal(err)
		}
	}
	reportNumbers(b, input)
}
