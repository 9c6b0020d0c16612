package slo

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDuration(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   time.Duration
		err    error
		reason string
	}{
		{"500ms", 500 * time.Millisecond, nil, "the usual spelling"},
		{"0.5s", 500 * time.Millisecond, nil, "a fraction of a unit"},
		{"0500.000ms", 500 * time.Millisecond, nil, "zeros that change nothing"},
		{"7ns", 7, nil, "the smallest unit"},
		{"1us", time.Microsecond, nil, "ASCII"},
		{"1µs", time.Microsecond, nil, "micro sign, U+00B5"},
		{"1μs", time.Microsecond, nil, "Greek mu, U+03BC"},
		{"1.5m", 90 * time.Second, nil, "minutes"},
		{"1h", time.Hour, nil, "hours"},
		{"0.0001220703125h", 439453125, nil, "2^-13 h, the longest fraction of a unit that is whole nanoseconds"},
		{"1m30s", 90 * time.Second, nil, "as time.Duration prints it"},
		{"1h0m0.5s", time.Hour + time.Second/2, nil, "as time.Duration prints it"},
		{"0s", 0, nil, "idle<=0s is a reader who never waits"},
		{"9.05ms", 9_050_000, nil, "9.05 is no float64, and is exact here"},
		{"0." + strings.Repeat("0", 300) + "s", 0, nil, "zeros of any number"},
		{"2305843009213693952ns", MaxLimit, nil, "the longest duration"},

		{"2305843009213693953ns", 0, ErrRange, "1 ns longer than the longest"},
		{"640512h", 0, ErrRange, "longer than the longest"},
		{"1305843009213693952ns1000000000000000001ns", 0, ErrUnit, "units must fall"},
		{"1h2305843009213693952ns", 0, ErrRange, "the sum is too long"},
		{"99999999999999999999s", 0, ErrRange, "beyond 64 bits"},
		{"1" + strings.Repeat("0", 500) + "h", 0, ErrRange, "absurd"},
		{"0.5ns", 0, ErrPrecision, "half a nanosecond"},
		{"1.0000000001s", 0, ErrPrecision, "a tenth of a nanosecond"},
		{"0." + strings.Repeat("0", 30) + "1h", 0, ErrPrecision, "a fraction beyond 64 bits"},
		{"500", 0, ErrNoUnit, "milliseconds or seconds?"},
		{"0", 0, ErrNoUnit, "0 too has a unit"},
		{"1m30", 0, ErrNoUnit, "each number has a unit"},
		{"500msec", 0, ErrUnit, "no such unit"},
		{"500MS", 0, ErrUnit, "mega-siemens"},
		{"1s1m", 0, ErrUnit, "units must fall"},
		{"5d", 0, ErrUnit, "days are no unit of latency"},
		{"1_000ms", 0, ErrUnit, "no separators"},
		{"-5ms", 0, ErrNegative, "no wait is negative"},
		{"-.5ms", 0, ErrNegative, "no wait is negative"},
		{"-ms", 0, ErrNumber, "no digit"},
		{"+5ms", 0, ErrNumber, "no sign"},
		{".5ms", 0, ErrNumber, "0.5ms"},
		{"5.ms", 0, ErrNumber, "a digit follows the point"},
		{"1.2.3ms", 0, ErrNumber, "two points"},
		{"1e3ms", 0, ErrNumber, "no exponents"},
		{"1e999s", 0, ErrNumber, "no exponents, so none that overflows"},
		{"1E9s", 0, ErrNumber, "no exponents"},
		{"NaNs", 0, ErrNumber, "not a number"},
		{"Infs", 0, ErrNumber, "no limit"},
		{"ms", 0, ErrNumber, "no digit"},
		{"٣ms", 0, ErrNumber, "ASCII digits only"},
	} {
		got, f := parseDuration(tt.text)
		var err error
		if f != nil {
			err = f.err
		}
		if got != tt.want || err != tt.err {
			t.Errorf("parseDuration(%.40q) = %d, %v, want %d, %v: %s", tt.text, got, err, tt.want, tt.err, tt.reason)
		}
	}
}

