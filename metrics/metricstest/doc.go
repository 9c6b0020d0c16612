// Package metricstest tests implementations of LLM latency metrics against
// public vectors, in the manner of testing/fstest and testing/slogtest.
//
// # The model
//
// A [Vector] is one stream of tokens with the exact value of every metric
// under every convention that package metrics knows: integer nanoseconds,
// fractions as two integers, null for what is undefined. The vectors are JSON
// files beside this package's source, made by a slow program in rational
// arithmetic; nothing in them is Go. IMPLEMENTERS.md, in the same place,
// states the format and the formulas.
//
// An [Implementation] is a struct of functions, one for each metric that
// somebody's code computes, and the definitions that it claims to follow.
// [Run] tests it:
//
//	func TestMyMetrics(t *testing.T) {
//		metricstest.Run(t, metricstest.Implementation{
//			TTFT: func(r *metrics.Request) (time.Duration, bool) { ... },
//			TPOT: func(r *metrics.Request) (float64, bool) { ... },
//		})
//	}
//
// [Check] does the same without a test, and [CheckAnswers] checks what a
// program in another language wrote: see [ReadAnswers] for the protocol, and
// "tokentime vectors" for both ends of it.
//
// # The diagnosis
//
// A wrong number is mostly somebody else's right one, or comes from a known
// mistake. So a failure does not only say what was expected: a [Finding] says
// which other convention gives what was got in every vector where the two
// differ, or which mistake does: N for N - 1, a chunk counted as a token, the
// role chunk taken for the first token, milliseconds, gaps forgotten after a
// preemption, the TTFT included, 0 for what is undefined, and more. When
// several explain the same values it names them all. An explanation is an
// inference from numbers; the vectors alone decide what is wrong.
//
// # Exactness
//
// Spans of time and counts must be equal to the vector's; ratios may be off
// by [Tolerance]. There is no other allowance: a TPOT that was rounded to the
// nanosecond fails.
package metricstest
