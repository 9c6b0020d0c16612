package metrics

import (
	"math/big"
	"time"
)

// PerSecond returns n / d, a rate per second, rounded once:
//
//	output token throughput = sum of N / duration   tokens/s
//	request throughput      = completed / duration  requests/s
//
// It is undefined if d is unknown, zero or negative.
func PerSecond(n int64, d Span) Optional[float64] {
	span, ok := d.Get()
	if !ok || span <= 0 {
		return Optional[float64]{}
	}
	const maxExact = 1 << 53 // integers up to here are float64 values
	if n >= 0 && n <= maxExact/int64(time.Second) && span <= maxExact {
		return Known(float64(n*int64(time.Second)) / float64(span))
	}
	second := big.NewInt(int64(time.Second))
	r := new(big.Rat).SetFrac(second.Mul(second, big.NewInt(n)), big.NewInt(int64(span)))
	rate, _ := r.Float64()
	return Known(rate)
}

// DecodeRate returns 1/TPOT, the output tokens per second of one request once
// its first token is there. It is undefined if TPOT is undefined or zero.
func (v Normalized) DecodeRate() Optional[float64] {
	if !v.TPOT.Known() {
		return Optional[float64]{}
	}
	return PerSecond(v.TPOT.Tokens, Known(v.TPOT.Total))
}

// PrefillRate returns P/TTFT, the prompt tokens per second of one request of
// p prompt tokens. The TTFT includes the scheduling delay, so the rate is
// what the user got and not the engine's speed. It is undefined if p or TTFT
// is unknown or TTFT is zero.
func (v Raw) PrefillRate(p Count) Optional[float64] {
	n, ok := p.Get()
	if !ok {
		return Optional[float64]{}
	}
	return PerSecond(n, v.TTFT)
}
