package generate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// TestByHand compares values with those worked out by hand, in the comments,
// from the definitions alone. Without this the generator could be wrong and
// the files with it.
func TestByHand(t *testing.T) {
	vectors := map[string]*metricstest.Vector{}
	for _, g := range groups() {
		for i := range g.Vectors {
			vectors[g.Vectors[i].Name] = &g.Vectors[i]
		}
	}
	for _, test := range []struct{ vector, key, want string }{
		// 10 s + 10 x 20 ms = 10.2 s over 10 tokens; + 1000 x 20 ms = 30 s over 1000.
		{"papers/waiting-10-tokens", "conventions.paper.normalized_latency_ns", `1020000000`},
		{"papers/waiting-10-tokens", "conventions.paper.scheduling_delay_ns", `10000000000`},
		{"papers/waiting-10-tokens", "conventions.paper.prefill_ns", `20000000`},
		{"papers/waiting-10-tokens", "conventions.paper.fixed_share", `{"num":167,"den":170}`}, // 10.02 / 10.2
		{"papers/waiting-1000-tokens", "conventions.paper.normalized_latency_ns", `30000000`},
		{"papers/waiting-1000-tokens", "conventions.paper.tbt_ns", `[[20000000,999]]`},

		// d = 1, 1.1, 1.2, 1.3, then t_4 = 1.35: late by 0.05, so d_5 = 1.45 = t_5.
		{"papers/fluidity-late-in-decode", "fluidity.floor", `{"hits":4,"misses":1,"index":{"num":4,"den":5}}`},
		// 1.35 / 0.1 = 13.5: 13 + 1 misses, or 14 rounded up; then d_2 = 2.45 = t_2.
		{"papers/fluidity-late-first-token", "fluidity.floor", `{"hits":1,"misses":14,"index":{"num":1,"den":15}}`},
		{"papers/fluidity-late-first-token", "fluidity.ceil", `{"hits":1,"misses":14,"index":{"num":1,"den":15}}`},
		{"papers/fluidity-late-first-token", "fluidity.free", `{"hits":2,"misses":0,"index":1}`},
		{"papers/fluidity-all-in-time", "fluidity.floor", `{"hits":3,"misses":0,"index":1}`},
		// d = 3, 4, 5, 6; t_4 = 8 is late by 2: 2 + 1 misses, or 2; then in time.
		{"papers/fluidity-whole-multiples", "fluidity.floor", `{"hits":5,"misses":3,"index":{"num":5,"den":8}}`},
		{"papers/fluidity-whole-multiples", "fluidity.ceil", `{"hits":5,"misses":2,"index":{"num":5,"den":7}}`},
		{"papers/fluidity-burst", "fluidity.floor", `{"hits":4,"misses":0,"index":1}`},
		// Eight gaps of 40 bank 80, the ninth needs 160 - 50 = 110; twelve bank 120.
		{"papers/fluidity-stall-after-8-gaps", "fluidity.decode_only", `{"hits":19,"misses":1,"index":{"num":19,"den":20}}`},
		{"papers/fluidity-stall-after-12-gaps", "fluidity.decode_only", `{"hits":20,"misses":0,"index":1}`},
		// (19 x 40 + 160) / 20 = 46 ms.
		{"papers/fluidity-stall-after-8-gaps", "conventions.paper.tpot_ns", `46000000`},
		{"papers/fluidity-stall-after-12-gaps", "conventions.paper.tpot_ns", `46000000`},

		// Wanted at .2 .4 .6 .8 1.0 s.
		{"papers/smooth-goodput-in-time", "idle_latency_ns", `{"from_arrival":0,"from_first_token":0}`},
		{"papers/smooth-goodput-late-start", "idle_latency_ns", `{"from_arrival":800000000,"from_first_token":0}`},
		{"papers/smooth-goodput-stall", "idle_latency_ns", `{"from_arrival":1200000000,"from_first_token":1100000000}`},
		// 5 - 2.5 l: 5, 5 - 2, 5 - 3; 5 - 2.5 l / 0.2: 5, 5 - 10, 5 - 15.
		{"papers/smooth-goodput-in-time", "benefit", `{"seconds_charge":5,"seconds_as_delivered":5,"tokens_charge":5,"tokens_as_delivered":5}`},
		{"papers/smooth-goodput-late-start", "benefit", `{"seconds_charge":3,"seconds_as_delivered":3,"tokens_charge":-5,"tokens_as_delivered":-5}`},
		{"papers/smooth-goodput-stall", "benefit", `{"seconds_charge":2,"seconds_as_delivered":2,"tokens_charge":-10,"tokens_as_delivered":-10}`},
		// The 11th token is wanted at 2.75 s and comes at 2 s.
		{"papers/smooth-goodput-buffered-stall", "idle_latency_ns.from_arrival", `0`},
		{"papers/smooth-goodput-buffered-stall", "conventions.paper.stall_ns", `1000000000`},
		// From the arrival 2 - 0.2; from t_1 the five are wanted at 2.2 .. 3.0.
		{"papers/smooth-goodput-held-back", "idle_latency_ns", `{"from_arrival":1800000000,"from_first_token":0}`},

		// Ideal 1 1.5 2 2.5. Late by 1 four times: 4 of 2.5 + 2 + 1.5 + 1 = 7.
		{"papers/andes-in-time", "qoe", `1`},
		{"papers/andes-late-start", "qoe", `{"num":3,"den":7}`},
		// Actual 1 1.5 3.5 4: 0 + 0 + 1.5 + 1.5 = 3 of 3 + 2.5 + 2 + 1.5 = 9.
		{"papers/andes-late-third-token", "qoe", `{"num":2,"den":3}`},
		// Actual 2 2.5 3 10: 1 + 1 + 1 + 7.5 = 10.5 of 9 + 8.5 + 8 + 7.5 = 33.
		{"papers/andes-late-last-token", "qoe", `{"num":15,"den":22}`},

		{"papers/four-token-chunk", "conventions.vllm.tbt_ns", `[[40000000,1]]`},
		{"papers/four-token-chunk", "conventions.sglang.tbt_ns", `[[10000000,4]]`},
		{"papers/four-token-chunk", "conventions.paper.tbt_ns", `[[40000000,1],[0,3]]`},
		{"papers/four-token-chunk", "conventions.guidellm.tbt_ns", `[[10000000,4]]`},       // 40 / 4
		{"papers/four-token-chunk", "conventions.llmperf.tbt_ns", `[[270000000,1]]`},       // 540 / 2 chunks
		{"papers/four-token-chunk", "conventions.guidellm.tpot_ns", `108000000`},           // 540 / 5
		{"papers/four-token-chunk", "conventions.aiperf.tbt_ns", `[[40000000,1]]`},         // inter_chunk_latency
		{"papers/four-token-chunk", "conventions.etalon.tbt_ns", `[[40000000,1],[0,3]]`},   // the chunk, then its tokens
		{"papers/four-token-chunk", "conventions.veeksha.tpot_ns", `10000000`},             // 40 / 4
		{"papers/four-token-chunk", "conventions.otel-server.tbt_ns", `[]`},                // none stated
		{"papers/coordinated-omission", "conventions.mlperf.ttft_ns", `3200000000`},        // from due
		{"papers/four-token-chunk", "conventions.aiinfra.tpot_ns", `8000000`},              // 40 / 5
		{"papers/four-token-chunk", "conventions.aiinfra.tbt_ns", `[]`},                    // none stated
		{"papers/four-token-chunk", "conventions.llmperf.tpot_ns", `null`},                 // none stated
		{"papers/same-tpot-no-stall", "conventions.paper.tpot_ns", `46000000`},             // 460 / 10
		{"papers/same-tpot-one-stall", "conventions.paper.tpot_ns", `46000000`},            // (9 x 20 + 280) / 10
		{"papers/same-tpot-one-stall", "conventions.paper.stall_ns", `280000000`},          //
		{"papers/coordinated-omission", "conventions.paper.ttft_ns", `3200000000`},         // from due
		{"papers/coordinated-omission", "conventions.vllm.ttft_ns", `200000000`},           // from sent
		{"papers/coordinated-omission", "conventions.paper.client_delay_ns", `3000000000`}, //

		// 455.44 - 203.35 = 252.09 ms over 5; 455.87 - 2.28 = 453.59 ms over 5.
		{"role-chunk/flushed-at-once", "conventions.paper.ttft_ns", `203350000`},
		{"role-chunk/flushed-at-once", "conventions.vllm.ttft_ns", `2280000`},
		{"role-chunk/flushed-at-once", "conventions.paper.tpot_ns", `50418000`},
		{"role-chunk/flushed-at-once", "conventions.vllm.tpot_ns", `90718000`},
		// Tokens 200, 350, 400 ms; with the events 50 50 50 10 40.
		{"role-chunk/keep-alive", "conventions.paper.tbt_ns", `[[150000000,1],[50000000,1]]`},
		{"role-chunk/keep-alive", "conventions.vllm.tbt_ns", `[[50000000,3],[10000000,1],[40000000,1]]`},

		// Decode 80 ms over 4, or until 790 ms: 590 over 4, over 5.
		{"tail/slow-usage", "conventions.paper.tpot_ns", `20000000`},
		{"tail/slow-usage", "conventions.sglang.tpot_ns", `147500000`},
		{"tail/slow-usage", "conventions.aiinfra.tpot_ns", `118000000`},
		{"tail/slow-usage", "conventions.paper.ttlt_ns", `280000000`},
		{"tail/slow-usage", "conventions.paper.end_to_end_ns", `790000000`},
		{"tail/end-unknown", "conventions.paper.end_to_end_ns", `null`},
		{"tail/end-unknown", "conventions.sglang.end_to_end_ns", `280000000`},
		// No end, an event without a token at 300 ms: decode 300 - 200, over 4 or 5.
		{"tail/end-unknown-with-tail", "conventions.paper.end_to_end_ns", `null`},
		{"tail/end-unknown-with-tail", "conventions.vllm.end_to_end_ns", `300000000`},
		{"tail/end-unknown-with-tail", "conventions.inference-perf.tpot_ns", `25000000`},
		{"tail/end-unknown-with-tail", "conventions.aiinfra.tpot_ns", `20000000`},
		{"tail/end-unknown-with-tail", "conventions.guidellm.end_to_end_ns", `null`},

		// 60 ms over 6 gaps, over the 3 after the first chunk.
		{"chunks/first-of-4", "conventions.paper.tpot_ns", `10000000`},
		{"chunks/first-of-4", "conventions.first-chunk.tpot_ns", `20000000`},
		{"chunks/first-of-4", "conventions.paper.tbt_ns", `[[0,3],[20000000,3]]`},
		{"chunks/first-of-4", "conventions.sglang.tbt_ns", `[[20000000,3]]`},
		{"chunks/whole-answer", "conventions.paper.stall_ns", `0`},
		{"chunks/whole-answer", "conventions.vllm.stall_ns", `null`}, // one event
		{"chunks/whole-answer", "conventions.first-chunk.tpot_ns", `null`},
		{"chunks/remainder", "conventions.sglang.tbt_ns", `[[4,1],[3,2]]`},
		{"chunks/remainder-2", "conventions.sglang.tbt_ns", `[[4,2],[3,1]]`},
		{"chunks/gap-below-k", "conventions.sglang.tbt_ns", `[[1,2],[0,1]]`},
		{"chunks/mean-with-remainder", "conventions.guidellm.tbt_ns", `[[34,1],[33,2]]`},
		{"chunks/mean-with-remainder", "conventions.llmperf.tbt_ns", `[[275,1]]`}, // 1100 / 4

		{"short/one-token", "conventions.paper.tpot_ns", `null`},
		{"short/one-token", "conventions.guidellm.tpot_ns", `200000000`},
		{"short/one-token", "conventions.inference-perf.ttft_ns", `null`},
		{"short/one-token", "conventions.inference-perf.normalized_latency_ns", `200000000`},
		{"short/one-token", "min_decode_deadline_ns", `null`},
		{"short/one-token", "fluidity.decode_only", `{"hits":0,"misses":0,"index":null}`},
		{"short/one-token-at-once", "conventions.paper.fixed_share", `null`}, // 0 / 0
		{"short/no-token", "conventions.paper.ttft_ns", `null`},
		{"short/no-token", "conventions.vllm.ttft_ns", `0`},
		{"short/no-token", "conventions.inference-perf.normalized_latency_ns", `0`},
		// Charged 0.3 - 0.2 = 0.1 s: -2.5 x 0.1, -2.5 x 0.1 / 0.2.
		{"short/no-token", "benefit", `{"seconds_charge":{"num":-1,"den":4},"seconds_as_delivered":null,"tokens_charge":{"num":-5,"den":4},"tokens_as_delivered":null}`},
		{"short/no-token-1ns-after-wanted", "benefit.seconds_charge", `{"num":-1,"den":400000000}`}, // 2.5e-9

		// The fourth token is wanted at 0.8 s; given up at 2 s: 3 - 2.5 x 1.2, 3 - 2.5 x 6.
		{"outcomes/cancelled-during-stall", "benefit", `{"seconds_charge":0,"seconds_as_delivered":3,"tokens_charge":-12,"tokens_as_delivered":3}`},
		{"outcomes/cancelled-when-wanted", "benefit.seconds_charge", `3`},
		{"outcomes/cancelled-1ns-before-wanted", "benefit.tokens_charge", `3`},
		{"outcomes/cancelled-end-unknown", "benefit.seconds_charge", `3`},

		{"usage/larger", "conventions.paper.tpot_ns", `5000000`}, // 60 / 12
		{"usage/one", "conventions.paper.tpot_ns", `null`},
		{"stalls/preemption", "conventions.paper.stall_ns", `3000000000`},

		// Late by 0.2 s at 0.1 s.
		{"deadlines/late-by-2D", "fluidity.floor", `{"hits":1,"misses":3,"index":{"num":1,"den":4}}`},
		{"deadlines/late-by-2D", "fluidity.ceil", `{"hits":1,"misses":2,"index":{"num":1,"den":3}}`},
		{"deadlines/late-by-2D-minus-1ns", "fluidity.floor", `{"hits":1,"misses":2,"index":{"num":1,"den":3}}`},
		// Slack dropped: d_2 = 0.1 + 0.1, t_2 = 1.1 is late by 0.9: 9 + 1.
		{"deadlines/early-first-token", "fluidity.drop_slack", `{"hits":2,"misses":10,"index":{"num":1,"den":6}}`},
		{"deadlines/early-first-token", "fluidity.floor", `{"hits":3,"misses":0,"index":1}`},

		// Due 1.0 1.1 1.2 1.3 1.4 1.5, all at 1.3.
		{"attainment/chunk-at-boundary", "token_attainment", `{"hits":3,"misses":3,"index":{"num":1,"den":2}}`},
		// 1.2 + 0.05 (i-1) <= 1 + 0.1 (i-1) from i = 5 on.
		{"attainment/catches-up", "token_attainment", `{"hits":4,"misses":4,"index":{"num":1,"den":2}}`},

		// All nine in time: 520 ms / 9, rounded up.
		{"pace/nine-gaps", "min_decode_deadline_ns", `57777778`},
		// One of ten may miss once: 560 - 10 D < D, D > 560 / 11 = 50.909 090 9...
		{"pace/ten-gaps", "min_decode_deadline_ns", `50909091`},
		{"pace/rounded-up", "min_decode_deadline_ns", `11`}, // 21 / 2
		{"pace/all-at-once", "min_decode_deadline_ns", `1`},

		// Late by .3 .2 .6 .5.
		{"reader/waits-add-up", "idle_latency_ns.from_arrival", `600000000`},
		{"reader/half-buffered-stall", "idle_latency_ns.from_arrival", `2080000000`}, // 4.28 - 11 x 0.2
		// 1 ns of 0.5 s + 1 ns and 1 ns.
		{"qoe/second-1ns-late", "qoe", `{"num":500000001,"den":500000002}`},
		{"qoe/one-token-1ns-late", "qoe", `0`},

		// 100 ms over 3.
		{"grids/thirds", "conventions.paper.tpot_ns", `{"num":100000000,"den":3}`},
		{"long/million-tokens", "conventions.paper.tpot_ns", `20000000`},
		{"long/million-tokens", "conventions.paper.tbt_ns", `[[20000000,999999]]`},
		{"long/ten-thousand-late-tokens", "fluidity.floor", `{"hits":1,"misses":9999,"index":{"num":1,"den":10000}}`},
	} {
		v, ok := vectors[test.vector]
		if !ok {
			t.Errorf("%s: no such vector", test.vector)
			continue
		}
		if diff := cmp.Diff(test.want, member(t, v.Want, test.key)); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", test.vector, test.key, diff)
		}
	}
}

// member returns the JSON text of the member of v that the path names.
func member(t *testing.T, v any, path string) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(path, ".") {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text = members[key]
	}
	return string(text)
}

// TestMinDecodeDeadline tries every deadline in turn.
func TestMinDecodeDeadline(t *testing.T) {
	for seed := range 60 {
		stream := metricstest.Stream(sentAt(0).after(0, jagged(seed, 3+seed, ns, 60)...))
		x := expand(stream.Request())
		want := ns
		for ; ; want++ {
			hits, misses := fluidity(x.t, x.t[0], 0, want, choices{skip: true})
			if 10*hits >= 9*(hits+misses) {
				break
			}
		}
		if got := x.minDecodeDeadline(); got != metrics.Known(want) {
			t.Errorf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}
