package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// FormatNative is the native format, JSON Lines; see the package documentation.
const FormatNative = "tokentime"

// nativeDecoder reads the native format; see the package documentation.
type nativeDecoder struct {
	lines  lineReader
	header *Run // of a run that has not been handed out yet
	index  int  // of the next request in its run

	json       *jsontext.Decoder // of one line
	content    lineContent       // what json reads
	at, tokens []int64           // of one request
	counted    bool              // it states tokens
	class      string            // of the last request that had one; few differ
}

func newNativeDecoder(content *bufio.Reader) *nativeDecoder {
	return &nativeDecoder{lines: lineReader{src: content}, json: new(jsontext.Decoder)}
}

// checkedNames lets json check UTF-8 and leaves duplicate keys to keySet.
var checkedNames = jsontext.AllowDuplicateNames(true)

func (d *nativeDecoder) NextRun() (*Run, error) {
	if d.header == nil {
		d.index = -1 // before any header
		if err := d.advance(nil); err != nil {
			return nil, err
		}
	}
	run := d.header
	d.header, d.index = nil, 0
	return run, nil
}

func (d *nativeDecoder) Next(r *metrics.Request) error {
	if d.header != nil {
		return io.EOF
	}
	if err := d.advance(r); err != nil {
		return err
	}
	if d.header != nil {
		return io.EOF
	}
	if err := r.Validate(); err != nil {
		return d.fail(nativePlace(err))
	}
	d.index++
	return nil
}

// advance reads a line: a header into d.header, a request into r. If r is nil
// it must be a header.
func (d *nativeDecoder) advance(r *metrics.Request) error {
	line, err := d.lines.next()
	if err == io.EOF {
		return err
	}
	if err != nil {
		return d.fail(err)
	}
	d.content = lineContent{line}
	d.json.Reset(&d.content, checkedNames)
	if d.json.PeekKind() != '{' {
		if _, err := d.json.ReadValue(); err != nil {
			return d.fail(err)
		}
		return d.fail(fmt.Errorf("%w: want an object", ErrType))
	}
	if _, err := d.json.ReadToken(); err != nil {
		return d.fail(err)
	}
	if err := d.object(r); err != nil {
		return d.fail(err)
	}
	if _, err := d.json.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("malformed JSON: more than one value on the line")
		}
		return d.fail(err)
	}
	return nil
}

// object reads the members of the object that a line is.
func (d *nativeDecoder) object(r *metrics.Request) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	if key == "tokentime" {
		d.header = &Run{}
		err = d.readHeader(d.header)
	} else if r == nil {
		return fmt.Errorf("header %w: want a line that begins with {\"tokentime\":1", ErrMissing)
	} else {
		err = d.readRequest(r, key)
	}
	if err != nil {
		return err
	}
	_, err = d.json.ReadToken() // the closing brace
	return err
}

// key returns the next key, or "" at the end of the object. Only a key that is
// unknown or strangely written is allocated.
func (d *nativeDecoder) key() (string, error) {
	if d.json.PeekKind() == '}' {
		return "", nil
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", err
	}
	name := raw[1 : len(raw)-1]
	for _, k := range [...]string{"id", "class", "due_ns", "sent_ns", "scheduled_ns", "at_ns", "tokens", "end_ns",
		"outcome", "prompt_tokens", "usage_tokens", "sparse"} {
		if string(name) == k {
			return k, nil
		}
	}
	unquoted, err := jsontext.AppendUnquote(nil, raw)
	if len(unquoted) == 0 && err == nil {
		err = fmt.Errorf("%w: %q", ErrUnknownKey, unquoted)
	}
	return string(unquoted), err
}

// requestKeys are the keys that readRequest has seen, as bits.
type requestKeys uint16

const (
	keyID requestKeys = 1 << iota
	keyClass
	keyDue
	keySent
	keyScheduled
	keyAt
	keyTokens
	keyEnd
	keyOutcome
	keyPrompt
	keyUsage
	keySparse
)

// readRequest reads a request whose first key has been read.
func (d *nativeDecoder) readRequest(r *metrics.Request, key string) error {
	*r = metrics.Request{Deliveries: r.Deliveries[:0]}
	d.at, d.tokens, d.counted = d.at[:0], d.tokens[:0], false
	var seen requestKeys
	for key != "" {
		bit, err := d.member(r, key)
		if err == nil && seen&bit != 0 {
			err = ErrDuplicateKey
		}
		if err != nil {
			return inField(key, err)
		}
		seen |= bit
		if key, err = d.key(); err != nil {
			return err
		}
	}
	if seen&keyOutcome == 0 {
		return inField("outcome", ErrMissing)
	}
	if d.counted && len(d.tokens) != len(d.at) {
		return inField("tokens", fmt.Errorf("%w: %d tokens, %d at_ns", ErrLengths, len(d.tokens), len(d.at)))
	}
	return d.deliveries(r)
}

