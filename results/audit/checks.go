package audit

// The codes of all findings. They are stable: a program may look for them.
const (
	CodeNormalizationHidesDelay = "normalization-hides-delay"
	CodeTPOTHidesStall          = "tpot-hides-stall"
	CodePooledTBTHidesStalls    = "pooled-tbt-hides-stalls"
	CodeBimodalTBT              = "bimodal-tbt"
	CodeOnlyAverages            = "only-averages-reported"
	CodeBeyondInteractive       = "beyond-interactive"
	CodeMeanOfNobody            = "mean-of-nobody"
	CodeTooFewSamples           = "too-few-samples"

	CodeIdentityEndToEnd     = "identity-e2e"
	CodeIdentityTTFT         = "identity-ttft"
	CodeIdentityTPOT         = "identity-tpot"
	CodeIdentityTokens       = "identity-tokens"
	CodeReportedTPOTFraction = "reported-tpot-fraction"
	CodeZeroTTFT             = "zero-ttft"
	CodeEmptySuccesses       = "empty-successes"
	CodeFailedRequests       = "failed-requests"
	CodeRepeatedIDs          = "repeated-ids"
	CodeRoleChunk            = "role-chunk"
	CodeTokenCountMismatch   = "token-count-mismatch"
	CodeOutputsAtLimit       = "outputs-at-limit"

	CodePeakBelowAverage    = "peak-below-average"
	CodeConcurrencyAboveCap = "concurrency-above-cap"
	CodeImplausibleRate     = "implausible-rate"

	CodeConstantRateDrift   = "constant-rate-drift"
	CodeClientLag           = "client-lag"
	CodeCoordinatedOmission = "coordinated-omission"
	CodeWarmUpInside        = "warm-up-inside"
	CodeQueueGrowing        = "queue-growing"

	CodeTimeBackwards = "time-backwards"
)

// Where conditions come from. A limit that is not in the source is our
// definition; see [Options].
const (
	sourceMetrics = "arXiv:2507.09019 §3 (metric design)"
	sourceOurs    = "our definition"
)

// checks returns all checks but the one that reading makes, in the order of
// the table in the package documentation.
func checks() []check {
	return []check{
		{CodeNormalizationHidesDelay, sourceMetrics, findHiddenDelays},
		{CodeTPOTHidesStall, sourceMetrics, findHiddenStalls},
		{CodePooledTBTHidesStalls, sourceMetrics, findPooledStalls},
		{CodeBimodalTBT, sourceMetrics, findBursts},
		{CodeOnlyAverages, sourceMetrics, findOnlyAverages},
		{CodeBeyondInteractive, sourceMetrics + "; limits: Nielsen 1993 §5.5, Brysbaert 2019", findBeyondInteractive},
		{CodeMeanOfNobody, sourceMetrics, findMeanOfNobody},
		{CodeTooFewSamples, "n (1 - p) < 10, our definition", findTooFewSamples},

		{CodeIdentityEndToEnd, "e2e = TTFT + sum of gaps, our definition", findBrokenEndToEnd},
		{CodeIdentityTTFT, sourceOurs, findBrokenTTFT},
		{CodeIdentityTPOT, "TPOT (N - 1) + TTFT = e2e, our definition", findBrokenTPOT},
		{CodeIdentityTokens, sourceOurs, findBrokenTokens},
		{CodeReportedTPOTFraction, "github.com/kubernetes-sigs/inference-perf/issues/564", findTPOTFraction},
		{CodeZeroTTFT, "github.com/vllm-project/vllm/issues/5895", findZeroTTFT},
		{CodeEmptySuccesses, sourceOurs, findEmptySuccesses},
		{CodeFailedRequests, sourceOurs, findFailures},
		{CodeRepeatedIDs, sourceOurs, findRepeatedIDs},
		{CodeRoleChunk, "github.com/vllm-project/vllm/issues/15106", findRoleChunks},
		{CodeTokenCountMismatch, "github.com/vllm-project/vllm/issues/12288", findCountMismatch},
		{CodeOutputsAtLimit, sourceOurs, findOutputsAtLimit},

		{CodePeakBelowAverage, "github.com/vllm-project/vllm/issues/37666", findPeakBelowAverage},
		{CodeConcurrencyAboveCap, sourceOurs, findAboveCap},
		{CodeImplausibleRate, sourceOurs, findImplausibleRates},

		{CodeConstantRateDrift, sourceOurs, findRateDrift},
		{CodeClientLag, "arXiv:2605.24217", findClientLag},
		{CodeCoordinatedOmission, "github.com/vllm-project/vllm/issues/54136", findCoordinatedOmission},
		{CodeWarmUpInside, "github.com/vllm-project/vllm/issues/16858", findWarmUp},
		{CodeQueueGrowing, "Mann, Econometrica 13, 1945; Kendall, Rank Correlation Methods, 1975", findGrowingQueue},
	}
}
