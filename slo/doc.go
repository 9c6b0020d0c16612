// Package slo judges requests and runs against service level objectives:
// "the first token within 500 ms, no gap above 200 ms, for 90 % of requests".
//
// # The model
//
// An [Objective] is a list of parts, read from text by [Parse] and printed
// back as it was written, or read from the headers of a request by
// [FromHeaders]. A part is about one request or about many:
//
//	ttft<=500ms                  first token                              Raw.TTFT
//	tpot<=50ms                   time per output token after the first    Normalized.TPOT
//	ttlt<=10s                    last token                               Raw.TTLT
//	e2e<=10s                     end of the stream                        Raw.EndToEnd
//	norm<=80ms                   normalized latency                       Normalized.Latency
//	tbt.max<=200ms, stall<=200ms the largest gap                          Raw.Stall
//	tbt.p99<=100ms               a quantile of the request's own gaps     Convention.TBT
//	idle<=1s                     idle latency of a reader                 needs a Scorer
//	fluidity(1s,50ms)>=0.9       fluidity index at D_p = 1 s, D_d = 50 ms needs a Scorer
//
//	p99(ttft)<=500ms             a quantile over requests, of any metric above
//	p99(tbt)<=100ms              a quantile of all gaps of all requests, pooled
//	attainment>=90%              the share of requests that attain the parts about one request
//
// A limit is inclusive. A request attains the objective when it completed
// with at least one token and every part about one request holds
// (DistServe, arXiv:2401.09670; arXiv:2507.09019 §3.2).
//
// A [Checker] judges one request; a [Summary] many, and has the attainment
// and the parts about many. What the names mean exactly is the choice of a
// [metrics.Convention], as everywhere.
//
// # Three verdicts
//
// A part is met, missed or undefined. An answer of one token has no TPOT:
// that is no pass and no failure. By default such a part does not count for
// its request, and how often that happened is part of the result; a
// [Policy] can make it a failure. A request all of whose parts are undefined
// has no verdict: it stays in the denominator of the attainment and is not in
// the numerator, since nothing was seen to hold.
//
// # The denominator
//
// attainment = |{r in R : SLO met}| / |R| depends on what R is, and dropping
// the requests that would miss is the oldest way to raise it. R is every
// request offered ([Offered], the default) unless the caller asks for
// [CompletedRequests]. A failed, rejected, cancelled or timed-out request and
// an empty answer never attain, whatever their parts say.
//
// # Exactness
//
// Limits are integers of nanoseconds or decimal fractions, measured values
// are integers or quotients of integers, and they are compared by integer
// arithmetic: no verdict about one request depends on a rounding. The same
// holds for quantiles: whether a p99 is within its limit follows from how
// many values are, so a verdict is exact also where the printed value comes
// from a histogram and is not.
//
// # Deadlines of tokens
//
// The deadline forms of "Revisiting Service Level Objectives and System Level
// Metrics in LLM Serving", arXiv:2410.14257 eq. 1-5, with d_i the deadline of
// token i from arrival, are objectives:
//
//	TTFT + TBT     d_1 = TTFT*, d_i = t_{i-1} + TBT*   ttft<=TTFT*,tbt.max<=TBT*
//	TPOT           d_n = t_1 + (n-1) TPOT*, n last     tpot<=TPOT*
//	end-to-end     d_i = E2E*                          ttlt<=E2E*
//	reading speed  d_i = V i                           idle<=0s
//	the same with a tolerance of x                     idle<=x
//
// The last two need a [Scorer] whose reader takes one token per V and starts
// at arrival. e2e<= instead of ttlt<= also counts what follows the last token.
//
// # Warnings
//
// A [Report] carries a [metrics.Warning] where a verdict stands on less than
// it seems: few samples behind a quantile, requests without a value or
// without a verdict. The verdict stands; the warning belongs beside it.
package slo
