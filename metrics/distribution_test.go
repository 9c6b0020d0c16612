package metrics

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// allOptions returns the options that exist, by name.
func allOptions() map[string]DistributionOptions {
	all := make(map[string]DistributionOptions)
	for _, u := range []Unit{Nanoseconds, Share} {
		for kind := Linear; kind <= FloorRank; kind++ {
			all["exact "+kind.String()+" "+u.String()] = DistributionOptions{ExactMethod, kind, u}
		}
		all["hdr "+u.String()] = DistributionOptions{HDRMethod, Linear, u}
	}
	return all
}

// randomDistribution returns a distribution of n values and some undefined.
func randomDistribution(o DistributionOptions, rng *rand.Rand, n int) *Distribution {
	d := &Distribution{Options: o}
	for range n {
		v := float64(randomLatency(rng))
		if o.Unit == Share {
			v = math.Round(rng.Float64()*1e6) / 1e6
		}
		d.AddN(v, randomCount(rng))
	}
	d.AddUndefined(rng.Int64N(4))
	return d
}

// randomCount returns mostly small counts, sometimes one of a repeat.
func randomCount(rng *rand.Rand) int64 {
	if rng.IntN(8) == 0 {
		return minRepeat - 1 + rng.Int64N(3)
	}
	return 1 + rng.Int64N(3)
}

// sameDistribution compares what two distributions hold, and say.
func sameDistribution(t *testing.T, want, got *Distribution) {
	t.Helper()
	if diff := diffHDR(&want.hdr, &got.hdr); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want.exact, got.exact, cmp.AllowUnexported(Exact{}, repeat{})); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	type said struct {
		Options DistributionOptions
		Stats   Stats
	}
	if diff := cmp.Diff(said{want.Options, want.Stats()}, said{got.Options, got.Stats()}, cmp.AllowUnexported(Optional[float64]{})); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func TestDistributionMergeIsConcatenation(t *testing.T) {
	for name, o := range allOptions() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(31, 31))
			for range 10 {
				n, m := rng.IntN(100), rng.IntN(100)
				seed := rng.Uint64()
				a := randomDistribution(o, rand.New(rand.NewPCG(seed, 1)), n)
				b := randomDistribution(o, rand.New(rand.NewPCG(seed, 2)), m)
				whole := randomDistribution(o, rand.New(rand.NewPCG(seed, 1)), n)
				second := rand.New(rand.NewPCG(seed, 2))
				for range m {
					v := float64(randomLatency(second))
					if o.Unit == Share {
						v = math.Round(second.Float64()*1e6) / 1e6
					}
					whole.AddN(v, randomCount(second))
				}
				whole.AddUndefined(second.Int64N(4))
				if err := a.Merge(b); err != nil {
					t.Fatal(err)
				}
				sameDistribution(t, whole, a)
			}
		})
	}
}

// In another order of merging the values of an exact distribution are in
// another order, and no figure is.
func TestDistributionMergeOrderDoesNotMatter(t *testing.T) {
	for name, o := range allOptions() {
		rng := rand.New(rand.NewPCG(32, 32))
		ab, ba := randomDistribution(o, rng, 500), &Distribution{Options: o}
		third := randomDistribution(o, rng, 700)
		if ba.Merge(third) != nil || ba.Merge(ab) != nil || ab.Merge(third) != nil {
			t.Fatal("not merged")
		}
		if diff := cmp.Diff(ab.Stats(), ba.Stats(), cmp.AllowUnexported(Optional[float64]{})); diff != "" {
			t.Errorf("%s: (-ab +ba)\n%s", name, diff)
		}
	}
}

func TestDistributionMergeRefusesOtherOptions(t *testing.T) {
	for nameA, a := range allOptions() {
		for nameB, b := range allOptions() {
			d, o := Distribution{Options: a}, Distribution{Options: b}
			o.AddUndefined(1)
			err := d.Merge(&o)
			if (a == b) != (err == nil) || err != nil && (!errors.Is(err, ErrOptions) || d.Undefined() != 0) {
				t.Errorf("%s with %s: %v", nameA, nameB, err)
			}
		}
	}
}

func TestDistributionSnapshotRoundTrip(t *testing.T) {
	for name, o := range allOptions() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(33, 33))
			for _, n := range []int{0, 1, 200} {
				want := randomDistribution(o, rng, n)
				b, err := want.MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				got := randomDistribution(DistributionOptions{Method: 1 - o.Method}, rng, 5)
				if err := got.UnmarshalBinary(b); err != nil {
					t.Fatal(err)
				}
				sameDistribution(t, want, got)
				for k := range b {
					if err := new(Distribution).UnmarshalBinary(b[:k]); err == nil {
						t.Fatalf("the first %d of %d bytes are accepted", k, len(b))
					}
				}
			}
		})
	}
}

