// Package prometheus exports the latency metrics of finished LLM requests to
// Prometheus: histograms, classic and native, and counters, under this
// project's names or those of vLLM and SGLang.
//
// Import it under another name, since programs that use it also import the
// client library's package prometheus:
//
//	import ttprom "github.com/tokentime/tokentime/contrib/prometheus"
//
// # The model
//
// An [Observer] is a prometheus.Collector that holds all series. A [Class] is
// what it holds for one set of label values, bound once by [Observer.With]; a
// server makes its classes when it starts, or as it meets a model. At the end
// of each request the server hands the record, a metrics.Request, to
// [Class.Observe]. Until then nothing is exported: the token path does not
// touch this package. The series are those of the request's two views, with
// the names of the layout [Tokentime]:
//
//	tokentime_time_to_first_token_seconds     histogram  Raw.TTFT
//	tokentime_inter_token_latency_seconds     histogram  Convention.TBT, every gap of every request
//	tokentime_time_per_output_token_seconds   histogram  Normalized.TPOT
//	tokentime_request_duration_seconds        histogram  Raw.EndToEnd
//	tokentime_scheduling_delay_seconds        histogram  Raw.SchedulingDelay
//	tokentime_prefill_seconds                 histogram  Raw.Prefill
//	tokentime_decode_seconds                  histogram  Raw.Decode
//	tokentime_stall_seconds                   histogram  Raw.Stall, the largest gap of the request
//	tokentime_idle_latency_seconds            histogram  goodput.Options.IdleLatency
//	tokentime_requests_total                  counter    by outcome, empty answers apart
//	tokentime_undefined_total                 counter    by metric: requests that have no value
//	tokentime_prompt_tokens_total             counter    Request.PromptTokens, where stated
//	tokentime_output_tokens_total             counter    Request.OutputTokens
//	tokentime_smooth_tokens_total             counter    N of the requests that have a benefit
//	tokentime_smooth_penalty_tokens_total     counter    alpha f(l) of these
//	tokentime_fluidity_hits_total             counter    with Options.Deadlines: deadlines met
//	tokentime_fluidity_misses_total           counter    with Options.Deadlines: deadlines missed
//	tokentime_slo_requests_total              counter    with Options.Objective: by verdict
//	tokentime_goodput_tokens_total            counter    with Options.Objective: tokens of the requests that met it
//
// A [Layout] changes names, bounds of buckets, and the metrics.Convention
// that says what TTFT, TPOT and a gap are.
//
// # Queries
//
// Counters give the rates and indexes of packages fluidity, slo and goodput
// over the window of the query:
//
//	attainment       sum(rate(tokentime_slo_requests_total{verdict="met"}[5m])) / sum(rate(tokentime_requests_total[5m]))
//	request goodput  sum(rate(tokentime_slo_requests_total{verdict="met"}[5m]))
//	token goodput    sum(rate(tokentime_goodput_tokens_total[5m]))
//	smooth goodput   sum(rate(tokentime_smooth_tokens_total[5m])) - sum(rate(tokentime_smooth_penalty_tokens_total[5m]))
//	fluidity index   the rate of hits / (the rate of hits + the rate of misses), pooled
//
// The mean of tokentime_inter_token_latency_seconds, sum over count, hides
// stalls; show tokentime_stall_seconds beside it.
//
// # Undefined
//
// What does not exist is never observed as 0. Of each histogram but the gaps,
// count + undefined_total{metric="..."} is the number of requests; of the gaps,
// undefined_total counts the requests that have none. Series that need an
// option that was not given are absent, not 0. The one exception is made by
// name: the layout [VLLM] observes a TPOT of 0 for an answer of one token,
// because vLLM does.
//
// # Accuracy
//
// Values are seconds as float64, rounded once. A value of whole nanoseconds
// below 2^53 (104 days) is in the bucket that it is in as an exact decimal:
// one at a bound is inside, one 1 ns above is not. A quantile that Prometheus
// interpolates from classic buckets is another matter; it can be off by the
// width of a bucket. Keep exact quantiles where they are needed with
// metrics.Summary.
//
// # Concurrency
//
// A Class may be used by any number of goroutines. A scrape that falls between
// two series of one request sees the one and not yet the other.
package prometheus
