// Package report shows what packages metrics, fluidity, slo and goodput
// computed for the requests of runs: as text for a terminal, as Markdown for a
// pull request and as JSON for scripts. The packages below it draw pictures,
// write pages and compare runs.
//
// A [Run] collects. It hands each request to the four packages' summaries;
// the numbers are theirs and are defined there. [Text], [Markdown] and [JSON]
// render one or several Runs, which become columns, or elements of an array.
//
// The report puts every number that was divided by a number of tokens beside
// the raw wait that it dilutes, shows tails before means, and says in words
// where the longest stall of a run was and which figures do not show it.
// What is undefined is "–" in text and null in JSON, never 0.
//
// A [ConventionRun] is one run under every convention, and [AuditText] shows what
// package audit found. What a file states and nothing here computed stands apart
// and says so.
//
// Warnings come last: doubts about a number, such as too few samples behind
// a quantile or answers that a file calls completed and that hold no token.
// They are part of the result, not errors. An error means that there is no
// report.
package report
