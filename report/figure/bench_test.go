package figure

import (
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// The cost of gathering: requests of a thousand tokens, with and without the
// fluidity curve, which judges each at 41 deadlines.
func BenchmarkAdd(b *testing.B) {
	const n = 1000
	r := &metrics.Request{ID: "r", Sent: metrics.Known(time.Duration(0))}
	for i := range n {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(200+15*i) * ms, Tokens: 1})
	}
	without := standard("")
	without.Deadlines.Decode = 0
	for name, o := range map[string]Options{"curve": standard(""), "plain": without} {
		b.Run(name, func(b *testing.B) {
			c := &Collector{Options: o}
			for range b.N {
				if err := c.Add(r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/token")
		})
	}
}

func BenchmarkFigures(b *testing.B) {
	c := collect(b, standard(""), freezing(1000))
	for range b.N {
		figures, _ := Figures([]*Collector{c})
		for _, f := range figures {
			svg(b, f)
		}
	}
}
