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
	distributionVersion = 1
)

// MarshalBinary returns a snapshot of d with its options:
//
//	"TTD"             magic
//	1                 version
//	3 bytes           method, quantile kind, unit
//	uvarint           requests without a value
//	exact:  uvarint   number of values
//	        8 bytes   each value in the order of adding, IEEE 754, the lowest byte first
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
	at := r.off
	n := r.uvarint(math.MaxInt64)
	if r.err == nil && n > uint64(r.left()/8) {
		r.fail(at, ErrSnapshotShort)
	}
	if r.err != nil || n == 0 {
		return nil
	}
	values := make([]float64, n)
	for i := range values {
		at := r.off
		b := binary.LittleEndian.Uint64(r.take(8))
		v := math.Float64frombits(b)
		if v-v != 0 || b == 1<<63 {
			r.invalid(at, "value %v", v) // neither NaN, infinite nor -0 is ever added
			return nil
		}
		values[i] = v
	}
	return values
}
