// Tokentime reports the latency metrics of LLM serving from the result files
// of benchmark tools.
//
// Usage:
//
//	tokentime report [flags] FILE...
//	tokentime conventions [-format text|json] [-quantiles exact|hdr] [-input FORMAT] FILE...
//	tokentime compare [flags] BASE NEW...
//	tokentime audit [-format text|json] [-input FORMAT] [-ignore CODES] FILE...
//	tokentime demo [flags]
//	tokentime vectors [-lang python | -check ANSWERS]
//	tokentime help
//
// Report reads result files and says what their averages hide. The formats are
// those of package results, which says what each one holds; gzip and the
// format are recognised by content, and - is standard input. Each run becomes
// a column. Of a file without records of requests the report shows what the
// file states, as stated. Demo does the same with two small runs that are built
// in.
//
// Conventions shows one run under the rules of every convention in one table,
// and says which rule makes each difference: why one tool prints a TPOT of
// 2.44 ms and another one of 1.15 ms.
//
// Compare reads a base and other runs, and says of each metric how it differs,
// with confidence intervals from resampling the requests, and where one run
// beats the other; package report/compare says how. It has the flags of report
// and these:
//
//	-fail-if CONDITIONS
//		Exit with status 4 if one of the conditions holds in some run against
//		the base: "p99(ttft) > +5%, p50(tbt) > +20ms, rate(output) < -2%,
//		share(failed) > +0.5pp, mean(tpot) > 1.05x". May be repeated. The value
//		counts, not its interval. What cannot be evaluated fails: an undefined
//		value, or a latency of runs whose requests ended differently.
//	-confident
//		A condition holds only if the whole confidence interval of the change
//		lies beyond its limit, so that chance rarely fails a run; a real change
//		that the sample is too small to show passes. With too few samples the
//		condition cannot be evaluated.
//	-confidence 0.95, -resamples 1000, -seed 1
//		The intervals. The same seed gives the same ones.
//	-allow-population-difference
//		Judge latencies also if the shares of empty, failed, cancelled or
//		1-token answers differ beyond chance.
//	-format text|json|markdown|html
//		Text, one JSON document of schema tokentime.compare/1, Markdown for a
//		pull request, or a page with pictures of all runs.
//	-png DIR, -request ID
//		As in report.
//
// Audit reads result files and says what in them is wrong or misleads, with
// the numbers that prove it and what to do; package results/audit lists the
// codes of the findings with their conditions. Those of level error give exit
// status 3. A record whose time runs backwards is such a finding too; a file
// that cannot be read for another reason is not. -format json writes one
// document of schema tokentime.audit/1, and -ignore leaves out findings by
// their codes.
//
// Vectors writes the test vectors of package metrics/metricstest, one JSON
// object a line: a stream of tokens, parameters, and the exact value of every
// metric. A program in any language reads them, computes the metrics that it
// has, and writes one line for each:
//
//	{"name":"chunks/first-of-4","answers":{"ttft_ns":200000000,"tpot_ns":{"num":10000000,"den":1},"qoe":null}}
//
// With -check FILE, where - is standard input, such answers are compared with
// the vectors. What is wrong is reported with a drawing of the stream, and
// with the convention or the mistake that gives the same values. The function
// ReadAnswers of package metricstest lists the keys. With -lang python a
// complete example is written, so that this prints that all is right:
//
//	tokentime vectors -lang python > answers.py
//	tokentime vectors | python3 answers.py | tokentime vectors -check -
//
// The flags of report and demo are:
//
//	-convention NAME
//		The formulas behind the names TTFT, TBT and TPOT: paper (default),
//		vllm, sglang, guidellm, aiperf (or genai-perf), inference-perf,
//		llmperf, genai-bench, evalscope, etalon, veeksha, mlperf, otel-server,
//		aiinfra, first-chunk.
//		Under the convention of the tool that wrote the file, the report says
//		which of the figures that the file states follow from its records.
//	-quantiles exact|hdr
//		Keep every value (8 bytes a token), or count in histograms of
//		constant size whose quantiles are within 0.1 %.
//	-prefill-deadline DURATION, -decode-deadline DURATION
//		Deadlines of the fluidity index: of the first token from arrival
//		(default 1s), and of each later one (default 100ms).
//	-slo OBJECTIVE
//		Parts joined by commas: ttft<=500ms, tpot<=50ms, tbt.max<=1s,
//		fluidity(1s,50ms)>=0.9, p99(ttft)<=2s, attainment>=90% and more, see
//		package slo; or the form ttft:500 tpot:50 of vLLM; or a preset such as
//		mlperf-llama2-70b-server.
//	-speed TOKENS_PER_SECOND, -alpha PRICE
//		The reader of idle latency and smooth goodput (default 5), and what
//		one unit of the penalty costs in tokens (default 2.5). QoE has the
//		same reader and expects the first token at the prefill deadline.
//	-penalty seconds|tokens|share:DURATION
//		The unit of waiting in smooth goodput (default seconds).
//	-abandoned charge|as-delivered
//		Whether the wait in which a request was given up counts (default
//		charge).
//	-format text|json|markdown|html
//		Text, one JSON document of schema tokentime.report/1, Markdown for a
//		pull request, or one page with pictures that needs no network.
//	-png DIR
//		Write the pictures into the folder as PNG files too.
//	-request ID
//		The request that is drawn token by token; without it the one with the
//		longest stall.
//	-input FORMAT
//		The format of the files, if it is not to be recognised by content.
//
// The exit status is 0 if all went well, 1 if an input could not be read or
// is malformed, and 2 for a mistake on the command line; in these two cases
// nothing is written to standard output. It is 3 if vectors -check found a
// wrong answer or audit has a finding of level error, and 4 if a condition of
// compare -fail-if holds or cannot be evaluated. While a long input is read,
// standard error shows the progress if it is a terminal.
package main
