package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokentime/tokentime/metrics"
)

// jsonLines walks over lines of JSON one at a time, for formats in which a line
// is less or more than a JSON value, or in which errors need its number.
type jsonLines struct {
	lines  lineReader
	prefix string // that each line begins with, before the JSON

	*walker // over the line read last
	line    *bytes.Reader
	src     *bufio.Reader
}

func newJSONLines(content *Content, prefix string) *jsonLines {
	line := bytes.NewReader(nil)
	src := newBuffer(line)
	return &jsonLines{
		lines: lineReader{src: content.src}, prefix: prefix,
		walker: newWalker(&Content{src}), line: line, src: src,
	}
}

// next goes to the next line that is not blank.
func (l *jsonLines) next() error {
	text, err := l.lines.next()
	if err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	rest, ok := bytes.CutPrefix(text, []byte(l.prefix))
	if !ok {
		return errors.New("want a line that begins with " + l.prefix + ", got " + quoted(text))
	}
	l.line.Reset(rest)
	l.src.Reset(l.line)
	l.content = jsonContent{src: l.src}
	l.json.Reset(&l.content, jsontext.AllowInvalidUTF8(true))
	return nil
}

// end checks that nothing is left on the line.
func (l *jsonLines) end() error {
	if _, err := l.json.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("malformed JSON: more than one value on the line")
		}
		return err
	}
	return nil
}

// at gives err, which came up in the line, its place.
func (l *jsonLines) at(err error) error {
	if err == io.EOF {
		err = fmt.Errorf("malformed JSON: %w", io.ErrUnexpectedEOF)
	}
	err = l.fail(err)
	var e *Error
	if errors.As(err, &e) && e.Line == 0 {
		e.Line, e.Offset = l.lines.line, -1
	}
	return err
}

// label returns the string or number that comes next as a text, "" for null.
func (w *walker) label() (string, error) {
	switch w.kind() {
	case '0':
		raw, err := w.raw()
		return string(raw), err
	default:
		return w.text()
	}
}

// instant is span for an instant of an absolute clock, which must be within
// [metrics.MaxInstant], so that the difference of two cannot overflow.
func (w *walker) instant(u unit) (metrics.Instant, error) {
	t, err := w.span(u)
	if v, _ := t.Get(); err == nil && (v > metrics.MaxInstant || v < -metrics.MaxInstant) {
		err = fmt.Errorf("%w: %v", ErrRange, v)
	}
	return t, err
}
