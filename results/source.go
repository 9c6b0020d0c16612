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
// gzip.
func openContent(r io.Reader) (*bufio.Reader, error) {
	content := bufio.NewReaderSize(r, bufferSize)
	magic, err := content.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(magic) != "\x1f\x8b" {
		return content, nil
	}
	z, err := gzip.NewReader(content)
	if err != nil {
		return nil, gzipError(err)
	}
	return bufio.NewReaderSize(&gzipContent{z}, bufferSize), nil
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

// detectFormat returns the format that the beginning of the content looks
// like, without consuming it. A JSON object without the mark of the native
// format may be vLLM's; only its keys can tell.
func detectFormat(content *bufio.Reader) (string, error) {
	head, err := content.Peek(bufferSize)
	if len(head) == 0 && err != nil && err != io.EOF {
		return "", err
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(head) == 0 && err == io.EOF:
		return "", ErrEmptyFile
	case len(head) == 0 || head[0] != '{':
		return "", fmt.Errorf("%w (begins with %s)", ErrUnknownFormat, quoted(head[:min(len(head), 16)]))
	case bytes.HasPrefix(bytes.TrimLeft(head[1:], " \t\r\n"), []byte(`"tokentime"`)):
		return FormatNative, nil
	}
	return FormatVLLM, nil
}
