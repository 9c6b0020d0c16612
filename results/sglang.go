package results

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// FormatSGLang is what SGLang's "bench_serving --output-file" appends, 2024 to
// 2026: one JSON object a line and run, with the bare words NaN and Infinity
// where Python has such a float. The client descends from that of vLLM and has
// arrays of the same names, which only --output-details writes; a run without
// them has aggregates only.
//
// How a run becomes records:
//
//   - input_lens, output_lens, ttfts, itls and errors are read as in files of
//     vLLM (see the package documentation): the first event comes a ttft after
//     the request was sent, each later one a gap of itls after the one before;
//     a ttft of 0 without gaps is no event; a text in errors is a failure.
//   - No file says when a request was sent: CommonClock is false. None says
//     when it ended: End is unknown. The tool's end-to-end latencies, which
//     end with the last line of the stream, are not reproducible; its TPOT,
//     which needs the same instant, is nearly so.
//   - Only chunks with text are events. None is taken for a role chunk.
//   - At the native endpoint (backend "sglang" and "sglang-native") the server
//     says how many tokens it has made, and the client writes a gap g before a
//     chunk of k tokens as g/k, k times. The chunks cannot be told back from
//     it: equal neighbours may be two chunks. Tokens are read as they stand,
//     evenly spread, which hides waits between chunks. Where neighbours are
//     equal to the last digit, the warning "gaps-spread" counts them and
//     NotDerivable names the metrics that are smoothed. Without such
//     neighbours each chunk held one token, and nothing is hidden.
//   - In a run with spread gaps there is one for each token behind the first
//     chunk, so the first chunk held the rest: output_lens less the number of
//     gaps (warning "first-chunk-of-several-tokens" if that is more than one
//     anywhere). So it did in an answer without gaps. In a run without spread
//     gaps it counts as one token, since clients of 2024 wrote a gap once
//     whatever the chunk held. More gaps than tokens leave the warning
//     "more-gaps-than-tokens".
//   - At the other endpoints a gap is one between chunks, and the file does
//     not say how many tokens a chunk held: each counts as one.
//   - If the server stated a speculative accept_length, the client counted the
//     tokens of the text of each chunk again for its own ITL figures of the
//     other endpoints, though not for itls: those figures are not reproducible
//     (warning "itl-retokenized").
//
// Of server_info, which holds all of the server's arguments and with them its
// keys, some are taken as facts: model, tokenizer, version, parallelism,
// quantization, scheduling and speculative decoding.
const FormatSGLang = "sglang"

func newSGLangDecoder(content *Content) *columnDecoder {
	return newColumnDecoder(content, &columnTool{
		convention: metrics.SGLang.Name,
		name:       "SGLang",
		option:     "--output-details",
		aggregate:  sglangAggregate,
		member:     sglangMember,
		interpret:  sglangInterpret,
		tokens:     sglangTokens,
	})
}

// detectSGLang looks for keys that vLLM's client does not have.
func detectSGLang(h *Head) bool {
	return h.Text[0] == '{' && (h.HasAny("total_output_tokens_retokenized", "mean_e2e_latency_ms", "sharegpt_output_len") ||
		h.HasAll("backend", "completed", "concurrency")) // which come first if keys are sorted
}

// sglangAggregate returns what the number of that name is, without its value,
// if the tool computed it.
func sglangAggregate(name string) (Reported, bool) {
	r := Reported{Name: name}
	switch name {
	case "input_throughput", "output_throughput_retokenized", "total_throughput_retokenized":
		r.Unit = "tokens/s"
	case "total_throughput":
		r.Unit, r.Metric = "tokens/s", MetricTotalRate
	case "total_input_text_tokens", "total_input_vision_tokens", "total_output_tokens_retokenized", "accept_length":
		r.Unit = "tokens"
	case "concurrency":
		r.Unit, r.Metric = "requests", MetricConcurrency
	case "completed", "total_input_tokens", "total_output_tokens", "request_throughput", "output_throughput",
		"max_output_tokens_per_s", "max_concurrent_requests":
		return vllmAggregate(name)
	default:
		stat, metric, ok := statistic(name)
		if !ok {
			return r, false
		}
		r.Unit, r.Metric, r.Stat = "ms", vllmMetric(metric), stat
		if metric == "e2e_latency" {
			r.Metric = MetricEndToEnd
		}
	}
	return r, true
}

