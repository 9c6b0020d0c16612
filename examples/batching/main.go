// Batching shows that smooth goodput has its maximum at some request rate in
// between, and that it is at a lower rate the dearer waiting is.
//
// A small simulator of continuous batching (see server for its constants and their
// sources) answers the same 600 requests at one rate after the other. The more
// requests share a step, the more tokens there are per second: at alpha = 0, where
// waiting is free, smooth goodput is that throughput and never falls. But the step
// gets longer, prompts that join hold up everybody's decode, and at last the queue
// grows for as long as the run lasts. Meanwhile a reader of 20 tokens/s waits:
//
//	smooth goodput = sum over all requests of (N - alpha l/V) / T = A - alpha B
//
// (arXiv:2410.14257v2 eq. 10 and 11) with N tokens, l idle latency, V = 50 ms, T
// from first arrival to last end, A the sum of N/T and B that of l/(V T). If rate r
// is best at alpha and r' at a larger one, then B(r') <= B(r): add the two
// inequalities. B grows with the rate, so the best rate falls.
//
// Request goodput, of those within ttft<=1s,tpot<=50ms, peaks there too, but does
// not ask by how much the others missed it. How deep all fall beyond the peak
// depends on how long the overload lasts: 600 requests are our choice.
//
//	go run ./examples/batching -lengths ../shared/data/traces/azure-conv-2023.csv.gz -plot DIR
//
// takes the lengths of prompts and answers from a trace, and draws a figure for each
// alpha (goodput-vs-rate-alpha-2.5.svg and so on).
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

func main() {
	dir := flag.String("plot", "", "`directory` to write figures to")
	trace := flag.String("lengths", "", "Azure trace `file` to take the lengths of prompts and answers from")
	flag.Parse()
	load := lengths()
	if *trace != "" {
		var err error
		if load, err = traced(*trace); err != nil {
			log.Fatal(err)
		}
	}
	if err := run(os.Stdout, load, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, load []planned, dir string) error {
	points, err := sweep(a100(), load)
	if err != nil {
		return err
	}
	var prompt, output int
	for _, p := range load {
		prompt += p.Prompt
		output += p.Output
	}
	fmt.Fprintf(w, "%d requests, %d tokens in the mean prompt, %d in the mean answer\n\n",
		len(load), prompt/len(load), output/len(load))
	table(w, points)
	fmt.Fprintln(w)
	for i, alpha := range alphas {
		top := points[best(points, i)]
		fmt.Fprintf(w, "alpha %-4v is best served at %2v requests/s: %v tokens/s\n", alpha, top.Rate.perSecond(), whole(top.Goodput[i].Smooth))
	}
	if dir == "" {
		return nil
	}
	return plot(w, dir, points)
}

// sweep measures the load at 2, 3, ... 20 requests/s.
func sweep(s server, load []planned) ([]*point, error) {
	var points []*point
	for at := rate(20); at <= 200; at += 10 {
		p, err := measure(s, load, at)
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, nil
}

func table(w io.Writer, points []*point) {
	fmt.Fprintf(w, "%50s  smooth goodput in tokens/s at alpha\n", "")
	fmt.Fprintf(w, "%5s %6s %6s %6s %6s %7s %7s", "req/s", "TTFT", "TPOT", "stall", "idle", "attain", "goodput")
	for _, alpha := range alphas {
		fmt.Fprintf(w, " %7v", alpha)
	}
	fmt.Fprintln(w)
	for _, p := range points {
		idle, _ := p.Goodput[0].IdleLatency.P50.Get()
		fmt.Fprintf(w, "%5v %6v %6v %6v %6v %6.1f%% %7s", p.Rate.perSecond(),
			median(&p.Latency.Raw.TTFT), median(&p.Latency.Normalized.TPOT), median(&p.Latency.Raw.Stall), short(idle),
			100*p.Attainment, requestGoodput(p))
		for i := range alphas {
			fmt.Fprintf(w, " %7s", whole(p.Goodput[i].Smooth))
		}
		fmt.Fprintln(w)
	}
}

func median(d *metrics.Distribution) string {
	q, ok := d.Quantile(0.5)
	if !ok {
		return metrics.Undefined
	}
	return short(q)
}

// short returns a time in two or three figures.
func short(ns float64) string {
	if d := time.Duration(ns); d >= time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return time.Duration(ns).Round(time.Millisecond).String()
}

func requestGoodput(p *point) string {
	v, ok := p.Goodput[0].Requests.Get()
	if !ok {
		return metrics.Undefined
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func whole(v metrics.Optional[float64]) string {
	x, ok := v.Get()
	if !ok {
		return metrics.Undefined
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}
