// Package audit finds what is wrong with the result of a benchmark run, and
// what in it misleads, from the file alone.
//
// # The model
//
// Published result files are often wrong in ways that they betray themselves:
// a stated TPOT that is half of what the same file's end-to-end latency
// implies, a third of the "completed" answers empty, a peak below the average.
// Others are right and still mislead: a median TPOT of 40 ms in a run in which
// every answer froze for half a minute. An [Audit] takes what a file states
// about a run ([results.Run]) and the records of its requests, and returns
// findings:
//
//	audits, err := audit.Read(rd, audit.Options{})
//	for _, a := range audits {
//		for _, f := range a.Findings() { ... }
//	}
//
// Each [Finding] has a stable code, a severity, the numbers that prove it, the
// requests that it is about, and what to do. A check that lacks what it needs
// finds nothing: no finding is no proof that all is well. Statements about the
// distribution over requests need [Options.MinRequests] of them, and what
// concerns no more than [Options.MaxShare] of the requests is not a finding
// about the run.
//
// Latencies are those of [metrics.Paper] and count from the arrival, unless
// they are compared with what the file states: then they are those of the
// convention of the tool that wrote it.
//
// # Severities
//
// Error: the file states something wrong or contradicts itself, or the client
// was the bottleneck, so that the run says nothing about the server. Warning:
// numbers of the run mislead. Info: to know before runs are compared.
//
// # Findings
//
// With n requests, capital names of [Options] with their defaults, "stated" for
// a figure that the tool computed and "recorded" for one from the records:
//
//	metric anti-patterns, arXiv:2507.09019 §3
//
//	normalization-hides-delay  warning  TTFT in the worst tenth and Noticeable (1 s) above the median, while TTLT/N is
//	                                    below its median: HiddenShare (0.25) of those, and > MaxShare (0.01) of n
//	tpot-hides-stall           warning  stall >= StallMultiple (10) TPOT of the request and >= Noticeable, TPOT within
//	                                    TPOTLimit if there is one: > MaxShare of n
//	pooled-tbt-hides-stalls    warning  stall >= PooledMultiple (3) pooled TBT P99 and >= Noticeable: PooledShare (0.05) of n
//	bimodal-tbt                warning  median TBT <= BurstGap (1 ms) and <= BurstRatio (0.1) of the mean; recorded, else stated
//	only-averages-reported     warning  mean latencies are stated, no quantile above the median; info if there are records
//	beyond-interactive         warning  TTFT or stall > Attention (10 s): > MaxShare of n; or median TPOT > ReadingPace (200 ms);
//	                                    without records, stated P99 TTFT and median TPOT
//	mean-of-nobody             warning  within NobodyFactor (1.25) of the mean TTFT, or of sum TTLT / sum N, lie
//	                                    <= NobodyShare (0.02) of n
//	too-few-samples            warning  a stated quantile p with n (1 - p) < 10
//
//	answers
//
//	identity-e2e               error    stated mean e2e and recorded differ by > Tolerance (0.05)
//	                           warning  end - last event > TailGap (100 ms) and > TailShare (0.1) of e2e: > MaxShare of n
//	identity-ttft              error    stated mean TTFT and recorded differ by > Tolerance, with empty answers as 0 or without
//	identity-tpot              error    stated mean TPOT and recorded differ by > Tolerance
//	identity-tokens            error    stated sum of prompt or output tokens and recorded differ by > Tolerance
//	reported-tpot-fraction     error    no records; stated (e2e - TTFT)/(N - 1) and TPOT, of medians or else means,
//	                                    differ by more than the factor TPOTFactor (1.5)
//	zero-ttft                  error    recorded TTFT = 0; stated TTFT = 0; stated mean that counts empty answers as 0
//	empty-successes            error    completed without a token: > MaxShare of completed; warning if fewer
//	failed-requests            warning  not completed: > MaxShare of n
//	repeated-ids               warning  a request has the id of an earlier one
//	role-chunk                 warning  second event <= RoleGap (50 µs) after the first: half of n; median TBT >= 20 times that
//	token-count-mismatch       info     tokens counted != tokens in events: > MaxShare of n;
//	                                    warning if the sum differs by > Tolerance
//	outputs-at-limit           info     N is the largest of all: LimitShare (0.2) of n
//
//	rates and concurrency
//
//	peak-below-average         error    stated peak of the output rate < stated mean
//	concurrency-above-cap      error    stated or recorded peak of requests in flight > stated limit
//	implausible-rate           error    stated rate and total / duration differ by a factor > 1.5; a number that by its
//	                                    name is a rate of tokens is < 1/100 of the output rate
//
//	load
//
//	constant-rate-drift        warning  constant rate stated; coefficient of variation of the gaps > GapVariation (0.25),
//	                                    or achieved and requested rate differ by > Tolerance
//	client-lag                 error    no limit of concurrency stated; P99 of sent - due > ClientLag (100 ms)
//	coordinated-omission       warning  figures count from sending; TTFT from due, P99 or median, >= OmissionFactor (1.25)
//	                                    times and >= ClientLag above the one from sending
//	warm-up-inside             warning  the first requests, up to a fifth, have TTFT >= WarmupFactor (3) times the median,
//	                                    >= the P99, and >= ClientLag above the median of the last four fifths
//	queue-growing              warning  Mann-Kendall Z over 20 groups in order of arrival > TrendZ (3.09), and last quarter
//	                                    >= TrendFactor (2) times the first: of TTFT, or of requests in flight
//	time-backwards             error    a record whose time runs backwards ended the reading
//
// # Checklist
//
// [Audit.Checklist] lists the questions about the setup that arXiv:2507.09019
// §3 asks of an evaluation, each with the text of the file that answers it, or
// [NotStated]. Nothing is guessed from the records.
package audit
