package compare_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/compare"
	"github.com/tokentime/tokentime/results"
)

// Two servers answer 400 requests. The new one has a first token in half the
// time, but one in ten of its requests waits for two seconds.
func Example() {
	conditions, err := compare.ParseConditions("p50(ttft) > +5%, p95(ttft) > +5%")
	if err != nil {
		log.Fatal(err)
	}
	o := compare.Options{
		Report: report.Options{
			Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond},
		},
		Conditions: conditions,
	}
	collect := func(source string, ttft func(i int) time.Duration) *compare.Run {
		run, err := compare.NewRun(&results.Run{Source: source, CommonClock: true}, o)
		if err != nil {
			log.Fatal(err)
		}
		for i := range 400 {
			sent := time.Duration(i) * 50 * time.Millisecond
			first := sent + ttft(i)
			r := metrics.Request{ID: fmt.Sprint(i), Sent: metrics.Known(sent)}
			for token := range 10 {
				r.Deliveries = append(r.Deliveries, metrics.Delivery{
					At: first + time.Duration(token)*20*time.Millisecond, Tokens: 1})
			}
			if err := run.Add(&r); err != nil {
				log.Fatal(err)
			}
		}
		return run
	}
	random := rand.New(rand.NewPCG(1, 1))
	jitter := func() time.Duration { return time.Duration(random.IntN(100)) * time.Millisecond }
	base := collect("old.json", func(int) time.Duration { return 200*time.Millisecond + jitter() })
	new := collect("new.json", func(i int) time.Duration {
		if i%10 == 0 {
			return 2*time.Second + jitter()
		}
		return 100*time.Millisecond + jitter()
	})

	c, err := compare.Compare(base, []*compare.Run{new}, o)
	if err != nil {
		log.Fatal(err)
	}
	ttft, _ := c.Pairs[0].Metric("ttft")
	for _, stat := range []string{"p50", "p95"} {
		row, _ := ttft.Row(stat)
		fmt.Println(stat, row.Verdict)
	}
	for _, x := range ttft.Shape.Crossings {
		fmt.Printf("%v is better below P%.0f, %v above\n", x.Lower, 100*x.Percentile, x.Upper)
	}
	fmt.Println("conditions that hold:", c.Failed())
	// Output:
	// p50 better
	// p95 worse
	// new is better below P90, base above
	// conditions that hold: 1
}