// twinDuration reads one number and unit by arbitrary precision.
func twinDuration(number string, unit uint64) (time.Duration, error) {
	x, _ := new(big.Rat).SetString(number)
	x.Mul(x, new(big.Rat).SetInt(new(big.Int).SetUint64(unit)))
	switch {
	case x.Cmp(new(big.Rat).SetInt64(int64(MaxLimit))) > 0:
		return 0, ErrRange
	case !x.IsInt():
		return 0, ErrPrecision
	}
	return time.Duration(x.Num().Int64()), nil
}

func TestParseDurationRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	units := []string{"ns", "us", "µs", "ms", "s", "m", "h"}
	seen := map[error]int{}
	for range 30_000 {
		number := strconv.FormatUint(rng.Uint64()>>rng.IntN(64), 10)
		switch rng.IntN(3) {
		case 0:
			number += "." + strconv.FormatUint(rng.Uint64()>>rng.IntN(64), 10)
		case 1:
			number += []string{".5", ".25", ".125"}[rng.IntN(3)]
		}
		unit := units[rng.IntN(len(units))]
		want, wantErr := twinDuration(number, nanoseconds(unit))
		got, f := parseDuration(number + unit)
		var err error
		if f != nil {
			err = f.err
		}
		if err != nil && wantErr != nil { // the order of the two checks is free
			err = wantErr
		}
		if got != want || err != wantErr {
			t.Fatalf("parseDuration(%q) = %d, %v, want %d, %v", number+unit, got, err, want, wantErr)
		}
		seen[err]++
	}
	if seen[nil] < 1000 || seen[ErrRange] < 1000 || seen[ErrPrecision] < 1000 {
		t.Errorf("the random texts do not reach every case: %v", seen)
	}
}

// What a time.Duration prints is a limit, so that limits can be computed.
func TestParseDurationOfString(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 30_000 {
		want := time.Duration(rng.Int64N(int64(MaxLimit)+1) >> rng.IntN(62))
		got, f := parseDuration(want.String())
		if f != nil || got != want {
			t.Fatalf("parseDuration(%q) = %v, %v", want, got, f)
		}
	}
}

func TestParseShare(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   Share
		err    error
		reason string
	}{
		{"90%", Share{9, 10}, nil, "a percentage"},
		{"0.9", Share{9, 10}, nil, "the same as a fraction"},
		{"0.900", Share{9, 10}, nil, "zeros that change nothing"},
		{"99.9%", Share{999, 1000}, nil, "a fraction of a percent"},
		{"100%", Share{1, 1}, nil, "all"},
		{"1", Share{1, 1}, nil, "all"},
		{"1.000", Share{1, 1}, nil, "all"},
		{"0", Share{0, 1}, nil, "none"},
		{"0%", Share{0, 1}, nil, "none"},
		{"0.1234567890123456", Share{1234567890123456, 1e16}, nil, "16 decimals; a power of ten, not lowest terms"},
		{"0.0000000000000001%", Share{1, 1e18}, nil, "16 decimals of a percentage: the largest denominator"},
		{"90", Share{}, ErrRange, "90 of what?"},
		{"1.0000000000000001", Share{}, ErrRange, "more than all"},
		{"100.1%", Share{}, ErrRange, "more than all"},
		{"12345678901234567890%", Share{}, ErrRange, "beyond 64 bits"},
		{"0.12345678901234567", Share{}, ErrPrecision, "17 decimals"},
		{"0.9ms", Share{}, ErrUnit, "a duration"},
		{"90%%", Share{}, ErrUnit, "one sign"},
		{"-1%", Share{}, ErrNegative, "no share is negative"},
		{"NaN", Share{}, ErrNumber, "not a number"},
		{"1e-1", Share{}, ErrNumber, "no exponents"},
		{"", Share{}, ErrNumber, "nothing"},
	} {
		got, f := parseShare(tt.text)
		var err error
		if f != nil {
			err = f.err
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != tt.err {
			t.Errorf("parseShare(%q): error %v, want %v, -want +got\n%s%s", tt.text, err, tt.err, diff, tt.reason)
		}
	}
	if got := (Share{}).Float64(); got != 0 {
		t.Errorf("the zero Share is %v", got)
	}
}
