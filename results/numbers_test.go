package results

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// secondsTwin is parseSeconds by exact rationals.
func secondsTwin(lit string) (int64, bool) {
	r, ok := new(big.Rat).SetString(lit)
	if !ok {
		return 0, false
	}
	r.Mul(r, big.NewRat(1e9, 1))
	n, ok := new(big.Int).SetString(r.FloatString(0), 10) // rounds a half away from zero
	if !ok || !n.IsInt64() || n.Int64() == math.MinInt64 {
		return 0, false
	}
	return n.Int64(), true
}

func TestParseSeconds(t *testing.T) {
	for _, test := range []struct {
		lit    string
		want   int64
		err    error
		reason string
	}{
		{"9.05e-06", 9050, nil, "the form of Python's repr below 1e-4"},
		{"1e-05", 10000, nil, "likewise, without a point"},
		{"12389.820754351", 12389820754351, nil, "a perf_counter"},
		{"0.010767920999569469", 10767921, nil, "17 significant digits"},
		{"0.0000000004", 0, nil, "under half a nanosecond"},
		{"0.0000000005", 1, nil, "a half goes away from zero"},
		{"-0.0000000005", -1, nil, "on both sides"},
		{"0.00000000049999999999999999999999999999", 0, nil, "just under a half, however many digits"},
		{"0.0000000014999", 1, nil, "the tenth digit decides alone"},
		{"0.0000000015", 2, nil, "the tenth digit decides alone"},
		{"0.999999999999", 1000000000, nil, "a carry through all nines"},
		{"9.9999999995", 10000000000, nil, "a carry into the whole part"},
		{"0", 0, nil, "zero"},
		{"-0.0", 0, nil, "negative zero"},
		{"0e999999999999999999999999", 0, nil, "zero whatever the exponent"},
		{"7", 7000000000, nil, "an integer"},
		{"1234567890.5", 1234567890500000000, nil, "an epoch in seconds"},
		{"12E+1", 120000000000, nil, "upper case, plus sign"},
		{"0.00000001e8", 1000000000, nil, "leading zeros and an exponent"},
		{"1e-400", 0, nil, "below all"},
		{"9223372036.854775807", math.MaxInt64, nil, "the largest"},
		{"9223372036.8547758074", math.MaxInt64, nil, "the largest, rounded down"},
		{"9223372036.8547758075", 0, ErrRange, "the largest, rounded up"},
		{"9223372036.854775808", 0, ErrRange, "one more"},
		{"-9223372036.854775807", -math.MaxInt64, nil, "the smallest"},
		{"18446744073.7095516155", 0, ErrRange, "rounding up what fills 64 bits"},
		{"1e300", 0, ErrRange, "far too large"},
		{"1e99999999999999999999", 0, ErrRange, "an exponent that fits nothing"},
		{"", 0, ErrType, "nothing"},
		{"-", 0, ErrType, "a sign"},
		{"1.", 0, ErrType, "JSON wants a digit behind the point"},
		{".5", 0, ErrType, "and before it"},
		{"01", 0, ErrType, "no leading zeros in JSON"},
		{"+1", 0, ErrType, "no plus sign"},
		{"1e", 0, ErrType, "no exponent"},
		{"0x10", 0, ErrType, "no hexadecimal"},
		{"1_0", 0, ErrType, "no underscore"},
		{"null", 0, ErrType, "a word"},
		{`"1"`, 0, ErrType, "a string"},
		{"NaN", 0, ErrNotFinite, "Python's NaN"},
		{"Infinity", 0, ErrNotFinite, "Python's inf"},
		{"-Infinity", 0, ErrNotFinite, "Python's -inf"},
	} {
		got, err := parseSeconds([]byte(test.lit))
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("parseSeconds(%s) = %d, %v; want %d, %v: %s", test.lit, got, err, test.want, test.err, test.reason)
		}
	}
}

func TestParseInteger(t *testing.T) {
	for _, test := range []struct {
		lit    string
		want   int64
		err    error
		reason string
	}{
		{"0", 0, nil, "zero"},
		{"-0", 0, nil, "negative zero"},
		{"12345678", 12345678, nil, "eight digits"},
		{"123456789012345", 123456789012345, nil, "15 digits"},
		{"1234567890123456", 1234567890123456, nil, "16 digits"},
		{"9223372036854775807", math.MaxInt64, nil, "the largest"},
		{"-9223372036854775807", -math.MaxInt64, nil, "the smallest"},
		{"9223372036854775808", 0, ErrRange, "one more"},
		{"99999999999999999999", 0, ErrRange, "20 digits"},
		{"1.0", 0, ErrNotInteger, "a float, even of whole value"},
		{"1e9", 0, ErrNotInteger, "an exponent"},
		{"00", 0, ErrType, "a leading zero"},
		{"true", 0, ErrType, "a word"},
		{"NaN", 0, ErrNotFinite, "Python's NaN"},
	} {
		got, err := parseInteger([]byte(test.lit))
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("parseInteger(%s) = %d, %v; want %d, %v: %s", test.lit, got, err, test.want, test.err, test.reason)
		}
	}
}

