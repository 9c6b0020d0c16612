package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Sizes of the benchmarks' input: 500,000 numbers.
const (
	benchRequests = 5000
	benchTokens   = 100
)

// pythonSeconds writes v as Python's json does.
func pythonSeconds(b []byte, v float64) []byte {
	if v != 0 && v < 1e-4 {
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// vllmInput returns a file of vLLM with gaps of 17 digits, some of them with
// exponents.
func vllmInput(requests, tokens int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var itls, ttfts, lens, starts, errs, texts []byte
	for i := range requests {
		if i > 0 {
			for _, b := range []*[]byte{&itls, &ttfts, &lens, &starts, &errs, &texts} {
				*b = append(*b, ", "...)
			}
		}
		itls = append(itls, '[')
		for j := 1; j < tokens; j++ {
			if j > 1 {
				itls = append(itls, ", "...)
			}
			gap := rng.ExpFloat64() * 0.03
			if j%100 == 1 {
				gap = rng.Float64() * 1e-5
			}
			itls = pythonSeconds(itls, gap)
		}
		itls = append(itls, ']')
		ttfts = pythonSeconds(ttfts, rng.Float64())
		starts = pythonSeconds(starts, 12389.5+float64(i)*0.01)
		lens = strconv.AppendInt(lens, int64(tokens), 10)
		errs = append(errs, `""`...)
		texts = append(texts, `"An \"answer\"."`...)
	}
	return fmt.Appendf(nil, `{"date": "20260101-000000", "backend": "vllm", "model_id": "m", "request_rate": Infinity, `+
		`"duration": 12.5, "completed": %d, "input_lens": [%s], "output_lens": [%s], "ttfts": [%s], "itls": [%s], `+
		`"start_times": [%s], "generated_texts": [%s], "errors": [%s]}`, requests, lens, lens, ttfts, itls, starts, texts, errs)
}

// nativeRequests calls yield with requests like those of vllmInput.
func nativeRequests(requests, tokens int, yield func(*metrics.Request)) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := metrics.Request{Deliveries: make([]metrics.Delivery, tokens)}
	for i := range requests {
		sent := time.Duration(i) * 10 * time.Millisecond
		at := sent
		for j := range r.Deliveries {
			at += time.Duration(rng.ExpFloat64() * 3e7)
			r.Deliveries[j] = metrics.Delivery{At: at, Tokens: 1}
		}
		r.ID, r.Sent, r.End = strconv.Itoa(i), metrics.Known(sent), metrics.Known(at)
		yield(&r)
	}
}

func nativeInput(t testing.TB, requests, tokens int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, &Run{CommonClock: true})
	nativeRequests(requests, tokens, func(r *metrics.Request) {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func reportNumbers(b *testing.B, input []byte) {
	b.SetBytes(int64(len(input)))
	n := float64(b.N) * benchRequests * benchTokens
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/number")
	b.ReportMetric(n/b.Elapsed().Seconds()/1e6, "Mnumbers/s")
}

func benchmarkReader(b *testing.B, input []byte) {
	b.ReportAllocs()
	for b.Loop() {
		rd, err := NewReader("bench", bytes.NewReader(input), Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for rd.NextRun() {
			for rd.Next() {
				n += len(rd.Request().Deliveries)
			}
		}
		if rd.Err() != nil || n != benchRequests*benchTokens {
			b.Fatal(n, rd.Err())
		}
	}
	reportNumbers(b, input)
}

func BenchmarkReadVLLM(b *testing.B) { benchmarkReader(b, vllmInput(benchRequests, benchTokens)) }

func BenchmarkReadNative(b *testing.B) {
	benchmarkReader(b, nativeInput(b, benchRequests, benchTokens))
}

// BenchmarkEncodingJSON is the yardstick: the standard library decoding the
// same files into structs, without making requests of them.
func BenchmarkEncodingJSON(b *testing.B) {
	b.Run("vllm", func(b *testing.B) {
		input := bytes.Replace(vllmInput(benchRequests, benchTokens), []byte("Infinity"), []byte("1"), 1)
		b.ReportAllocs()
		for b.Loop() {
			var run struct {
				InputLens  []int64     `json:"input_lens"`
				OutputLens []int64     `json:"output_lens"`
				TTFTs      []float64   `json:"ttfts"`
				ITLs       [][]float64 `json:"itls"`
				StartTimes []float64   `json:"start_times"`
				Errors     []string    `json:"errors"`
			}
			if err := json.Unmarshal(input, &run); err != nil {
				b.Fatal(err)
			}
		}
		reportNumbers(b, input)
	})
	b.Run("native", func(b *testing.B) {
		input := nativeInput(b, benchRequests, benchTokens)
		b.ReportAllocs()
		for b.Loop() {
			var line struct {
				ID      string  `json:"id"`
				Sent    int64   `json:"sent_ns"`
				At      []int64 `json:"at_ns"`
				End     int64   `json:"end_ns"`
				Outcome string  `json:"outcome"`
			}
			dec := json.NewDecoder(bytes.NewReader(input))
			for {
				line.At = line.At[:0]
				if err := dec.Decode(&line); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
		reportNumbers(b, input)
	})
}

// BenchmarkNumbers measures the parsers of arrays by themselves.
func BenchmarkNumbers(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	var decimals, whole []byte
	for i := range benchRequests * benchTokens {
		if i > 0 {
			decimals, whole = append(decimals, ", "...), append(whole, ',')
		}
		decimals = pythonSeconds(decimals, rng.ExpFloat64()*0.03)
		whole = strconv.AppendInt(whole, 1e12+rng.Int64N(1e12), 10)
	}
	decimals, whole = append(decimals, ']'), append(whole, ']')
	for _, bench := range []struct {
		name  string
		input []byte
		kind  numberKind
	}{{"seconds", decimals, seconds}, {"integers", whole, integers}} {
		b.Run(bench.name, func(b *testing.B) {
			var dst []int64
			var err error
			for b.Loop() {
				if dst, _, _, err = bench.kind.appendElements(dst[:0], bench.input, true); err != nil {
					b.Fatal(err)
				}
			}
			reportNumbers(b, bench.input)
		})
	}
}

func BenchmarkWriteNative(b *testing.B) {
	input := nativeInput(b, benchRequests, benchTokens)
	b.ReportAllocs()
	for b.Loop() {
		w := NewWriter(io.Discard, &Run{})
		nativeRequests(benchRequests, benchTokens, func(r *metrics.Request) {
			if err := w.Write(r); err != nil {
				b.Fatal(err)
			}
		})
	}
	reportNumbers(b, input)
}
