package results

import (
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// TestNativeMemory streams far more than it may hold.
func TestNativeMemory(t *testing.T) {
	size, most := int64(200<<20), uint64(20<<20)
	if testing.Short() {
		size = 40 << 20
	}
	pr, pw := io.Pipe()
	go func() {
		pw.CloseWithError(writeNative(pw, size))
	}()
	rd, err := NewReader("pipe", pr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, peak := 0, uint64(0)
	for rd.NextRun() {
		for rd.Next() {
			if n++; n%5000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		}
	}
	if rd.Err() != nil {
		t.Fatal(rd.Err())
	}
	if n < 10_000 || peak == 0 {
		t.Fatalf("%d requests are too few to tell", n)
	}
	if grown := peak - min(peak, before.HeapAlloc); grown > most {
		t.Errorf("%d requests (%d MB) made the live heap grow by %d MB", n, size>>20, grown>>20)
	}
}

// countingWriter stops a producer at a size.
type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// writeNative writes requests of 200 tokens until there are size bytes.
func writeNative(w io.Writer, size int64) error {
	c := &countingWriter{w: w}
	nw := NewWriter(c, &Run{CommonClock: true})
	r := metrics.Request{Class: "chat", Deliveries: make([]metrics.Delivery, 200)}
	for at := time.Duration(0); c.n < size; at += time.Millisecond {
		for j := range r.Deliveries {
			r.Deliveries[j] = metrics.Delivery{At: at + time.Duration(j)*20_000_001, Tokens: 1}
		}
		if err := nw.Write(&r); err != nil {
			return err
		}
	}
	return nw.Flush()
}
