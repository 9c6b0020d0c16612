package prometheus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
)

// A value at a bound is in the bucket, 1 ns above it is not, whatever the
// bound and the layout.
func TestBoundaries(t *testing.T) {
	for _, layout := range Layouts() {
		o := newObserver(t, Options{Layout: layout, NoGaps: true})
		c := bind(t, o)
		want := map[string]uint64{}
		for _, bound := range o.options.Layout.Buckets[TTFT] {
			at := time.Duration(bound*1e9 + 0.5)
			observe(t, c, answer(at-1), answer(at), answer(at+1))
			want[decimal(bound)] = uint64(3*len(want) + 2)
		}
		h := scrape(t, o, expfmt.TypeTextPlain)[o.options.Layout.fullName(TTFT)].GetMetric()[0].GetHistogram()
		if diff := cmp.Diff(want, scraped(h).Buckets); diff != "" {
			t.Errorf("%s (-want +got):\n%s", layout.Name, diff)
		}
	}
}

// Names and bounds of the engines as their code has them.
func TestEngineLayouts(t *testing.T) {
	const (
		perRequest = "0.3 0.5 0.8 1 1.5 2 2.5 5 10 15 20 30 40 50 60 120 240 480 960 1920 7680"
		perToken   = "0.01 0.025 0.05 0.075 0.1 0.15 0.2 0.3 0.4 0.5 0.75 1 2.5 5 7.5 10 20 40 80"
	)
	want := map[string]string{
		"vllm:time_to_first_token_seconds":           "0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 20 40 80 160 640 2560",
		"vllm:inter_token_latency_seconds":           perToken,
		"vllm:request_time_per_output_token_seconds": perToken,
		"vllm:e2e_request_latency_seconds":           perRequest,
		"vllm:request_queue_time_seconds":            perRequest,
		"vllm:request_prefill_time_seconds":          perRequest,
		"vllm:request_decode_time_seconds":           perRequest,
		"vllm:prompt_tokens_total":                   "",
		"vllm:generation_tokens_total":               "",
		"sglang:time_to_first_token_seconds":         "0.1 0.2 0.4 0.6 0.8 1 2 4 6 8 10 20 40 60 80 100 200 400",
		"sglang:inter_token_latency_seconds":         "0.002 0.004 0.006 0.008 0.01 0.015 0.02 0.025 0.03 0.035 0.04 0.06 0.08 0.1 0.2 0.4 0.6 0.8 1 2 4 6 8",
		"sglang:e2e_request_latency_seconds":         "0.1 0.2 0.4 0.6 0.8 1 2 4 6 8 10 20 40 60 80 100 200 400 600 1200 1800 2400",
		"sglang:prompt_tokens_total":                 "",
		"sglang:generation_tokens_total":             "",
	}
	got := map[string]string{}
	for _, layout := range []Layout{VLLM(), SGLang()} {
		for s := range layout.Names {
			var words []string
			for _, b := range layout.Buckets[s] {
				words = append(words, decimal(b))
			}
			got[layout.fullName(s)] = strings.Join(words, " ")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLookupLayout(t *testing.T) {
	for _, name := range []string{"tokentime", "vllm", "sglang"} {
		if l, ok := LookupLayout(name); !ok || l.Name != name {
			t.Errorf("LookupLayout(%q) = %q, %v", name, l.Name, ok)
		}
	}
	if _, ok := LookupLayout("tgi"); ok {
		t.Error("a layout that does not exist was found")
	}
}
