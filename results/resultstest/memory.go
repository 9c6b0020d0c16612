package resultstest

import (
	"io"
	"iter"
	"runtime"

	"github.com/tokentime/tokentime/results"
)

// What the memory check reads, and how much the live heap may grow meanwhile:
// the buffers of a reader, not what it has read.
const (
	memoryRead = 16 << 20
	memoryGrow = 6 << 20
)

// memory reads the endless content of the sample for a while.
func (s *suite) memory(i int) {
	if s.samples[i].Endless == nil {
		return
	}
	src := newPieces(s.samples[i].Endless)
	defer src.stop()
	rd, err := results.NewReader(name, src, s.alone())
	if err != nil {
		s.errorf(i, "the endless content: %v", err)
		return
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, n, next := m.HeapAlloc, 0, int64(memoryRead/6)
	for src.read < memoryRead && (rd.Next() || rd.NextRun()) {
		if n++; src.read < next {
			continue
		}
		next += memoryRead / 8
		runtime.GC()
		runtime.ReadMemStats(&m)
		if grown := int64(m.HeapAlloc) - int64(before); grown > memoryGrow {
			s.errorf(i, "%d requests of the endless content, %d bytes, made the live heap grow by %d bytes", n, src.read, grown)
			return
		}
	}
	if src.read < memoryRead || n < 100 {
		s.errorf(i, "the endless content: %d steps in %d bytes, then %v", n, src.read, rd.Err())
	}
}

// pieces is an io.Reader over what a sequence yields.
type pieces struct {
	next func() ([]byte, bool)
	stop func()
	left []byte
	read int64
}

func newPieces(seq iter.Seq[[]byte]) *pieces {
	next, stop := iter.Pull(seq)
	return &pieces{next: next, stop: stop}
}

// Read reads from one piece.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.left) == 0 {
		var ok bool
		if p.left, ok = p.next(); !ok {
			return 0, io.EOF
		}
	}
	n := copy(b, p.left)
	p.left, p.read = p.left[n:], p.read+int64(n)
	return n, nil
}
