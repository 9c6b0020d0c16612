package metricstest_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

func TestRational(t *testing.T) {
	for _, test := range []struct {
		r          metricstest.Rational
		json, text string
		float      float64
	}{
		{metricstest.Rational{Num: 5, Den: 1}, `5`, "5", 5},
		{metricstest.Rational{Num: 0, Den: 1}, `0`, "0", 0},
		{metricstest.Rational{Num: -1, Den: 15}, `{"num":-1,"den":15}`, "-1/15", -1. / 15},
		{metricstest.Rational{Num: math.MinInt64, Den: math.MaxInt64}, `{"num":-9223372036854775808,"den":9223372036854775807}`, "-9223372036854775808/9223372036854775807", -1},
	} {
		content, err := json.Marshal(test.r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.json, string(content)); diff != "" {
			t.Errorf("JSON (-want +got)\n%s", diff)
		}
		var got metricstest.Rational
		if err := json.Unmarshal(content, &got); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(test.r, got); diff != "" {
			t.Errorf("from JSON (-want +got)\n%s", diff)
		}
		if test.r.String() != test.text || test.r.Float64() != test.float {
			t.Errorf("got %v and %v, want %s and %v", test.r, test.r.Float64(), test.text, test.float)
		}
		if back, ok := metricstest.NewRational(test.r.Rat()); !ok || back != test.r {
			t.Errorf("through big.Rat: got %v, %t, want %v", back, ok, test.r)
		}
	}
}

func TestRationalRejects(t *testing.T) {
	for _, test := range []struct{ json, reason string }{
		{`{"num":2,"den":4}`, "not in lowest terms"},
		{`{"num":0,"den":5}`, "0 is an integer"},
		{`{"num":4,"den":1}`, "an integer has the other form"},
		{`{"num":4,"den":0}`, "no number"},
		{`{"num":1,"den":-3}`, "the sign belongs to the numerator"},
		{`{"num":1,"den":3,"unit":"s"}`, "an unknown key"},
		{`{"num":1}`, "no denominator"},
		{`0.5`, "decimals are not exact"},
		{`"1/2"`, "a text"},
		{`9223372036854775808`, "does not fit"},
	} {
		var r metricstest.Rational
		if err := json.Unmarshal([]byte(test.json), &r); err == nil {
			t.Errorf("%s: %s is read as %v", test.reason, test.json, r)
		}
	}
	for _, r := range []metricstest.Rational{{}, {Num: 2, Den: 4}, {Num: 1, Den: -3}} {
		if content, err := json.Marshal(r); err == nil {
			t.Errorf("%d/%d is written as %s", r.Num, r.Den, content)
		}
	}
	if r, ok := metricstest.NewRational(new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 63))); ok {
		t.Errorf("1/2^63 fits, as %v", r)
	}
}

func TestStreamRequest(t *testing.T) {
	second := metrics.Known(time.Second)
	for _, test := range []struct {
		name   string
		stream metricstest.Stream
		want   metrics.Request
	}{
		{"nothing", metricstest.Stream{}, metrics.Request{}},
		{"all fields", metricstest.Stream{ID: "a", Due: second, Sent: second, Scheduled: second, End: second, Outcome: metrics.Failed,
			PromptTokens: metrics.Known(int64(3)), UsageTokens: metrics.Known(int64(4))},
			metrics.Request{ID: "a", Due: second, Sent: second, Scheduled: second, End: second, Outcome: metrics.Failed,
				PromptTokens: metrics.Known(int64(3)), UsageTokens: metrics.Known(int64(4))}},
		{"a token each", metricstest.Stream{At: []time.Duration{1, 2}},
			metrics.Request{Deliveries: []metrics.Delivery{{At: 1, Tokens: 1}, {At: 2, Tokens: 1}}}},
		{"tokens stated", metricstest.Stream{At: []time.Duration{1, 2}, Tokens: []int{0, 7}},
			metrics.Request{Deliveries: []metrics.Delivery{{At: 1, Tokens: 0}, {At: 2, Tokens: 7}}}},
		{"runs", metricstest.Stream{Repeat: []metricstest.Repeat{{First: 5, Gap: 2, Count: 2, Tokens: 3}, {First: 9, Gap: 0, Count: 1, Tokens: 1}}},
			metrics.Request{Deliveries: []metrics.Delivery{{At: 5, Tokens: 3}, {At: 7, Tokens: 3}, {At: 9, Tokens: 1}}}},
	} {
		v := metricstest.Vector{Stream: test.stream}
		if diff := cmp.Diff(&test.want, v.Request()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// TestVectors makes sure that nobody can change the vectors of others.
func TestVectors(t *testing.T) {
	a, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	if len(a) < 150 {
		t.Errorf("%d vectors, want 150 or more", len(a))
	}
	a[0].Want.Conventions["paper"] = metricstest.Values{}
	b, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	if cmp.Equal(a[0], b[0]) {
		t.Error("two calls share their vectors")
	}
}

func TestDecodeRejects(t *testing.T) {
	const good = `{"format":"tokentime.vectors/1","group":"g","about":"A.","vectors":[]}`
	if _, err := metricstest.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{``, `[]`, good + `{}`, good[:len(good)-1], `{"format":"tokentime.vectors/2"}`, `{"format":"tokentime.vectors/1","more":1}`} {
		if _, err := metricstest.Decode([]byte(bad)); err == nil {
			t.Errorf("Decode accepts %q", bad)
		}
	}
}

// FuzzDecode: what can be read and written again is the same.
func FuzzDecode(f *testing.F) {
	for _, vectors := range []string{
		``,
		`{"name":"g/a","why":"Why.","request":{"sent_ns":0,"at_ns":[1,2],"tokens":[0,3],"outcome":"completed"}}`,
		`{"request":{"repeat":[{"first_ns":1,"gap_ns":2,"count":3,"tokens":4}],"outcome":"failed","usage_tokens":3},"parameters":{"alpha":{"num":5,"den":2}}}`,
		`{"parameters":{"alpha":1},"want":{"qoe":{"num":1,"den":3},"conventions":{"paper":{"ttft_ns":null,"tpot_ns":5,"tbt_ns":[[1,2],[0,3]]}}}}`,
	} {
		f.Add([]byte(`{"format":"tokentime.vectors/1","group":"g","about":"A.","vectors":[` + vectors + `]}`))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		g, err := metricstest.Decode(content)
		if err != nil {
			return
		}
		again, err := json.Marshal(g)
		if err != nil {
			return // a rational that is missing
		}
		h, err := metricstest.Decode(again)
		if err != nil {
			t.Fatalf("%v in %s", err, again)
		}
		last, err := json.Marshal(h)
		if diff := cmp.Diff(string(again), string(last)); err != nil || diff != "" {
			t.Errorf("%v (-first +second)\n%s", err, diff)
		}
	})
}
