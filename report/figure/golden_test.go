package figure

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// The pictures of two small runs, byte for byte. Look at them in a browser
// after -update.
func TestGoldenSVG(t *testing.T) {
	steady := standard("steady <&> server")
	steady.CommonClock = false
	a := collect(t, standard("freezing server"), freezing(180))
	b := collect(t, steady, freezing(40))
	figures, _ := Figures([]*Collector{a, b})
	rate, err := RateFigure([]RatePoint{point(1, 40, 50), point(2, 75, 90), point(4, 60, 120), point(8, -30, 80)})
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string]bool{"timeline-1": true, "requests-1": true, "load-1": true, "tbt-percentiles": true, "tbt-cdf": true,
		"ttft-split-1": true, "fluidity-curve": true, "normalized-vs-raw": true, "goodput-vs-rate": true}
	for _, f := range append(figures, rate) {
		if !golden[f.Name] {
			continue
		}
		delete(golden, f.Name)
		checkFigure(t, f)
		got := svg(t, f)
		if again := svg(t, f); again != got {
			t.Errorf("%s: two drawings of one figure differ", f.Name)
		}
		path := filepath.Join("testdata", f.Name+".svg")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got); -update rewrites it:\n%s", path, diff)
		}
	}
	for name := range golden {
		t.Errorf("no figure %s", name)
	}
}

// Drawing changes neither the Collectors nor the figure, and what Series
// returns is the caller's.
func TestDrawingChangesNothing(t *testing.T) {
	c := collect(t, standard("run"), freezing(60))
	first, _ := Figures([]*Collector{c})
	var before []string
	for _, f := range first {
		before = append(before, svg(t, f))
		for _, s := range f.Series() {
			clear(s.X)
			clear(s.Y)
			clear(s.X2)
			clear(s.Labels)
		}
	}
	second, _ := Figures([]*Collector{c})
	for i := range second {
		if svg(t, first[i]) != before[i] || svg(t, second[i]) != before[i] {
			t.Errorf("%s is drawn differently the second time", first[i].Name)
		}
	}
}

// Add neither keeps nor changes the request.
func TestAddKeepsNothing(t *testing.T) {
	all := freezing(60)
	want := svg(t, find(t, "timeline", collect(t, standard("run"), all)))
	c := &Collector{Options: standard("run")}
	for i, r := range freezing(60) {
		if err := c.Add(r); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[i], r); diff != "" {
			t.Fatalf("the request changed (-before +after):\n%s", diff)
		}
		clear(r.Deliveries)
	}
	if svg(t, find(t, "timeline", c)) != want {
		t.Error("the figure follows what the caller does to a request after Add")
	}
}

func TestNamesOfRuns(t *testing.T) {
	for _, tt := range []struct {
		names, want []string
		reason      string
	}{
		{[]string{""}, []string{""}, "a single run needs no name"},
		{[]string{"a", "b"}, []string{"a", "b"}, "as given"},
		{[]string{"", "b", ""}, []string{"run 1", "b", "run 3"}, "by place"},
		{[]string{"a", "a", "a (2)"}, []string{"a", "a (2)", "a (2) (3)"}, "told apart"},
	} {
		var all []*Collector
		for _, n := range tt.names {
			all = append(all, &Collector{Options: Options{Name: n}})
		}
		var got []string
		for _, r := range named(all) {
			got = append(got, r.name)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
		}
	}
}
