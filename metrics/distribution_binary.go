package metrics

import (
	"encoding"
	"encoding/binary"
	"math"
)

var (
	_ encoding.BinaryMarshaler   = (*Distribution)(nil)
	_ encoding.BinaryUnmarshaler = (*Distribution)(nil)
	_ encoding.BinaryAppender    = (*Distribution)(nil)
)

const (
	distributionMagic   = "TTD"
	distributionVersion = 2
)

// MarshalBinary returns a snapshot of d with its options:
//
//	"TTD"             magic
//	2                 version
//	3 bytes           method, quantile kind, unit
//	uvarint           requests without a value
//	exact:  uvarint   number of values that are not in repeats
//	        8 bytes   each of them in the order of adding, IEEE 754, the lowest byte first
//	        uvarint   number of repeats
//	        8 bytes,  each repeat in the order of adding: the value, and how
//	        uvarint   often; see [Exact]
//	hdr:              a snapshot of the HDR; see [HDR.MarshalBinary]
func (d *Distribution) MarshalBinary() ([]byte, error) { return d.AppendBinary(nil) }

// AppendBinary appends what MarshalBinary returns.
func (d *Distribution) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, distributionMagic...)
	b = append(b, distributionVersion, byte(d.Options.Method), byte(d.Options.Kind), byte(d.Options.Unit))
	b = binary.AppendUvarint(b, uint64(d.undefined))
	if d.Options.Method == HDRMethod {
		return d.hdr.AppendBinary(b)
	}
	b = binary.AppendUvarint(b, uint64(len(d.exact.values)))
	for _, v := range d.exact.values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	b = binary.AppendUvarint(b, uint64(len(d.exact.repeats)))
	for _, r := range d.exact.repeats {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(r.value))
		b = binary.AppendUvarint(b, uint64(r.count))
	}
	return b, nil
}

// UnmarshalBinary replaces d, options included, by a snapshot. It allocates
// no more than the values in data need, or one set of buckets. If data is not
// what MarshalBinary can have written, it returns a [*SnapshotError] and
// leaves d as it is.
func (d *Distribution) UnmarshalBinary(data []byte) error {
	r := &snapshotReader{data: data}
	v := r.distribution()
	r.end()
	if r.err != nil {
		return r.err
	}
	*d = v
	return nil
}

func (r *snapshotReader) distribution() Distribution {
	r.header(distributionMagic, distributionVersion)
	var d Distribution
	d.Options.Method = Method(r.option(len(methodNames)))
	d.Options.Kind = QuantileKind(r.option(len(quantileKindNames)))
	d.Options.Unit = Unit(r.option(len(unitNames)))
	d.undefined = int64(r.uvarint(math.MaxInt64))
	if r.err != nil {
		return d
	}
	if d.Options.Method == HDRMethod {
		at := r.off
		if d.hdr = r.hdr(); r.err == nil && d.hdr.Digits() != 3 {
			r.invalid(at, "%d digits in a distribution", d.hdr.Digits())
		}
		return d
	}
	d.exact.values = r.floats()
	d.exact.repeats, d.exact.repeated = r.repeats()
	return d
}

// option reads one of n values.
func (r *snapshotReader) option(n int) byte {
	v := r.byte()
	if int(v) >= n {
		r.invalid(r.off-1, "option %d, where %d exist", v, n)
	}
	return v
}

func (r *snapshotReader) floats() []float64 {
	n := r.length(8)
	if n == 0 {
		return nil
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = r.float()
		if r.err != nil {
			return nil
		}
	}
	return values
}

// length reads how many elements follow, of that many bytes at least.
func (r *snapshotReader) length(bytes int) int {
	at := r.off
	n := r.uvarint(math.MaxInt64)
	if r.err == nil && n > uint64(r.left()/bytes) {
		r.fail(at, ErrSnapshotShort)
		return 0
	}
	return int(n)
}

// float reads a value. Neither NaN, infinite nor -0 is ever added.
func (r *snapshotReader) float() float64 {
	at := r.off
	b := binary.LittleEndian.Uint64(r.take(8))
	v := math.Float64frombits(b)
	if v-v != 0 || b == 1<<63 {
		r.invalid(at, "value %v", v)
	}
	return v
}

// repeats reads repeats and returns the number of their values.
func (r *snapshotReader) repeats() ([]repeat, int64) {
	n := r.length(8 + 1)
	if n == 0 {
		return nil, 0
	}
	repeats, total := make([]repeat, n), int64(0)
	for i := range repeats {
		at := r.off
		v := r.float()
		if i > 0 && r.err == nil && repeats[i-1].value == v {
			r.invalid(at, "value %v in two repeats in a row", v)
		}
		at = r.off
		count := int64(r.uvarint(uint64(maxCount - total)))
		if r.err == nil && count < minRepeat {
			r.invalid(at, "a repeat of %d values", count)
		}
		if r.err != nil {
			return nil, 0
		}
		repeats[i], total = repeat{v, count}, total+count
	}
	return repeats, total
}
