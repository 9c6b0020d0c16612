package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

func TestProgressIsSilentInAPipe(t *testing.T) {
	var out bytes.Buffer
	p := newProgress("f", strings.NewReader("content"), 7, &out)
	p.next = time.Time{}
	b, err := io.ReadAll(p)
	p.clear()
	if string(b) != "content" || err != nil || out.Len() > 0 {
		t.Errorf("read %q, %v; wrote %q to what is no terminal", b, err, out.String())
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	start := time.Now().Add(-2 * time.Second)
	p := &progress{name: "f", in: strings.NewReader(strings.Repeat("x", 3e6)), total: 4e6, out: &out, start: start, next: start}
	if _, err := io.ReadAll(p); err != nil {
		t.Fatal(err)
	}
	p.show(start.Add(2 * time.Second))
	if want := "\r\x1b[Kf: 75 % of 4 MB, 2 MB/s"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("got %q, want it to end in %q", out.String(), want)
	}
	p.clear()
	p.clear()
	if got := out.String(); !strings.HasSuffix(got, "\r\x1b[K") || strings.HasSuffix(got, "\r\x1b[K\r\x1b[K") {
		t.Errorf("the line is not removed, or twice: %q", got)
	}
	p.total = 0
	p.show(start.Add(3 * time.Second))
	if want := "f: 3 MB, 1 MB/s"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("unknown length: got %q, want it to end in %q", out.String(), want)
	}
}
