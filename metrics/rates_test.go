package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

func TestPerSecond(t *testing.T) {
	tests := []struct {
		name   string
		n      int64
		d      Span
		want   Optional[float64]
		reason string
	}{
		{"tokens", 512, Known(4 * time.Second), Known(128.0), "512 tokens in 4 s"},
		{"one in a nanosecond", 1, Known(time.Nanosecond), Known(1e9), "the shortest duration"},
		{"none", 0, Known(time.Second), Known(0.0), "a true zero"},
		{"no time", 5, Known(time.Duration(0)), Optional[float64]{}, "not infinite: undefined"},
		{"negative time", 5, Known(-time.Second), Optional[float64]{}, "no duration"},
		{"unknown time", 5, Span{}, Optional[float64]{}, "unknown stays unknown"},
		{"more than fits in float64", 1 << 60, Known(1 << 60 * time.Nanosecond), Known(1e9), "n times 10^9 does not fit in 64 bits"},
	}
	for _, tt := range tests {
		if got := PerSecond(tt.n, tt.d); got != tt.want {
			t.Errorf("%s: %v, want %v: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

func TestPerSecondRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 41))
	for range 20000 {
		n, d := rng.Int64N(int64(2)<<rng.IntN(61)), 1+rng.Int64N(int64(2)<<rng.IntN(61))
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(n), big.NewInt(1e9)), big.NewInt(d))
		want, _ := exact.Float64()
		if got, _ := PerSecond(n, Known(time.Duration(d))).Get(); got != want {
			t.Fatalf("PerSecond(%d, %dns) = %v, want %v", n, d, got, want)
		}
	}
}

func TestRequestRates(t *testing.T) {
	r := Request{Sent: Known(time.Duration(0)), PromptTokens: Known(int64(1000)),
		Deliveries: at(500*time.Millisecond, 520*time.Millisecond, 540*time.Millisecond)}
	v := r.Normalized()
	if got := v.DecodeRate(); got != Known(50.0) {
		t.Errorf("decode rate %v, want 1/20ms", got)
	}
	if got := v.Raw.PrefillRate(r.PromptTokens); got != Known(2000.0) {
		t.Errorf("prefill rate %v, want 1000/500ms", got)
	}
	if got := v.Raw.PrefillRate(Count{}); got.Known() {
		t.Errorf("prefill rate %v of an unknown prompt", got)
	}
	none := (&Request{PromptTokens: Known(int64(9))}).Normalized()
	if d, p := none.DecodeRate(), none.Raw.PrefillRate(Known(int64(9))); d.Known() || p.Known() {
		t.Errorf("rates %v and %v of an answer without a token", d, p)
	}
	burst := Request{Sent: Known(time.Duration(0)), Deliveries: []Delivery{{time.Second, 5}}}
	if got := burst.Normalized().DecodeRate(); got.Known() {
		t.Errorf("decode rate %v of one burst: TPOT is 0", got)
	}
}

func TestDecodeRateIsTheInverseOfTPOT(t *testing.T) {
	v := Normalized{TPOT: TPOT{PerToken: PerToken{Total: 7 * time.Millisecond, Tokens: 3}}}
	tpot, _ := v.TPOT.Nanoseconds()
	if rate, _ := v.DecodeRate().Get(); math.Abs(rate*tpot-1e9) > 1e-6 {
		t.Errorf("rate %v, TPOT %v", rate, tpot)
	}
}
