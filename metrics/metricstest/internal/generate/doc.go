// Package generate computes the vectors of package metricstest: every metric
// of every stream, in the slowest and plainest way there is.
//
// # What it is for
//
// The vectors are only worth something if they do not come from the code that
// they are to test. So nothing here calls a metric of this module. The record
// types and the names of the conventions are shared, the formulas are written
// down again from the definitions, one function for each convention, without
// the rules that [metrics.Convention] is composed of.
//
// # How it computes
//
// A delivery of k tokens is expanded into k tokens, and every formula walks
// over tokens one by one. Instants and lengths of time are integers of
// nanoseconds in arithmetic that panics where it would overflow; sums over
// tokens are big integers, and every quotient is a [math/big.Rat]. No float64
// occurs. Nothing is clever: the smallest deadline is found by halving an
// interval, which is right because misses never rise with the deadline.
//
// # Where the vectors come from
//
// [Groups] holds the streams with the sentences that say why each exists, and
// computes the values. The test of this package compares the result with the
// files, and its flag -update writes them:
//
//	go test ./metrics/metricstest/internal/generate -update
//
// Another test holds values worked out by hand against the files.
package generate

//go:generate go test . -run TestFiles -update
