package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/gonum/stat"
)

// bimodal returns integer gaps in nanoseconds as of speculative decoding:
// most of a burst, some around 30 ms, few stalls up to a minute.
func bimodal(n int) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, n)
	for i := range v {
		switch u := rng.Float64(); {
		case u < 0.5:
			v[i] = 0
		case u < 0.75:
			v[i] = 1000 + math.Floor(40000*rng.Float64())
		case u < 0.99:
			v[i] = math.Floor(30e6 * math.Exp(0.3*rng.NormFloat64()))
		default:
			v[i] = min(60e9, math.Floor(1e8*math.Pow(rng.Float64(), -0.8)))
		}
	}
	return v
}

// steady returns gaps around 25 ms.
func steady(n int) []float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Floor(25e6 * (1 + 0.05*rng.NormFloat64()))
	}
	return v
}

// ties returns gaps on a grid of milliseconds.
func ties(n int) []float64 {
	rng := rand.New(rand.NewPCG(5, 6))
	v := make([]float64, n)
	for i := range v {
		v[i] = 1e6 * math.Floor(25+3*rng.NormFloat64())
	}
	return v
}

// The figure to look at is ns/value; the methods stand beside each other in
// one run.
func BenchmarkExactStats(b *testing.B) {
	for _, data := range []struct {
		name   string
		values []float64
	}{
		{"bimodal", bimodal(1 << 20)},
		{"steady", steady(1 << 20)},
		{"ties", ties(1 << 20)},
	} {
		perValue := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data.values)), "ns/value")
		}
		b.Run(data.name+"/selection", func(b *testing.B) {
			e := Exact{values: data.values}
			for b.Loop() {
				e.Quantiles(Linear, standardQuantiles[:]...)
			}
			perValue(b)
		})
		b.Run(data.name+"/moments", func(b *testing.B) {
			for b.Loop() {
				momentsOf(data.values)
			}
			perValue(b)
		})
		b.Run(data.name+"/sort+gonum", func(b *testing.B) {
			for b.Loop() {
				sorted := slices.Clone(data.values)
				slices.Sort(sorted)
				for _, p := range standardQuantiles {
					stat.Quantile(p, stat.LinInterp, sorted, nil)
				}
			}
			perValue(b)
		})
	}
}

func BenchmarkHDRRecord(b *testing.B) {
	values := make([]int64, 1<<16)
	for i, v := range steady(len(values)) {
		values[i] = int64(v)
	}
	perValue := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
	}
	for _, digits := range []int{2, 3} {
		name := string(rune('0'+digits)) + "digits/"
		b.Run(name+"HDR", func(b *testing.B) {
			h := NewHDR(digits)
			for b.Loop() {
				for _, v := range values {
					h.Record(v)
				}
			}
			perValue(b)
		})
		b.Run(name+"HDR.RecordAll", func(b *testing.B) {
			h := NewHDR(digits)
			for b.Loop() {
				h.RecordAll(values)
			}
			perValue(b)
		})
		b.Run(name+"hdrhistogram-go", func(b *testing.B) {
			h := hdrhistogram.New(1, MaxHDR, digits)
			for b.Loop() {
				for _, v := range values {
					if err := h.RecordValue(v); err != nil {
						b.Fatal(err)
					}
				}
			}
			perValue(b)
		})
	}
}
