// Normalization shows how dividing by the length of the answer hides a wait.
//
// It computes the case of Agrawal et al., "On Evaluating Performance of LLM
// Inference Serving Systems", arXiv:2507.09019 §3.3: a request waits 10 s to be
// scheduled, then takes 20 ms for each token. The published normalized
// latencies, 1.02 s per token for 10 tokens and 0.03 for 1000, are (10 s + N
// times 20 ms)/N; so prefill, which ends with the first token, takes 20 ms too.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const (
	wait     = 10 * time.Second
	perToken = 20 * time.Millisecond // prefill, and each gap
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	fmt.Fprintf(w, "%6s  %16s  %18s  %15s  %6s\n", "tokens", "scheduling delay", "normalized latency", "scheduling part", "TPOT")
	for _, n := range []int{10, 1000} {
		r := answer(n)
		v := r.Normalized()
		fmt.Fprintf(w, "%6d  %16v  %18v  %15v  %6v\n",
			n, v.Raw.SchedulingDelay, v.Latency.Total, v.Latency.Scheduling, v.TPOT.PerToken)
	}
	fmt.Fprintln(w, "\nBoth users waited 10 s. The longer answer only divides it by more.")
}

// answer returns a request of n tokens that is served as above.
func answer(n int) metrics.Request {
	r := metrics.Request{
		Sent:      metrics.Known(time.Duration(0)),
		Scheduled: metrics.Known(wait),
	}
	for i := range n {
		at := wait + time.Duration(i+1)*perToken
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	return r
}
