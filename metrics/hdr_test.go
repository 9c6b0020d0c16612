package metrics

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

// Every bucket is hdrhistogram-go's: its first and its last value fall into
// the same one there.
func TestHDRGeometry(t *testing.T) {
	for _, digits := range []int{2, 3} {
		b := map[int]uint8{2: hdrBits2, 3: hdrBits3}[digits]
		ref := hdrhistogram.New(1, MaxHDR, digits)
		want := make([]int64, hdrBuckets(b))
		next := int64(0)
		for i := range want {
			lo, hi := hdrBucket(i, b)
			if lo != next || hi < lo {
				t.Fatalf("%d digits: bucket %d is %d..%d, want it to begin at %d", digits, i, lo, hi, next)
			}
			next = hi + 1
			if hdrIndex(uint64(lo), b) != uint64(i) || hdrIndex(uint64(hi), b) != uint64(i) {
				t.Fatalf("%d digits: bucket %d does not hold its ends", digits, i)
			}
			if float64(hi-lo) > NewHDR(digits).RelativeError()*float64(lo) {
				t.Fatalf("%d digits: bucket %d..%d is too wide", digits, lo, hi)
			}
			if ref.RecordValues(lo, int64(i+1)) != nil || ref.RecordValue(hi) != nil {
				t.Fatalf("%d digits: hdrhistogram-go refuses %d or %d", digits, lo, hi)
			}
			want[i] = int64(i) + 2
		}
		if next != MaxHDR+1 {
			t.Errorf("%d digits: the buckets end at %d", digits, next)
		}
		if got := ref.Export().Counts; !slices.Equal(want, got) {
			t.Errorf("%d digits: counts differ from hdrhistogram-go's", digits)
		}
	}
}

// diffHDR is cmp.Diff, without its time when there is no difference.
func diffHDR(want, got *HDR) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmp.AllowUnexported(HDR{}))
}

// randomLatency returns values of all magnitudes, zeros and ties among them.
func randomLatency(rng *rand.Rand) int64 {
	switch rng.IntN(5) {
	case 0:
		return 0
	case 1:
		return int64(rng.IntN(3)) * 25e6
	default:
		return rng.Int64N(int64(2) << rng.IntN(41))
	}
}

// hdrOf returns an HDR of the values.
func hdrOf(digits int, values []int64) *HDR {
	h := NewHDR(digits)
	for _, v := range values {
		h.Record(v)
	}
	return h
}

func TestHDRAgainstSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	for run := range 60 {
		digits := 2 + run%2
		values := make([]int64, 1+rng.IntN(5000))
		for i := range values {
			values[i] = randomLatency(rng)
		}
		h := hdrOf(digits, values)
		sorted := slices.Sorted(slices.Values(values))
		ps := []float64{0, 0.07, 0.5, 0.9, 0.99, 0.999, 1, rng.Float64(), rng.Float64()}
		for i, q := range h.Quantiles(ps...) {
			r := rank(h.Len(), ps[i])
			x := sorted[r-1]
			if math.Abs(float64(q-x)) > h.RelativeError()*float64(x) {
				t.Fatalf("%d digits, p = %v of %d: %d, true %d", digits, ps[i], len(values), q, x)
			}
			_, hi := hdrBucket(int(hdrIndex(uint64(x), h.bits)), h.bits)
			want := min(hi, h.max)
			if r == 1 {
				want = x
			}
			if q != want {
				t.Fatalf("%d digits, p = %v of %d: %d, want %d, the end of the bucket of %d", digits, ps[i], len(values), q, want, x)
			}
		}
		m := momentsOf(toFloats(values))
		lo, _ := h.Min()
		hi, _ := h.Max()
		mean, _ := h.Mean()
		sd, _ := h.StdDev()
		if float64(lo) != m.min || float64(hi) != m.max || mean != m.mean {
			t.Fatalf("extremes %d, %d, mean %v, want %+v", lo, hi, mean, m)
		}
		if math.Abs(sd-m.stdDev) > h.RelativeError()*m.max {
			t.Fatalf("standard deviation %v, true %v", sd, m.stdDev)
		}
		checkHDRInvariants(t, h)
	}
}

