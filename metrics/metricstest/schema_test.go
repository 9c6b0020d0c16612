package metricstest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
	"github.com/tokentime/tokentime/results"
)

const (
	vectorSchema = "vectors.schema.json"
	nativeSchema = "../../results/native.schema.json"
)

func TestVectorFilesFollowSchema(t *testing.T) {
	s := readSchema(t, vectorSchema)
	paths, err := filepath.Glob("vectors/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.validate(decode(t, content)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestVectorSchemaRejects breaks a good file in one place at a time. What
// Decode can see it must reject too.
func TestVectorSchemaRejects(t *testing.T) {
	s := readSchema(t, vectorSchema)
	groups, err := metricstest.Groups()
	if err != nil {
		t.Fatal(err)
	}
	var good string
	for _, g := range groups {
		for _, v := range g.Vectors {
			if v.Name == "papers/fluidity-late-in-decode" {
				g.Vectors = []metricstest.Vector{v}
				content, err := json.Marshal(g)
				if err != nil {
					t.Fatal(err)
				}
				good = string(content)
			}
		}
	}
	if err := s.validate(decode(t, []byte(good))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, new string
		decodes        bool // Decode does not see it
	}{
		{"another format", `vectors/1"`, `vectors/2"`, false},
		{"a misspelt key", `"sent_ns"`, `"send_ns"`, false},
		{"a key that nobody knows", `"why":`, `"whence":1,"why":`, false},
		{"a number as text", `"hits":4`, `"hits":"4"`, false},
		{"a fraction of a nanosecond", `"sent_ns":0`, `"sent_ns":0.5`, false},
		{"an exponent", `"sent_ns":0`, `"sent_ns":1e3`, false},
		{"a fraction that is an integer", `{"num":4,"den":5}`, `{"num":4,"den":1}`, false},
		{"a denominator below 1", `{"num":4,"den":5}`, `{"num":4,"den":-5}`, false},
		{"a fraction without denominator", `{"num":4,"den":5}`, `{"num":4}`, false},
		{"an instant beyond all", `"sent_ns":0`, `"sent_ns":-9223372036854775809`, false},
		{"an outcome that there is not", `"completed"`, `"complete"`, false},
		{"a run of three", `[50000000,2]`, `[50000000,2,1]`, false},
		{"a run of one", `[50000000,2]`, `[50000000]`, false},
		{"a missing value", `"qoe":`, `"qoe_old":`, false},
		{"no value", `,"why":`, `,"about":`, false},

		{"no convention of that name", `"paper":`, `"papers":`, true},
		{"an unknown that is written", `"sent_ns":0`, `"sent_ns":null`, true},
		{"two forms of deliveries", `"at_ns":`, `"repeat":[{"first_ns":0,"gap_ns":1,"count":1,"tokens":1}],"at_ns":`, true},
		{"a deadline of 0", `"decode_deadline_ns":100000000`, `"decode_deadline_ns":0`, true},
		{"a negative gap", `[50000000,2]`, `[-50000000,2]`, true},
		{"no sentence", `needed.","request"`, `needed","request"`, true},
	} {
		bad := strings.Replace(good, test.old, test.new, 1)
		if bad == good {
			t.Errorf("%s: the file does not hold %s", test.name, test.old)
			continue
		}
		if err := s.validate(decode(t, []byte(bad))); err == nil {
			t.Errorf("%s: the schema accepts %s", test.name, test.new)
		}
		if _, err := metricstest.Decode([]byte(bad)); (err == nil) != test.decodes {
			t.Errorf("%s: Decode returns the error %v", test.name, err)
		}
	}
}

// TestNativeSchema writes what there is to write in the canonical form, and
// all streams of the vectors.
func TestNativeSchema(t *testing.T) {
	s := readSchema(t, nativeSchema)
	var file bytes.Buffer
	w := results.NewWriter(&file, &results.Run{
		Convention:  "vllm",
		CommonClock: true,
		Duration:    metrics.Known(time.Minute),
		Facts:       []results.Fact{{Name: "model_id", Value: "m"}, {Name: "odd \"name\"", Value: ""}},
		Reported:    []results.Reported{{Name: "mean_ttft_ms", Value: 1.5e-300, Unit: "ms"}, {Name: "zero"}},
		Warnings:    []metrics.Warning{{Code: "c", Message: "m"}},
	})
	if err := w.Write(&metrics.Request{ID: "1", Class: "chat", Outcome: metrics.TimedOut}); err != nil {
		t.Fatal(err)
	}
	vectors, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for i := range vectors {
		if len(vectors[i].Stream.Repeat) > 0 {
			continue // of megabytes; tests nothing more
		}
		if err := w.Write(vectors[i].Request()); err != nil {
			t.Fatalf("%s: %v", vectors[i].Name, err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	w = results.NewWriter(&file, &results.Run{}) // the shortest header
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(file.Bytes()) {
		if err := s.validate(decode(t, line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestNativeSchemaAgreesWithReader holds the schema to the reader, on lines
// that each differ from a good one in one point.
func TestNativeSchemaAgreesWithReader(t *testing.T) {
	s := readSchema(t, nativeSchema)
	const header = `{"tokentime":1,"clock":"run"}`
	for _, test := range []struct {
		line string
		good bool
	}{
		{header, true},
		{`{"tokentime":1,"clock":"request","convention":null,"duration_ns":null,"facts":null,"reported":null,"warnings":null}`, true},
		{`{"tokentime":1,"clock":"run","facts":{},"reported":[],"warnings":[]}`, true},
		{`{"tokentime":1,"clock":"run","reported":[{"name":"a","value":-1.5e3,"unit":"ms"}]}`, true},
		{`{"tokentime":1,"clock":"run","warnings":[{"code":"a","message":"b"}]}`, true},
		{`{"tokentime":2,"clock":"run"}`, false},
		{`{"tokentime":"1","clock":"run"}`, false},
		{`{"tokentime":1}`, false},
		{`{"tokentime":1,"clock":null}`, false},
		{`{"tokentime":1,"clock":"wall"}`, false},
		{`{"tokentime":1,"clock":"run","duration_ns":-1}`, false},
		{`{"tokentime":1,"clock":"run","duration_ns":2305843009213693953}`, false},
		{`{"tokentime":1,"clock":"run","facts":{"a":1}}`, false},
		{`{"tokentime":1,"clock":"run","facts":[]}`, false},
		{`{"tokentime":1,"clock":"run","reported":[{"value":"1"}]}`, false},
		{`{"tokentime":1,"clock":"run","reported":[{"median":1}]}`, false},
		{`{"tokentime":1,"clock":"run","warnings":[{"code":1}]}`, false},
		{`{"tokentime":1,"clock":"run","outcome":"completed"}`, false},

		{`{"outcome":"completed"}`, true},
		{`{"id":"a","class":"b","due_ns":-5,"sent_ns":1,"scheduled_ns":2,"at_ns":[2,3],"tokens":[0,4],"end_ns":9,"outcome":"failed","prompt_tokens":1,"usage_tokens":0}`, true},
		{`{"id":null,"class":null,"due_ns":null,"sent_ns":null,"scheduled_ns":null,"at_ns":null,"tokens":null,"end_ns":null,"outcome":"rejected","prompt_tokens":null,"usage_tokens":null}`, true},
		{`{"sent_ns":-2305843009213693952,"end_ns":2305843009213693952,"outcome":"cancelled"}`, true},
		{`{"id":"a"}`, false},
		{`{"outcome":null}`, false},
		{`{"outcome":"canceled"}`, false},
		{`{"outcome":"completed","end":1}`, false},
		{`{"outcome":"completed","sent_ns":1.5}`, false},
		{`{"outcome":"completed","sent_ns":1.0}`, false},
		{`{"outcome":"completed","sent_ns":1e3}`, false},
		{`{"outcome":"completed","sent_ns":"1"}`, false},
		{`{"outcome":"completed","sent_ns":2305843009213693953}`, false},
		{`{"outcome":"completed","at_ns":[1,null]}`, false},
		{`{"outcome":"completed","at_ns":1}`, false},
		{`{"outcome":"completed","at_ns":[1],"tokens":[-1]}`, false},
		{`{"outcome":"completed","at_ns":[1],"tokens":[2147483649]}`, false},
		{`{"outcome":"completed","prompt_tokens":-1}`, false},
		{`{"outcome":"completed","usage_tokens":2147483649}`, false},
		{`{"outcome":"completed","id":1}`, false},
		{`{}`, false},
		{`[]`, false},
	} {
		if err := s.validate(decode(t, []byte(test.line))); (err == nil) != test.good {
			t.Errorf("%s: the schema says %v, want good: %t", test.line, err, test.good)
		}
		if err := readNative(header + "\n" + test.line); (err == nil) != test.good {
			t.Errorf("%s: the reader says %v, want good: %t", test.line, err, test.good)
		}
	}
}

func readNative(content string) error {
	rd, err := results.NewReader("line", strings.NewReader(content), results.Options{})
	if err != nil {
		return err
	}
	for rd.NextRun() {
		for rd.Next() {
		}
	}
	return rd.Err()
}

// TestSchemaKeywords makes sure that no keyword is silently without effect.
func TestSchemaKeywords(t *testing.T) {
	for _, test := range []struct{ schema, reason string }{
		{`{"minLength":1}`, "a keyword of the standard that validate does not have"},
		{`{"properties":{"a":{"maxItems":1}}}`, "below properties"},
		{`{"items":{"not":{}}}`, "below items"},
		{`{"oneOf":[{"if":true}]}`, "below oneOf"},
		{`{"$defs":{"a":{"unevaluatedItems":false}}}`, "in a definition"},
		{`{"$defs":{},"$ref":"#/$defs/a"}`, "a reference that leads nowhere"},
		{`{"items":1}`, "no schema"},
	} {
		root := decode(t, []byte(test.schema))
		if err := (schema{root.(map[string]any)}).check(root, "#"); err == nil {
			t.Errorf("%s: check accepts %s", test.reason, test.schema)
		}
	}
}
