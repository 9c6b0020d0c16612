package slo

import (
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const benchTokens = 500

// longAnswer has one token per delivery and no usage count.
func longAnswer() *metrics.Request {
	r := &metrics.Request{Due: metrics.Known(0 * ms)}
	for i := range benchTokens {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: 100*ms + time.Duration(i)*20*ms + time.Duration(i*i%7)*ms, Tokens: 1})
	}
	return r
}

func reportPerToken(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchTokens, "ns/token")
}

func BenchmarkVerdict(b *testing.B) {
	for _, text := range []string{"ttft<=1s", "ttft<=1s,tpot<=50ms,tbt.max<=200ms,ttlt<=1m", "tbt.p99<=100ms"} {
		b.Run(text, func(b *testing.B) {
			c, r := &Checker{Objective: mustParse(b, text)}, longAnswer()
			b.ReportAllocs()
			for b.Loop() {
				c.Verdict(r)
			}
			reportPerToken(b)
		})
	}
}

func BenchmarkSummaryAdd(b *testing.B) {
	for _, text := range []string{"ttft<=1s,tpot<=50ms,attainment>=90%", "p99(ttft)<=1s,p99(tpot)<=50ms", "p99(tbt)<=100ms"} {
		b.Run(text, func(b *testing.B) {
			s, r := &Summary{Checker: Checker{Objective: mustParse(b, text)}, Method: metrics.HDRMethod}, longAnswer()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Add(r); err != nil {
					b.Fatal(err)
				}
			}
			reportPerToken(b)
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustParse(b, "ttft<=500ms,tpot<=50ms,fluidity(1s,50ms)>=0.9,p99(tbt.max)<=1s,attainment>=90%")
	}
}
