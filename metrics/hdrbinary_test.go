package metrics

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"testing"
)

// snapshotOf returns the snapshot of two digits and the values 100, 100, 300,
// with one change: f gets the fields before they are written.
func snapshotOf(f func(s *hdrFields)) []byte {
	s := hdrFields{magic: "TTH", version: 1, digits: 2, n: 3, min: 100, span: 200, sumLo: 500,
		runs: []uint64{100, 1, 2, 0, 1, 1}}
	s.runs[3] = hdrIndex(300, hdrBits2) - 101
	f(&s)
	b := append([]byte(s.magic), s.version, s.digits)
	b = binary.AppendUvarint(b, s.n)
	b = binary.AppendUvarint(b, s.out)
	b = binary.AppendVarint(b, s.min)
	b = binary.AppendUvarint(b, s.span)
	b = binary.LittleEndian.AppendUint64(b, s.sumLo)
	b = binary.LittleEndian.AppendUint64(b, s.sumHi)
	for _, v := range s.runs {
		b = binary.AppendUvarint(b, v)
	}
	return append(b, s.tail...)
}

type hdrFields struct {
	magic           string
	version, digits byte
	n, out          uint64
	min             int64
	span            uint64
	sumLo, sumHi    uint64
	runs            []uint64
	tail            []byte
}

