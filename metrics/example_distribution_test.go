package metrics_test

import (
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// The kinds of quantile differ where a sample is small.
func ExampleQuantileKind() {
	var e metrics.Exact
	for i := range 10 {
		e.Add(float64(i + 1))
	}
	for _, kind := range []metrics.QuantileKind{metrics.InverseCDF, metrics.LinearCDF, metrics.Linear, metrics.OrderStatistic} {
		median, _ := e.Quantile(kind, 0.5)
		fmt.Println(kind, median)
	}
	// Output:
	// inverse-cdf 5
	// linear-cdf 5
	// linear 5.5
	// order-statistic 5
}

// A P99 of forty values is one of the two largest; the warning says so.
func ExampleDistribution_Warnings() {
	var ttft metrics.Distribution
	for i := range 40 {
		ttft.AddSpan(metrics.Known(time.Duration(100+i) * time.Millisecond))
	}
	ttft.AddSpan(metrics.Span{}) // an answer without a token
	stats := ttft.Stats()
	fmt.Println(stats.N, stats.Undefined, stats.P99)
	for _, w := range ttft.Warnings("TTFT") {
		fmt.Println(w.Code)
		fmt.Println(w.Message)
	}
	// Output:
	// 40 1 1.3861e+08
	// too-few-samples
	// TTFT: 40 values leave fewer than 10 beyond P90, P95, P99, P99.9; the highest quantile to trust is P50, and P99.9 needs 10000 values
}

// How far a quantile of so few values can be trusted.
func ExampleDistribution_Interval() {
	var ttft metrics.Distribution
	for i := range 100 {
		ttft.Add(float64(i + 1))
	}
	p90, _ := ttft.Quantile(0.9)
	i, ok := ttft.Interval(0.9, 0.95)
	fmt.Printf("%.1f [%v, %v] at %.4f %v\n", p90, i.Lo, i.Hi, i.Confidence, ok)
	// Output:
	// 90.1 [84, 96] at 0.9557 true
}

// Two shards, counted apart and sent as bytes, are one distribution.
func ExampleHDR() {
	var a, b metrics.HDR
	a.RecordN(int64(25*time.Millisecond), 99)
	b.Record(int64(3 * time.Second))
	sent, _ := b.MarshalBinary()

	var received metrics.HDR
	if err := received.UnmarshalBinary(sent); err != nil {
		fmt.Println(err)
	}
	if err := a.Merge(&received); err != nil {
		fmt.Println(err)
	}
	p50, _ := a.Quantile(0.5)
	p100, _ := a.Quantile(1)
	fmt.Println(a.Len(), time.Duration(p50), time.Duration(p100), a.RelativeError())
	// Output:
	// 100 25.001983ms 3s 0.001
}

// The gauge was looked at three times, twice in its last second.
func ExampleTimeWeighted() {
	u, err := metrics.TimeWeighted([]metrics.Sample{
		{At: 0, Value: 0.10},
		{At: 9 * time.Second, Value: 1},
		{At: 9500 * time.Millisecond, Value: 1},
	}, 10*time.Second, 0.9)
	fmt.Println(u.Mean, u.Max, u.Above, err)
	fmt.Printf("plain mean %.2f\n", (0.1+1+1)/3)
	// Output:
	// 0.19 1 0.1 <nil>
	// plain mean 0.70
}
