package slo

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const ms = time.Millisecond

func mustParse(t testing.TB, text string) Objective {
	t.Helper()
	o, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   []Part
		reason string
	}{
		{"ttft<=500ms", []Part{{Metric: TTFT, Max: 500 * ms}}, "one part"},
		{"tpot<=50ms,ttft<=0.5s", []Part{{Metric: TPOT, Max: 50 * ms}, {Metric: TTFT, Max: 500 * ms}}, "in the order given"},
		{"ttlt<=10s,e2e<=1m30s,norm<=80ms,idle<=0s", []Part{
			{Metric: TTLT, Max: 10 * time.Second},
			{Metric: EndToEnd, Max: 90 * time.Second},
			{Metric: Normalized, Max: 80 * ms},
			{Metric: Idle},
		}, "the other durations"},
		{"tbt.max<=200ms", []Part{{Metric: TBTMax, Max: 200 * ms}}, "the largest gap"},
		{"stall<=200ms", []Part{{Metric: TBTMax, Max: 200 * ms}}, "the same by its other name"},
		{"tbt.p99<=100ms,tbt.p99.9<=1s", []Part{
			{Metric: TBTQuantile, GapQuantile: Share{99, 100}, Max: 100 * ms},
			{Metric: TBTQuantile, GapQuantile: Share{999, 1000}, Max: time.Second},
		}, "quantiles of the request's own gaps"},
		{"fluidity(1s,50ms)>=0.9", []Part{
			{Metric: Fluidity, Prefill: time.Second, Decode: 50 * ms, Min: Share{9, 10}},
		}, "a share, from below"},
		{"p99(ttft)<=500ms", []Part{{Scope: OverRequests, Quantile: Share{99, 100}, Metric: TTFT, Max: 500 * ms}}, "over requests"},
		{"p50.0(tbt)<=100ms", []Part{{Scope: OverGaps, Quantile: Share{5, 10}, Metric: TBT, Max: 100 * ms}}, "over all gaps"},
		{"p99(tbt.max)<=1s,p95(tbt.p99)<=1s", []Part{
			{Scope: OverRequests, Quantile: Share{99, 100}, Metric: TBTMax, Max: time.Second},
			{Scope: OverRequests, Quantile: Share{95, 100}, Metric: TBTQuantile, GapQuantile: Share{99, 100}, Max: time.Second},
		}, "over requests, of a figure of each one's gaps"},
		{"p1(fluidity(0s,50ms))>=90%", []Part{
			{Scope: OverRequests, Quantile: Share{1, 100}, Metric: Fluidity, Decode: 50 * ms, Min: Share{9, 10}},
		}, "99 of 100 requests have an index of 0.9 or more"},
		{"ttft<=1s,attainment>=99.9%", []Part{
			{Metric: TTFT, Max: time.Second},
			{Scope: OfAttainment, Min: Share{999, 1000}},
		}, "the share of requests with a TTFT of 1 s or less"},
		{" ttft <=\t500ms ,\r\n fluidity ( 1s , 50ms ) >= 0.9 ", []Part{
			{Metric: TTFT, Max: 500 * ms},
			{Metric: Fluidity, Prefill: time.Second, Decode: 50 * ms, Min: Share{9, 10}},
		}, "spaces between words and signs"},
	} {
		o, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%v; %s", err, tt.reason)
			continue
		}
		if diff := cmp.Diff(tt.want, o.Parts(), cmpopts.IgnoreUnexported(Part{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("Parse(%q), %s: -want +got\n%s", tt.text, tt.reason, diff)
		}
		checkInvariants(t, tt.text, o)
	}
}

