package metricstest

import (
	"strings"
	"testing"
)

// Run tests the implementation against all vectors, one subtest for each
// metric that it has. A failing subtest says what its wrong values have in
// common, and shows the first of them. It panics if the implementation claims
// to be a variant that does not exist.
func Run(t *testing.T, impl Implementation) {
	t.Helper()
	r := Check(impl)
	if len(r.Skipped) > 0 {
		t.Logf("not tested, as there is no function: %s", strings.Join(r.Skipped, ", "))
	}
	if len(r.Checked) == 0 {
		t.Error("metricstest: the implementation has no function, so nothing was tested")
	}
	if s := r.followed(); s != "" {
		t.Log(s)
	}
	for _, key := range r.Checked {
		t.Run(key, func(t *testing.T) {
			for _, f := range r.Findings {
				if f.Metric == key {
					t.Error(r.about(f))
				}
			}
		})
	}
}

// Check compares the implementation with all vectors. It panics if the
// implementation claims to be a variant that does not exist.
func Check(impl Implementation) *Report { return check(impl, mustVectors()) }

func check(impl Implementation, vectors []Vector) *Report {
	return newReport(vectors, impl.answersOf(vectors))
}

// mustVectors returns the vectors, which are part of the package: they are
// read in its tests.
func mustVectors() []Vector {
	vectors, err := Vectors()
	if err != nil {
		panic("metricstest: " + err.Error())
	}
	return vectors
}
