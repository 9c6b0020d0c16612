// Package sse tells what each event of a streamed LLM answer is: a token, or
// something that only looks like one.
//
// # The model
//
// An answer is streamed as server-sent events. Few of them are tokens: there
// are role announcements, empty deltas, pings, finish reasons, token counts
// and end marks, and a program that takes the first of any kind for the first
// token reports a TTFT that no user saw. A [Classifier] is given the bytes of
// a stream as they come, in pieces of any size, and says for each event as
// soon as it is complete what it holds: a [Kind], which is a set, because one
// event can hold several things.
//
// It knows the streams of OpenAI's chat completions, completions and responses,
// with the additions of vLLM, SGLang and others (reasoning, token counts in
// every chunk), of Anthropic's messages, and of the two that are called
// generate_stream, Triton's and TGI's. In all of them an event is
// recognised by its content; nothing has to be configured. Streams with
// several choices are one stream here: a token of any choice is a token.
//
// The classifier reads no clock. Take the time when the bytes arrive, then
// Write them: the events that a Write completes became visible at that time.
// Package tap does so for HTTP clients and servers.
//
// An [Answer] makes a record of them: it says which event is a delivery of how
// many tokens, what the server counted, and whether the stream came to its end.
//
// # Framing
//
// Lines and fields follow the HTML Living Standard, section 9.2 "Server-sent
// events": lines end with CR, LF or both, a byte order mark is skipped,
// comments and unknown fields are ignored, data lines of one event are joined,
// a blank line completes an event, and one without a data field is none. One
// rule differs: what is left when the stream ends without a blank line is
// still looked at (see [Classifier.Close]), because most clients read it.
//
// The framing is written here and not taken from a library because the Go
// packages for it that were found (tmaxmax/go-sse v0.11.0, r3labs/sse
// v2.10.0) read from an io.Reader, which would cost a tap a goroutine for each
// stream, and give up at the first event that is too long. The JSON is read by
// go-json-experiment/json/jsontext, the coming standard one: walking over an
// event of 220 bytes took it 0.5 µs and no allocation, encoding/json 3.2 µs
// and 11 allocations. With framing and classification it is about 1 µs.
//
// # Hostile input
//
// Memory is bounded by [Classifier.MaxEvent], whatever comes: a longer event
// is [Unreadable] with [ErrTooLong] and costs no memory, and the next one is
// read as usual. Data that is not JSON is [Unreadable] with [ErrSyntax].
// Nothing ends the classification, and nothing is dropped unseen.
package sse