func toFloats(values []int64) []float64 {
	f := make([]float64, len(values))
	for i, v := range values {
		f[i] = float64(v)
	}
	return f
}

// checkHDRInvariants checks what holds for every HDR.
func checkHDRInvariants(t *testing.T, h *HDR) {
	t.Helper()
	var n int64
	for _, c := range h.counts {
		if c < 0 {
			t.Fatalf("a count of %d", c)
		}
		n += c
	}
	if n != h.Len() {
		t.Fatalf("counts of %d, Len %d", n, h.Len())
	}
	if h.OutOfRange() > n || h.OutOfRange() < 0 {
		t.Fatalf("%d of %d values out of range", h.OutOfRange(), n)
	}
	if n == 0 {
		if _, ok := h.Quantile(0.5); ok {
			t.Fatal("a quantile of nothing")
		}
		return
	}
	ps := []float64{0, 0.1, 0.5, 0.9, 0.99, 0.999, 1}
	q := h.Quantiles(ps...)
	if !slices.IsSorted(q) || q[0] != h.min || q[len(q)-1] != h.max {
		t.Fatalf("quantiles %v from %d to %d", q, h.min, h.max)
	}
	mean, _ := h.Mean()
	if mean < float64(h.min) || mean > float64(h.max) {
		t.Fatalf("mean %v outside %d..%d", mean, h.min, h.max)
	}
	if sd, _ := h.StdDev(); !(sd >= 0) {
		t.Fatalf("standard deviation %v", sd)
	}
	if got := h.Histogram().TotalCount(); got != n {
		t.Fatalf("the histogram handed out has %d values of %d", got, n)
	}
}

func TestHDRRecordingInAllWaysIsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 22))
	values := []int64{-1, 0, 1, MaxHDR, MaxHDR + 1, math.MaxInt64, math.MinInt64}
	for range 1000 {
		values = append(values, randomLatency(rng), -randomLatency(rng))
	}
	var one, runs, all HDR // the zero value is ready
	for _, v := range values {
		one.Record(v)
		runs.RecordN(v, 1)
		runs.RecordN(v, 0)
	}
	all.RecordAll(values)
	for name, h := range map[string]*HDR{"RecordN": &runs, "RecordAll": &all} {
		if diff := diffHDR(&one, h); diff != "" {
			t.Errorf("%s (-Record +%s)\n%s", name, name, diff)
		}
	}
	want := new(big.Int)
	for _, v := range values {
		want.Add(want, big.NewInt(v))
	}
	if got := one.sum(); got.Cmp(want) != 0 {
		t.Errorf("sum %v, want %v", got, want)
	}
	checkHDRInvariants(t, &one)
}

func TestHDRSumOfRunsDoesNotWrap(t *testing.T) {
	for _, v := range []int64{math.MaxInt64, math.MinInt64, -1, 1} {
		var h HDR
		h.RecordN(v, maxCount-1)
		h.Record(v)
		want := new(big.Int).Mul(big.NewInt(v), big.NewInt(maxCount))
		if got := h.sum(); got.Cmp(want) != 0 {
			t.Errorf("2^62 times %d: sum %v", v, got)
		}
		if mean, _ := h.Mean(); mean != float64(v) {
			t.Errorf("2^62 times %d: mean %v", v, mean)
		}
		mustPanic(t, func() { h.RecordN(v, 1) })
		mustPanic(t, func() { h.Merge(h.Clone()) })
		checkHDRInvariants(t, &h)
	}
}

func TestHDROutOfRange(t *testing.T) {
	tests := []struct {
		name   string
		value  int64
		out    int64
		q      int64
		reason string
	}{
		{"least", 0, 0, 0, "zeros have a bucket"},
		{"below", -1, 1, -1, "clamped, yet the least value is what it was"},
		{"largest", MaxHDR, 0, MaxHDR, "the last value of the last bucket"},
		{"above", MaxHDR + 1, 1, MaxHDR + 1, "clamped, yet the largest value is what it was"},
		{"far above", math.MaxInt64, 1, math.MaxInt64, "never an error, never lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hdrOf(3, []int64{tt.value})
			if q, ok := h.Quantile(0.5); !ok || q != tt.q || h.OutOfRange() != tt.out || h.Len() != 1 {
				t.Errorf("median %d, %d of %d out of range: %s", q, h.OutOfRange(), h.Len(), tt.reason)
			}
		})
	}
	h := hdrOf(2, []int64{1, MaxHDR + 1000, MaxHDR + 2000, MaxHDR + 3000})
	if q, _ := h.Quantile(0.75); q != MaxHDR {
		t.Errorf("P75 %d, want the end of the range", q)
	}
}

