// Package otel exports the latency metrics of finished LLM requests through
// the OpenTelemetry metrics API: the instruments gen_ai.* of the semantic
// conventions, with explicit bucket boundaries, and beside them under
// tokentime.* what the conventions have no name for.
//
// Import it under another name if the program also imports
// go.opentelemetry.io/otel:
//
//	import ttotel "github.com/tokentime/tokentime/contrib/otel"
//
// # The model
//
// An [Observer] holds the instruments of a meter, for one [Role]: a server
// measures gen_ai.server.*, a client gen_ai.client.*. A gateway is a server to
// its users and a client of its backends, and has an Observer of each. A
// [Class] is an Observer with one set of attributes, made once by
// [Observer.With]. At the end of each request the program hands the record, a
// metrics.Request, to [Class.Observe]; until then nothing is recorded, and no
// attribute set is made on the token path.
//
//	server, under the convention [Server]
//	  gen_ai.server.time_to_first_token               s       histogram  Raw.TTFT of completed requests
//	  gen_ai.server.time_per_output_token             s       histogram  Normalized.TPOT of completed requests
//	  gen_ai.server.request.duration                  s       histogram  Raw.EndToEnd, with error.type unless completed
//	client, under the convention [Client]
//	  gen_ai.client.operation.time_to_first_chunk     s       histogram  Raw.TTFT, the first chunk of any kind
//	  gen_ai.client.operation.time_per_output_chunk   s       histogram  Convention.TBT, one value a chunk after the first
//	  gen_ai.client.operation.duration                s       histogram  Raw.EndToEnd, with error.type unless completed
//	  gen_ai.client.token.usage                       {token} histogram  Request.PromptTokens and OutputTokens, by gen_ai.token.type
//	both, under metrics.Paper
//	  tokentime.stall                                 s         histogram  Raw.Stall, the largest gap between two tokens
//	  tokentime.scheduling_delay                      s         histogram  Raw.SchedulingDelay
//	  tokentime.idle_latency                          s         histogram  goodput.Options.IdleLatency
//	  tokentime.requests                              {request} counter    by tokentime.outcome, empty answers apart
//	  tokentime.undefined                             {request} counter    by tokentime.metric: requests that have no value
//	  tokentime.smooth.tokens                         {token}   counter    N of the requests that have a benefit
//	  tokentime.smooth.penalty                        {token}   counter    alpha f(l) of these
//	  tokentime.fluidity.hits                         {deadline} counter   with Options.Deadlines: deadlines met
//	  tokentime.fluidity.misses                       {deadline} counter   with Options.Deadlines: deadlines missed
//	  tokentime.slo.requests                          {request} counter    with Options.Objective: by tokentime.verdict
//	  tokentime.goodput.tokens                        {token}   counter    with Options.Objective: tokens of the requests that met it
//
// Names, units, definitions and boundaries of gen_ai.* are those of the
// semantic conventions v1.41, in which they are marked as in development.
//
// # Boundaries
//
// The package go.opentelemetry.io/otel/semconv/v1.41.0/genaiconv makes the
// same instruments without boundaries. An SDK that is not told otherwise then
// takes 0, 5, 10, 25 ... 10000, which are meant for milliseconds: in seconds,
// every time to a token lies in the first bucket, (0, 5]. Here each histogram
// states the boundaries of the conventions; a View of the SDK, such as one
// with exponential histograms, still prevails.
//
// The lowest boundary of gen_ai.server.time_per_output_token, 10 ms, hides a
// decoder of 5 to 12 ms a token. Boundaries under tokentime.* begin at 1 ms.
//
// # What the conventions say, and what they do not
//
// The TPOT of gen_ai.server is (request duration - TTFT) / (tokens after the
// first): it ends when the request ends, not at the last token. "First chunk"
// of gen_ai.client is not "first chunk with a token": a role chunk that opens
// a chat stream ends that wait. A chunk of k tokens is one value. All of them
// hide a stall, each in its own way; tokentime.stall shows it.
//
// # Undefined
//
// What does not exist is never recorded as 0; tokentime.undefined counts it by
// metric. Instruments that need an option that was not given do not exist.
//
// # Accuracy and cost
//
// Values are seconds as float64, rounded once: a length of whole nanoseconds
// below 2^53 (104 days) that is at a boundary is in the bucket below it, and 1
// ns more is not. A request costs one Record for each value; the chunks of a
// client, one each, are what grows with the answer, and Options.NoChunks
// leaves them out.
//
// A Class is safe for concurrent use.
package otel
