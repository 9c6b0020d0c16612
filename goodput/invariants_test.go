package goodput

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

// checkInvariants fails if one of the things that this package promises does
// not hold for the request under the options.
func checkInvariants(t *testing.T, rng *rand.Rand, o Options, r *metrics.Request) {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatalf("bad options: %v", err)
	}
	if err := r.Validate(); err != nil {
		t.Fatalf("bad request: %v", err)
	}
	before := *r
	before.Deliveries = append([]metrics.Delivery(nil), r.Deliveries...)

	checkRange(t, o, r)
	checkDelay(t, rng, o, r)
	checkAbandoned(t, rng, o, r)
	checkMonotone(t, o, r)

	if diff := cmp.Diff(before, *r); diff != "" {
		t.Errorf("the request was changed (-before +after):\n%s", diff)
	}
}

func checkRange(t *testing.T, o Options, r *metrics.Request) {
	t.Helper()
	if l, ok := o.IdleLatency(r).Get(); ok && l < 0 {
		t.Errorf("idle latency %v\n%+v\n%+v", l, o, r)
	}
	if b, ok := o.Benefit(r); ok && b > float64(r.Tokens()) {
		t.Errorf("benefit %v of %d tokens\n%+v\n%+v", b, r.Tokens(), o, r)
	}
	if q, ok := o.Ideal.QoE(r); ok && !(q >= 0 && q <= 1) {
		t.Errorf("QoE %v\n%+v\n%+v", q, o, r)
	}
}

// checkNotBetter fails if worse has less idle latency or more benefit than r.
func checkNotBetter(t *testing.T, why string, o Options, worse, r *metrics.Request) {
	t.Helper()
	l, ok := o.IdleLatency(r).Get()
	l2, ok2 := o.IdleLatency(worse).Get()
	if ok != ok2 || l2 < l {
		t.Errorf("%s: idle latency falls from %v to %v\n%+v\n%+v\n%+v", why, o.IdleLatency(r), o.IdleLatency(worse), o, r, worse)
	}
	b, ok := o.Benefit(r)
	b2, ok2 := o.Benefit(worse)
	if ok != ok2 || b2 > b {
		t.Errorf("%s: benefit rises from %v to %v\n%+v\n%+v\n%+v", why, b, b2, o, r, worse)
	}
}

// checkDelay holds DEFINITIONS §8.1: to delay a token never helps. Under the
// origin FromFirstToken that is true of all but the first token; of QoE it is
// true as long as the reader is done no later.
func checkDelay(t *testing.T, rng *rand.Rand, o Options, r *metrics.Request) {
	t.Helper()
	late := delayed(rng, r, o.Reader.Origin == FromFirstToken)
	checkNotBetter(t, "a token delayed", o, late, r)

	q, ok := o.Ideal.QoE(r)
	q2, ok2 := o.Ideal.QoE(late)
	if ok != ok2 {
		t.Errorf("QoE defined: %v, with a token delayed: %v\n%+v\n%+v", ok, ok2, o, r)
	}
	if !ok || q2 <= q {
		return
	}
	_, actual := naiveActual(o.Ideal, r)
	_, actual2 := naiveActual(o.Ideal, late)
	if n := len(actual) - 1; actual[n].Cmp(actual2[n]) == 0 {
		t.Errorf("QoE rises from %v to %v, and the reader is done at the same instant\n%+v\n%+v\n%+v", q, q2, o, r, late)
	}
}

// checkAbandoned holds DEFINITIONS §8.2: with equal deliveries an abandoned
// request never scores above a completed one.
func checkAbandoned(t *testing.T, rng *rand.Rand, o Options, r *metrics.Request) {
	t.Helper()
	completed, gaveUp := *r, *r
	completed.Outcome = metrics.Completed
	gaveUp.Outcome = metrics.Outcome(1 + rng.IntN(4))
	checkNotBetter(t, "abandoned", o, &gaveUp, &completed)
	if len(instants(r)) > 0 { // whatever the two ends are
		completed.End = metrics.Instant{}
		checkNotBetter(t, "abandoned, other end", o, &gaveUp, &completed)
	}
	end, ok := r.End.Get()
	if !ok {
		return
	}
	longer := gaveUp
	longer.End = metrics.Known(min(end+time.Duration(rng.IntN(1e9)), metrics.MaxInstant))
	checkNotBetter(t, "gave up later", o, &longer, &gaveUp)
	checkLostToken(t, o, &gaveUp)
}