// checkInvariants checks what holds for every text that Parse accepted.
func checkInvariants(t testing.TB, text string, o Objective) {
	t.Helper()
	printed := o.String()
	if !colonForm(text) {
		if want := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\r", "").Replace(text); printed != want {
			t.Errorf("Parse(%q) prints as %q", text, printed)
		}
	}
	again, err := Parse(printed)
	if err != nil || !again.Equal(o) || again.String() != printed {
		t.Errorf("Parse(%q) prints as %q, which reads as %q, %v", text, printed, again, err)
	}
	if o.perRequest != again.perRequest || o.scorer != again.scorer || o.raw != again.raw || o.normalized != again.normalized {
		t.Errorf("%q reads as %+v, then as %+v", text, o, again)
	}
	for i, p := range o.Parts() {
		if p.Max < 0 || p.Max > MaxLimit || p.Prefill < 0 || p.Prefill > MaxLimit || p.Decode > MaxLimit {
			t.Errorf("%q has a duration out of range: %+v", text, p)
		}
		if (p.Metric == Fluidity) != (p.Decode > 0) {
			t.Errorf("%q has a deadline of %v", text, p.Decode)
		}
		if p.IsShare() != (p.Min.Den > 0) || p.Min.Num < 0 || p.Min.Num > p.Min.Den {
			t.Errorf("%q has a share out of range: %+v", text, p)
		}
		checkPercentile(t, text, p.Quantile, p.Scope == OverRequests || p.Scope == OverGaps)
		checkPercentile(t, text, p.GapQuantile, p.Metric == TBTQuantile)
		if p.text != o.parts[i].String() || p.text == "" {
			t.Errorf("%q has part %q", text, p)
		}
	}
}

