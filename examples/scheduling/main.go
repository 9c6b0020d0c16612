// Scheduling shows a wait that normalized latency cannot: it ranks two schedulers
// opposite to what their users wait (figure 2 of arXiv:2507.09019).
//
// Normalized latency is (T_s + T_p + T_d)/N, so a second of waiting T_s counts
// 1/N of a second (§2 and §3.3 there): it pays to let the long answers wait.
// Every 40 s four requests come at once, two with answers of 1000 tokens, then two
// of 10. A prompt takes 1 s of prefill, one after the other; decode is elsewhere,
// 20 ms a token. The scheduler fifo keeps the order; lanes prefills short answers
// first and opens the lane of the long ones after 10 s. All this is made up:
//
//	          fifo                                  lanes
//	long 1    (0 + 1 + 19.98 s)/1000 =  20.98 ms    (10 + 1 + 19.98 s)/1000 =  30.98 ms
//	long 2    (1 + 1 + 19.98 s)/1000 =  21.98 ms    (11 + 1 + 19.98 s)/1000 =  31.98 ms
//	short 1   (2 + 1 +  0.18 s)/10   = 318    ms    ( 0 + 1 +  0.18 s)/10   = 118    ms
//	short 2   (3 + 1 +  0.18 s)/10   = 418    ms    ( 1 + 1 +  0.18 s)/10   = 218    ms
//	mean      waited 1.5 s, 194.74 ms a token       waited 5.5 s, 99.74 ms a token
//
// Under lanes two users wait 2 s less and two 10 s more. The mean wait is 3.7 times
// as long, and normalized latency calls it twice as good. So does its scheduling
// part T_s/N alone: it is the division that hides the wait.
//
//	go run ./examples/scheduling -plot DIR
//
// also draws each request's normalized latency over its TTFT (normalized-vs-raw.svg)
// and what of the TTFT was waiting (ttft-split-1.svg, ttft-split-2.svg).
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/figure"
)

func main() {
	dir := flag.String("plot", "", "`directory` to write figures to")
	flag.Parse()
	if err := run(os.Stdout, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, dir string) error {
	var sums [2]metrics.Summary
	var drawn []*figure.Collector
	for i, s := range schedulers() {
		c := &figure.Collector{Options: figure.Options{Name: s.Name, CommonClock: true}}
		records := s.serve()
		for j := range records {
			if err := sums[i].Add(&records[j]); err != nil {
				return err
			}
			if err := c.Add(&records[j]); err != nil {
				return err
			}
		}
		drawn = append(drawn, c)
		requestTable(w, s.Name, records[:len(wave())])
	}
	comparison(w, &sums)
	if dir == "" {
		return nil
	}
	return plot(w, dir, drawn)
}

// requestTable prints the requests of the first wave as the scheduler took them.
func requestTable(w io.Writer, name string, records []metrics.Request) {
	fmt.Fprintf(w, "%-8s  %6s  %8s  %6s  %18s  %15s\n",
		name, "tokens", "waited", "TTFT", "normalized latency", "scheduling part")
	for i := range records {
		r := &records[i]
		n := r.Normalized()
		fmt.Fprintf(w, "%-8s  %6d  %8v  %6v  %18v  %15v\n", r.Class, r.Tokens(),
			n.Raw.SchedulingDelay, n.Raw.TTFT, n.Latency.Total, n.Latency.Scheduling)
	}
	fmt.Fprintln(w)
}

// comparison prints which scheduler each figure calls better.
func comparison(w io.Writer, sums *[2]metrics.Summary) {
	names := schedulers()
	fmt.Fprintf(w, "%-31s  %9s  %9s  %s\n", fmt.Sprintf("over %d requests", sums[0].Requests.Offered), names[0].Name, names[1].Name, "better")
	for _, row := range []struct {
		name string
		of   func(*metrics.Summary) *metrics.Distribution
	}{
		{"normalized latency", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.Latency }},
		{"normalized, scheduling part", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.LatencyScheduling }},
		{"scheduling delay", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.SchedulingDelay }},
		{"TTFT", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TTFT }},
	} {
		a, b := row.of(&sums[0]).Stats(), row.of(&sums[1]).Stats()
		for _, col := range []struct {
			name string
			a, b metrics.Optional[float64]
		}{{"mean", a.Mean, b.Mean}, {"P50", a.P50, b.P50}, {"P90", a.P90, b.P90}} {
			x, _ := col.a.Get()
			y, _ := col.b.Get()
			better := names[0].Name
			if y < x {
				better = names[1].Name
			}
			fmt.Fprintf(w, "%-27s %-4s  %8v  %9v  %s\n", row.name, col.name, rounded(x), rounded(y), better)
		}
	}
}

func rounded(ns float64) time.Duration {
	return time.Duration(ns).Round(10 * time.Microsecond)
}