// sglangServerFacts are the arguments of the server that say how it was set
// up. Others are left out: there are hundreds, and some are secret.
var sglangServerFacts = []string{
	"model_path", "served_model_name", "tokenizer_path", "version", "quantization", "kv_cache_dtype", "dtype",
	"tp_size", "dp_size", "pp_size", "ep_size", "attention_backend", "stream_interval",
	"chunked_prefill_size", "max_prefill_tokens", "max_running_requests", "mem_fraction_static", "schedule_policy",
	"disable_radix_cache", "disable_overlap_schedule", "disaggregation_mode", "context_length",
	"speculative_algorithm", "speculative_num_steps", "speculative_eagle_topk", "speculative_num_draft_tokens",
}

func sglangMember(d *columnDecoder, name string) (bool, error) {
	switch name {
	case "cached_tokens", "cached_tokens_details", "cache_report":
		return true, d.json.SkipValue() // of the prompts; no time
	case "server_info":
		return true, d.serverInfo(name)
	}
	return false, nil
}

func (d *columnDecoder) serverInfo(name string) error {
	if d.json.PeekKind() != '{' {
		return d.json.SkipValue()
	}
	w := &walker{json: d.json, names: map[string]string{}, request: -1}
	err := w.object(func(key string) error {
		if !slices.Contains(sglangServerFacts, key) {
			return w.skip()
		}
		return w.fact(d.run, name+"."+key)
	})
	var fe *fieldError
	if errors.As(err, &fe) {
		err = fe.err // the JSON decoder knows where it is
	}
	return err
}

func sglangInterpret(d *columnDecoder) {
	backend, _ := d.run.Fact("backend")
	d.native = backend == "sglang" || backend == "sglang-native"
	if d.native {
		d.warnSpread()
	} else if accept, ok := d.run.Aggregate("accept_length"); ok && accept > 0 && strings.HasPrefix(backend, "sglang-oai") {
		d.run.warn("itl-retokenized", "the server stated a speculative accept length, so the tool counted the tokens of each chunk again "+
			"for its ITL figures; the gaps in the file are those between chunks, and do not reproduce them")
	}
}

// warnSpread finds out whether gaps were spread, and says what that hides.
func (d *columnDecoder) warnSpread() {
	var equal, several, excess, requests int
	for i := range d.failed {
		_, gaps := d.events(i)
		for j := 1; j < len(gaps); j++ {
			equal += btoi(gaps[j] == gaps[j-1])
		}
	}
	d.spread = equal > 0
	for i := range d.failed {
		k, _ := d.events(i)
		if d.failed[i] || k == 0 {
			continue
		}
		first, _ := sglangTokens(&d.columns, i)
		requests++
		several += btoi(first > 1)
		excess += btoi(k > d.outputLens[i])
	}
	if several > 0 {
		d.run.warn("first-chunk-of-several-tokens", fmt.Sprintf("%d of %d requests have more tokens than gaps and first chunk account for: "+
			"the first chunk is taken to hold the rest", several, requests))
	}
	if excess > 0 {
		d.run.warn("more-gaps-than-tokens", fmt.Sprintf("%d of %d requests have as many gaps as tokens, or more; "+
			"each gap counts as a token", excess, requests))
	}
	if equal > 0 {
		d.run.warn("gaps-spread", fmt.Sprintf("%d of %d gaps equal the one before: the client divided the wait for a chunk of several tokens "+
			"among them, and the waits between chunks are not in the file", equal, len(d.gaps)))
		d.run.notDerivable("the client spread the wait for a chunk evenly over its tokens: what follows from the gaps is smoothed, and its waits are too short",
			"TBT", "largest gap", "fluidity index", "idle latency", "QoE")
	}
}

// sglangTokens gives the first event of the native endpoint the tokens that no
// gap stands for.
func sglangTokens(c *columns, i int) (first, last int64) {
	k, _ := c.events(i)
	if c.native && !c.failed[i] && (c.spread || k == 1) {
		return max(1, c.outputLens[i]-(k-1)), 1
	}
	return 1, 1
}