func checkPercentile(t testing.TB, text string, p Share, want bool) {
	t.Helper()
	if !want && p != (Share{}) || want && !(0 < p.Num && p.Num < p.Den) {
		t.Errorf("%q has a percentile of %+v", text, p)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		err    error
		offset int
		say    string // what the message must contain
		reason string
	}{
		{"", ErrEmpty, 0, "ttft<=500ms", "no objective is not an objective"},
		{" \n", ErrEmpty, 0, "ttft<=500ms", "no objective is not an objective"},
		{"ttft<=500", ErrNoUnit, 6, "write 500ms", "the commonest mistake"},
		{"ttft<=500 ms", ErrNoUnit, 6, "write 500ms", "no space within a literal"},
		{"ttft<=1s,tpot<=0", ErrNoUnit, 15, "write 0ms", "0 too has a unit"},
		{"ttft<=1s, tpot<=5d", ErrUnit, 17, "ns, us", "the offset counts spaces"},
		{"ttft<=-5ms", ErrNegative, 6, "at least 0", "no wait is negative"},
		{"ttft<=NaN", ErrNumber, 6, "digits", "not a number"},
		{"ttft<=1e999s", ErrNumber, 7, "exponent", "no exponents"},
		{"ttft<=1.2.3s", ErrNumber, 9, "one point", "two points"},
		{"ttft<=1.s", ErrNumber, 7, "digit", "no digit after the point"},
		{"ttft<=999999999h", ErrRange, 6, "longest", "absurd"},
		{"ttft<=0.1ns", ErrPrecision, 6, "whole nanoseconds", "finer than time here"},
		{"ttft<=", ErrNumber, 6, "500ms", "no limit"},
		{"ttft", ErrComparison, 4, "write <=", "no comparison"},
		{"ttft 500ms", ErrComparison, 5, "write <=", "no comparison"},
		{"ttft<500ms", ErrComparison, 4, "write <=", "limits are inclusive"},
		{"ttft=500ms", ErrComparison, 4, "write <=", "limits are inclusive"},
		{"ttft>=500ms", ErrComparison, 4, "write <=", "a floor for a latency"},
		{"ttft==500ms", ErrComparison, 4, "write <=", "no equality"},
		{"ttft< =500ms", ErrComparison, 4, "write <=", "no space within a sign"},
		{"ttft≤500ms", ErrComparison, 4, "<=", "one spelling of the sign"},
		{"ttft:500,tpot<=50ms", ErrComparison, 4, "write <=", "two forms in one text"},
		{"attainment<=90%", ErrComparison, 10, "write >=", "a ceiling for a share"},
		{"fluidity(1s,50ms)<=0.9", ErrComparison, 17, "write >=", "a ceiling for a share"},
		{"ttft<=1s,attainment>=90", ErrRange, 21, "90%", "90 of what?"},
		{"ttft<=1s,attainment>=90.5", ErrRange, 21, "90.5%", "a percentage without its sign"},
		{"ttft<=1s,attainment>=101%", ErrRange, 21, "100%", "more than all"},
		{"ttft<=1s,attainment>=1s", ErrUnit, 22, "90% or 0.9", "a duration where a share is due"},
		{"ttft<=1s,attainment>=", ErrNumber, 21, "digits", "no share"},
		{"attainment>=90%", ErrNothing, 0, "add one", "nothing to attain"},
		{"p99(ttft)<=1s,attainment>=90%", ErrNothing, 14, "add one", "a quantile over requests is not attained by one"},
		{"tbt<=100ms", ErrMetric, 0, "tbt.max", "largest, mean or quantile?"},
		{"tbt.p<=100ms", ErrNumber, 5, "digits", "no percentile"},
		{"tbt.p0<=100ms", ErrRange, 5, "above 0", "no quantile"},
		{"tbt.p100<=100ms", ErrRange, 5, "below 100", "that is tbt.max"},
		{"tbt.p99x<=100ms", ErrNumber, 7, "p99.9", "letters after it"},
		{"tbt.mean<=100ms", ErrMetric, 0, "tbt.max", "the mean is tpot"},
		{"itl<=100ms", ErrMetric, 0, "tools differ", "another tool's name"},
		{"e2el<=1s", ErrMetric, 0, "write e2e", "vLLM's name"},
		{"ttft<=1s,time_to_first_token<=1s", ErrMetric, 9, "write ttft", "AIPerf's name"},
		{"time_per_output_token<=1s", ErrMetric, 0, "write tpot", "a long name"},
		{"ntpot<=1s", ErrMetric, 0, "write norm", "inference-perf's name"},
		{"TTFT<=1s", ErrMetric, 0, "lower-case: write ttft", "capitals"},
		{"P99(ttft)<=1s", ErrMetric, 0, "lower-case: write p99", "capitals"},
		{"latenz<=1s", ErrMetric, 0, "metrics are ttft", "no such metric"},
		{"p99<=1s", ErrSyntax, 3, "p99(ttft)", "a quantile of what?"},
		{"p99()<=1s", ErrMetric, 4, "metrics are", "a quantile of what?"},
		{"p99(ttft<=1s", ErrSyntax, 8, "parenthesis", "not closed"},
		{"p100(ttft)<=1s", ErrRange, 1, "below 100", "no quantile"},
		{"p0(ttft)<=1s", ErrRange, 1, "above 0", "no quantile"},
		{"p9.(ttft)<=1s", ErrNumber, 2, "digit", "no digit after the point"},
		{"p99(p99(ttft))<=1s", ErrMetric, 4, "metrics are", "a quantile of one number"},
		{"p99(attainment)>=90%", ErrMetric, 4, "stands alone", "a quantile of one number"},
		{"fluidity>=0.9", ErrSyntax, 8, "fluidity(1s,50ms)", "at which deadlines?"},
		{"fluidity(1s)>=0.9", ErrSyntax, 11, "fluidity(1s,50ms)", "one deadline of two"},
		{"fluidity(1s,0ms)>=0.9", ErrRange, 12, "above 0", "no token meets a deadline of 0"},
		{"fluidity(1s,50)>=0.9", ErrNoUnit, 12, "write 50ms", "no unit"},
		{"fluidity(,50ms)>=0.9", ErrNumber, 9, "500ms", "no first deadline"},
		{"fluidity(1s,50ms>=0.9", ErrSyntax, 16, "parenthesis", "not closed"},
		{"<=500ms", ErrSyntax, 0, "starts with a metric", "no metric"},
		{",ttft<=1s", ErrSyntax, 0, "starts with a metric", "an empty part"},
		{"ttft<=1s,,tpot<=1s", ErrSyntax, 9, "starts with a metric", "an empty part"},
		{"ttft<=1s,", ErrSyntax, 9, "after the comma", "an empty part"},
		{"ttft<=1s tpot<=1s", ErrSyntax, 9, "separated by a comma", "no comma"},
		{"ttft<=1s;tpot<=1s", ErrUnit, 7, "ns, us", "no comma"},
		{"ttft<=1s)", ErrSyntax, 8, "separated by a comma", "a sign too many"},
		{"ttft<=1s,ttft<=1000ms", ErrDuplicate, 9, "ttft<=1s stands before it", "which one holds?"},
		{"stall<=1s,tbt.max<=1s", ErrDuplicate, 10, "stall<=1s", "two names of one metric"},
		{"p99(ttft)<=1s,p99.0(ttft)<=2s", ErrDuplicate, 14, "p99(ttft)<=1s", "two spellings of one percentile"},
		{"\xff\xfe<=1s", ErrMetric, 0, "metrics are", "no UTF-8"},
		{"ttft<=1s\x00", ErrUnit, 7, "ns, us", "a zero byte"},
		{strings.Repeat("x", MaxText+1), ErrTooLong, MaxText, "1024 bytes", "a hostile header"},
		{strings.Repeat("x", MaxText), ErrMetric, 0, "metrics are", "a hostile header"},

		{"ttft:500ms", ErrUnit, 8, "ttft<=500ms", "the vLLM form is in ms"},
		{"ttft:500,tpot:50", ErrUnit, 8, "spaces between", "the vLLM form has spaces"},
		{"ttft:500 tpot:-1", ErrNegative, 14, "at least 0", "as vLLM refuses"},
		{"ttft:inf", ErrNumber, 5, "digits", "float() of Python takes it"},
		{"ttft:", ErrNumber, 5, "digits", "no limit"},
		{":500", ErrMetric, 0, "ttft, tpot and e2el", "no name"},
		{"itl:500", ErrMetric, 0, "ttft, tpot and e2el", "no name of vLLM's"},
		{"ttft:500 tpot", ErrSyntax, 9, "ttft:500", "no value"},
		{"ttft:500 ttft:600", ErrDuplicate, 9, "ttft<=500ms stands before it", "which one holds?"},
		{"ttft:0.0000001", ErrPrecision, 5, "whole nanoseconds", "finer than time here"},
		{"ttft:1" + strings.Repeat("0", 30), ErrRange, 5, "longest", "absurd"},
		{strings.Repeat("ttft:1 ", 200), ErrTooLong, MaxText, "1024 bytes", "a hostile header"},
	} {
		o, err := Parse(tt.text)
		var pe *ParseError
		if !errors.As(err, &pe) {
			t.Errorf("Parse(%.40q) = %v, %v, want a *ParseError: %s", tt.text, o, err, tt.reason)
			continue
		}
		if !errors.Is(err, tt.err) || pe.Offset != tt.offset || pe.Text != tt.text || !o.Equal(Objective{}) {
			t.Errorf("Parse(%.40q): %v (%v, byte %d), want %v, byte %d: %s", tt.text, err, pe.Err, pe.Offset, tt.err, tt.offset, tt.reason)
		}
		if !strings.Contains(err.Error(), tt.say) || len(err.Error()) > 400 {
			t.Errorf("Parse(%.40q): message does not say %q in 400 bytes: %v", tt.text, tt.say, err)
		}
	}
}

