package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// A walker walks over JSON values as a format needs them: documents, lines of
// documents, and documents one behind the other are all the same to it. It
// holds no more than the value that it is asked for. Bare NaN and Infinity are
// read; a name that an object repeats is an error.
//
// Its errors are *fieldError where a field is known; [walker.fail] gives them
// their place.
type walker struct {
	content jsonContent
	json    *jsontext.Decoder // of content
	names   map[string]string // of members, so that each is allocated once
	request int               // that errors concern, or -1
}

// maxNames bounds the names that a walker keeps. Formats have some dozens;
// an object that is a map can have any number.
const maxNames = 1 << 10

func newWalker(content *Content) *walker {
	w := &walker{content: jsonContent{src: content.src}, names: map[string]string{}, request: -1}
	// Texts are mostly skipped, so what is wrong in one must not lose the
	// numbers.
	w.json = jsontext.NewDecoder(&w.content, jsontext.AllowInvalidUTF8(true))
	return w
}

// kind returns the kind of the value that comes next, 0 at the end.
func (w *walker) kind() jsontext.Kind { return w.json.PeekKind() }

// skip skips the value that comes next.
func (w *walker) skip() error { return w.json.SkipValue() }

// null skips the value that comes next if it is null, and reports whether.
func (w *walker) null() (bool, error) {
	if w.kind() != 'n' {
		return false, nil
	}
	return true, w.skip()
}

// open reads the brace or bracket that the next value must begin with.
func (w *walker) open(kind jsontext.Kind) error {
	if got := w.kind(); got != kind && isValue(got) {
		return fmt.Errorf("%w: want %s, got %s", ErrType, kindName(kind), kindName(got))
	}
	_, err := w.json.ReadToken()
	return err
}

// isValue reports whether a JSON value begins like that. What does not is for
// the JSON decoder to complain about.
func isValue(k jsontext.Kind) bool {
	switch k {
	case '{', '[', '"', '0', 't', 'f', 'n':
		return true
	}
	return false
}

// more reports whether an open object or array has a further element.
func (w *walker) more() bool {
	k := w.kind()
	return k != '}' && k != ']' && k != 0
}

// close reads the brace or bracket that ends what open began.
func (w *walker) close() error {
	_, err := w.json.ReadToken()
	return err
}

// name reads the name of a member.
func (w *walker) name() (string, error) {
	raw, err := w.json.ReadValue()
	if err != nil {
		return "", err
	}
	if name, ok := w.names[string(raw)]; ok {
		return name, nil
	}
	name, err := looseText(raw)
	if len(w.names) < maxNames {
		w.names[string(raw)] = name
	}
	return name, err
}

// object calls member for each member of the object that comes next; member
// must read the value. Null is an object without members.
func (w *walker) object(member func(name string) error) error {
	if null, err := w.null(); null {
		return err
	}
	if err := w.open('{'); err != nil {
		return err
	}
	for w.more() {
		name, err := w.name()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return inside(name, err)
		}
	}
	return w.close()
}

// array calls element before each element of the array that comes next;
// element must read it. Null is an array without elements.
func (w *walker) array(element func(i int) error) error {
	if null, err := w.null(); null {
		return err
	}
	if err := w.open('['); err != nil {
		return err
	}
	for i := 0; w.more(); i++ {
		if err := element(i); err != nil {
			return inside(fmt.Sprintf("[%d]", i), err)
		}
	}
	return w.close()
}

// raw returns the value that comes next as it stands in the file, valid until
// the next call.
func (w *walker) raw() (jsontext.Value, error) { return w.json.ReadValue() }

// text returns the string that comes next, "" for null.
func (w *walker) text() (string, error) {
	raw, err := w.raw()
	if err != nil || raw.Kind() == 'n' {
		return "", err
	}
	if raw.Kind() != '"' {
		return "", fmt.Errorf("%w: want a string, got %s", ErrType, quoted(raw))
	}
	return looseText(raw)
}

// looseText returns the string that raw holds; bytes that are not UTF-8 are
// replaced.
func looseText(raw jsontext.Value) (string, error) {
	s, err := jsontext.AppendUnquote(nil, raw)
	var se *jsontext.SyntacticError
	if errors.As(err, &se) && len(s) > 0 {
		err = nil // not UTF-8
	}
	return string(s), err
}

// boolean returns the boolean that comes next, false for null.
func (w *walker) boolean() (bool, error) {
	raw, err := w.raw()
	if err != nil {
		return false, err
	}
	switch raw.Kind() {
	case 't':
		return true, nil
	case 'f', 'n':
		return false, nil
	}
	return false, fmt.Errorf("%w: want a boolean, got %s", ErrType, quoted(raw))
}

// span returns the duration or instant that comes next, a decimal number in
// the unit, rounded to the nanosecond. It is unknown for null.
func (w *walker) span(u unit) (metrics.Span, error) {
	raw, err := w.raw()
	if err != nil || raw.Kind() == 'n' {
		return metrics.Span{}, err
	}
	ns, err := parseTime(raw, u)
	if err != nil {
		return metrics.Span{}, err
	}
	return metrics.Known(time.Duration(ns)), nil
}

// wait is span for a duration, which must not be negative.
func (w *walker) wait(u unit) (metrics.Span, error) {
	s, err := w.span(u)
	if d, _ := s.Get(); d < 0 && err == nil {
		return s, negative(int64(d))
	}
	return s, err
}

