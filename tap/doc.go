// Package tap measures streamed LLM answers where they pass: in an HTTP client
// or in an HTTP server, without a change to the SDK that reads them or to the
// handler that writes them.
//
// # The model
//
// A [Tap] is a value that says what to measure and whom to tell. Its
// [Tap.Transport] is an http.RoundTripper for any client, its [Tap.Handler] is
// middleware for any server. Both hand on what passes unchanged, take the time
// of each piece first, and look for tokens in it afterwards, with package sse.
// When an answer ends, Tap.Done is given an [Exchange], whose Request is the
// same record that a file of a benchmark would yield.
//
//	client: &http.Client{Transport: t.Transport(nil)}
//	server: http.Handle("/v1/", t.Handler(next))
//	proxy:  t.Handler(&httputil.ReverseProxy{...}) for what users wait for,
//	        its Transport field = t.Transport(nil) for what the upstream takes
//
// A reverse proxy that starts to answer before it has read the whole request
// can cut the stream, with or without a tap (golang/go#40747): read the body
// first, as examples/server does. A server that ends streams by cancelling
// its base context makes them [metrics.Cancelled] here; it knows better, and
// can say so in Done.
//
// # What is recorded
//
// Sent is the instant at which RoundTrip or the handler was called. Which event
// is a delivery of how many tokens says [sse.Answer]: output (text, reasoning,
// tool call) is one token an event, because servers rarely say how many they
// put into it, or what the running total grew by if every such event states it
// (vLLM's continuous_usage_stats). The total that is stated at the end is
// UsageTokens, which settles N. Events without output (role, empty delta,
// finish) are deliveries of no token; only conventions of tools that take them
// for tokens look at them.
//
// In a client, output is delivered when Read returns it. In a server it is
// delivered by the Flush that follows it, or else by the return of the handler:
// what a full buffer sent earlier counts late, never early. Writes that failed,
// and what was not flushed when the client left, count as not delivered.
//
// End is the instant of the event that ends the stream ([DONE], message_stop,
// response.completed); without one it is the instant at which the body ended,
// the client closed it, or the handler returned.
//
// # Outcome
//
//	status 408, 504; a deadline                      timed out
//	status 429, 503, 529, other 4xx                  rejected
//	other status from 400                            failed
//	an error event, though [DONE] may follow         failed
//	the client closes or cancels before the end      cancelled
//	the connection or the handler breaks             failed
//	a stream ends without end event or finish reason failed, [ErrNoEnd]
//	else                                             completed
//
// Triton's generate_stream has neither end event nor finish reason: the proper
// end of the body completes it.
//
// # What is not a stream
//
// An answer of type application/json became visible at once when it was
// complete: it is one delivery at that instant, of as many tokens as it states,
// and its [Form] is [Whole]. It has no time to first token apart from its
// end-to-end latency and no TBT worth a name, so keep it out of the statistics
// of streams. What cannot be read (gzip, other types, a JSON answer beyond
// MaxEvent) is [Opaque]: no token was seen, which does not mean that there was
// none. http.Transport decompresses what it asked for itself, so a client
// meets gzip only if it sets Accept-Encoding; a reverse proxy hands that header
// on unless told to delete it; in a server, put the tap within the middleware
// that compresses.
//
// Redirections, upgrades to another protocol and hijacked connections are not
// measured: Done is not called for them. An SDK that retries by itself makes
// several exchanges of one request; each is measured.
//
// # Memory
//
// An exchange holds at most [Tap.MaxDeliveries] deliveries of 16 bytes, one
// event, and a few hundred bytes. It is dropped when Done returns. A client
// that neither reads to the end nor closes a body leaks it, and its exchange.
package tap
