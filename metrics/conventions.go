package metrics

// The conventions. The first is the project's own; the sources of the others
// are the tools' code, read in 2026 unless another one is named. A tool's
// convention holds for the records that its client would have made: of what
// it does to a stream before it takes a time nothing is known here.
var (
	// Paper follows arXiv:2507.09019 §2: from arrival, first token that is
	// one, decode until the last token, burst gaps, T_d/(N-1), linear
	// quantiles, every request offered.
	Paper = Convention{Name: "paper"}

	// VLLM is "vllm bench serve": vllm/benchmarks/serve.py, in the form of
	// 2024 in which an empty completed answer has TTFT 0.0. Newer clients
	// call such an answer failed.
	VLLM = Convention{Name: "vllm", Zero: FromSent, First: FirstEvent, End: EndStream,
		Gaps: PerChunk, Empty: EmptyZeroTTFT, CompletedOnly: true}

	// SGLang is "sglang.bench_serving" on the native endpoint.
	SGLang = Convention{Name: "sglang", Zero: FromSent, End: EndStream,
		Gaps: Spread, Empty: EmptyZeroTTFT, CompletedOnly: true}

	// GuideLLM counts the TTFT into its time per output token, and repeats
	// one mean gap for all gaps of a request. In its distribution of TPOT a
	// request counts as often as it has tokens: schemas/request_stats.py and
	// the metrics of a benchmark, vllm-project/guidellm.
	GuideLLM = Convention{Name: "guidellm", Zero: FromSent, Gaps: RequestMean, TPOT: TPOTWithTTFT,
		TPOTWeight: WeightTokens, Empty: EmptyZeroTTFT, Quantile: InverseCDF, CompletedOnly: true}

	// AIPerf is ai-dynamo/aiperf, and genai-perf before it. TPOT is what it
	// calls inter_token_latency, TBT its inter_chunk_latency, and its
	// request_latency ends with the last content.
	AIPerf = Convention{Name: "aiperf", Zero: FromSent, End: EndContent, Gaps: PerChunk, CompletedOnly: true}

	// InferencePerf is kubernetes-sigs/inference-perf. An answer of one
	// token has no TTFT there.
	InferencePerf = Convention{Name: "inference-perf", Zero: FromSent, End: EndStream,
		OneToken: OneTokenNoTTFT, Empty: EmptyZeroNormalized, CompletedOnly: true}

	// LLMPerf is ray-project/llmperf, whose "inter-token latency" is about
	// end-to-end / N.
	LLMPerf = Convention{Name: "llmperf", Zero: FromSent, End: EndStream, Gaps: RequestMeanWithTTFT,
		TPOT: TPOTNone, Empty: EmptyZeroTTFT, CompletedOnly: true}

	// GenAIBench is sgl-project/genai-bench, which takes the speed of a
	// decode of less than 1 ms for noise, and has no gaps:
	// genai_bench/metrics.
	GenAIBench = Convention{Name: "genai-bench", Zero: FromSent, End: EndStream, Gaps: NoGaps,
		TPOT: TPOTDecode1ms, CompletedOnly: true}

	// EvalScope is "evalscope perf" of modelscope/evalscope at fde259d2:
	// evalscope/perf/utils. Newer versions leave the TPOT of one token out
	// and take the rank ceil(n p). It multiplies n p as integers: where the
	// float64 product falls short of one, its quantile is the next value.
	EvalScope = Convention{Name: "evalscope", Zero: FromSent, First: FirstEvent, End: EndStream,
		Gaps: PerChunk, OneToken: OneTokenZeroTPOT, Quantile: FloorRank, CompletedOnly: true}

	// Etalon is project-etalon/etalon: etalon/metrics. Its sketch (DDSketch)
	// is within 0.1 % of the quantile of this kind. That it also enters
	// requests that failed as 0 is left out.
	Etalon = Convention{Name: "etalon", Zero: FromSent, End: EndContent, TPOT: TPOTMeanGap,
		OneToken: OneTokenZeroTPOT, Empty: EmptyZeroAll, Quantile: Lower, CompletedOnly: true}

	// Veeksha is project-vajra/veeksha: veeksha/evaluator/performance/text.py.
	// TTFT is what it calls ttfc, TBT its tbc; its sketch is Etalon's.
	Veeksha = Convention{Name: "veeksha", Zero: FromSent, End: EndContent, Gaps: PerChunk,
		OneToken: OneTokenZeroTPOT, Empty: EmptyZeroAll, Quantile: Lower, CompletedOnly: true}

	// MLPerf is MLPerf LoadGen, loadgen/results.cc of mlcommons/inference: the
	// only tool that counts from the scheduled instant. A record without one
	// has no latency under it. LoadGen cuts a TPOT to the nanosecond, which
	// this does not.
	MLPerf = Convention{Name: "mlperf", Zero: FromDue, End: EndStream, Gaps: NoGaps, Quantile: FloorRank,
		CompletedOnly: true}

	// OTelServer is that of the OpenTelemetry semantic conventions for
	// generative AI: gen_ai.server.time_to_first_token and
	// gen_ai.server.time_per_output_token, of successful responses. Sent is
	// when the server received the request. The histograms state no quantile
	// kind.
	OTelServer = Convention{Name: "otel-server", Zero: FromSent, End: EndStream, Gaps: NoGaps, CompletedOnly: true}

	// AIInfra is the AI infrastructure handbook's (e2e - TTFT)/N. It states
	// no inter-token latency and no quantile kind.
	AIInfra = Convention{Name: "aiinfra", Zero: FromSent, End: EndStream, Gaps: NoGaps, TPOT: TPOTAllTokens,
		CompletedOnly: true}

	// FirstChunk is Paper with a TPOT that knows that a first chunk of k_1
	// tokens is followed by N - k_1 gaps.
	FirstChunk = Convention{Name: "first-chunk", TPOT: TPOTFirstChunk}
)

// Conventions returns all of them, [Paper] first.
func Conventions() []Convention {
	return []Convention{Paper, VLLM, SGLang, GuideLLM, AIPerf, InferencePerf, LLMPerf, GenAIBench, EvalScope,
		Etalon, Veeksha, MLPerf, OTelServer, AIInfra, FirstChunk}
}

// LookupConvention returns the convention of that name. "genai-perf" is
// another name of [AIPerf].
func LookupConvention(name string) (Convention, bool) {
	if name == "genai-perf" {
		name = AIPerf.Name
	}
	for _, c := range Conventions() {
		if c.Name == name {
			return c, true
		}
	}
	return Convention{}, false
}
