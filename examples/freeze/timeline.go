package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// timeline prints what was on the screen of the request's user, every 10 s, and
// how long somebody who reads at the default pace would have waited by then.
func timeline(w io.Writer, r *metrics.Request) {
	raw := r.Raw()
	arrival, _ := r.Arrival().Get()
	ttlt, _ := raw.TTLT.Get()
	stall, _ := raw.Stall.Get()
	fmt.Fprintf(w, "\nrequest %s: %d tokens in %v, none of them for %v\n\n", r.ID, r.Tokens(), rounded(ttlt), rounded(stall))
	fmt.Fprintf(w, "%8s  %13s  %13s  %13s\n", "after", "on the screen", "5/s would be", "reader waited")
	for after := 10 * time.Second; after-ttlt < 10*time.Second; after += 10 * time.Second {
		after := min(after, ttlt)
		seen := until(r, arrival+after)
		wanted := min(int64(after/goodput.DefaultPerToken), r.Tokens())
		waited, _ := goodput.Options{}.IdleLatency(&seen).Get()
		fmt.Fprintf(w, "%8v  %13d  %13d  %13v\n", rounded(after), seen.Tokens(), wanted, rounded(waited))
	}
}

// until returns the request as its user knew it at an instant, and as it would be
// on record had the user given up then: the wait for the next token counts.
func until(r *metrics.Request, now time.Duration) metrics.Request {
	n, _ := slices.BinarySearchFunc(r.Deliveries, now+1, func(d metrics.Delivery, t time.Duration) int {
		return cmp.Compare(d.At, t)
	})
	seen := *r
	seen.Deliveries = r.Deliveries[:n:n]
	seen.End = metrics.Known(now)
	seen.Outcome = metrics.Cancelled
	return seen
}