func TestParseErrorMessage(t *testing.T) {
	for text, want := range map[string]string{
		"ttft<=500": `objective part "ttft<=500", byte 6: a unit is missing: write 500ms`,
		"ttft<=1s, fluidity(1s,0s)>=1,e2e<=1s": `objective part "fluidity(1s,0s)>=1", byte 22: out of range: ` +
			`the deadline of later tokens is above 0`,
		"ttft:1 tpot:x e2el:1": `objective part "tpot:x", byte 12: not a decimal number: write digits, as in 500 or 0.5`,
		"ttft<=1s,":            `objective part "", byte 9: does not read as a part: a part is missing after the comma`,
		strings.Repeat("é", 40) + "<=1s": `objective part "` + strings.Repeat("é", 30) + `…", byte 0: unknown metric: ` +
			`metrics are ttft, tpot, ttlt, e2e, norm, idle, tbt.max, tbt.p99, fluidity(1s,50ms); p99(ttft) and attainment are about many requests`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): error is\n%v\nwant\n%s", text, err, want)
		}
	}
}

func TestParseVLLM(t *testing.T) {
	for _, tt := range []struct{ text, want, reason string }{
		{"ttft:500 tpot:50 e2el:5000", "ttft<=500ms,tpot<=50ms,e2e<=5000ms", "vLLM's own example"},
		{"  tpot:19.75\t", "tpot<=19.75ms", "a fraction, exactly"},
		{"ttft:0", "ttft<=0ms", "vLLM accepts 0"},
	} {
		for name, parse := range map[string]func(string) (Objective, error){"ParseVLLM": ParseVLLM, "Parse": Parse} {
			o, err := parse(tt.text)
			if err != nil || o.String() != tt.want {
				t.Errorf("%s(%q) = %q, %v, want %q: %s", name, tt.text, o, err, tt.want, tt.reason)
			}
			if err == nil {
				checkInvariants(t, tt.text, o)
			}
		}
	}
	for _, text := range []string{"", "ttft<=500ms", "ttft"} {
		if o, err := ParseVLLM(text); err == nil {
			t.Errorf("ParseVLLM(%q) = %v", text, o)
		}
	}
}

