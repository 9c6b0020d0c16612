// Quickstart records one request by hand and prints what its user waited for
// beside what is left of that in figures per token.
//
// The answer has eight tokens. A role chunk without a token comes first, and
// is none; one delivery holds three tokens; the stream freezes once for 900 ms.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const ms = time.Millisecond

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	// Instants are offsets from one origin per run. What is not known is
	// left out; it is not 0.
	r := metrics.Request{
		ID:        "chat-1",
		Due:       metrics.Known(0 * ms),    // the load plan wanted it now
		Sent:      metrics.Known(5 * ms),    // the client was 5 ms late
		Scheduled: metrics.Known(1200 * ms), // the engine let it wait
		Deliveries: []metrics.Delivery{
			{At: 1210 * ms, Tokens: 0}, // role chunk
			{At: 1300 * ms, Tokens: 1},
			{At: 1340 * ms, Tokens: 1},
			{At: 1380 * ms, Tokens: 1},
			{At: 2280 * ms, Tokens: 1}, // after 900 ms
			{At: 2380 * ms, Tokens: 3},
			{At: 2420 * ms, Tokens: 1},
		},
		End: metrics.Known(2430 * ms),
	}
	if err := r.Validate(); err != nil {
		return err
	}

	n := r.Normalized() // under metrics.Paper; it carries the raw view
	raw, per := n.Raw, n.Latency
	fmt.Fprintf(w, "request %s: %d tokens, convention %s\n\n", r.ID, r.Tokens(), metrics.Paper.Name)
	fmt.Fprintf(w, "%-18s %8s   %-20s %9s\n", "raw", "", "normalized", "per token")
	for _, row := range []struct {
		raw  string
		span metrics.Span
		name string
		per  fmt.Stringer
	}{
		{"client delay", raw.ClientDelay, "", nil},
		{"scheduling delay", raw.SchedulingDelay, "scheduling part", per.Scheduling},
		{"+ prefill", raw.Prefill, "+ prefill part", per.Prefill},
		{"+ decode", raw.Decode, "+ decode part", per.Decode},
		{"= TTLT", raw.TTLT, "= normalized latency", per.Total},
		{"TTFT", raw.TTFT, "TTFT part", per.First},
		{"stall", raw.Stall, "TPOT", n.TPOT.PerToken},
		{"end to end", raw.EndToEnd, "", nil},
	} {
		if row.per == nil {
			fmt.Fprintf(w, "%-18s %8v\n", row.raw, row.span)
			continue
		}
		fmt.Fprintf(w, "%-18s %8v   %-20s %9v\n", row.raw, row.span, row.name, row.per)
	}
	return nil
}
