package audit_test

import (
	"fmt"
	"log"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/results/audit"
)

// A hundred answers of a hundred tokens, of which each stands still for two
// seconds: one gap in a hundred, which neither the TPOT nor a pooled P95 show.
func Example() {
	a := audit.New(&results.Run{Source: "night"}, audit.Options{})
	for i := range 100 {
		r := metrics.Request{ID: fmt.Sprint(i), Sent: metrics.Known(time.Duration(0))}
		at := 200 * time.Millisecond
		for n := range 100 + i {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
			if at += 20 * time.Millisecond; n == 49 {
				at += 2 * time.Second
			}
		}
		if err := a.Add(&r); err != nil {
			log.Fatal(err)
		}
	}
	for _, f := range a.Findings() {
		fmt.Printf("%v %s: %s\n", f.Severity, f.Code, f.Message)
		for _, n := range f.Numbers[:2] {
			fmt.Printf("  %s: %.0f %s\n", n.Name, n.Value, n.Unit)
		}
	}
	// Output:
	// warning tpot-hides-stall: 100 of 100 answers stood still for at least 1s and 10 times their TPOT: the TPOT spreads the stall over all tokens
	//   request 0: largest gap: 2020000000 ns
	//   request 0: TPOT: 40202020 ns
	// warning pooled-tbt-hides-stalls: the pooled TBT P99 hides a stall in 100 of 100 answers: each is one gap among hundreds, but everybody lives through it
	//   pooled TBT P99: 20004863 ns
	//   largest gap of each answer, median: 2020000000 ns
}
