package metricstest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

// some is a vector that exists, with the values that the answers below use.
const some = "chunks/first-of-4" // tokens at 200 ms four times, 220, 240, 260 ms

func line(answers string) string { return fmt.Sprintf(`{"name":%q,"answers":{%s}}`, some, answers) }

func allVectors(t testing.TB) []metricstest.Vector {
	t.Helper()
	vectors, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

// TestAnswersMalformed holds that malformed input is an error that says where.
func TestAnswersMalformed(t *testing.T) {
	vectors := allVectors(t)
	for _, tt := range []struct {
		name, reason, input string
		want                error
		says                string
	}{
		{"empty", "a program that wrote nothing has not passed", "", metricstest.ErrNoAnswers, "no answer"},
		{"blank", "likewise", "\n \n", metricstest.ErrNoAnswers, "no answer"},
		{"prose", "a traceback, say", "Traceback (most\n", metricstest.ErrSyntax, "line 1"},
		{"truncated", "the program died", line("") + "\n" + `{"name":"chunks/fi`, metricstest.ErrSyntax, "line 2"},
		{"array", "a line is an object", "[]", metricstest.ErrType, "line 1: wrong type: want an object"},
		{"two values", "a missing newline", line("") + line(""), metricstest.ErrSyntax, "line 1"},
		{"NaN", "Python writes it for float nan", line(`"qoe":NaN`), metricstest.ErrSyntax, "line 1"},
		{"no name", "nobody knows what is answered", `{"answers":{}}`, metricstest.ErrMissing, `"name"`},
		{"null name", "likewise", `{"name":null,"answers":{}}`, metricstest.ErrType, `"name"`},
		{"no answers", "a misspelt key must not pass", `{"name":"` + some + `"}`, metricstest.ErrMissing, `"answers"`},
		{"null answers", "null is not an object", `{"name":"` + some + `","answers":null}`, metricstest.ErrType, `"answers"`},
		{"unknown vector", "a name from another version", `{"name":"x/y","answers":{}}`, metricstest.ErrUnknownVector, `"x/y"`},
		{"vector twice", "which one counts?", line("") + "\n\n" + line(""), metricstest.ErrDuplicate, "line 3"},
		{"unknown field", "a misspelt convention must not become paper", `{"name":"` + some + `","answers":{},"conv":"vllm"}`, metricstest.ErrUnknownKey, `"conv"`},
		{"unknown metric", "a misspelt metric would go untested", line(`"ttft":5`), metricstest.ErrUnknownKey, `"ttft"`},
		{"metric twice", "which one counts?", line(`"qoe":1,"qoe":0`), metricstest.ErrDuplicate, `"qoe"`},
		{"with and without its variant", "the same metric, written twice", line(`"qoe":1,"ttft_ns":1,"ttft_ns.paper":1`), metricstest.ErrDuplicate, "ttft_ns"},
		{"unknown variant", "as for a metric", line(`"fluidity_index.round":1`), metricstest.ErrUnknownKey, "ceil"},
		{"empty variant", "as for a metric", line(`"qoe.":1`), metricstest.ErrUnknownKey, "qoe."},
		{"unknown convention", "as for a metric", `{"name":"` + some + `","convention":"sarathi","answers":{}}`, metricstest.ErrConvention, `"sarathi"`},
		{"two conventions", "one run follows one", line("") + "\n" + `{"name":"chunks/first-of-2","convention":"vllm","answers":{}}`, metricstest.ErrConvention, "line 2"},
		{"string", "a number in quotes is no number", line(`"ttft_ns":"5"`), metricstest.ErrType, "ttft_ns"},
		{"bool", "nor is true", line(`"ttft_ns":true`), metricstest.ErrType, "ttft_ns"},
		{"array for a number", "only gaps are an array", line(`"ttft_ns":[5]`), metricstest.ErrType, "ttft_ns"},
		{"number for an array", "and gaps are nothing else", line(`"tbt_ns":5`), metricstest.ErrType, "tbt_ns"},
		{"gap of a half", "gaps are integers", line(`"tbt_ns":[1,0.5]`), metricstest.ErrType, "gap 1"},
		{"triple", "a run is a pair", line(`"tbt_ns":[[1,2,3]]`), metricstest.ErrType, "gap 0"},
		{"count of 0", "a run is not empty", line(`"tbt_ns":[[1,0]]`), metricstest.ErrType, "count"},
		{"count without bound", "more tokens than any answer has", line(`"tbt_ns":[[1,9e18]]`), metricstest.ErrType, "count"},
		{"quotient by 0", "no number", line(`"qoe":{"num":1,"den":0}`), metricstest.ErrType, "qoe"},
		{"half a quotient", "no number", line(`"qoe":{"num":1}`), metricstest.ErrType, "qoe"},
		{"quotient of floats", "no exact number", line(`"qoe":{"num":1.5,"den":2}`), metricstest.ErrType, "qoe"},
		{"10^400", "beyond float64", line(`"qoe":1e400`), metricstest.ErrRange, "qoe"},
		{"10^999999999", "must not be expanded", line(`"qoe":1e999999999`), metricstest.ErrRange, "qoe"},
		{"thousand digits", "no time is so long", line(`"ttft_ns":` + strings.Repeat("9", 1000)), metricstest.ErrRange, "ttft_ns"},
		{"long quotient", "likewise", line(`"qoe":{"num":` + strings.Repeat("9", 1000) + `,"den":1}`), metricstest.ErrRange, "qoe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metricstest.ReadAnswersWith(strings.NewReader(tt.input), vectors)
			var at *metricstest.AnswerError
			if !errors.As(err, &at) || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: got %v, want %v that says %q", tt.reason, err, tt.want, tt.says)
			}
		})
	}
	if _, err := metricstest.ReadAnswers(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("an error of the reader is lost: %v", err)
	}
}