func TestMaxParts(t *testing.T) {
	var parts []string
	for i := range MaxParts {
		parts = append(parts, "tbt.p"+string(rune('1'+i/10))+string(rune('0'+i%10))+"<=1s")
	}
	text := strings.Join(parts, ",")
	checkInvariants(t, text, mustParse(t, text))
	_, err := Parse(text + ",ttft<=1s")
	var pe *ParseError
	if !errors.As(err, &pe) || pe.Err != ErrTooLong || pe.Offset != len(text)+1 {
		t.Errorf("%d parts: %v", MaxParts+1, err)
	}
}

func TestObjective(t *testing.T) {
	o := mustParse(t, "ttft<=500ms,tpot<=50ms")
	parts := o.Parts()
	parts[0].Max = 1
	if o.Parts()[0].Max != 500*ms {
		t.Error("a change of what Parts returns changes the objective")
	}
	for _, tt := range []struct {
		text   string
		equal  bool
		reason string
	}{
		{"ttft<=500ms, tpot<=50ms", true, "spaces are not kept"},
		{"ttft:500 tpot:50", true, "the vLLM form of the same"},
		{"ttft<=0.5s,tpot<=50ms", false, "another spelling"},
		{"tpot<=50ms,ttft<=500ms", false, "another order"},
		{"ttft<=500ms", false, "a part less"},
	} {
		if got := o.Equal(mustParse(t, tt.text)); got != tt.equal {
			t.Errorf("%q equals %q: %v, want %v: %s", o, tt.text, got, tt.equal, tt.reason)
		}
	}
	for text, want := range map[string]bool{"ttft<=1s": false, "idle<=1s": true, "p1(fluidity(1s,1s))>=1": true} {
		if got := mustParse(t, text).NeedsScorer(); got != want {
			t.Errorf("%q needs a scorer: %v, want %v", text, got, want)
		}
	}

	b, err := json.Marshal(map[string]Objective{"none": {}, "some": o})
	if want := `{"none":"","some":"ttft\u003c=500ms,tpot\u003c=50ms"}`; err != nil || string(b) != want {
		t.Errorf("JSON is %s, %v, want %s", b, err, want)
	}
	var again map[string]Objective
	if err := json.Unmarshal(b, &again); err != nil || !again["some"].Equal(o) || !again["none"].Equal(Objective{}) {
		t.Errorf("read back %v, %v", again, err)
	}
	changed := o
	if err := changed.UnmarshalText([]byte("ttft<=500")); !errors.Is(err, ErrNoUnit) || !changed.Equal(o) {
		t.Errorf("after error %v the objective is %v", err, changed)
	}
}
