package generate

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

var update = flag.Bool("update", false, "write the files of vectors")

const directory = "../../vectors"

// groups computes the vectors once for all tests.
var groups = sync.OnceValue(Groups)

// TestFiles compares the files with what the generator computes.
func TestFiles(t *testing.T) {
	want := map[string][]byte{}
	for _, g := range groups() {
		content, err := Encode(g)
		if err != nil {
			t.Fatal(err)
		}
		want[g.Group+".json"] = content
	}
	have, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range have {
		if _, ok := want[filepath.Base(path)]; ok {
			continue
		}
		if !*update {
			t.Errorf("%s is no group of the generator", path)
		} else if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range want {
		path := filepath.Join(directory, name)
		if *update {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, content) {
			t.Errorf("%s differs from what the generator computes; if the definition changed, run with -update\n%s",
				path, cmp.Diff(strings.Split(string(content), "\n"), strings.Split(string(got), "\n")))
		}
	}
}

// TestStreams holds every vector to what vectors promise: valid records,
// unique names, reasons, and all conventions.
func TestStreams(t *testing.T) {
	var conventions []string
	for _, c := range metrics.Conventions() {
		conventions = append(conventions, c.Name)
	}
	slices.Sort(conventions)
	seen, reasons := map[string]bool{}, map[string]string{}
	for _, g := range groups() {
		for i := range g.Vectors {
			v := &g.Vectors[i]
			if err := v.Request().Validate(); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			if seen[v.Name] {
				t.Errorf("%s: the name occurs twice", v.Name)
			}
			seen[v.Name] = true
			if !strings.HasSuffix(v.Why, ".") {
				t.Errorf("%s: why is no sentence: %q", v.Name, v.Why)
			}
			if other, ok := reasons[v.Why]; ok && !strings.Contains(v.Name, "/jagged-") {
				t.Errorf("%s: same reason as %s", v.Name, other)
			}
			reasons[v.Why] = v.Name
			var got []string
			for name := range v.Want.Conventions {
				got = append(got, name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(conventions, got); diff != "" {
				t.Errorf("%s: conventions (-want +got)\n%s", v.Name, diff)
			}
		}
	}
	if len(seen) < 150 {
		t.Errorf("%d vectors, want 150 or more", len(seen))
	}
}

// TestStreamsDiffer finds vectors that repeat one another.
func TestStreamsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, g := range groups() {
		for i := range g.Vectors {
			v := g.Vectors[i]
			name := v.Name
			v.Name, v.Why, v.Want = "", "", metricstest.Want{}
			content, err := Encode(metricstest.Group{Vectors: []metricstest.Vector{v}})
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[string(content)]; ok {
				t.Errorf("%s has the stream and the parameters of %s", name, other)
			}
			seen[string(content)] = name
		}
	}
}

// TestEncode: what is written is read as the same, and once more written so.
func TestEncode(t *testing.T) {
	for _, g := range groups() {
		content, err := Encode(g)
		if err != nil {
			t.Fatal(err)
		}
		got, err := metricstest.Decode(content)
		if err != nil {
			t.Fatalf("%s: %v", g.Group, err)
		}
		if diff := cmp.Diff(g, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", g.Group, diff)
		}
	}
}

// TestOverflow: arithmetic panics at the value after the last that fits.
func TestOverflow(t *testing.T) {
	const least, most = time.Duration(math.MinInt64), time.Duration(math.MaxInt64)
	for _, test := range []struct {
		name string
		f    func() time.Duration
		want time.Duration
		fits bool
	}{
		{"most + 0", func() time.Duration { return plus(most, 0) }, most, true},
		{"most + 1", func() time.Duration { return plus(most, 1) }, 0, false},
		{"least + most", func() time.Duration { return plus(least, most) }, -1, true},
		{"least + -1", func() time.Duration { return plus(least, -1) }, 0, false},
		{"least - 0", func() time.Duration { return minus(least, 0) }, least, true},
		{"least - 1", func() time.Duration { return minus(least, 1) }, 0, false},
		{"-1 - least", func() time.Duration { return minus(-1, least) }, most, true},
		{"0 - least", func() time.Duration { return minus(0, least) }, 0, false},
		{"2 * half", func() time.Duration { return times(2, most/2) }, most - 1, true},
		{"2 * more than half", func() time.Duration { return times(2, most/2+1) }, 0, false},
		{"most * most", func() time.Duration { return times(int(most), most) }, 0, false},
		{"0 * most", func() time.Duration { return times(0, most) }, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got := recover() == nil; got != test.fits {
					t.Errorf("fits: got %t, want %t", got, test.fits)
				}
			}()
			if got := test.f(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestDefinitionsDiffer: whoever follows one definition and means another
// fails a vector.
func TestDefinitionsDiffer(t *testing.T) {
	seen := map[string]map[string]string{} // by kind and definition: all values
	add := func(kind, definition string, value any) {
		if seen[kind] == nil {
			seen[kind] = map[string]string{}
		}
		seen[kind][definition] += fmt.Sprintln(value)
	}
	for _, g := range groups() {
		for _, v := range g.Vectors {
			for name, values := range v.Want.Conventions {
				add("conventions", name, values)
			}
			f := v.Want.Fluidity
			add("fluidity", "floor", f.Floor)
			add("fluidity", "ceil", f.Ceil)
			add("fluidity", "decode only", f.DecodeOnly)
			add("fluidity", "free", f.Free)
			add("fluidity", "drop slack", f.DropSlack)
			add("fluidity", "token attainment", v.Want.TokenAttainment)
			add("idle latency", "from arrival", v.Want.IdleLatency.FromArrival)
			add("idle latency", "from first token", v.Want.IdleLatency.FromFirstToken)
			b := v.Want.Benefit
			add("benefit", "seconds, charge", b.SecondsCharge)
			add("benefit", "seconds, as delivered", b.SecondsAsDelivered)
			add("benefit", "tokens, charge", b.TokensCharge)
			add("benefit", "tokens, as delivered", b.TokensAsDelivered)
		}
	}
	for kind, values := range seen {
		first := map[string]string{}
		for definition, all := range values {
			if other, ok := first[all]; ok {
				t.Errorf("%s: no vector tells %s from %s", kind, definition, other)
			}
			first[all] = definition
		}
	}
}
