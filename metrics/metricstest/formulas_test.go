package metricstest

import "testing"

// TestRightFormulas holds that the formulas from which the diagnosis derives
// mistakes are right before a mistake is made: on every vector that it looks
// at, under every variant.
func TestRightFormulas(t *testing.T) {
	vectors, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metricsTable() {
		for _, variant := range m.variants {
			f := rightFormula(&m, variant)
			for i := range vectors {
				v := &vectors[i]
				if v.Stream.count() > maxDiagnosed {
					continue
				}
				want, got := m.want(v, variant), f.of(v.Request(), &v.Parameters)
				if !want.agrees(got, m.ratio) {
					t.Errorf("%s (%s) of %s: got %s, want %s", m.key, variant, v.Name, got.text(m.unit), want.text(m.unit))
				}
			}
		}
	}
}

// TestReadingsLeaveTheRecordAlone holds that a misreading is of a copy.
func TestReadingsLeaveTheRecordAlone(t *testing.T) {
	vectors, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		r := v.Request()
		if v.Stream.count() > maxDiagnosed {
			continue
		}
		for _, reading := range readings() {
			reading.of(r)
			if !sameRequest(r, v.Request()) {
				t.Fatalf("%s: %q changed the record", v.Name, reading.text)
			}
		}
	}
}
