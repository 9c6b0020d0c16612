// Definitions tests a metric definition of one's own against those in use.
//
// Here a team has a TTFT and a TPOT and believes that they are what the papers
// mean. On a plain stream nobody would notice that they are not. The streams
// below tell definitions apart, and show whose numbers the team has been
// comparing with: its TTFT is that of vLLM, its TPOT that of a handbook.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const ms = time.Millisecond

// ownTTFT is the team's definition: from sending to the first event. It takes
// the role chunk that opens a chat stream for a token.
func ownTTFT(r *metrics.Request) metrics.PerToken {
	sent, _ := r.Sent.Get()
	return metrics.PerToken{Total: r.Deliveries[0].At - sent, Tokens: 1}
}

// ownTPOT is the team's definition: from the first token to the end of the
// stream, divided by all tokens. The gaps are one fewer.
func ownTPOT(r *metrics.Request) metrics.PerToken {
	end, _ := r.End.Get()
	for _, d := range r.Deliveries {
		if d.Tokens > 0 {
			return metrics.PerToken{Total: end - d.At, Tokens: r.Tokens()}
		}
	}
	return metrics.PerToken{}
}

type stream struct {
	name string
	metrics.Request
}

// streams returns a plain stream of four tokens and three that differ from it
// in one thing each.
func streams() []stream {
	tokens := []metrics.Delivery{{At: 100 * ms, Tokens: 1}, {At: 120 * ms, Tokens: 1}, {At: 140 * ms, Tokens: 1}, {At: 160 * ms, Tokens: 1}}
	roleChunk := append([]metrics.Delivery{{At: 30 * ms}}, tokens...)
	at := func(d time.Duration) metrics.Instant { return metrics.Known(d) }
	return []stream{
		{"plain", metrics.Request{Due: at(0), Sent: at(0), Deliveries: tokens, End: at(160 * ms)}},
		{"role chunk first", metrics.Request{Due: at(0), Sent: at(0), Deliveries: roleChunk, End: at(160 * ms)}},
		{"client 50ms late", metrics.Request{Due: at(0), Sent: at(50 * ms), Deliveries: tokens, End: at(160 * ms)}},
		{"usage event last", metrics.Request{Due: at(0), Sent: at(0), Deliveries: tokens, End: at(200 * ms)}},
	}
}

func main() { run(os.Stdout) }

func run(w io.Writer) {
	fmt.Fprintf(w, "%-6s %-18s %7s %7s   %s\n", "metric", "stream", "own", "paper", "same value under")
	for _, d := range definitions() {
		for _, s := range streams() {
			fmt.Fprintf(w, "%-6s %-18s %7v %7v   %s\n",
				d.name, s.name, d.own(&s.Request), d.of(metrics.Paper, &s.Request), d.agreeing(s))
		}
		fmt.Fprintf(w, "%-6s %-18s %7s %7s   %s\n", d.name, "all of them", "", "", d.agreeing(streams()...))
	}
}
