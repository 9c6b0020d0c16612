package html

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSpread holds that a name takes the empty columns behind it.
func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		name   string
		texts  []string
		want   []cell
		reason string
	}{
		{"two halves of two runs", []string{"stall", "", "", "TPOT", "", ""}, []cell{{Text: "stall", Span: 3}, {Text: "TPOT", Span: 3}}, "each half on its own"},
		{"no values", []string{"stall"}, []cell{{Text: "stall"}}, "nothing behind it"},
		{"empty first", []string{"", "", "TPOT", ""}, []cell{{Span: 2}, {Text: "TPOT", Span: 2}}, "the second half keeps its place"},
		{"full", []string{"a", "b"}, []cell{{Text: "a"}, {Text: "b"}}, "nothing is empty"},
	} {
		var cells []cell
		for _, text := range tt.texts {
			cells = append(cells, cell{Text: text})
		}
		if diff := cmp.Diff(tt.want, spread(cells)); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, tt.reason, diff)
		}
	}
}