func TestDistributionSnapshotErrors(t *testing.T) {
	var d Distribution
	d.Add(1.5)
	good, _ := d.MarshalBinary() // TTD 2, three options, 0 undefined, 1 value, 0 repeats
	value := func(v float64, count uint64) []byte {
		return binary.AppendUvarint(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)), count)
	}
	repeats := func(n byte, of ...[]byte) []byte { return append(append(good[:17:17], n), bytes.Join(of, nil)...) }
	change := func(at int, b ...byte) []byte {
		s := bytes.Clone(good)
		copy(s[at:], b)
		return s
	}
	tests := []struct {
		name   string
		data   []byte
		offset int
		want   error
	}{
		{"other magic", change(0, 'X'), 0, ErrSnapshotFormat},
		{"an HDR's snapshot", change(2, 'H'), 0, ErrSnapshotFormat},
		{"earlier version", change(3, 1), 3, ErrSnapshotVersion},
		{"later version", change(3, 3), 3, ErrSnapshotVersion},
		{"no such method", change(4, 2), 4, ErrSnapshotInvalid},
		{"no such kind", change(5, byte(FloorRank+1)), 5, ErrSnapshotInvalid},
		{"no such unit", change(6, 2), 6, ErrSnapshotInvalid},
		{"more values than bytes", change(8, 2), 8, ErrSnapshotShort},
		{"fewer values than bytes", change(8, 0), 10, ErrSnapshotExcess},
		{"NaN", change(9, 1, 0, 0, 0, 0, 0, 0xf0, 0x7f), 9, ErrSnapshotInvalid},
		{"infinite", change(9, 0, 0, 0, 0, 0, 0, 0xf0, 0xff), 9, ErrSnapshotInvalid},
		{"-0", change(9, 0, 0, 0, 0, 0, 0, 0, 0x80), 9, ErrSnapshotInvalid},
		{"2 digits", append([]byte("TTD\x02\x01\x00\x00\x00"), "TTH\x01\x02\x00"...), 8, ErrSnapshotInvalid},
		{"more repeats than bytes", repeats(2, value(3, 64)), 17, ErrSnapshotShort},
		{"a repeat without its count", repeats(1, value(3, 64)[:8]), 17, ErrSnapshotShort},
		{"bytes after the repeats", repeats(1, value(3, 64), []byte{0}), 27, ErrSnapshotExcess},
		{"a repeat of few", repeats(1, value(3, 63)), 26, ErrSnapshotInvalid},
		{"repeats of one value in a row", repeats(2, value(3, 64), value(3, 64)), 27, ErrSnapshotInvalid},
		{"repeated NaN", repeats(1, value(math.NaN(), 64)), 18, ErrSnapshotInvalid},
		{"more than 2^62 values", repeats(2, value(3, 1<<62), value(4, 64)), 43, ErrSnapshotInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Distribution
			got.Add(7)
			err := got.UnmarshalBinary(tt.data)
			var at *SnapshotError
			if !errors.As(err, &at) || !errors.Is(err, tt.want) || at.Offset != tt.offset {
				t.Errorf("got %v, want byte %d: %v", err, tt.offset, tt.want)
			}
			if q, _ := got.Quantile(0.5); q != 7 {
				t.Error("changed by a bad snapshot")
			}
		})
	}
}

func FuzzDistributionUnmarshal(f *testing.F) {
	rng := rand.New(rand.NewPCG(34, 34))
	for _, o := range allOptions() {
		b, _ := randomDistribution(o, rng, 3).MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Distribution
		if err := d.UnmarshalBinary(data); err != nil {
			checkSnapshotError(t, err, data)
			return
		}
		if again, _ := d.MarshalBinary(); !bytes.Equal(data, again) {
			t.Fatalf("%x written again is %x", data, again)
		}
		checkStats(t, &d)
	})
}

// checkStats checks what holds for the numbers of every distribution.
func checkStats(t *testing.T, d *Distribution) {
	t.Helper()
	s := d.Stats()
	if s.N != d.N() || s.Undefined != d.Undefined() {
		t.Fatalf("%+v, %d values and %d undefined", s, d.N(), d.Undefined())
	}
	last := math.Inf(-1)
	for i, o := range []Optional[float64]{s.Min, s.P50, s.P90, s.P95, s.P99, s.P999, s.Max} {
		v, ok := o.Get()
		if ok != (s.N > 0) || ok && !(v >= last) {
			t.Fatalf("number %d of %+v is not in order", i, s)
		}
		if ok {
			last = v
		}
	}
}

