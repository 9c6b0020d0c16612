package results

import (
	"bufio"
	"bytes"
	"io"
)

// Python writes floats that are not finite as the bare words NaN, Infinity and
// -Infinity, which are no JSON. A jsonContent replaces each, outside of strings, by a JSON string of the same length, so that a JSON decoder can
// read on and its offsets stay true. The strings are rare enough to stand for
// the words: nobody writes the single character DEL, and the sign of infinity
// means the same.
const (
	nanString    = `"` + "\x7f" + `"`
	infString    = `"\u221e"`
	negInfString = `"-\u221e"`
)

var nonFinite = [...]struct{ word, replacement string }{
	{"NaN", nanString},
	{"Infinity", infString},
	{"-Infinity", negInfString},
}

// longestWord is the length of "-Infinity".
const longestWord = 9

// nonFiniteWord returns the word that the raw JSON string stands for.
func nonFiniteWord(raw []byte) (string, bool) {
	for _, f := range nonFinite {
		if string(raw) == f.replacement {
			return f.word, true
		}
	}
	return "", false
}

// jsonContent is what a JSON decoder reads of a file: the content with the
// non-finite words replaced, in pieces that end behind opening brackets, so
// that arrays can be taken from under the decoder (see appendElements).
type jsonContent struct {
	src      *bufio.Reader // with a buffer of at least longestWord bytes
	pending  string        // a replacement that has still to be read
	inString bool
	escaped  bool  // the next byte is escaped by a backslash
	taken    int64 // bytes that the decoder never saw
}

func (c *jsonContent) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.pending == "" {
		if err := c.matchWord(); err != nil {
			return 0, err
		}
	}
	if c.pending != "" {
		n := copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	window, _ := c.src.Peek(min(c.src.Buffered(), len(p)))
	n := copy(p, window[:c.plain(window)])
	_, err := c.src.Discard(n)
	return n, err
}

// matchWord fills the buffer, and takes one of the words from it if one is
// next.
func (c *jsonContent) matchWord() error {
	next, err := c.src.Peek(1)
	if err != nil {
		return err
	}
	if c.inString || next[0] != 'N' && next[0] != 'I' && next[0] != '-' {
		return nil
	}
	next, err = c.src.Peek(longestWord) // shorter at the end of the content
	if err != nil && err != io.EOF {
		return err
	}
	for _, f := range nonFinite {
		if bytes.HasPrefix(next, []byte(f.word)) {
			c.pending = f.replacement
			_, err = c.src.Discard(len(f.word))
			return err
		}
	}
	return nil
}

// plain returns how much of window can be passed on, at least 1, and follows
// which bytes are within strings. No word begins at the first byte of window.
// The result ends before the next byte that may begin one, as a word can only
// be decided on when it comes first, and behind an opening bracket.
//
// Between strings there are a few bytes mostly, so they are looked at one by
// one; arrays of numbers do not come this way.
func (c *jsonContent) plain(window []byte) int {
	i := 0
	for i < len(window) {
		if c.inString {
			i += c.stringPart(window[i:])
			continue
		}
		switch window[i] {
		case '"':
			c.inString = true
		case '[':
			return i + 1
		case 'N', 'I':
			if i > 0 {
				return i
			}
		case '-':
			// The sign in "1e-06" begins no word: it is held back only at the
			// end of window, where what follows is not known.
			if i > 0 && (i+1 == len(window) || window[i+1] == 'I') {
				return i
			}
		}
		i++
	}
	return len(window)
}

// stringPart returns how many bytes of b, which begins within a string, belong
// to it, its closing quote included.
func (c *jsonContent) stringPart(b []byte) int {
	i := 0
	for i < len(b) {
		if c.escaped {
			c.escaped = false
			i++
			continue
		}
		q := bytes.IndexByte(b[i:], '"')
		end := len(b)
		if q >= 0 {
			end = i + q
		}
		if e := bytes.IndexByte(b[i:end], '\\'); e >= 0 {
			c.escaped = true
			i += e + 1
			continue
		}
		if q >= 0 {
			c.inString = false
			return end + 1
		}
		i = end
	}
	return len(b)
}

var _ io.Reader = (*jsonContent)(nil)
