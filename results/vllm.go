package results

import (
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// FormatVLLM is what "vllm bench serve --save-result --save-detailed" and
// its forerunner benchmark_serving.py write, 2024 to 2026: one JSON object a
// run, several in a file after --append-result, with the bare words NaN and
// Infinity where Python has such a float. How it becomes records:
//
//   - input_lens, output_lens, ttfts and itls are required; start_times,
//     latencies, queue_times and errors are used where they exist, and all
//     arrays of a run must have one length.
//   - A request failed if errors holds a text for it. Clients also write an
//     empty text for a failure without a reason; if the stated number of
//     completed requests is short by exactly the requests without any event,
//     those are taken as failed (warning "failed-without-message").
//   - Sent is start_times minus the earliest of the run; without start_times
//     it is 0 and CommonClock is false. Due is Sent minus queue_times.
//   - The first event is at Sent + ttft, each later one a gap of itls after
//     the one before. A ttft of 0 without gaps is how these tools say that
//     there was no event: no delivery, and no latency of 0. A ttft of a failed
//     request is an event that arrived, and is kept.
//   - UsageTokens is output_lens. The 0 that stands there for a failed request
//     is a filler, hence unknown. If such a request had a single event, nothing
//     in the file says that it held a token: it counts as none (warning
//     "failed-after-one-event").
//   - The file does not say how many tokens a chunk held, so an event counts
//     as one token. The exception is the reader's inference: a chat endpoint
//     opens its stream with a chunk that holds a role and no text. If the
//     endpoint is one of chat and a completed request has one event more than
//     output tokens, its first event counts as no token; if two more, its
//     first and last (warning "role-chunk-first-token"). Under [metrics.VLLM]
//     such an event still is the first one, as in the tool's own figures.
//   - End is Sent + latency where latencies exist. Gaps are rounded to the
//     nanosecond one by one, so the last event may pass the end by 1 ns an
//     event: the end is then the last event. Up to 10 µs that is done too,
//     with the warning "end-before-last-event"; beyond, it is an error. A
//     latency of 0 on a failed request is a filler. Without latencies End is
//     unknown: these clients end a request some microseconds after its last
//     chunk, up to 12 µs in recordings.
//   - Generated texts are skipped and never held.
//   - Newer clients report client_queue_time, the wait for a free connection,
//     and e2el_including_client_queue. With queue_times and latencies both
//     follow from the records: they are [MetricScheduleDelay] and
//     [MetricEndToEndFromDue], the end-to-end latency from Due. Figures of
//     probe requests (probe_*) and of the server's counters (spec_decode_*,
//     diffusion_*) are reported under no common metric, as they follow from
//     nothing in the file. ramp_up_*, rps_change_events and acceptance rates
//     per position are facts.
//   - Without --save-detailed latencies and queue_times stay in the file, and
//     a client of embeddings writes no others. Without the tokens they belong
//     to they are no records: the run has aggregates only.
//
// All of a run must be in memory before its first request can be yielded, as
// keys come in any order: 8 bytes a gap. Native files need memory for one
// request only.
const FormatVLLM = "vllm"

// newVLLMDecoder reads files of vLLM's benchmark client; see [FormatVLLM].
func newVLLMDecoder(content *Content) *columnDecoder {
	return newColumnDecoder(content, &columnTool{
		convention: metrics.VLLM.Name,
		name:       "vLLM",
		option:     "--save-detailed",
		aggregate:  vllmAggregate,
		member:     vllmMember,
		interpret:  vllmInterpret,
		tokens:     vllmTokens,
	})
}

// detectVLLM looks for the keys of the client, which come before the arrays.
// SGLang's client has arrays of the same names with another meaning.
func detectVLLM(h *Head) bool {
	return h.Text[0] == '{' && !detectSGLang(h) &&
		(h.HasAny("ttfts", "itls", "input_lens", "output_lens", "request_throughput", "mean_ttft_ms", "mean_itl_ms", "mean_tpot_ms") ||
			h.HasAll("backend", "completed", "duration")) // which come before the texts if keys are sorted
}

// vllmAggregate returns what the number of that name is, without its value, if
// the tool computed it: from requests, from those that it sent to probe the
// server, or from the server's counters.
func vllmAggregate(name string) (Reported, bool) {
	r := Reported{Name: name}
	switch name {
	case "completed":
		r.Unit, r.Metric = "requests", MetricCompleted
	case "failed":
		r.Unit, r.Metric = "requests", MetricFailed
	case "max_concurrent_requests":
		r.Unit, r.Metric = "requests", MetricConcurrencyMax
	case "total_input_tokens":
		r.Unit, r.Metric = "tokens", MetricPromptTokens
	case "total_output_tokens":
		r.Unit, r.Metric = "tokens", MetricOutputTokens
	case "request_throughput":
		r.Unit, r.Metric = "requests/s", MetricRequestRate
	case "request_goodput":
		r.Unit = "requests/s"
	case "request_goodput:": // misspelt by the clients of early 2025
		r.Name, r.Unit = "request_goodput", "requests/s"
	case "output_throughput":
		r.Unit, r.Metric = "tokens/s", MetricOutputRate
	case "total_token_throughput":
		r.Unit, r.Metric = "tokens/s", MetricTotalRate
	case "max_output_tokens_per_s":
		r.Unit, r.Metric = "tokens/s", MetricOutputRateMax
	default:
		if unit, ok := vllmUnits[name]; ok {
			r.Unit = unit
			return r, true
		}
		stat, metric, ok := statistic(name)
		if !ok {
			return r, false
		}
		r.Unit, r.Metric, r.Stat = "ms", vllmMetric(metric), stat
	}
	return r, true
}

// vllmUnits holds the units of aggregates that are comparable with nothing
// that follows from the records.
var vllmUnits = map[string]string{
	"rtfx":                           "",
	"total_input_sequences":          "inputs",
	"input_sequence_throughput":      "inputs/s",
	"probe_completed":                "requests",
	"probe_failed":                   "requests",
	"probe_median_e2el_ms":           "ms",
	"probe_p99_e2el_ms":              "ms",
	"probe_max_e2el_ms":              "ms",
	"spec_decode_acceptance_rate":    "%",
	"spec_decode_acceptance_length":  "tokens",
	"spec_decode_num_drafts":         "drafts",
	"spec_decode_draft_tokens":       "tokens",
	"spec_decode_accepted_tokens":    "tokens",
	"diffusion_committed_throughput": "tokens/s",
	"diffusion_steps_per_canvas":     "steps",
	"diffusion_committed_per_step":   "tokens",
	"diffusion_committed_tokens":     "tokens",
	"diffusion_denoising_steps":      "steps",
	"diffusion_canvas_positions":     "positions",
}

// vllmMetric returns the common word for a latency of the tool.
func vllmMetric(name string) string {
	switch name {
	case "ttft":
		return MetricTTFT
	case "tpot":
		return MetricTPOT
	case "itl":
		return MetricITL
	case "e2el":
		return MetricEndToEnd
	case "client_queue_time":
		return MetricScheduleDelay
	case "e2el_including_client_queue":
		return MetricEndToEndFromDue
	}
	return ""
}

// vllmMember takes the short arrays that say how the run was set up, or what
// the server counted, as facts.
func vllmMember(d *columnDecoder, name string) (bool, error) {
	switch name {
	case "rps_change_events", "spec_decode_per_position_acceptance_rates":
	default:
		return false, nil
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return true, err
	}
	d.run.Facts = append(d.run.Facts, Fact{name, string(raw)})
	return true, nil
}

func vllmInterpret(d *columnDecoder) {
	for _, key := range []string{"endpoint_type", "backend"} {
		value, _ := d.run.Fact(key)
		d.chat = d.chat || strings.Contains(value, "chat")
	}
	d.warnRoleChunks()
}

// vllmTokens counts no token for events that are taken for chunks without
// text.
func vllmTokens(c *columns, i int) (first, last int64) {
	f, l := c.textless(i)
	return int64(btoi(!f)), int64(btoi(!l))
}

// textless returns whether the first and the last event of request i are taken
// for chunks without text.
func (c *columns) textless(i int) (first, last bool) {
	k, _ := c.events(i)
	if c.failed[i] { // no count of tokens to compare with
		return k == 1 || c.chat && k > 0, false
	}
	if !c.chat {
		return false, false
	}
	extra := k - c.outputLens[i]
	return k > 0 && (extra == 1 || extra == 2 && k > 1), extra == 2 && k > 1
}

func (d *columnDecoder) warnRoleChunks() {
	var firsts, lasts, lone int
	for i := range d.failed {
		first, last := d.textless(i)
		if k, _ := d.events(i); d.failed[i] && k == 1 {
			lone++
			continue
		}
		firsts += btoi(first)
		lasts += btoi(last)
	}
	if lone > 0 {
		d.run.warn("failed-after-one-event", fmt.Sprintf("%d requests failed after a single event; the file counts no token for them, "+
			"so the event counts as none here and they have no TTFT", lone))
	}
	if firsts > 0 {
		d.run.warn("role-chunk-first-token", fmt.Sprintf("%d of %d requests went to a chat endpoint and opened with an event that, by the number of events, "+
			"is taken for the chunk that holds the role; the last event of %d is taken for one without text. They count as no token; "+
			"the tool's own TTFT ends at the first event", firsts, len(d.failed), lasts))
	}
}
