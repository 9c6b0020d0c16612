package results

import (
	"bufio"
	"bytes"
	"io"
)

// MaxLine is the length, in bytes, of the longest line of a native file: about
// two million deliveries. The limit keeps a file without line ends from being
// read into memory whole.
const MaxLine = 32 << 20

// lineReader reads lines. It counts them from 1.
type lineReader struct {
	src  *bufio.Reader
	long []byte // a line that does not fit in the buffer of src
	line int64  // number of the line read last
}

// next returns the next line that is not blank, without its end, valid until
// the next call. At the end of the content it returns io.EOF.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.read()
		if len(bytes.TrimSpace(line)) > 0 && (err == nil || err == io.EOF) {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *lineReader) read() ([]byte, error) {
	l.line++
	part, err := l.src.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return bytes.TrimSuffix(part, []byte{'\n'}), err
	}
	l.long = l.long[:0]
	for err == bufio.ErrBufferFull {
		if len(l.long)+len(part) > MaxLine {
			return nil, ErrLineTooLong
		}
		l.long = append(l.long, part...)
		part, err = l.src.ReadSlice('\n')
	}
	part = bytes.TrimSuffix(part, []byte{'\n'})
	if len(l.long)+len(part) > MaxLine {
		return nil, ErrLineTooLong
	}
	l.long = append(l.long, part...)
	return l.long, err
}
