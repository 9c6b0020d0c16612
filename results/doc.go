// Package results reads the records of benchmark runs from files and writes
// them: it turns what a tool wrote into [metrics.Request] values, and computes
// no metric itself.
//
// # The model
//
// A file holds one or more runs, a run holds requests. A [Reader] walks over
// both; it recognises gzip and the format by content:
//
//	rd, err := results.Open("runs.json", results.Options{})
//	if err != nil { ... }
//	defer rd.Close()
//	for rd.NextRun() {
//		run := rd.Run()
//		for rd.Next() {
//			use(rd.Request()) // valid until the next call of Next
//		}
//	}
//	if err := rd.Err(); err != nil { ... }
//
// A [Run] holds the facts that the file states about a run. Three things are
// kept apart: facts of the setup ([Run.Facts]), aggregates that the tool
// computed ([Run.Reported]) and the records, from which anybody can compute
// again. [Run.Reproduce] compares the second with the third.
//
// # Time
//
// Times become integer nanoseconds at the door. A decimal number of seconds in
// a file is rounded to the nearest nanosecond from its text, a half away from
// zero, and never passes through a float. If the file says when each request
// was sent, all instants of a run count from its earliest request. If it does
// not, [Run.CommonClock] is false: every request then has an origin of its own
// at the instant it was sent, and nothing may compare instants of two
// requests.
//
// # Errors and warnings
//
// What contradicts itself, or is no number where a time must be, ends the
// reading with an [*Error] that names the file, the request and the field.
// Nothing is repaired silently. Where a reader has to decide what a file
// means, the run carries a [metrics.Warning] that says what was decided and
// for how many requests.
//
// # The native format
//
// The native format, [FormatNative], is JSON Lines in UTF-8, possibly
// compressed with gzip; native.schema.json, beside the source, is a JSON Schema
// of its lines. Every line is an object; blank lines are ignored. A
// line is at most [MaxLine] bytes long. The first line is a header, each line
// after it is a request of that run, and a further header begins a further
// run, so that files can be concatenated with cat.
//
//	{"tokentime":1,"convention":"vllm","clock":"run","duration_ns":62988329924,"facts":{"model_id":"m"}}
//	{"id":"0","sent_ns":0,"at_ns":[30285665,50517650],"outcome":"completed","prompt_tokens":13,"usage_tokens":2}
//	{"id":"1","due_ns":5,"sent_ns":9,"at_ns":[40,90],"tokens":[1,3],"end_ns":95,"outcome":"cancelled"}
//
// The keys of a header are, in the order in which they are written:
//
//	tokentime    the version of the format, 1; it must be the first key
//	convention   name of the convention that the reported aggregates follow
//	clock        "run": all instants count from one origin;
//	             "request": each request has its own origin, see Run.CommonClock
//	duration_ns  length of the run
//	resolution_ns  how coarse the instants of the original file were
//	aggregates_only  true: the run has no requests, it is what it reports
//	facts        object of strings
//	reported     array of {"name":string,"value":number,"unit":string,"metric":string,"stat":string}
//	not_derivable  array of {"metric":string,"why":string}
//	warnings     array of {"code":string,"message":string}
//
// The keys of a request are:
//
//	id, class                   strings
//	due_ns, sent_ns, scheduled_ns   instants
//	at_ns                       array of the instants of the deliveries
//	tokens                      array of their numbers of tokens; absent if all are 1
//	end_ns                      instant
//	outcome                     "completed", "cancelled", "timed_out", "failed" or "rejected"
//	prompt_tokens, usage_tokens numbers of tokens
//	sparse                      true: at_ns has the first and the last token only
//
// The keys "clock" and "outcome" are required, because no guess at them is
// safe. Any other key may be absent or null, which means unknown, or none. Keys may come in any order except
// that "tokentime" comes first in a header. Numbers are integers written
// without fraction and exponent; only the values of "reported" may be
// decimals. A duplicate key is an error. An unknown key is one too: a
// misspelt "end_ns" must not become an unknown end. A version that adds keys
// to a released one has another number; what else there is to say about a run belongs in
// "facts".
//
// A [Writer] writes the canonical form: keys in the order above, no spaces,
// what is unknown or empty left out. Reading what it wrote gives the same
// records, and writing what was read from a canonical file gives the same
// bytes.
//
// # Other formats
//
// Each format has a constant whose documentation says which file it is, how
// its fields become records, what is inferred, what is not derivable, and the
// codes of its warnings:
//
//	FormatVLLM                  vllm bench serve, and benchmark_serving.py before it
//	FormatSGLang                sglang.bench_serving, JSON Lines with details
//	FormatGuideLLM              GuideLLM v2, benchmarks.json
//	FormatAIPerf                AIPerf, profile_export.jsonl
//	FormatAIPerfRaw             AIPerf, profile_export_raw.jsonl
//	FormatAIPerfSummary         AIPerf and genai-perf, aggregates
//	FormatPerfAnalyzer          perf_analyzer and genai-perf, profile_export.json
//	FormatInferencePerf         inference-perf, per_request_lifecycle_metrics.json
//	FormatInferencePerfSummary  inference-perf, stage and summary lifecycle metrics
//	FormatLLMPerf               llmperf, individual responses
//	FormatGenAIBench            genai-bench
//	FormatEtalon                etalon, request_level_metrics.json
//	FormatVeeksha               veeksha, request_level_metrics.jsonl
//	FormatMLPerf                MLPerf LoadGen, mlperf_log_detail.txt
//	FormatMLPerfSummary         MLPerf LoadGen, mlperf_log_summary.txt
//	FormatServerStamps          queued, scheduled, first and last token, of a server
//	FormatSpecDecode            rounds of speculative decoding
//	FormatSSECapture            a stream of server-sent events with time stamps
//
// Module contrib/evalscope reads the database of evalscope; it is apart because
// of the weight of SQLite. A caller adds it, or a format of its own, through
// [Options.Formats]; package resultstest checks that a Format does what a
// Reader relies on.
//
// What a format does not hold is not made up. Where only the first and the last
// token of an answer have an instant, its request is Sparse and everything that
// needs the gaps is undefined; [Run.NotDerivable] says so. A run of which the
// file has aggregates only is [Run.AggregatesOnly] and has no requests.
//
// Where a file says when a request was scheduled to start, that instant is Due
// and the one at which it was sent is Sent, also if the tool itself counted
// from the latter.
package results