// count returns the number of tokens that comes next, unknown for null. Some
// tools write whole numbers as floats, "57.0", which is read.
func (w *walker) count() (metrics.Count, error) {
	raw, err := w.raw()
	if err != nil || raw.Kind() == 'n' {
		return metrics.Count{}, err
	}
	n, err := parseInteger(raw)
	if errors.Is(err, ErrNotInteger) {
		var f float64
		if f, err = parseFloat(raw); err == nil && f != math.Trunc(f) {
			err = fmt.Errorf("%w: %s", ErrNotInteger, quoted(raw))
		}
		n = int64(max(-1, min(f, float64(metrics.MaxTokens)+1)))
	}
	if err == nil && (n < 0 || n > metrics.MaxTokens) {
		err = fmt.Errorf("%w: %s tokens", ErrRange, raw)
	}
	if err != nil {
		return metrics.Count{}, err
	}
	return metrics.Known(n), nil
}

// number returns the number that comes next and whether it is a finite one;
// null is none.
func (w *walker) number() (v float64, ok bool, err error) {
	raw, err := w.raw()
	if err != nil || raw.Kind() == 'n' {
		return 0, false, err
	}
	if _, nonFinite := nonFiniteWord(raw); nonFinite {
		return 0, false, nil
	}
	v, err = parseFloat(raw)
	return v, err == nil, err
}

// spans appends the elements of the array of times in the unit that comes
// next. Null is an empty array. The JSON decoder does not see them.
func (w *walker) spans(dst []int64, u unit) ([]int64, error) {
	if null, err := w.null(); null {
		return dst, err
	}
	if err := w.open('['); err != nil {
		return dst, err
	}
	if len(w.json.UnreadBuffer()) > 0 {
		return dst, errReadAhead
	}
	start := len(dst)
	dst, err := w.content.numbers(dst, kindOf(u))
	if err != nil {
		return dst, &fieldError{"", len(dst) - start, err}
	}
	return dst, w.close()
}

// fact reads a value that says something about the setup of the run: a scalar
// becomes one fact under name, an object one for each of its scalar members,
// under "name.member". Arrays and nulls are left out.
func (w *walker) fact(run *Run, name string) error {
	switch w.kind() {
	case '{':
		return w.object(func(member string) error { return w.fact(run, name+"."+member) })
	case '[', 'n':
		return w.skip()
	}
	raw, err := w.raw()
	if err != nil {
		return err
	}
	value := string(raw)
	if word, ok := nonFiniteWord(raw); ok {
		value = word
	} else if raw.Kind() == '"' {
		if value, err = looseText(raw); err != nil {
			return err
		}
	}
	run.Facts = append(run.Facts, Fact{name, value})
	return nil
}

// end reads to the end of the content, where nothing may be left.
func (w *walker) end() error {
	if _, err := w.json.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("malformed JSON: more behind the end of the document")
		}
		return err
	}
	return nil
}

// fail gives err its place. It passes io.EOF and nil through.
func (w *walker) fail(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var placed *Error
	if errors.As(err, &placed) {
		return placed
	}
	e := &Error{Request: w.request}
	var fe *fieldError
	if errors.As(err, &fe) {
		e.Field, err = fe.name(), fe.err
	}
	var se *jsontext.SyntacticError
	if errors.As(err, &se) && errors.Is(err, jsontext.ErrDuplicateName) {
		e.Offset, e.Err = se.ByteOffset, fmt.Errorf("%w: %s", ErrDuplicateKey, lastToken(se.JSONPointer))
	} else if e.Offset, e.Err = syntaxError(err); e.Offset < 0 {
		e.Offset = w.json.InputOffset()
	}
	e.Offset += w.content.taken
	return e
}

func lastToken(p jsontext.Pointer) string { return fmt.Sprintf("%q", p.LastToken()) }

// inside says that err came up within the member or element of that name.
func inside(name string, err error) error {
	var fe *fieldError
	if !errors.As(err, &fe) {
		return &fieldError{name, -1, err}
	}
	switch {
	case fe.field == "" || strings.HasPrefix(fe.field, "["):
		fe.field = name + fe.field
	default:
		fe.field = name + "." + fe.field
	}
	return fe
}

// Content is the uncompressed content of a file, which a [Decoder] reads. It
// is positioned at its first byte.
type Content struct{ src *bufio.Reader }

// Read reads the content.
func (c *Content) Read(p []byte) (int, error) { return c.src.Read(p) }

// unit is a unit of time, as a power of ten of nanoseconds.
type unit uint8

const (
	nanosecond  unit = 0
	microsecond unit = 3
	millisecond unit = 6
	second      unit = 9
)

// unitOf returns the unit of that name in a file.
func unitOf(name string) (unit, error) {
	switch name {
	case "ns", "nanoseconds":
		return nanosecond, nil
	case "us", "µs", "microseconds":
		return microsecond, nil
	case "ms", "milliseconds":
		return millisecond, nil
	case "s", "sec", "seconds":
		return second, nil
	}
	return 0, fmt.Errorf("unknown unit %q of time; known: ns, us, ms, s", name)
}

// appendTimes appends the elements of raw, a JSON array of decimal numbers in
// the unit, as nanoseconds. Its error is a *fieldError without a name.
func appendTimes(dst []int64, raw jsontext.Value, u unit) ([]int64, error) {
	if raw.Kind() != '[' {
		return dst, fmt.Errorf("%w: want an array of numbers, got %s", ErrType, kindName(raw.Kind()))
	}
	rest := raw[1:]
	rest = rest[skipSpace(rest, 0):]
	if len(rest) > 0 && rest[0] == ']' {
		return dst, nil
	}
	start := len(dst)
	dst = slices.Grow(dst, len(raw)/16)
	dst, _, _, err := kindOf(u).appendElements(dst, rest, true)
	if err != nil {
		return dst, &fieldError{"", len(dst) - start, err}
	}
	return dst, nil
}
