package metrics

import (
	"encoding"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// worked are figures of one stream under a convention, by hand. A TPOT is
// written as a quotient.
type worked struct {
	ttft, tpot, endToEnd string
	gaps                 []time.Duration
}

func workedOf(c Convention, r *Request) worked {
	v := c.Normalized(r)
	tpot := Undefined
	if p := v.TPOT.PerToken; p.Known() {
		tpot = fmt.Sprintf("%v/%d", p.Total, p.Tokens)
	}
	return worked{v.Raw.TTFT.String(), tpot, v.Raw.EndToEnd.String(), slices.Collect(c.TBT(r))}
}

// TestOneChunkUnderEveryConvention has the stream of the table of
// conventions: a token at 500 ms, and 40 ms later a chunk of 4 tokens. It was
// due at 0 and sent at 300 ms; the stream opens with a control event at
// 400 ms and closes at 560 ms.
func TestOneChunkUnderEveryConvention(t *testing.T) {
	r := &Request{Due: Known(0 * ms), Sent: Known(300 * ms),
		Deliveries: []Delivery{{400 * ms, 0}, {500 * ms, 1}, {540 * ms, 4}}, End: Known(560 * ms)}
	of := func(ds ...time.Duration) []time.Duration { return ds }
	want := map[string]worked{
		"paper":          {"500ms", "40ms/4", "560ms", of(40*ms, 0, 0, 0)},
		"vllm":           {"100ms", "160ms/4", "260ms", of(100*ms, 40*ms)}, // the control event is its first token
		"sglang":         {"200ms", "60ms/4", "260ms", of(10*ms, 10*ms, 10*ms, 10*ms)},
		"guidellm":       {"200ms", "240ms/5", "260ms", of(10*ms, 10*ms, 10*ms, 10*ms)},
		"aiperf":         {"200ms", "40ms/4", "240ms", of(40 * ms)},
		"inference-perf": {"200ms", "60ms/4", "260ms", of(40*ms, 0, 0, 0)},
		"llmperf":        {"200ms", "–", "260ms", of(120 * ms)}, // 240 ms / 2 chunks
		"genai-bench":    {"200ms", "60ms/4", "260ms", nil},
		"evalscope":      {"100ms", "160ms/4", "260ms", of(100*ms, 40*ms)},
		"etalon":         {"200ms", "40ms/4", "240ms", of(40*ms, 0, 0, 0)},
		"veeksha":        {"200ms", "40ms/4", "240ms", of(40 * ms)},
		"mlperf":         {"500ms", "60ms/4", "560ms", nil},
		"otel-server":    {"200ms", "60ms/4", "260ms", nil},
		"aiinfra":        {"200ms", "60ms/5", "260ms", nil},
		"first-chunk":    {"500ms", "40ms/4", "560ms", of(40*ms, 0, 0, 0)},
	}
	checkEvery(t, r, want)
}

// TestEightTokensUnderEveryConvention has eight tokens in chunks of 2, 1, 1,
// 4: after 90 ms, then gaps of 10, 20 and 40 ms. Nothing surrounds them, and
// nobody says when the request was due.
func TestEightTokensUnderEveryConvention(t *testing.T) {
	r := &Request{Sent: Known(10 * ms), Deliveries: []Delivery{{100 * ms, 2}, {110 * ms, 1}, {130 * ms, 1}, {170 * ms, 4}}}
	of := func(ds ...time.Duration) []time.Duration { return ds }
	chunks := of(10*ms, 20*ms, 40*ms)
	burst := of(0, 10*ms, 20*ms, 40*ms, 0, 0, 0)
	mean := slices.Repeat(of(10*ms), 7)
	want := map[string]worked{
		"paper":          {"90ms", "70ms/7", "–", burst},
		"vllm":           {"90ms", "70ms/7", "160ms", chunks}, // an unknown end is the last delivery
		"sglang":         {"90ms", "70ms/7", "160ms", of(10*ms, 20*ms, 10*ms, 10*ms, 10*ms, 10*ms)},
		"guidellm":       {"90ms", "160ms/8", "–", mean},
		"aiperf":         {"90ms", "70ms/7", "160ms", chunks},
		"inference-perf": {"90ms", "70ms/7", "160ms", burst},
		"llmperf":        {"90ms", "–", "160ms", of(40 * ms)}, // 160 ms / 4 chunks
		"genai-bench":    {"90ms", "70ms/7", "160ms", nil},
		"evalscope":      {"90ms", "70ms/7", "160ms", chunks},
		"etalon":         {"90ms", "70ms/7", "160ms", burst},
		"veeksha":        {"90ms", "70ms/7", "160ms", chunks},
		"mlperf":         {"–", "70ms/7", "–", nil}, // it has no other zero than the schedule
		"otel-server":    {"90ms", "70ms/7", "160ms", nil},
		"aiinfra":        {"90ms", "70ms/8", "160ms", nil},
		"first-chunk":    {"90ms", "70ms/6", "–", burst},
	}
	checkEvery(t, r, want)
}

func checkEvery(t *testing.T, r *Request, want map[string]worked) {
	t.Helper()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	got := map[string]worked{}
	for _, c := range Conventions() {
		got[c.Name] = workedOf(c, r)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(worked{})); diff != "" {
		t.Errorf("(-by hand +got)\n%s", diff)
	}
}

func TestEmptyAnswerUnderEveryConvention(t *testing.T) {
	r := &Request{Due: Known(0 * ms), Sent: Known(0 * ms), End: Known(s1)}
	kept := map[string][3]string{ // TTFT, TPOT, normalized latency
		"vllm": {"0s", "–", "–"}, "sglang": {"0s", "–", "–"}, "guidellm": {"0s", "–", "–"}, "llmperf": {"0s", "–", "–"},
		"inference-perf": {"–", "–", "0s"}, "etalon": {"0s", "0s", "0s"}, "veeksha": {"0s", "0s", "0s"},
	}
	for _, c := range Conventions() {
		want, ok := kept[c.Name]
		if !ok {
			want = [3]string{Undefined, Undefined, Undefined}
		}
		v := c.Normalized(r)
		if got := [3]string{v.Raw.TTFT.String(), v.TPOT.PerToken.String(), v.Latency.Total.String()}; got != want {
			t.Errorf("%s: TTFT, TPOT and normalized latency of nothing are %v, want %v", c.Name, got, want)
		}
		r.Outcome = Failed
		if v := c.Normalized(r); v.Raw.TTFT.Known() || v.TPOT.Known() || v.Latency.Total.Known() {
			t.Errorf("%s: a failed answer without a token has a latency", c.Name)
		}
		r.Outcome = Completed
	}
}

// TestGuideLLMReproducesItsSample has the two requests of 8 tokens whose
// aggregates GuideLLM published in its report of version 2: TTFT 11.276 and
// 11.686 ms, and as TPOT the mean 2.4421364068984985 ms of n = 16 values.
func TestGuideLLMReproducesItsSample(t *testing.T) {
	s := &Summary{Options: SummaryOptions{Convention: GuideLLM}}
	for _, r := range []struct{ first, last time.Duration }{
		{11_686_325, 19_008_160}, // 8 x 2.3760199 ms; 7 x 1.0459764 ms after the first
		{11_276_007, 20_066_023}, // 8 x 2.5082529 ms; 7 x 1.2557166 ms
	} {
		if err := s.Add(&Request{Sent: Known(0 * ms), Deliveries: []Delivery{{r.first, 1}, {r.last, 7}}, Sparse: true}); err != nil {
			t.Fatal(err)
		}
	}
	tpot, itl := s.Normalized.TPOT.Stats(), s.Raw.TBT.Stats()
	type figures struct {
		N                      int64
		Mean, StdDev, P50, P90 string
	}
	us := func(v Optional[float64]) string { x, _ := v.Get(); return fmt.Sprintf("%.3f", x/1e6) }
	of := func(v Stats) figures { return figures{v.N, us(v.Mean), us(v.StdDev), us(v.P50), us(v.P90)} }
	if diff := cmp.Diff(figures{16, "2.442", "0.066", "2.376", "2.508"}, of(tpot)); diff != "" {
		t.Errorf("TPOT in ms: long answers outweigh short ones, TTFT included (-published +got)\n%s", diff)
	}
	if diff := cmp.Diff(figures{14, "1.151", "0.105", "1.046", "1.256"}, of(itl)); diff != "" {
		t.Errorf("ITL in ms (-published +got)\n%s", diff)
	}
	paper := &Summary{}
	for range 2 {
		if err := paper.Add(&Request{Sent: Known(0 * ms), Deliveries: at(s1, 2*s1)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := paper.Normalized.TPOT.N(); n != 2 {
		t.Errorf("paper: %d TPOTs of 2 requests", n)
	}
}

func TestTPOTWeighedByTokens(t *testing.T) {
	run := randomRun(31, 300)
	for _, method := range []Method{ExactMethod, HDRMethod} {
		s := summaryOf(t, SummaryOptions{Convention: GuideLLM, Method: method}, run)
		var values, undefined int64
		for _, r := range run {
			if r.Outcome == Completed && GuideLLM.Normalized(r).TPOT.Known() {
				values += r.OutputTokens()
			} else {
				undefined++
			}
		}
		if d := &s.Normalized.TPOT; d.N() != values || d.Undefined() != undefined {
			t.Errorf("%v: %d values and %d undefined, want %d and %d", method, d.N(), d.Undefined(), values, undefined)
		}
		if v := s.Stats().Normalized; v.TPOT.Intervals != nil || method == ExactMethod && v.Latency.Intervals == nil {
			t.Errorf("%v: a value that repeats itself has no confidence interval, others do", method)
		}
	}
	// 30 requests of 1000 tokens have 30,000 values, and no P99 to trust.
	s := &Summary{Options: SummaryOptions{Convention: GuideLLM, Method: HDRMethod}}
	for range 30 {
		if err := s.Add(waited(1000)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.ContainsFunc(s.Warnings(), func(w Warning) bool {
		return w.Code == WarnTooFewSamples && strings.HasPrefix(w.Message, "TPOT: 30 values")
	}) {
		t.Errorf("no warning of few samples: %v", s.Warnings())
	}
}

// TestRulesHaveNames holds every rule of every convention to a text of its
// own.
func TestRulesHaveNames(t *testing.T) {
	type rule interface {
		fmt.Stringer
		encoding.TextMarshaler
	}
	for _, rules := range [][]rule{
		{FromArrival, FromSent, FromDue},
		{FirstToken, FirstEvent},
		{EndLastToken, EndStream, EndContent},
		{Burst, PerChunk, Spread, RequestMean, RequestMeanWithTTFT, NoGaps},
		{TPOTDecode, TPOTAllTokens, TPOTFirstChunk, TPOTWithTTFT, TPOTNone, TPOTMeanGap, TPOTDecode1ms},
		{WeightRequest, WeightTokens},
		{OneTokenNoTPOT, OneTokenZeroTPOT, OneTokenNoTTFT},
		{EmptyUndefined, EmptyZeroTTFT, EmptyZeroNormalized, EmptyZeroAll},
		{Linear, InverseCDF, LinearCDF, OrderStatistic, Lower, FloorRank},
	} {
		seen := map[string]bool{}
		for _, r := range rules {
			b, err := r.MarshalText()
			if text := r.String(); err != nil || string(b) != text || text == "" || strings.Contains(text, "(0x") ||
				strings.HasPrefix(text, fmt.Sprintf("%T", r)[len("metrics."):]) || seen[text] {
				t.Errorf("%T: text %q and %q, %v", r, text, b, err)
			}
			seen[r.String()] = true
		}
	}
}
