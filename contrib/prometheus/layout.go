package prometheus

import (
	"fmt"
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// Layout says what the series are called, where the bounds of their classic
// buckets lie, and by which convention they are computed.
//
// The zero Layout is [Tokentime]. A series that a layout does not name has
// the name that Tokentime gives it, prefix included: what vLLM does not
// export does not appear as if it did. To rename all, change Tokentime():
//
//	l := ttprom.Tokentime()
//	l.Prefix = "mygateway_"
type Layout struct {
	Name       string // "tokentime", "vllm", "sglang"; only printed
	Prefix     string // of the series in Names
	Convention metrics.Convention

	Names   map[Series]string    // after the prefix; those of Tokentime where there is none
	Buckets map[Series][]float64 // of histograms, in seconds; those of Tokentime where there are none
}

// Layouts returns all of them, [Tokentime] first.
func Layouts() []Layout { return []Layout{Tokentime(), VLLM(), SGLang()} }

// LookupLayout returns the layout of that name.
func LookupLayout(name string) (Layout, bool) {
	for _, l := range Layouts() {
		if l.Name == name {
			return l, true
		}
	}
	return Layout{}, false
}

// Tokentime returns this project's layout: prefix tokentime_, the convention
// [metrics.Paper], and bounds from 1 ms on, closer together than the engines'
// (our definition). Decoders of 5 to 12 ms a token, which the first bucket of
// vLLM and OpenTelemetry hides, are told apart.
func Tokentime() Layout {
	l := Layout{
		Name: "tokentime", Prefix: "tokentime_", Convention: metrics.Paper,
		Names: map[Series]string{}, Buckets: map[Series][]float64{},
	}
	for s := range numSeries {
		l.Names[s] = s.definition().name
	}
	for s := range numHistograms {
		switch s {
		case InterToken, TPOT:
			l.Buckets[s] = []float64{0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.015, 0.02,
				0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 20, 60}
		case Duration, Decode:
			l.Buckets[s] = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45,
				60, 90, 120, 240, 480, 960, 1920, 7680}
		default:
			l.Buckets[s] = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3,
				0.4, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 600}
		}
	}
	return l
}

// VLLM returns the layout of vLLM's engine: its names under vllm:, its bounds
// and [VLLMEngine], read off vllm/v1/metrics in 2026. Dashboards and alerts
// made for vLLM work on it.
func VLLM() Layout {
	perRequest := []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	perToken := []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
	return Layout{
		Name: "vllm", Prefix: "vllm:", Convention: VLLMEngine(),
		Names: map[Series]string{
			TTFT:            "time_to_first_token_seconds",
			InterToken:      "inter_token_latency_seconds",
			TPOT:            "request_time_per_output_token_seconds",
			Duration:        "e2e_request_latency_seconds",
			SchedulingDelay: "request_queue_time_seconds",
			Prefill:         "request_prefill_time_seconds",
			Decode:          "request_decode_time_seconds",
			PromptTokens:    "prompt_tokens_total",
			OutputTokens:    "generation_tokens_total",
		},
		Buckets: map[Series][]float64{
			TTFT: {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
				160, 640, 2560},
			InterToken:      perToken,
			TPOT:            slices.Clone(perToken),
			Duration:        perRequest,
			SchedulingDelay: slices.Clone(perRequest),
			Prefill:         slices.Clone(perRequest),
			Decode:          slices.Clone(perRequest),
		},
	}
}

// SGLang returns the layout of SGLang's server: its names under sglang:, its
// bounds and [SGLangEngine], read off sglang/srt/metrics in 2026. SGLang has
// no histogram of TPOT.
func SGLang() Layout {
	return Layout{
		Name: "sglang", Prefix: "sglang:", Convention: SGLangEngine(),
		Names: map[Series]string{
			TTFT:         "time_to_first_token_seconds",
			InterToken:   "inter_token_latency_seconds",
			Duration:     "e2e_request_latency_seconds",
			PromptTokens: "prompt_tokens_total",
			OutputTokens: "generation_tokens_total",
		},
		Buckets: map[Series][]float64{
			TTFT: {0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400},
			InterToken: {0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1,
				0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8},
			Duration: {0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 1200, 1800, 2400},
		},
	}
}

// VLLMEngine returns the convention of vLLM's own server metrics, which are
// not those of its benchmark client ([metrics.VLLM]): from the instant at
// which the request was received, (t_N - t_1)/(N - 1), one gap for each engine
// step whatever the number of its tokens, and a TPOT of 0 for one token. That
// 0 is no measurement: it drags the mean of
// vllm:request_time_per_output_token_seconds down.
func VLLMEngine() metrics.Convention {
	return metrics.Convention{Name: "vllm-engine", Zero: metrics.FromSent, Gaps: metrics.PerChunk,
		OneToken: metrics.OneTokenZeroTPOT}
}

// SGLangEngine returns the convention of SGLang's own server metrics: a gap g
// before k tokens counts as g/k, k times.
func SGLangEngine() metrics.Convention {
	return metrics.Convention{Name: "sglang-engine", Zero: metrics.FromSent, Gaps: metrics.Spread}
}

// fullName returns the series' name with its prefix.
func (l *Layout) fullName(s Series) string {
	if name, ok := l.Names[s]; ok {
		return l.Prefix + name
	}
	return "tokentime_" + s.definition().name
}

// complete returns the layout with the buckets that it leaves to [Tokentime],
// or an error about bounds that are not in order.
func (l Layout) complete() (Layout, error) {
	buckets := Tokentime().Buckets
	for s, bounds := range l.Buckets {
		if !s.histogram() {
			return l, &OptionError{"Layout.Buckets", fmt.Errorf("%w: %v is no histogram", ErrRange, s)}
		}
		for i := 1; i < len(bounds); i++ {
			if !(bounds[i-1] < bounds[i]) {
				return l, &OptionError{"Layout.Buckets", fmt.Errorf("%w: %v: %v does not follow %v", ErrRange, s, bounds[i], bounds[i-1])}
			}
		}
		if len(bounds) > 0 {
			buckets[s] = slices.Clone(bounds)
		}
	}
	l.Buckets = buckets
	return l, nil
}
