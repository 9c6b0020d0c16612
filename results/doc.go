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
//	facts        object of strings
//	reported     array of {"name":string,"value":number,"unit":string}
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
//
// The keys "clock" and "outcome" are required, because no guess at them is
// safe. Any other key may be absent or null, which means unknown, or none. Keys may come in any order except
// that "tokentime" comes first in a header. Numbers are integers written
// without fraction and exponent; only the values of "reported" may be
// decimals. A duplicate key is an error. An unknown key is one too: a
// misspelt "end_ns" must not become an unknown end. A version that adds keys
// has another number; what else there is to say about a run belongs in
// "facts".
//
// A [Writer] writes the canonical form: keys in the order above, no spaces,
// what is unknown or empty left out. Reading what it wrote gives the same
// records, and writing what was read from a canonical file gives the same
// bytes.
//
// # Files of vLLM
//
// [FormatVLLM] is what "vllm bench serve --save-result --save-detailed" and
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
//
// All of a run must be in memory before its first request can be yielded, as
// keys come in any order: 8 bytes a gap. Native files need memory for one
// request only.
package results
