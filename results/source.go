package results

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// bufferSize is that of the buffers between a file and a decoder.
const bufferSize = 64 << 10

// openContent returns the content behind r, decompressed if it begins like
// gzip, and without a byte order mark.
func openContent(r io.Reader) (*bufio.Reader, error) {
	content := newBuffer(r)
	magic, err := content.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(content)
		if err != nil {
			return nil, gzipError(err)
		}
		content = newBuffer(&gzipContent{z})
	}
	return content, skipMark(content)
}

// skipMark skips the byte order mark with which programs on Windows begin
// UTF-8. Their other encoding is an error that says so.
func skipMark(content *bufio.Reader) error {
	const utf8Mark = "\xef\xbb\xbf"
	mark, err := content.Peek(len(utf8Mark))
	if err != nil && err != io.EOF {
		return err
	}
	if string(mark) == utf8Mark {
		_, err := content.Discard(len(utf8Mark))
		return err
	}
	if bytes.HasPrefix(mark, []byte("\xff\xfe")) || bytes.HasPrefix(mark, []byte("\xfe\xff")) {
		return fmt.Errorf("%w: UTF-16, want UTF-8", ErrUnknownFormat)
	}
	return nil
}

// gzipContent says in its errors that they concern the compression: a file cut
// short must not look like malformed JSON.
type gzipContent struct{ z *gzip.Reader }

func (g *gzipContent) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = gzipError(err)
	}
	return n, err
}

func gzipError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("gzip data cut short: %w", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("gzip: %w", err)
}

func newBuffer(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, bufferSize) }
