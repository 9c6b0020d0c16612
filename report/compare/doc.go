// Package compare compares runs: each metric of a base and of a new run, with
// what chance alone does to the difference, and the whole distributions, so
// that it is seen where one run beats the other.
//
// # The model
//
// A [Run] collects the requests of one run and keeps every value. [Compare]
// gives a [Comparison]: for each other run a [Pair] with its [Metric] values.
// [Text], [JSON] and [Markdown] render it, and package html does.
//
// A [Row] is one statistic: a quantile, the mean or the maximum of a
// distribution, a rate, a share. The values are those of package report,
// exact. Beside their difference and ratio stand confidence intervals, by
// resampling whole requests, not tokens: the gaps of one request are not
// independent of each other, and a drawn request brings all of its gaps. With
// a fixed seed the same records give the same intervals. The runs are resampled
// apart, also if both sent the same prompts; intervals are then wider than they
// need be. What is not resampled is the run: two runs of one server differ by more than their requests do
// (another warm-up, another machine, another hour), and only several runs of
// each can show that.
//
// # Verdicts
//
// A row is better or worse only where the interval of the difference excludes
// 0. "No change shown" is no proof that there is none. Where fewer than 10
// values, or values of fewer than 10 requests, lie beyond a quantile there is
// no verdict. No correction is made for the number of rows, which are strongly
// dependent; the text says how many verdicts are to be expected by chance.
//
// A [Shape] compares the distributions as a whole: where their distribution
// functions differ by more than chance, where they cross between such places,
// and whether one run is better at every percentile.
//
// # What is not comparable
//
// A server that fails the slow requests has better latencies. So the first
// thing compared is how the requests ended: see [Population]. If the shares
// differ beyond chance, the distributions are not judged, and conditions about
// them cannot be evaluated, unless [Options] allow it. Rates and shares of
// those offered are judged all the same, since they count the missing.
//
// Other models, other lengths, another request rate are warnings of the pair,
// and stand above the verdicts: they may be what is compared.
//
// # Conditions
//
// A [Condition] such as "p99(ttft) > +5%" says when a comparison has failed;
// see [ParseConditions]. By default it compares the change of the value, so
// that its meaning does not depend on the size of the sample, and a fixed seed
// plays no part in it; the price is that noise can trip it. With
// [Options.Confident] it holds only if the whole interval lies beyond the
// limit, so that noise trips it rarely; the price is that a small sample hides
// a real change. A condition that cannot be evaluated holds, in either case.
package compare