func TestHDRSnapshotErrors(t *testing.T) {
	if b, _ := hdrOf(2, []int64{100, 100, 300}).MarshalBinary(); !bytes.Equal(b, snapshotOf(func(*hdrFields) {})) {
		t.Fatalf("the unchanged snapshot is not that of the values: %x", b)
	}
	tests := []struct {
		name   string
		change func(s *hdrFields)
		offset int
		want   error
		reason string
	}{
		{"other magic", func(s *hdrFields) { s.magic = "HDR" }, 0, ErrSnapshotFormat, "not ours"},
		{"later version", func(s *hdrFields) { s.version = 2 }, 3, ErrSnapshotVersion, "says so, does not guess"},
		{"digits", func(s *hdrFields) { s.digits = 5 }, 4, ErrSnapshotInvalid, "2 or 3"},
		{"more values than counts", func(s *hdrFields) { s.n = 4 }, 34, ErrSnapshotShort, "the counts must add up to n"},
		{"fewer values than counts", func(s *hdrFields) { s.n = 2 }, 6, ErrSnapshotInvalid, "the counts end before the bucket of the largest value"},
		{"count larger than what is left", func(s *hdrFields) { s.runs[2] = 4 }, 29, ErrSnapshotInvalid, "the counts must add up to n"},
		{"huge n", func(s *hdrFields) { s.n = 1<<62 + 1 }, 5, ErrSnapshotInvalid, "no sum may wrap"},
		{"empty bucket in a run", func(s *hdrFields) { s.runs[2] = 0 }, 29, ErrSnapshotInvalid, "one way to write it"},
		{"empty run", func(s *hdrFields) { s.runs[1] = 0 }, 28, ErrSnapshotInvalid, "one way to write it"},
		{"run joined to the one before", func(s *hdrFields) { s.runs[3] = 0 }, 30, ErrSnapshotInvalid, "one way to write it"},
		{"bucket beyond the last", func(s *hdrFields) { s.runs[0] = 5000 }, 27, ErrSnapshotInvalid, "4608 buckets"},
		{"run beyond the last bucket", func(s *hdrFields) { s.runs[1] = 5000 }, 28, ErrSnapshotInvalid, "4608 buckets"},
		{"least value elsewhere", func(s *hdrFields) { s.min, s.span = 99, 201 }, 6, ErrSnapshotInvalid, "not in the first bucket"},
		{"largest value elsewhere", func(s *hdrFields) { s.span = 300 }, 6, ErrSnapshotInvalid, "not in the last bucket"},
		{"largest value beyond int64", func(s *hdrFields) { s.span = math.MaxUint64 }, 9, ErrSnapshotInvalid, "would wrap"},
		{"sum too small", func(s *hdrFields) { s.sumLo = 499 }, 6, ErrSnapshotInvalid, "100 + 100 + 300 at least"},
		{"sum too large", func(s *hdrFields) { s.sumLo = 701 }, 6, ErrSnapshotInvalid, "100 + 300 + 300 at most"},
		{"sum negative", func(s *hdrFields) { s.sumHi = math.MaxUint64 }, 6, ErrSnapshotInvalid, "no value is"},
		{"out of range without reason", func(s *hdrFields) { s.out = 1 }, 6, ErrSnapshotInvalid, "100 and 300 are in range"},
		{"bytes after the end", func(s *hdrFields) { s.tail = []byte{0} }, 34, ErrSnapshotExcess, "nothing may follow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hdrOf(3, []int64{7})
			err := h.UnmarshalBinary(snapshotOf(tt.change))
			var at *SnapshotError
			if !errors.As(err, &at) || !errors.Is(err, tt.want) || at.Offset != tt.offset {
				t.Errorf("got %v, want byte %d: %v (%s)", err, tt.offset, tt.want, tt.reason)
			}
			if diff := diffHDR(hdrOf(3, []int64{7}), h); diff != "" {
				t.Errorf("changed by a bad snapshot\n%s", diff)
			}
		})
	}
	clamped, _ := hdrOf(2, []int64{-5, 100}).MarshalBinary() // one of two out of range, in byte 6
	for _, out := range []byte{0, 2} {
		clamped[6] = out
		if err := new(HDR).UnmarshalBinary(clamped); !errors.Is(err, ErrSnapshotInvalid) {
			t.Errorf("-5 and 100 with %d out of range: %v", out, err)
		}
	}
	whole := snapshotOf(func(*hdrFields) {})
	for n := range whole {
		if err := new(HDR).UnmarshalBinary(whole[:n]); err == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
	long := append(append([]byte(nil), whole[:5]...), 0x83, 0x00) // n = 3 in two bytes
	if err := new(HDR).UnmarshalBinary(append(long, whole[6:]...)); !errors.Is(err, ErrSnapshotInvalid) {
		t.Errorf("a number in a longer form than needed: %v", err)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever a foreign snapshot says, reading it takes one set of buckets and
// what a failed read needs besides, or the values that its length allows.
func TestSnapshotAllocationCap(t *testing.T) {
	const buckets = 33792 * 8
	huge := snapshotOf(func(s *hdrFields) {
		s.digits, s.n, s.runs = 3, 1<<62, []uint64{0, 33792, 1 << 61}
	})
	exact := binary.AppendUvarint([]byte("TTD\x02\x00\x00\x00\x00"), math.MaxInt64/8)
	exact = append(exact, make([]byte, 800)...)
	for name, tt := range map[string]struct {
		read func() error
		cap  uint64
	}{
		"hdr":   {func() error { return new(HDR).UnmarshalBinary(huge) }, buckets + 16<<10},
		"exact": {func() error { return new(Distribution).UnmarshalBinary(exact) }, 16 << 10},
	} {
		if n := allocated(func() {
			if tt.read() == nil {
				t.Errorf("%s: accepted", name)
			}
		}); n > tt.cap {
			t.Errorf("%s: %d bytes allocated, the cap is %d", name, n, tt.cap)
		}
	}
}

func FuzzHDRUnmarshal(f *testing.F) {
	f.Add(snapshotOf(func(*hdrFields) {}))
	for _, h := range []*HDR{NewHDR(2), NewHDR(3), hdrOf(2, []int64{-5, 1e6, 1e6, math.MaxInt64}), hdrOf(3, []int64{25e6})} {
		b, _ := h.MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h HDR
		if err := h.UnmarshalBinary(data); err != nil {
			checkSnapshotError(t, err, data)
			return
		}
		checkHDRInvariants(t, &h)
		if again, _ := h.MarshalBinary(); !bytes.Equal(data, again) {
			t.Fatalf("%x written again is %x", data, again)
		}
		twice := h.Clone()
		if h.Len() <= maxCount/2 {
			if err := twice.Merge(&h); err != nil || twice.Len() != 2*h.Len() {
				t.Fatalf("merged with itself: %d values, %v", twice.Len(), err)
			}
			checkHDRInvariants(t, twice)
		}
	})
}

func checkSnapshotError(t *testing.T, err error, data []byte) {
	t.Helper()
	var at *SnapshotError
	if !errors.As(err, &at) || at.Offset < 0 || at.Offset > len(data) || at.Unwrap() == nil {
		t.Fatalf("error %v of %d bytes", err, len(data))
	}
}
