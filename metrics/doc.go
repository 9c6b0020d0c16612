// Package metrics computes the latency metrics of LLM serving from the
// instants at which requests arrived and their tokens became visible.
//
// # The model
//
// A [Request] records one request: when it was due, when it was sent, when
// its tokens were delivered, how it ended. Time is an integer number of
// nanoseconds from an origin that all requests of a run share; nothing here
// reads a clock. From a Request come two views. [Raw] holds absolute
// durations: what the user lived through. [Normalized] holds figures divided
// by a number of tokens, and carries the Raw that it dilutes, because ten
// seconds of waiting are 1 s a token in an answer of 10 tokens and 10 ms a
// token in one of 1000.
//
// The same name stands for many formulas in the field. A [Convention] is the
// choice as a value: [Paper], the zero Convention's rules, follows
// arXiv:2507.09019; [VLLM], [SGLang] and others reproduce what a tool prints.
//
// Many requests are summarised by a [Summary], whose distributions are either
// exact ([Exact] keeps every value) or streaming ([HDR] keeps counts in
// buckets and states its error). Summaries merge: that of two shards is that
// of their union.
//
// A server records a request while it runs with a [Recorder], which yields
// the same views and, with a buffer for its deliveries, the same Request. An
// [Aggregate] takes finished requests from many goroutines, and a [Ledger]
// merges the snapshots of other processes.
//
// # Undefined
//
// A value that does not exist is never 0. It is an unknown [Optional], it
// prints as "–", it is null in JSON, it enters no mean and no quantile, and a
// distribution counts how many of its requests had none.
//
// # Warnings
//
// A [Warning] is doubt about a number that was computed: too few samples
// behind a quantile, a token count that two sources state differently. It is
// no error: the number stands, and the warning belongs beside it.
//
// # Errors
//
// A record that contradicts itself is a [*RequestError], which names the
// request and the position; see [Request.Validate]. A function that a program
// misuses panics with a message that begins with "metrics: ".
package metrics