func TestHDRMergeIsConcatenation(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 23))
	for run := range 40 {
		digits := 2 + run%2
		a, b := make([]int64, rng.IntN(500)), make([]int64, rng.IntN(500))
		for _, s := range [][]int64{a, b} {
			for i := range s {
				s[i] = randomLatency(rng) - rng.Int64N(2)*5
			}
		}
		merged, other := hdrOf(digits, a), hdrOf(digits, b)
		before := other.Clone()
		if err := merged.Merge(other); err != nil {
			t.Fatal(err)
		}
		whole := hdrOf(digits, append(a, b...))
		if diff := diffHDR(whole, merged); diff != "" {
			t.Fatalf("(-whole +merged)\n%s", diff)
		}
		if diff := diffHDR(before, other); diff != "" {
			t.Fatalf("the argument changed\n%s", diff)
		}
	}
}

func TestHDRMergeRefusesOtherDigits(t *testing.T) {
	h := hdrOf(3, []int64{1})
	err := h.Merge(NewHDR(2))
	var digits *DigitsError
	if !errors.As(err, &digits) || *digits != (DigitsError{3, 2}) || h.Len() != 1 {
		t.Errorf("got %v", err)
	}
	mustPanic(t, func() { NewHDR(1) })
	mustPanic(t, func() { NewHDR(4) })
	mustPanic(t, func() { h.RecordN(1, -1) })
}

// The histogram handed out is one of hdrhistogram-go: same counts, and its
// codec reads back what it wrote.
func TestHDRHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(24, 24))
	for _, digits := range []int{2, 3} {
		ref := hdrhistogram.New(1, MaxHDR, digits)
		h := NewHDR(digits)
		if h.Histogram().TotalCount() != 0 {
			t.Error("an empty HDR has a histogram that is not empty")
		}
		for range 2000 {
			v := randomLatency(rng)
			h.Record(v)
			if err := ref.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		got := h.Histogram()
		if !got.Equals(ref) {
			t.Errorf("%d digits: not the histogram of the values", digits)
		}
		coded, err := got.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		back, err := hdrhistogram.Decode(coded)
		if err != nil || !back.Equals(ref) {
			t.Errorf("%d digits: V2 round trip: %v", digits, err)
		}
		if err := got.RecordValue(1); err != nil {
			t.Fatal(err)
		}
		if h.Len() != 2000 || h.Histogram().TotalCount() != 2000 {
			t.Error("the histogram shares its counts")
		}
	}
}

func TestHDRAllocations(t *testing.T) {
	h := NewHDR(3)
	h.Record(1)
	batch := []int64{1, 2, 3, MaxHDR + 1, -1}
	if n := testing.AllocsPerRun(100, func() {
		h.Record(25e6)
		h.Record(-5)
		h.Record(math.MaxInt64)
		h.RecordN(0, 3)
		h.RecordAll(batch)
	}); n != 0 {
		t.Errorf("recording allocates %v times", n)
	}
}

func TestHDRSnapshotRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 25))
	for run := range 60 {
		h := NewHDR(2 + run%2)
		for range rng.IntN(300) {
			h.RecordN(randomLatency(rng)-rng.Int64N(3), 1+rng.Int64N(5))
		}
		if run%7 == 0 {
			h.RecordN(math.MaxInt64, 1)
		}
		b, err := h.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		got := *hdrOf(5-h.Digits(), []int64{1, 2, 3}) // what was there before goes away
		if err := got.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if diff := diffHDR(h, &got); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
		if again, _ := got.MarshalBinary(); !bytes.Equal(b, again) {
			t.Fatal("written again, the bytes differ")
		}
	}
}
