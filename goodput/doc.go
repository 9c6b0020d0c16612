// Package goodput computes how much of a serving system's work was worth
// something to the people who waited for it: request goodput, token goodput,
// smooth goodput, idle latency and QoE.
//
// # The model
//
// A [Reader] takes at most one token per V seconds. Whenever the next token
// is not there at the instant the reader wants it, the reader waits. The sum
// of these waits is the idle latency l of a request. Tokens that arrive early
// are a buffer, so a stall that the buffer covers costs nothing, while the
// same stall before an empty buffer is waited through in full. A time between
// tokens cannot tell the two apart.
//
// The benefit of a request is its tokens less a price for the wait,
//
//	benefit = N - alpha f(l)
//
// and the smooth goodput of a run is the sum of the benefits over all
// requests offered, divided by the duration of the run
// (arXiv:2410.14257v2, eq. 10 and 11). The paper leaves f open, and does not
// say what a request is worth that was given up. Both are explicit here, as
// [Penalty] and [Abandoned], because each changes every number.
//
// Request goodput and token goodput count the requests that attained their
// service level objective, and the tokens of these, per second. Whether one
// did is decided elsewhere, by package slo, and passed to [Summary.Add].
// [Ideal] gives the QoE of arXiv:2404.16283v2.
//
// # What N is
//
// Benefit and idle latency count tokens that were delivered
// ([metrics.Request.Tokens]): a token that has no instant was read by nobody.
// Token goodput is a throughput and counts as throughput does
// ([metrics.Request.OutputTokens]: the stated usage if known, else the
// deliveries). The two differ only for a request whose usage contradicts its
// deliveries, about which package metrics warns.
//
// # What a sum of benefits can and cannot do
//
// Holding tokens back does not help: to delay a token never lowers the idle
// latency and never raises the benefit, as long as waiting counts from the
// arrival. It can help under the origin [FromFirstToken], by holding back the
// first token, and it can raise QoE; see [FromFirstToken] and [Ideal.QoE].
//
// Dropping a request that will miss its objective does not raise attainment,
// since the request stays among those offered; and under [ChargeTheWait] a
// request that was given up never scores above one that was completed with
// the same deliveries (nor, if there are none, above an empty answer that
// ended at the same instant). But a benefit can be negative, and goes on falling
// while somebody waits. A scheduler that maximizes the sum alone may
// therefore still drop hopeless requests early. No single number cures this:
// show the number of abandoned requests, the attainment and the distribution
// of idle latency beside the sum.
//
// # Undefined
//
// What does not exist is never 0. A request without a token has no idle
// latency and no QoE, and each distribution counts it as undefined. Rates
// need a duration; request and token goodput need an objective. Where the
// gaps of a request were not recorded ([metrics.Request.Sparse]), nobody
// knows how long its reader waited: it has no idle latency, no QoE and no
// benefit, and a run with such a request has no smooth goodput, since a part
// of the sum is unknown. The goodput of requests and of tokens stands.
//
// A [Summary] counts the requests that have no benefit, and those whose
// benefit is only known from above because the record does not say when they
// ended.
//
// # Errors
//
// Options that make no sense are an [*OptionError] from [Options.Validate]
// and from [Summary.Add]; functions of one request panic with it, in a
// message that begins with "goodput: ". Requests are supposed to be valid in
// the sense of [metrics.Request.Validate], as those of package results are.
package goodput
