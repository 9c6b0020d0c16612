// Tokentime reports the latency metrics of LLM serving from the result files
// of benchmark tools.
//
// Usage:
//
//	tokentime report [flags] FILE...
//	tokentime demo [flags]
//	tokentime vectors [-lang python | -check ANSWERS]
//	tokentime help
//
// Report reads result files and says what their averages hide. A file is one
// of vllm bench serve --save-result --save-detailed, or of the native format
// that package results describes; gzip and the format are recognised by
// content, and - is standard input. Each run becomes a column. Demo does the
// same with two small runs that are built in.
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
//		vllm, sglang, guidellm, inference-perf, llmperf, aiinfra, first-chunk.
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
//	-format text|json
//		Text, or one JSON document of schema tokentime.report/1.
//
// The exit status is 0 if all went well, 1 if an input could not be read or
// is malformed, and 2 for a mistake on the command line; in these two cases
// nothing is written to standard output. It is 3 if vectors -check found a
// wrong answer. While a long input is read, standard error shows the progress
// if it is a terminal.
package main
