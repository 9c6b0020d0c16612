// Package tokentime is the root of a module that computes the latency metrics
// of LLM serving, each under a stated definition. It holds no code.
//
// Start with package metrics for the request record and its two views, raw
// and normalized. Packages fluidity, slo and goodput judge the same record by
// deadlines, objectives and what a reader got out of it; results reads and
// writes files of records; report shows what was computed. The program is
// cmd/tokentime, and examples holds small ones.
//
// The README says what the metrics are, with formulas and sources.
package tokentime
