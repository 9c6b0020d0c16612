package tap

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What a tap costs for each event of one token that is read: the clock, the
// framing, the JSON, the record.
func BenchmarkRead(b *testing.B) {
	data := []byte(chunk(`{"content":"testing "}`))
	tp := Tap{}
	header := http.Header{"Content-Type": {"text/event-stream"}}
	r := httptest.NewRequest("POST", "/", nil)
	m := newMeter(&tp, r, false)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%256 == 0 { // tokens of one answer
			m = newMeter(&tp, r, false)
			m.header(200, header)
		}
		m.bytes(data, tp.time())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/token")
}
