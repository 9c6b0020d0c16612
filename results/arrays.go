package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Almost all of a file is arrays of numbers. They are not given to the JSON
// decoder, which would look at every byte once more: a decoder reads from a
// source that hands out its content in pieces that end behind each opening
// bracket, so that the decoder never holds more than the bracket of an array
// whose begin it has just read. What is in the array is then taken from the
// source directly, up to its closing bracket, and to the decoder the array was
// an empty one.

// errReadAhead guards that. It is not known to happen.
var errReadAhead = errors.New("the JSON decoder has read past an opening bracket")

// numberKind says what the numbers of an array are.
type numberKind uint8

const (
	seconds      numberKind = iota // decimal numbers of seconds, which become nanoseconds
	integers                       // as they are
	milliseconds                   // likewise decimal, as the ones below
	microseconds
	nanoseconds
)

func kindOf(u unit) numberKind {
	switch u {
	case nanosecond:
		return nanoseconds
	case microsecond:
		return microseconds
	case millisecond:
		return milliseconds
	}
	return seconds
}

func (k numberKind) parse(lit []byte) (int64, error) {
	switch k {
	case integers:
		return parseInteger(lit)
	case milliseconds:
		return parseTime(lit, millisecond)
	case microseconds:
		return parseTime(lit, microsecond)
	case nanoseconds:
		return parseTime(lit, nanosecond)
	}
	return parseSeconds(lit)
}

// appendElements appends to dst the elements of an array that begin in b. b
// begins with an element, and whole elements are taken from it, each with the
// comma and the space behind it. That ends before the closing bracket, with
// closed true, or before an element that may go on behind b; last says that
// nothing follows b. It returns how many bytes of b were taken.
func (k numberKind) appendElements(dst []int64, b []byte, last bool) (_ []int64, taken int, closed bool, err error) {
	if cap(dst)-len(dst) < 64 {
		dst = slices.Grow(dst, max(64, len(dst))) // append would copy a large column more often
	}
	i := 0
	for {
		if len(b)-i >= shortSpan {
			var v int64
			var n int
			switch k {
			case integers:
				v, n = shortInteger(b[i:])
			case seconds:
				v, n = shortSeconds(b[i:])
			case milliseconds:
				v, n = shortMilliseconds(b[i:])
			}
			if n > 0 && b[i+n] == ',' { // the usual separators, "," and ", "
				next := i + n + 1
				if b[next] == ' ' {
					next++
				}
				if b[next] > ' ' {
					dst, i = append(dst, v), next
					continue
				}
			}
		}
		end := elementEnd(b, i)
		next := skipSpace(b, end)
		closed = next < len(b) && b[next] == ']'
		if comma := next < len(b) && b[next] == ','; comma {
			next = skipSpace(b, next+1)
		} else if next < len(b) && !closed {
			return dst, i, false, fmt.Errorf("malformed JSON: want ',' or ']' behind a number, got %s", quoted(b[end:min(next+8, len(b))]))
		}
		if next == len(b) && !last {
			return dst, i, false, nil
		}
		v, err := k.parse(b[i:end])
		if next == len(b) && (err == nil || end == len(b)) {
			err = fmt.Errorf("malformed JSON: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return dst, i, false, err
		}
		dst, i = append(dst, v), next
		if closed {
			return dst, i, true, nil
		}
	}
}

// elementEnd returns where the element that begins at i ends. What is no
// number ends there too, somewhere, for a message.
func elementEnd(b []byte, i int) int {
	for i < len(b) && b[i] != ',' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// numbers appends to dst the elements of an array of numbers whose opening
// bracket has just been read, and leaves the closing one. Its error is that of
// the element behind those that it returns.
func (c *jsonContent) numbers(dst []int64, kind numberKind) ([]int64, error) {
	if next, err := c.peek(); err != nil || next == ']' {
		return dst, err
	}
	last := false
	for {
		b, _ := c.src.Peek(c.src.Buffered())
		var taken int
		var closed bool
		var err error
		dst, taken, closed, err = kind.appendElements(dst, b, last)
		c.take(taken)
		if err != nil || closed {
			return dst, err
		}
		if taken > 0 {
			continue
		}
		switch _, err := c.src.Peek(len(b) + 1); err {
		case nil:
		case io.EOF:
			last = true
		case bufio.ErrBufferFull:
			return dst, fmt.Errorf("%w: a number of %d bytes", ErrRange, len(b))
		default:
			return dst, err
		}
	}
}

// numberLists reads the elements of an array of arrays of numbers whose
// opening bracket has just been read, and leaves the closing one. It calls each
// behind every list, with the numbers of all lists so far.
func (c *jsonContent) numberLists(dst []int64, kind numberKind, each func([]int64) error) ([]int64, error) {
	next, err := c.peek()
	for first := true; err == nil && next != ']'; first = false {
		if !first {
			if next != ',' {
				return dst, fmt.Errorf("malformed JSON: want ',' or ']' behind a list, got %q", next)
			}
			c.take(1)
			if next, err = c.peek(); err != nil {
				break
			}
		}
		if next != '[' {
			return dst, fmt.Errorf("%w: want an array of numbers, got a value that begins with %q", ErrType, next)
		}
		c.take(1)
		if len(dst) == cap(dst) { // double: append alone would copy a long column many times
			dst = slices.Grow(dst, max(len(dst), 1<<12))
		}
		start := len(dst)
		if dst, err = c.numbers(dst, kind); err != nil {
			return dst, &fieldError{"", len(dst) - start, err}
		}
		c.take(1)
		if err = each(dst); err != nil {
			break
		}
		next, err = c.peek()
	}
	return dst, err
}

// peek skips white space and returns the byte behind it, which it leaves.
func (c *jsonContent) peek() (byte, error) {
	for {
		b, err := c.src.Peek(1)
		if err == io.EOF {
			err = fmt.Errorf("malformed JSON: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return 0, err
		}
		if skipSpace(b, 0) == 0 {
			return b[0], nil
		}
		c.take(1)
	}
}

func (c *jsonContent) take(n int) {
	c.src.Discard(n)
	c.taken += int64(n)
}

// lineContent is what a JSON decoder reads of a line in memory, in pieces that
// end behind opening brackets.
type lineContent struct {
	rest []byte // what the decoder has not read
}

func (l *lineContent) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	n := bytes.IndexByte(l.rest[:min(len(p), len(l.rest))], '[') + 1
	if n == 0 {
		n = len(l.rest)
	}
	n = copy(p, l.rest[:n])
	l.rest = l.rest[n:]
	return n, nil
}

// integers appends the elements of an array of integers whose opening bracket
// has just been read, and leaves the closing one. Its error is a *fieldError
// without a name.
func (l *lineContent) integers(dst []int64) ([]int64, error) {
	start := len(dst)
	l.rest = l.rest[skipSpace(l.rest, 0):]
	if len(l.rest) > 0 && l.rest[0] == ']' {
		return dst, nil
	}
	dst, taken, _, err := integers.appendElements(dst, l.rest, true)
	l.rest = l.rest[taken:]
	if err != nil {
		err = &fieldError{"", len(dst) - start, err}
	}
	return dst, err
}
