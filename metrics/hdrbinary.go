package metrics

import (
	"encoding"
	"encoding/binary"
	"math"
	"math/big"
)

var (
	_ encoding.BinaryMarshaler   = (*HDR)(nil)
	_ encoding.BinaryUnmarshaler = (*HDR)(nil)
	_ encoding.BinaryAppender    = (*HDR)(nil)
)

const (
	hdrMagic   = "TTH"
	hdrVersion = 1
)

// MarshalBinary returns a snapshot of everything in h. Equal contents give
// equal bytes:
//
//	"TTH"             magic
//	1                 version
//	2 or 3            digits
//	uvarint           n; if it is 0, nothing follows
//	uvarint           values out of range
//	uvarint           least value, zigzag
//	uvarint           largest - least value
//	16 bytes          sum, two's complement, the lowest byte first
//	runs              until the counts add up to n:
//	    uvarint       empty buckets before the run
//	    uvarint       buckets in the run
//	    uvarints      a count, at least 1, for each of them
//
// For an exchange with other programs see [HDR.Histogram].
func (h *HDR) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

// AppendBinary appends what MarshalBinary returns.
func (h *HDR) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, hdrMagic...)
	b = append(b, hdrVersion, byte(h.Digits()))
	b = binary.AppendUvarint(b, uint64(h.n))
	if h.n == 0 {
		return b, nil
	}
	b = binary.AppendUvarint(b, uint64(h.outOfRange))
	b = binary.AppendVarint(b, h.min)
	b = binary.AppendUvarint(b, uint64(h.max)-uint64(h.min))
	b = binary.LittleEndian.AppendUint64(b, h.sumLo)
	b = binary.LittleEndian.AppendUint64(b, h.sumHi)
	return appendRuns(b, h.counts), nil
}

func appendRuns(b []byte, counts []int64) []byte {
	end := 0 // of the run before
	for i := 0; i < len(counts); i++ {
		if counts[i] == 0 {
			continue
		}
		start := i
		for i < len(counts) && counts[i] != 0 {
			i++
		}
		b = binary.AppendUvarint(b, uint64(start-end))
		b = binary.AppendUvarint(b, uint64(i-start))
		for _, c := range counts[start:i] {
			b = binary.AppendUvarint(b, uint64(c))
		}
		end = i
	}
	return b
}

// UnmarshalBinary replaces what h holds by a snapshot. Whatever the bytes
// say, it allocates one set of buckets at most, 270 KB. It accepts only what
// MarshalBinary can have written: counts that add up, least and largest value
// in the outermost buckets, a sum between what they allow. Otherwise it
// returns a [*SnapshotError] and leaves h as it is.
func (h *HDR) UnmarshalBinary(data []byte) error {
	r := &snapshotReader{data: data}
	v := r.hdr()
	r.end()
	if r.err != nil {
		return r.err
	}
	*h = v
	return nil
}

// hdr reads an HDR that ends with its last run.
func (r *snapshotReader) hdr() HDR {
	r.header(hdrMagic, hdrVersion)
	digits := r.byte()
	if r.err != nil {
		return HDR{}
	}
	if digits != 2 && digits != 3 {
		r.invalid(r.off-1, "%d digits", digits)
		return HDR{}
	}
	h := *NewHDR(int(digits))
	n := int64(r.uvarint(maxCount))
	if n == 0 {
		return h
	}
	h.prepare()
	h.n = n
	at := r.off
	h.outOfRange = int64(r.uvarint(uint64(n)))
	least := r.uvarint(math.MaxUint64)
	h.min = int64(least>>1) ^ -int64(least&1)
	h.max = int64(uint64(h.min) + r.uvarint(uint64(math.MaxInt64)-uint64(h.min)))
	h.sumLo = binary.LittleEndian.Uint64(r.take(8))
	h.sumHi = binary.LittleEndian.Uint64(r.take(8))
	first, last := r.runs(h.counts, n)
	if r.err == nil {
		r.checkHDR(at, &h, first, last)
	}
	return h
}

// runs reads counts that add up to n and returns the first and the last
// bucket that is not empty.
func (r *snapshotReader) runs(counts []int64, n int64) (first, last int) {
	first = -1
	end := 0 // of the run before
	for n > 0 && r.err == nil {
		at := r.off
		gap := int(r.uvarint(uint64(max(0, len(counts)-1-end))))
		if gap == 0 && end > 0 {
			r.invalid(at, "a run that continues the one before")
		}
		start := end + gap
		at = r.off
		length := int(r.uvarint(uint64(len(counts) - start)))
		if length == 0 {
			r.invalid(at, "an empty run")
		}
		end = start + length
		for i := start; i < end && r.err == nil; i++ {
			at = r.off
			c := int64(r.uvarint(uint64(n)))
			if c == 0 {
				r.invalid(at, "an empty bucket in a run, or more buckets than values")
			}
			counts[i] = c
			n -= c
		}
		if first < 0 {
			first = start
		}
	}
	return first, end - 1
}

// checkHDR checks what h holds beside the counts against them.
func (r *snapshotReader) checkHDR(at int, h *HDR, first, last int) {
	bucket := func(v int64) int { return int(hdrIndex(uint64(min(max(v, 0), MaxHDR)), h.bits)) }
	if bucket(h.min) != first || bucket(h.max) != last {
		r.invalid(at, "least value %d and largest %d are not in the outermost buckets %d and %d", h.min, h.max, first, last)
		return
	}
	var needed, possible int64
	if h.min < 0 {
		possible += h.counts[first]
		needed++
	}
	if h.max > MaxHDR {
		possible += h.counts[last]
		needed++
	}
	if h.outOfRange > possible || h.outOfRange < needed {
		r.invalid(at, "%d values out of range, where %d to %d are possible", h.outOfRange, needed, possible)
		return
	}
	// The least and the largest value are in the sum, and the other n - 2
	// values are between them.
	n, lo, hi := big.NewInt(h.n-1), big.NewInt(h.min), big.NewInt(h.max)
	least := new(big.Int).Mul(n, lo)
	largest := new(big.Int).Mul(n, hi)
	if sum := h.sum(); sum.Cmp(least.Add(least, hi)) < 0 || sum.Cmp(largest.Add(largest, lo)) > 0 {
		r.invalid(at, "%d values from %d to %d cannot have the sum %d", h.n, h.min, h.max, sum)
	}
}
