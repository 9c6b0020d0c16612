package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress counts the bytes read from a file and, on a terminal, keeps one
// line of standard error up to date once reading takes long.
type progress struct {
	name  string
	in    io.Reader
	total int64 // 0: unknown
	out   io.Writer

	read  int64
	start time.Time
	next  time.Time
	shown bool
}

const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

// newProgress wraps in; without a terminal at out it only passes bytes on.
func newProgress(name string, in io.Reader, total int64, out io.Writer) *progress {
	p := &progress{name: name, in: in, total: total}
	if isTerminal(out) {
		p.out = out
		p.start = time.Now()
		p.next = p.start.Add(progressAfter)
	}
	return p
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.read += int64(n)
	if p.out != nil {
		if now := time.Now(); now.After(p.next) {
			p.next = now.Add(progressEvery)
			p.show(now)
		}
	}
	return n, err
}

func (p *progress) show(now time.Time) {
	const mb = 1e6
	p.shown = true
	rate := float64(p.read) / mb / now.Sub(p.start).Seconds()
	if p.total > 0 {
		fmt.Fprintf(p.out, "\r\x1b[K%s: %.0f %% of %.0f MB, %.0f MB/s", p.name, 100*float64(p.read)/float64(p.total), float64(p.total)/mb, rate)
	} else {
		fmt.Fprintf(p.out, "\r\x1b[K%s: %.0f MB, %.0f MB/s", p.name, float64(p.read)/mb, rate)
	}
}

// clear removes the line, so that what is printed next starts clean.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