// member reads the value of one key and returns the key's bit.
func (d *nativeDecoder) member(r *metrics.Request, key string) (_ requestKeys, err error) {
	switch key {
	case "at_ns":
		d.at, _, err = d.integers(d.at)
		return keyAt, err
	case "tokens":
		d.tokens, d.counted, err = d.integers(d.tokens)
		return keyTokens, err
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return 0, err
	}
	null := raw.Kind() == 'n'
	switch key {
	case "id":
		if !null {
			r.ID, err = text(raw)
		}
		return keyID, err
	case "class":
		if !null {
			r.Class, err = d.className(raw)
		}
		return keyClass, err
	case "due_ns":
		return keyDue, readInstant(&r.Due, raw)
	case "sent_ns":
		return keySent, readInstant(&r.Sent, raw)
	case "scheduled_ns":
		return keyScheduled, readInstant(&r.Scheduled, raw)
	case "end_ns":
		return keyEnd, readInstant(&r.End, raw)
	case "prompt_tokens":
		return keyPrompt, readCount(&r.PromptTokens, raw)
	case "usage_tokens":
		return keyUsage, readCount(&r.UsageTokens, raw)
	case "outcome":
		return keyOutcome, readOutcome(&r.Outcome, raw)
	case "sparse":
		return keySparse, readFlag(&r.Sparse, raw)
	case "tokentime":
		return 0, errors.New("must be the first key of a header")
	}
	return 0, ErrUnknownKey
}

// integers appends the elements of the array that comes next, and reports
// whether there is one, not null.
func (d *nativeDecoder) integers(dst []int64) (_ []int64, ok bool, err error) {
	switch kind := d.json.PeekKind(); kind {
	case 'n':
		return dst, false, d.json.SkipValue()
	case '[', 0:
		if _, err := d.json.ReadToken(); err != nil {
			return dst, false, err
		}
	default:
		return dst, false, fmt.Errorf("%w: want an array of integers, got %s", ErrType, kindName(kind))
	}
	if len(d.json.UnreadBuffer()) > 0 {
		return dst, false, errReadAhead
	}
	if dst, err = d.content.integers(dst); err != nil {
		return dst, false, err
	}
	_, err = d.json.ReadToken()
	return dst, true, err
}

// deliveries joins the instants with their numbers of tokens.
func (d *nativeDecoder) deliveries(r *metrics.Request) error {
	r.Deliveries = slices.Grow(r.Deliveries, len(d.at))
	for i, at := range d.at {
		k := 1
		if d.counted {
			n := d.tokens[i]
			if k = int(n); n < 0 || n > metrics.MaxTokens || int64(k) != n {
				return &fieldError{"tokens", i, fmt.Errorf("%w: %d", ErrRange, n)}
			}
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(at), Tokens: k})
	}
	return nil
}

// className is text, without an allocation for the class of the last request.
func (d *nativeDecoder) className(raw jsontext.Value) (string, error) {
	if raw.Kind() == '"' && d.class == string(raw[1:len(raw)-1]) {
		return d.class, nil
	}
	s, err := text(raw)
	if !bytes.ContainsRune(raw, '\\') {
		d.class = s
	}
	return s, err
}

// text returns the string that raw, which the decoder has checked, holds.
func text(raw jsontext.Value) (string, error) {
	if raw.Kind() != '"' {
		return "", fmt.Errorf("%w: want a string, got %s", ErrType, quoted(raw))
	}
	if !bytes.ContainsRune(raw, '\\') {
		return string(raw[1 : len(raw)-1]), nil
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	return string(s), err
}

func readInstant(dst *metrics.Instant, raw jsontext.Value) error {
	if raw.Kind() == 'n' {
		return nil
	}
	v, err := parseInteger(raw)
	*dst = metrics.Known(time.Duration(v))
	return err
}

func readCount(dst *metrics.Count, raw jsontext.Value) error {
	if raw.Kind() == 'n' {
		return nil
	}
	v, err := parseInteger(raw)
	*dst = metrics.Known(v)
	return err
}

func readFlag(dst *bool, raw jsontext.Value) error {
	switch raw.Kind() {
	case 'n':
		return nil
	case 't', 'f':
		*dst = raw.Kind() == 't'
		return nil
	}
	return fmt.Errorf("%w: want a boolean, got %s", ErrType, quoted(raw))
}

func readOutcome(dst *metrics.Outcome, raw jsontext.Value) error {
	if string(raw) == `"completed"` {
		*dst = metrics.Completed
		return nil
	}
	s, err := text(raw)
	if err != nil {
		return err
	}
	return dst.UnmarshalText([]byte(s))
}

// inField names the field of err, which may name a position already. It
// returns nil for nil.
func inField(field string, err error) error {
	if err == nil {
		return nil
	}
	var fe *fieldError
	if errors.As(err, &fe) {
		if fe.field == "" {
			fe.field = field
		}
		return fe
	}
	return &fieldError{field, -1, err}
}

// nativePlace translates where metrics found something into keys of the
// format.
func nativePlace(err error) error {
	var re *metrics.RequestError
	if !errors.As(err, &re) {
		return err
	}
	field := map[string]string{"Due": "due_ns", "Sent": "sent_ns", "Scheduled": "scheduled_ns", "Deliveries": "at_ns",
		"End": "end_ns", "Outcome": "outcome", "PromptTokens": "prompt_tokens", "UsageTokens": "usage_tokens"}[re.Field]
	return &fieldError{field, re.Index, err}
}

// fail adds the line and the request to err.
func (d *nativeDecoder) fail(err error) error {
	e := &Error{Request: d.index, Line: d.lines.line, Offset: -1}
	if d.header != nil {
		e.Request = -1
	}
	var fe *fieldError
	if errors.As(err, &fe) {
		e.Field, err = fe.name(), fe.err
	}
	_, e.Err = syntaxError(err)
	return e
}