// randomSeconds returns a literal of any of the shapes found in files.
func randomSeconds(rng *rand.Rand) string {
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + rng.IntN(10)))
		}
		return b.String()
	}
	switch rng.IntN(6) {
	case 0:
		return strconv.FormatFloat(rng.ExpFloat64()*0.03, 'f', -1, 64)
	case 1:
		return strconv.FormatFloat(rng.Float64()*1e-4, 'e', -1, 64)
	case 2:
		return fmt.Sprintf("%d.%s", rng.IntN(1e6), digits(1+rng.IntN(40)))
	case 3:
		return fmt.Sprintf("0.%s%s5", strings.Repeat("0", rng.IntN(9)), digits(rng.IntN(9)))
	case 4:
		return fmt.Sprintf("%d%se%d", 1+rng.IntN(9), digits(rng.IntN(20)), rng.IntN(40)-30)
	}
	return fmt.Sprintf("%d", rng.Uint64()>>rng.IntN(64))
}

func TestParseSecondsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200_000 {
		lit := randomSeconds(rng)
		if rng.IntN(4) == 0 {
			lit = "-" + lit
		}
		checkSeconds(t, lit)
	}
}

// checkSeconds compares the three ways to read one literal: as itself, within
// an array, and by the twin.
func checkSeconds(t *testing.T, lit string) {
	t.Helper()
	want, ok := secondsTwin(lit)
	got, err := parseSeconds([]byte(lit))
	if (err == nil) != ok || ok && got != want {
		t.Fatalf("parseSeconds(%s) = %d, %v; want %d, %v", lit, got, err, want, ok)
	}
	for _, array := range []string{lit + ", " + lit + ", " + lit + "]" + strings.Repeat(" ", 64), lit + "," + lit + "," + lit + "]"} {
		all, n, closed, err := seconds.appendElements(nil, []byte(array), true)
		if !ok {
			if err == nil {
				t.Fatalf("appendElements(%s): no error", array)
			}
			continue
		}
		if err != nil || !closed || array[n] != ']' || len(all) != 3 || all[0] != want || all[1] != want || all[2] != want {
			t.Fatalf("appendElements(%s) = %v, %d, %v, %v; want %d three times", array, all, n, closed, err, want)
		}
	}
}

func FuzzSeconds(f *testing.F) {
	for _, lit := range []string{"9.05e-06", "0.5", "12389.820754351", "-1e300", "NaN", "0.0000000005", "1,2"} {
		f.Add(lit)
	}
	f.Fuzz(func(t *testing.T, lit string) {
		n, ok := scanNumber([]byte(lit))
		if !ok {
			if _, err := parseSeconds([]byte(lit)); err == nil {
				t.Fatalf("parseSeconds(%q): no error", lit)
			}
			return
		}
		if n.exp < -1000 || n.exp > 1000 {
			return // the twin would take too long
		}
		checkSeconds(t, lit)
	})
}

func TestIntegersTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 100_000 {
		v := int64(rng.Uint64()>>rng.IntN(64)) >> 1
		if rng.IntN(4) == 0 {
			v = -v
		}
		array := fmt.Sprintf("%d,%d, %d ]%40s", v, v, v, "")
		got, _, closed, err := integers.appendElements(nil, []byte(array), true)
		if err != nil || !closed || len(got) != 3 || got[0] != v || got[1] != v || got[2] != v {
			t.Fatalf("appendElements(%s) = %v, %v, %v", array, got, closed, err)
		}
	}
}

func TestAppendElementsErrors(t *testing.T) {
	pad := strings.Repeat(" ", 64) // so that the fast path is tried
	for _, test := range []struct {
		array, message, reason string
	}{
		{"0.5, ]", "want a number", "a comma and no element"},
		{"0.5,, 1]", "want a number", "two commas"},
		{"0.5 0.6]", "want ',' or ']'", "no comma"},
		{"0.5, 0.6", "unexpected EOF", "no end"},
		{"0.5, 0.", "unexpected EOF", "cut in a number"},
		{"0.5, ", "unexpected EOF", "cut behind a comma"},
		{"0.5}, 1]", "want a number", "another bracket"},
		{"0.5, null]", "want a number", "a null"},
		{"0.5, [1]]", "want a number", "an array"},
		{"0.5, \"0.5\"]", "want a number", "a string"},
		{"0.5x, 1]", "want a number", "rubbish behind a number"},
		{"00.5, 1]", "want a number", "a leading zero"},
	} {
		for _, array := range []string{test.array, test.array + pad} {
			if array != test.array && strings.Contains(test.message, "EOF") {
				continue
			}
			_, _, _, err := seconds.appendElements(nil, []byte(array), true)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("%q: %v; want %q: %s", array, err, test.message, test.reason)
			}
		}
	}
}
