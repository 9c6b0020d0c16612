package metrics

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// What can be wrong with a binary snapshot; a [*SnapshotError] says where.
var (
	ErrSnapshotFormat  = errors.New("not such a snapshot")
	ErrSnapshotVersion = errors.New("unknown version")
	ErrSnapshotShort   = errors.New("ends too early")
	ErrSnapshotExcess  = errors.New("bytes after the end")
	ErrSnapshotInvalid = errors.New("invalid content")
)

// SnapshotError reports what is wrong with a binary snapshot, and where.
type SnapshotError struct {
	Offset int   // of the offending byte
	Err    error // wraps one of the ErrSnapshot variables
}

func (e *SnapshotError) Error() string { return fmt.Sprintf("snapshot: byte %d: %v", e.Offset, e.Err) }

// Unwrap returns e.Err.
func (e *SnapshotError) Unwrap() error { return e.Err }

// snapshotReader takes values off a snapshot. After the first error, which it
// keeps, it returns zeros.
type snapshotReader struct {
	data []byte
	off  int
	err  error
}

// fail notes that the value that begins at off is wrong.
func (r *snapshotReader) fail(off int, err error) {
	if r.err == nil {
		r.err = &SnapshotError{Offset: off, Err: err}
	}
}

func (r *snapshotReader) invalid(off int, format string, args ...any) {
	r.fail(off, fmt.Errorf("%w: %s", ErrSnapshotInvalid, fmt.Sprintf(format, args...)))
}

func (r *snapshotReader) left() int { return len(r.data) - r.off }

// take returns the next n bytes.
func (r *snapshotReader) take(n int) []byte {
	if r.err != nil || r.left() < n {
		r.fail(len(r.data), ErrSnapshotShort)
		return make([]byte, n)
	}
	b := r.data[r.off : r.off+n]
	r.off += n
	return b
}

func (r *snapshotReader) byte() byte { return r.take(1)[0] }

// header consumes the magic and the version.
func (r *snapshotReader) header(magic string, version byte) {
	if r.left() < len(magic) || string(r.data[r.off:r.off+len(magic)]) != magic {
		r.fail(r.off, ErrSnapshotFormat)
		return
	}
	r.off += len(magic)
	if v := r.byte(); r.err == nil && v != version {
		r.fail(r.off-1, fmt.Errorf("%w: %d (this program reads %d)", ErrSnapshotVersion, v, version))
	}
}

// uvarint returns the next unsigned varint, which must be in its shortest
// form and at most limit.
func (r *snapshotReader) uvarint(limit uint64) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.data[r.off:])
	switch {
	case n == 0:
		r.fail(len(r.data), ErrSnapshotShort)
		return 0
	case n < 0:
		r.invalid(r.off, "a number of more than 64 bits")
		return 0
	case n > 1 && r.data[r.off+n-1] == 0:
		r.invalid(r.off, "a number that is longer than needed")
		return 0
	case v > limit:
		r.invalid(r.off, "%d, where at most %d is possible", v, limit)
		return 0
	}
	r.off += n
	return v
}

// end demands that nothing is left.
func (r *snapshotReader) end() {
	if r.err == nil && r.left() > 0 {
		r.fail(r.off, ErrSnapshotExcess)
	}
}