// TestAnswerForms holds that each way to write a right value is right, and a
// value that is a little off is wrong and not malformed.
func TestAnswerForms(t *testing.T) {
	vectors := allVectors(t)
	for _, tt := range []struct {
		answer string
		right  bool
		reason string
	}{
		{`"ttft_ns":200000000`, true, "an integer"},
		{`"ttft_ns":2e8`, true, "as some languages write it"},
		{`"ttft_ns":200000000.0`, true, "likewise"},
		{`"ttft_ns":{"num":200000000,"den":1}`, true, "Fraction without a special case"},
		{`"ttft_ns":{"num":400000000,"den":2}`, true, "not in lowest terms"},
		{`"ttft_ns":200000001`, false, "1 ns off"},
		{`"ttft_ns":200000000.00000001`, true, "the same float64"},
		{`"ttft_ns":200000000.5`, false, "half a nanosecond"},
		{`"ttft_ns":null`, false, "it is defined"},
		{`"ttft_ns":99999999999999999999`, false, "beyond int64"},
		{`"ttft_ns.paper":200000000`, true, "the variant said"},
		{`"tpot_ns":10000000`, true, "60 ms in 6 gaps"},
		{`"tpot_ns":10000000.000001`, true, "1e-13 of it"},
		{`"tpot_ns":10000000.0001`, false, "1e-11 of it"},
		{`"tpot_ns.first-chunk":20000000`, true, "60 ms in the 3 gaps after the first chunk"},
		{`"tbt_ns":[0,0,0,20000000,20000000,20000000]`, true, "one by one"},
		{`"tbt_ns":[[0,3],[20000000,3]]`, true, "in runs"},
		{`"tbt_ns":[[0,1],0,[0,1],20000000,[20000000,2]]`, true, "in another cut"},
		{`"tbt_ns":[20000000,20000000,20000000,0,0,0]`, false, "another order"},
		{`"tbt_ns":null`, false, "there are gaps"},
		{`"tbt_ns.aiinfra":null`, true, "no gaps, as null"},
		{`"tbt_ns.aiinfra":[]`, true, "no gaps, as an empty array"},
	} {
		a, err := metricstest.ReadAnswersWith(strings.NewReader(line(tt.answer)), vectors)
		if err != nil {
			t.Errorf("%s: %v", tt.answer, err)
			continue
		}
		got := true
		for _, f := range metricstest.CheckAnswers(a).Failures {
			got = got && f.Vector != some // the other vectors have no answer
		}
		if got != tt.right {
			t.Errorf("%s (%s): right is %v, want %v", tt.answer, tt.reason, got, tt.right)
		}
	}
}

func TestConventionOfAnswers(t *testing.T) {
	a, err := metricstest.ReadAnswers(strings.NewReader(
		`{"name":"` + some + `","convention":"first-chunk","answers":{"tpot_ns":20000000,"idle_latency_ns":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range metricstest.CheckAnswers(a).Failures {
		if f.Vector == some && f.Metric == "tpot_ns" || f.Metric == "tpot_ns" && f.Variant != "first-chunk" {
			t.Errorf("not judged by the convention that it claims: %v", f)
		}
	}
}

// FuzzReadAnswers holds that any input is read, or refused with a place, and
// that what was read can be reported.
func FuzzReadAnswers(f *testing.F) {
	f.Add(line(`"ttft_ns":200000000,"tpot_ns":{"num":40,"den":3},"stall_ns":null,"tbt_ns":[[0,3],20000000]`))
	f.Add(line(`"fluidity_index.ceil":1e-7`) + "\n" + `{"name":"chunks/first-of-2","convention":"vllm","answers":{}}`)
	f.Add("{")
	f.Add(`{"name":"attainment/third-at-deadline","answers":{"tpot_ns":null,"tbt_ns":[[5,2]],"fluidity_misses":-1}}`)
	vectors := allVectors(f)[:40]
	f.Fuzz(func(t *testing.T, input string) {
		a, err := metricstest.ReadAnswersWith(strings.NewReader(input), vectors)
		if err != nil {
			var at *metricstest.AnswerError
			if !errors.As(err, &at) || err.Error() == "" || len(err.Error()) > 1000 {
				t.Fatalf("error %v", err)
			}
			return
		}
		if text := metricstest.CheckAnswers(a).String(); text == "" || !utf8.ValidString(text) {
			t.Errorf("report %q", text)
		}
	})
}

// TestReportIsSerializable holds that a program can pass a report on.
func TestReportIsSerializable(t *testing.T) {
	m := right()
	m.divisor = outputTokens
	if _, err := json.Marshal(metricstest.Check(m.implementation())); err != nil {
		t.Error(err)
	}
}
