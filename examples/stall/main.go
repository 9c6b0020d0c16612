// Stall shows two streams that TPOT and a percentile of the gaps cannot tell
// apart, and a reader can.
//
// Both have twenty gaps of 40 ms, but for one of 160 ms, and a reader who wants a
// token each 50 ms. A gap of 40 ms banks 10 ms. The first stream stalls after 8
// gaps, with 80 ms in the bank and 50 ms to go: 130 ms, too little. The second
// stalls after 12 gaps, with 170 ms. Only deadlines see when a stall comes.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

const (
	gaps   = 20
	usual  = 40 * time.Millisecond
	stall  = 160 * time.Millisecond
	pace   = 50 * time.Millisecond
	format = "%-20s %8v %8v %8v   %s\n"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	fmt.Fprintf(w, format, "", "TPOT", "P90 TBT", "largest", "fluidity index")
	for _, after := range []int{8, 12} {
		r := stream(after)
		score, err := fluidity.Deadlines{Decode: pace, First: fluidity.Skipped}.Score(&r)
		if err != nil {
			return err
		}
		index, _ := score.Index().Get()
		tpot := r.Normalized().TPOT
		fmt.Fprintf(w, format, fmt.Sprintf("stall after %d gaps", after), tpot.PerToken, p90(&r), tpot.Stall,
			fmt.Sprintf("%.2f (hits %d, misses %d)", index, score.Hits, score.Misses))
	}
	return nil
}

// stream returns a request whose gap number after, counted from 0, is a stall.
func stream(after int) metrics.Request {
	at := time.Second
	r := metrics.Request{Deliveries: []metrics.Delivery{{At: at, Tokens: 1}}}
	for i := range gaps {
		if i == after {
			at += stall
		} else {
			at += usual
		}
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	return r
}

// p90 returns the quantile over the gaps that most tools print.
func p90(r *metrics.Request) time.Duration {
	var tbt metrics.Distribution
	for gap := range metrics.Paper.TBT(r) {
		tbt.Add(float64(gap))
	}
	q, _ := tbt.Quantile(0.9)
	return time.Duration(q)
}
