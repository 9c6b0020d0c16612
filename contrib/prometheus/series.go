package prometheus

import "fmt"

// Series names one of the series that an [Observer] exports.
type Series uint8

// The histograms, in seconds, and the counters.
const (
	TTFT            Series = iota // Raw.TTFT
	InterToken                    // Convention.TBT: every gap of every request
	TPOT                          // Normalized.TPOT
	Duration                      // Raw.EndToEnd
	SchedulingDelay               // Raw.SchedulingDelay
	Prefill                       // Raw.Prefill
	Decode                        // Raw.Decode
	Stall                         // Raw.Stall
	IdleLatency                   // goodput.Options.IdleLatency

	Requests      // requests by label outcome
	Undefined     // requests without a value, by label metric
	PromptTokens  // Request.PromptTokens
	OutputTokens  // Request.OutputTokens
	SmoothTokens  // N of the requests that have a benefit
	SmoothPenalty // alpha f(l) of these

	FluidityHits   // deadlines met
	FluidityMisses // deadlines missed

	SLORequests   // requests by label verdict
	GoodputTokens // OutputTokens of the requests that met the objective

	numSeries
	numHistograms = Requests
)

// definition is what a series is called in [Tokentime] and how it explains
// itself to a scraper.
type definition struct {
	name  string // after the prefix
	help  string
	label string // of its own, beside Options.Labels; or ""
}

func (s Series) definition() definition {
	switch s {
	case TTFT:
		return definition{"time_to_first_token_seconds", "Time from the request's zero point to its first token.", ""}
	case InterToken:
		return definition{"inter_token_latency_seconds", "Gaps between the tokens of a request, all of them, under the chunk rule of the convention.", ""}
	case TPOT:
		return definition{"time_per_output_token_seconds", "Time per output token after the first. It dilutes stalls; see stall_seconds.", ""}
	case Duration:
		return definition{"request_duration_seconds", "Time from the request's zero point to the end of its stream.", ""}
	case SchedulingDelay:
		return definition{"scheduling_delay_seconds", "Time from the request's zero point to the beginning of its prefill.", ""}
	case Prefill:
		return definition{"prefill_seconds", "Time from the beginning of prefill to the first token.", ""}
	case Decode:
		return definition{"decode_seconds", "Time from the first token to the end of decode.", ""}
	case Stall:
		return definition{"stall_seconds", "Largest gap between two tokens of a request.", ""}
	case IdleLatency:
		return definition{"idle_latency_seconds", "How long a reader of a steady pace waited for tokens in total.", ""}
	case Requests:
		return definition{"requests_total", "Finished requests by outcome; empty is completed without a token.", "outcome"}
	case Undefined:
		return definition{"undefined_total", "Requests that have no value of the metric.", "metric"}
	case PromptTokens:
		return definition{"prompt_tokens_total", "Prompt tokens of the requests that state them.", ""}
	case OutputTokens:
		return definition{"output_tokens_total", "Output tokens of all requests.", ""}
	case SmoothTokens:
		return definition{"smooth_tokens_total", "Tokens delivered by the requests that have a benefit.", ""}
	case SmoothPenalty:
		return definition{"smooth_penalty_tokens_total", "Price, in tokens, of the waits of the requests that have a benefit.", ""}
	case FluidityHits:
		return definition{"fluidity_hits_total", "Token deadlines met, of completed requests.", ""}
	case FluidityMisses:
		return definition{"fluidity_misses_total", "Token deadlines missed, of completed requests.", ""}
	case SLORequests:
		return definition{"slo_requests_total", "Finished requests by verdict of the objective.", "verdict"}
	case GoodputTokens:
		return definition{"goodput_tokens_total", "Output tokens of the requests that met the objective.", ""}
	}
	return definition{}
}

// String returns the series' name in the layout [Tokentime], without prefix.
func (s Series) String() string {
	if name := s.definition().name; name != "" {
		return name
	}
	return fmt.Sprintf("Series(%d)", uint8(s))
}

// histogram reports whether the series is a histogram; else it is a counter.
func (s Series) histogram() bool { return s < numHistograms }

// An absence is a metric of which a request may have no value: a histogram,
// or one of the two below, which only counters show.
type absence uint8

const (
	noScore   = absence(numHistograms) + iota // no fluidity index
	noBenefit                                 // no benefit
	numAbsences
)

// absenceNames are the values of the label metric of [Undefined].
func (a absence) name() string {
	switch a {
	case noScore:
		return "fluidity"
	case noBenefit:
		return "benefit"
	}
	name := Series(a).definition().name
	return name[:len(name)-len("_seconds")]
}
