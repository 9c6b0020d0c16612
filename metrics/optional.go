package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Undefined is how a value that does not exist is printed.
const Undefined = "–"

// Optional is a value that may be unknown or undefined. It exists because no
// number can stand for "there is none": a TTFT of 0 would enter a mean, a
// TTFT that is not known must not.
//
// The zero Optional is unknown. It prints as "–" and is null in JSON; a
// duration is a JSON integer of nanoseconds.
type Optional[T comparable] struct {
	value T
	known bool
}

// Known returns the Optional that holds v.
func Known[T comparable](v T) Optional[T] { return Optional[T]{v, true} }

// Get returns the value and true, or the zero T and false.
func (o Optional[T]) Get() (T, bool) { return o.value, o.known }

// Known reports whether there is a value.
func (o Optional[T]) Known() bool { return o.known }

// Equal reports whether both are unknown, or both known and equal.
func (o Optional[T]) Equal(p Optional[T]) bool { return o == p }

// String returns the value as fmt prints it, or "–".
func (o Optional[T]) String() string {
	if !o.known {
		return Undefined
	}
	return fmt.Sprint(o.value)
}

// MarshalJSON encodes the value, or null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.known {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON decodes a value, or null as unknown.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*o = Optional[T]{}
		return nil
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*o = Known(v)
	return nil
}

type (
	// Instant is an offset from the origin of the run, known or not.
	Instant = Optional[time.Duration]

	// Span is a length of time, defined or not.
	Span = Optional[time.Duration]

	// Count is a number of tokens that somebody stated, or did not.
	Count = Optional[int64]
)

// since returns t - z, unknown if either is.
func since(t, z Instant) Span {
	if !t.known || !z.known {
		return Span{}
	}
	return Known(t.value - z.value)
}

// orElse returns o, or p when o is unknown.
func (o Optional[T]) orElse(p Optional[T]) Optional[T] {
	if o.known {
		return o
	}
	return p
}
