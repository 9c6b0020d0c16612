package results

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// nativeVersion is the version of the native format that is read and written.
const nativeVersion = 1

const (
	clockRun     = "run"
	clockRequest = "request"
)

// readHeader reads a header whose key "tokentime" has been read.
func (d *nativeDecoder) readHeader(run *Run) error {
	raw, err := d.json.ReadValue()
	if err != nil {
		return err
	}
	version, err := parseInteger(raw)
	if err == nil && version != nativeVersion {
		err = fmt.Errorf("version %d of the format is unknown; known: %d", version, nativeVersion)
	}
	if err != nil {
		return inField("tokentime", err)
	}
	seen := map[string]bool{"tokentime": true}
	for {
		key, err := d.key()
		if err != nil {
			return err
		}
		if key == "" {
			break
		}
		if seen[key] {
			err = ErrDuplicateKey
		} else {
			err = d.headerMember(run, key)
		}
		if err != nil {
			return inField(key, err)
		}
		seen[key] = true
	}
	if !seen["clock"] {
		return inField("clock", fmt.Errorf("%w: want %q or %q", ErrMissing, clockRun, clockRequest))
	}
	return nil
}

func (d *nativeDecoder) headerMember(run *Run, key string) error {
	if d.json.PeekKind() == 'n' {
		switch key {
		case "convention", "duration_ns", "resolution_ns", "aggregates_only", "facts", "reported", "not_derivable", "warnings":
			return d.json.SkipValue()
		}
	}
	switch key {
	case "facts":
		return d.eachMember(func(name string, raw jsontext.Value) error {
			value, err := text(raw)
			run.Facts = append(run.Facts, Fact{name, value})
			return err
		})
	case "reported":
		return d.eachElement(func() error {
			r, err := d.readReported()
			run.Reported = append(run.Reported, r)
			return err
		})
	case "not_derivable":
		return d.eachElement(func() error {
			n, err := d.readNotDerivable()
			run.NotDerivable = append(run.NotDerivable, n)
			return err
		})
	case "warnings":
		return d.eachElement(func() error {
			w, err := d.readWarning()
			run.Warnings = append(run.Warnings, w)
			return err
		})
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return err
	}
	switch key {
	case "convention":
		run.Convention, err = text(raw)
	case "clock":
		run.CommonClock, err = readClock(raw)
	case "duration_ns":
		err = readInstant(&run.Duration, raw)
		if v, ok := run.Duration.Get(); ok && (v < 0 || v > metrics.MaxInstant) {
			err = outOfRange(raw)
		}
	case "resolution_ns":
		var resolution metrics.Span
		err = readInstant(&resolution, raw)
		v, _ := resolution.Get()
		if run.Resolution = v; v < 0 || v > metrics.MaxInstant {
			err = outOfRange(raw)
		}
	case "aggregates_only":
		err = readFlag(&run.AggregatesOnly, raw)
	default:
		err = ErrUnknownKey
	}
	return err
}

func readClock(raw jsontext.Value) (common bool, err error) {
	switch s, err := text(raw); {
	case err != nil:
		return false, err
	case s == clockRun:
		return true, nil
	case s == clockRequest:
		return false, nil
	}
	return false, fmt.Errorf("want %q or %q, got %s", clockRun, clockRequest, quoted(raw))
}

func (d *nativeDecoder) readReported() (r Reported, err error) {
	err = d.eachMember(func(name string, raw jsontext.Value) (err error) {
		switch name {
		case "name":
			r.Name, err = text(raw)
		case "unit":
			r.Unit, err = text(raw)
		case "value":
			r.Value, err = parseFloat(raw)
		case "metric":
			r.Metric, err = text(raw)
		case "stat":
			r.Stat, err = text(raw)
		default:
			err = ErrUnknownKey
		}
		return err
	})
	return r, err
}

func (d *nativeDecoder) readNotDerivable() (n NotDerivable, err error) {
	err = d.eachMember(func(name string, raw jsontext.Value) (err error) {
		switch name {
		case "metric":
			n.Metric, err = text(raw)
		case "why":
			n.Why, err = text(raw)
		default:
			err = ErrUnknownKey
		}
		return err
	})
	return n, err
}

func (d *nativeDecoder) readWarning() (w metrics.Warning, err error) {
	err = d.eachMember(func(name string, raw jsontext.Value) (err error) {
		switch name {
		case "code":
			w.Code, err = text(raw)
		case "message":
			w.Message, err = text(raw)
		default:
			err = ErrUnknownKey
		}
		return err
	})
	return w, err
}

// eachMember calls read for each member of the object that comes next, which
// must not repeat a name.
func (d *nativeDecoder) eachMember(read func(name string, raw jsontext.Value) error) error {
	if err := d.open('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.json.PeekKind() != '}' {
		raw, err := d.json.ReadValue()
		if err != nil {
			return err
		}
		name, err := text(raw)
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("%w: %s", ErrDuplicateKey, quoted(raw))
		}
		seen[name] = true
		if raw, err = d.json.ReadValue(); err != nil {
			return err
		}
		if err := read(name, raw); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// eachElement calls read before each element of the array that comes next.
func (d *nativeDecoder) eachElement(read func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for i := 0; d.json.PeekKind() != ']'; i++ {
		if err := read(); err != nil {
			return &fieldError{"", i, err}
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// open reads the opening brace or bracket of the value that comes next.
func (d *nativeDecoder) open(kind jsontext.Kind) error {
	if got := d.json.PeekKind(); got != kind && got != 0 {
		return fmt.Errorf("%w: want %s, got %s", ErrType, kindName(kind), kindName(got))
	}
	_, err := d.json.ReadToken()
	return err
}

// kindName names a kind of JSON value in messages.
func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	}
	return k.String()
}

// parseFloat returns the value of a JSON number as the nearest float64.
func parseFloat(raw []byte) (float64, error) {
	if _, ok := scanNumber(raw); !ok {
		return 0, notNumber(raw)
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if errors.Is(err, strconv.ErrRange) || math.IsInf(v, 0) {
		return 0, outOfRange(raw)
	}
	return v, err
}
