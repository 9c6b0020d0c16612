package fluidity

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// decode makes a valid request and options out of bytes: four bytes of
// options, then three bytes a delivery. Small bytes make small gaps, so that
// boundaries are hit often.
func decode(b []byte) (*metrics.Request, Deadlines) {
	var head [4]byte
	b = b[copy(head[:], b):]
	grid := []time.Duration{1, time.Millisecond, 1 << 30, 1 << 46}[head[0]%4]
	d := Deadlines{
		Prefill:   time.Duration(head[1]) * grid,
		Decode:    time.Duration(head[2])*grid + 1,
		Late:      MissRule(head[3] % 2),
		First:     FirstToken(head[3] / 2 % 3),
		DropSlack: head[3]&64 != 0,
	}
	if head[3]&128 != 0 {
		d.Prefill, d.Decode = d.Prefill<<3, d.Decode<<2
	}
	at := -metrics.MaxInstant
	r := &metrics.Request{Sent: metrics.Known(at), PromptTokens: metrics.Known(int64(head[0]))}
	for ; len(b) >= 3 && len(r.Deliveries) < 64; b = b[3:] {
		at = min(metrics.MaxInstant, at+time.Duration(binary.LittleEndian.Uint16(b))*grid)
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: int(b[2] % 8)})
	}
	return r, d
}

// checkInvariants is what holds for every valid request and valid options.
func checkInvariants(t testing.TB, d Deadlines, r *metrics.Request) {
	t.Helper()
	a, _ := r.Arrival().Get()
	tokens := expand(r)
	s := mustScore(t, d, r)
	if want := absolute(d, a, tokens); s != want {
		t.Fatalf("%+v of %v: got %+v, want %+v", d, r.Deliveries, s, want)
	}
	n := int64(len(tokens))
	if d.First == Skipped && n > 0 {
		n--
	}
	if s.Hits > n || s.Hits+s.Misses < n || s.Hits == n && s.Misses != 0 {
		t.Errorf("%+v for %d deadlines of tokens", s, n)
	}
	if i, ok := s.Index().Get(); ok != (n > 0) || i < 0 || i > 1 {
		t.Errorf("index %v %v of %d tokens", i, ok, n)
	}
	longer := d
	longer.Decode++
	longer.Prefill++
	if l := mustScore(t, longer, r); l.Hits < s.Hits || l.Misses > s.Misses {
		t.Errorf("a longer deadline lost: %+v, before %+v", l, s)
	}
	ceil := d
	ceil.Late = Ceil
	if c := mustScore(t, ceil, r); c.Hits != s.Hits || c.Misses > s.Misses {
		t.Errorf("Ceil has %+v, %v has %+v", c, d.Late, s)
	}
	least, ok := MinDecodeDeadline(r, Target{}, d.Late)
	if ok != (len(tokens) >= 2) {
		t.Errorf("minimum deadline of %d tokens: %v", len(tokens), ok)
	}
	if ok {
		checkMinimal(t, r, Target{}, d.Late, least)
	}
	td := TokenDeadlines{d.Prefill, d.Decode}
	got, err := td.Score(r)
	if want := attained(td, a, tokens); err != nil || got != want {
		t.Errorf("%+v of %v: got %+v, want %+v", td, r.Deliveries, got, want)
	}
}

func FuzzScore(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 3, 1, 0, 3, 0, 1, 1, 0, 1, 1, 0, 1, 3, 0, 1, 1, 0, 1, 1, 0, 1})
	f.Add([]byte{1, 100, 9, 1, 80, 0, 1, 5, 0, 1, 5, 0, 4, 45, 0, 1, 10, 0, 0})
	f.Add([]byte{3, 255, 255, 192, 255, 255, 7, 255, 255, 7, 1, 0, 7, 0, 0, 7, 0, 0, 7, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, d := decode(b)
		if err := r.Validate(); err != nil {
			t.Fatalf("the fuzz target made an invalid request: %v", err)
		}
		checkInvariants(t, d, r)
	})
}

func FuzzFitPrefillCurve(f *testing.F) {
	f.Add([]byte{1, 0, 9, 0, 2, 0, 4, 0, 3, 0, 1, 0})
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 9, 9, 9, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		var s []PrefillSample
		for ; len(b) >= 4 && len(s) < 32; b = b[4:] {
			p, y := int64(binary.LittleEndian.Uint16(b)), int64(binary.LittleEndian.Uint16(b[2:]))
			s = append(s, PrefillSample{p * p >> 1, time.Duration(y * y * y)})
		}
		c, err := FitPrefillCurve(s)
		if err != nil {
			return
		}
		low, high := c.Range()
		last := time.Duration(0)
		for i := int64(-2); i < 70; i++ {
			d, _ := c.Predict(max(0, low+(high-low)*i/64))
			if d < last {
				t.Fatalf("%v falls from %v to %v", c, last, d)
			}
			last = d
		}
	})
}