func TestDistributionStatsInvariants(t *testing.T) {
	for name, o := range allOptions() {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(35, 35))
			for n := range 40 {
				d := randomDistribution(o, rng, n)
				checkStats(t, d)
				s := d.Stats()
				if n == 0 {
					continue
				}
				for _, q := range []struct {
					p    float64
					want Optional[float64]
				}{{0, s.Min}, {0.5, s.P50}, {0.9, s.P90}, {0.95, s.P95}, {0.99, s.P99}, {0.999, s.P999}, {1, s.Max}} {
					if got, ok := d.Quantile(q.p); !ok || Known(got) != q.want {
						t.Fatalf("Quantile(%v) = %v, Stats %v", q.p, got, q.want)
					}
				}
			}
		})
	}
}

func TestDistributionBasics(t *testing.T) {
	for name, o := range allOptions() {
		t.Run(name, func(t *testing.T) {
			d := Distribution{Options: o}
			if q, ok := d.Quantile(0.5); ok || !math.IsNaN(q) {
				t.Errorf("a quantile of nothing: %v, %v", q, ok)
			}
			d.AddSpan(Span{})
			d.AddUndefined(2)
			if diff := cmp.Diff(Stats{Undefined: 3}, d.Stats(), cmp.AllowUnexported(Optional[float64]{})); diff != "" {
				t.Error(diff)
			}
			d.Add(0.25)
			d.AddN(0.75, 3)
			d.AddN(1, 0)
			want := 0.75
			if o == (DistributionOptions{Method: HDRMethod}) {
				want = 1 // rounded to the nanosecond
			}
			if hi, _ := d.Quantile(1); hi != want || d.N() != 4 {
				t.Errorf("largest of %d values: %v, want %v", d.N(), hi, want)
			}
			for _, f := range []func(){
				func() { d.Add(math.NaN()) }, func() { d.Add(math.Inf(1)) }, func() { d.AddN(math.Inf(-1), 1) },
				func() { d.AddN(1, -1) }, func() { d.AddUndefined(-1) }, func() { d.Quantile(99) },
			} {
				mustPanic(t, f)
			}
			if o.Unit == Share {
				mustPanic(t, func() { d.AddSpan(Known(time.Second)) })
				mustPanic(t, func() { d.AddSpanN(Known(time.Second), 2) })
			}
			if _, ok := d.Interval(0.5, 0.5); ok != (o.Method == ExactMethod) {
				t.Errorf("interval: %v", ok)
			}
		})
	}
}

func TestDistributionHDRValueBeyondInt64(t *testing.T) {
	d := Distribution{Options: DistributionOptions{Method: HDRMethod}}
	d.Add(1e300)
	d.Add(-1e300)
	s := d.Stats()
	if s.Max != Known(float64(math.MaxInt64)) || s.Min != Known(float64(math.MinInt64)) || d.hdr.OutOfRange() != 2 {
		t.Errorf("%+v", s)
	}
}

func TestDistributionAddSpanN(t *testing.T) {
	for _, m := range []Method{ExactMethod, HDRMethod} {
		a, b := Distribution{Options: DistributionOptions{Method: m}}, Distribution{Options: DistributionOptions{Method: m}}
		for _, g := range []time.Duration{25 * time.Millisecond, 0, time.Hour * 2, -1} {
			for _, n := range []int64{0, 1, 2, 3, minRepeat} {
				a.AddSpanN(Known(g), n)
				a.AddSpanN(Span{}, n)
				b.AddUndefined(n)
				b.AddN(float64(g), n)
			}
		}
		sameDistribution(t, &b, &a)
	}
}

func TestDistributionAllocations(t *testing.T) {
	streaming := Distribution{Options: DistributionOptions{Method: HDRMethod}}
	streaming.Add(1)
	exact := Distribution{exact: Exact{values: make([]float64, 0, 1<<16)}}
	for name, d := range map[string]*Distribution{"hdr": &streaming, "exact with room": &exact} {
		if n := testing.AllocsPerRun(1000, func() {
			d.Add(25e6)
			d.AddSpan(Known(25 * time.Millisecond))
			d.AddSpan(Span{})
			d.addGaps(time.Millisecond, 1)
			d.addGaps(0, 3)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestMethodText(t *testing.T) {
	for _, m := range []Method{ExactMethod, HDRMethod} {
		b, _ := m.MarshalText()
		var got Method
		if err := got.UnmarshalText(b); err != nil || got != m {
			t.Errorf("%s read back as %v, %v", b, got, err)
		}
	}
	if err := new(Method).UnmarshalText([]byte("ddsketch")); err == nil {
		t.Error("an unknown method is accepted")
	}
}
