package goodput

import (
	"fmt"

	"github.com/tokentime/tokentime/metrics"
)

// Abandoned says what a request is charged for a token that never came. It
// concerns requests that were abandoned, which are those with any outcome but
// [metrics.Completed], and completed ones without a token.
type Abandoned uint8

const (
	// ChargeTheWait counts the wait for the token that never came as lived
	// (our definition). With k tokens delivered until the end of an abandoned
	// request,
	//
	//	end - (z + D_0 + V (k+1))
	//
	// enters the maximum of the idle latency. A request without a token,
	// completed or not, is charged max(0, end - a - D_0 - V).
	//
	// If the end is unknown the charge is undefined. The tokens that came
	// are then charged as delivered, which is a lower bound of the idle
	// latency and an upper bound of the benefit, and a [Summary] counts the
	// request in [Counts.Uncharged].
	ChargeTheWait Abandoned = iota

	// AsDelivered takes the tokens that came and the waits for these
	// (arXiv:2410.14257v2). A request without a token then has no benefit,
	// neither good nor bad: under this policy a system that answers nobody
	// loses nothing.
	AsDelivered
)

// String returns the policy as in the flag -abandoned of the program.
func (a Abandoned) String() string {
	switch a {
	case ChargeTheWait:
		return "charge"
	case AsDelivered:
		return "as-delivered"
	}
	return fmt.Sprintf("Abandoned(%d)", uint8(a))
}

// ParseAbandoned returns the policy that String prints as s. The error is an
// [*OptionError].
func ParseAbandoned(s string) (Abandoned, error) {
	for _, a := range []Abandoned{ChargeTheWait, AsDelivered} {
		if s == a.String() {
			return a, nil
		}
	}
	return 0, notUnderstood("abandoned", s, "charge or as-delivered")
}

// abandoned reports whether the request did not end normally.
func abandoned(r *metrics.Request) bool { return r.Outcome != metrics.Completed }
