// Package evalscope reads benchmark_data.db, the SQLite database in which
// "evalscope perf" of modelscope/evalscope keeps its requests, as a format of
// package results:
//
//	opts := results.Options{Formats: append(results.Formats(), evalscope.Format())}
//	rd, err := results.Open("outputs/20260101_120000/benchmark_data.db", opts)
//
// It is a module of its own because of the database: modernc.org/sqlite is
// SQLite translated to Go, larger than all of tokentime, and needs a newer Go.
// No C compiler is needed.
//
// # What a row becomes
//
// The file is one run, its table "result" has a row for each request. The
// columns have changed over the years; those that are missing are unknown.
//
//   - ID is request_id where there is one, else the number of the row.
//   - Sent is start_time. All instants count from the earliest of the table, so
//     the clock is common. The tool takes it from a monotonic clock, or, in some
//     versions, from the time of day; in that case [results.Run.Resolution] is
//     how coarse a float64 of such a number is, 239 ns.
//   - The first event came first_chunk_latency after Sent, each later one a gap
//     of inter_token_latencies after the one before, or, in databases of before
//     2025, a difference of chunk_times. These are times between chunks: an
//     event counts as one token, except that an answer of one event holds all
//     of its tokens (warning "one-event"), as one that was not streamed does.
//   - The tool's first event is the first chunk with choices, be it without
//     text. If the request was one of chat and it has one event more than
//     output tokens, its first event is taken for the role chunk and counts as
//     no token; if two more, its first and its last (warning
//     "role-chunk-first-token"). Under [metrics.EvalScope] such an event still
//     is the first one.
//   - End is Sent + latency, else completed_time. Where the rounding of gaps
//     puts the last event behind it, by up to 10 µs, End is the last event
//     (warning "end-before-last-event" if by more than 1 ns an event); beyond,
//     it is an error.
//   - UsageTokens is completion_tokens, PromptTokens is prompt_tokens.
//   - A row with success 0 is Failed; with a status_code 408 or 504 TimedOut,
//     499 Cancelled, 503, 529 and the other 4xx Rejected. Such a row has no
//     latencies, hence no events, and an end only if the tool stated one.
//
// Prompts and answers are in the database. They are not kept: of a prompt it is
// only asked whether it is one of chat.
//
// Numbers of the database are float64 seconds; each becomes integer nanoseconds
// once, rounded to nearest.
//
// The database states neither a setup nor aggregates; those are in JSON files
// beside it.
//
// # The temporary file
//
// SQLite reads files, and a results.Decoder has a stream. The content is
// copied to a temporary file, in the directory of [os.TempDir], which is
// removed when all has been read, and already when it has been opened where
// the system allows that. Memory is needed for one row.
package evalscope