// checkLostToken: with the wait charged by its length alone, an abandoned
// request does not gain by losing its last token.
func checkLostToken(t *testing.T, o Options, r *metrics.Request) {
	t.Helper()
	n := len(r.Deliveries)
	if o.Abandoned != ChargeTheWait || o.Penalty.Func != nil || o.Penalty.Form == Share || n == 0 {
		return
	}
	fewer := *r
	fewer.Deliveries = r.Deliveries[:n-1]
	b, ok := o.Benefit(r)
	b2, ok2 := o.Benefit(&fewer)
	if ok && ok2 && b2 > b {
		t.Errorf("the last delivery lost: benefit rises from %v to %v\n%+v\n%+v", b, b2, o, r)
	}
}

// checkMonotone: a slower or more patient reader never waits longer, a higher
// alpha never raises the benefit.
func checkMonotone(t *testing.T, o Options, r *metrics.Request) {
	t.Helper()
	l, ok := o.IdleLatency(r).Get()
	if !ok {
		return
	}
	slower, patient, dearer := o, o, o
	slower.Reader.PerToken = later(o.Reader.perToken(), 1+o.Reader.perToken()/3)
	patient.Reader.Tolerance = later(o.Reader.Tolerance, time.Millisecond)
	dearer.Alpha = metrics.Known(math.Nextafter(o.alpha(), math.Inf(1)) * 1.5)
	for name, p := range map[string]Options{"slower": slower, "more patient": patient} {
		if l2, _ := p.IdleLatency(r).Get(); l2 > l {
			t.Errorf("a %s reader waits %v instead of %v\n%+v\n%+v", name, l2, l, o, r)
		}
	}
	b, _ := o.Benefit(r)
	if b2, _ := dearer.Benefit(r); b2 > b {
		t.Errorf("a higher alpha raises the benefit from %v to %v\n%+v\n%+v", b, b2, o, r)
	}
}

func TestInvariants(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 5))
	for range 40_000 {
		checkInvariants(t, rng, randomOptions(rng), randomRequest(rng))
		if t.Failed() {
			return
		}
	}
}

// TestDelayCanHelp pins the two exceptions of the package doc, so that they
// stay true statements about the formulas.
func TestDelayCanHelp(t *testing.T) {
	first := Reader{Origin: FromFirstToken}
	if l, held := first.IdleLatency(stream(t, .1, .2, .3, 2, 2.1)), first.IdleLatency(stream(t, 2, 2, 2, 2, 2.1)); l != ms(1100) || held != ms(0) {
		t.Errorf("first token held back: idle latency %v -> %v, want 1.1s -> 0s", l, held)
	}
	two := Ideal{TTFT: time.Second, PerToken: time.Second / 2}
	q, _ := two.QoE(stream(t, 2, 2.5, 3, 3.5))
	q2, _ := two.QoE(stream(t, 2, 2.5, 3, 10))
	if q != 3./7 || q2 != 15./22 {
		t.Errorf("last token held back: QoE %v -> %v, want 3/7 -> 15/22", q, q2)
	}
}

// bytesSource is a source of randomness that a fuzzer steers: two bytes for
// each choice, and a generator's numbers when they have run out, since rand
// loops forever on a source that is constant.
type bytesSource struct {
	data []byte
	rest *rand.PCG
}

func (s *bytesSource) Uint64() uint64 {
	x := s.rest.Uint64()
	if len(s.data) >= 2 {
		x = uint64(binary.BigEndian.Uint16(s.data))<<48 | x>>16
		s.data = s.data[2:]
	}
	return x
}

func FuzzInvariants(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 6))
	for range 20 {
		b := make([]byte, 120)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rng := rand.New(&bytesSource{data, rand.NewPCG(7, 7)})
		o, r := randomOptions(rng), randomRequest(rng)
		checkInvariants(t, rng, o, r)
		want := naiveWait(o, r)
		if len(instants(r)) == 0 {
			want = metrics.Span{}
		}
		if got := o.IdleLatency(r); got != want {
			t.Errorf("idle latency %v, want %v\n%+v\n%+v", got, want, o, r)
		}
		if want := naiveQoE(o.Ideal, r); want != nil {
			w, _ := want.Float64()
			if got, _ := o.Ideal.QoE(r); got != w {
				t.Errorf("QoE %v, want %v\n%+v\n%+v", got, w, o, r)
			}
		}
	})
}
