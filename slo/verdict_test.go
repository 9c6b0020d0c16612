package slo

import (
	"encoding"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerdictAnd(t *testing.T) {
	for _, tt := range []struct {
		v, w, want Verdict
		reason     string
	}{
		{Met, Met, Met, "both hold"},
		{Met, Missed, Missed, "one does not"},
		{Missed, Missed, Missed, "neither does"},
		{Met, Undefined, Undefined, "what could not be judged is not called met"},
		{Missed, Undefined, Missed, "the other could not repair it"},
		{Undefined, Undefined, Undefined, "nothing is known"},
	} {
		if got := tt.v.And(tt.w); got != tt.want {
			t.Errorf("%v.And(%v) = %v, want %v: %s", tt.v, tt.w, got, tt.want, tt.reason)
		}
		if got := tt.w.And(tt.v); got != tt.want {
			t.Errorf("%v.And(%v) = %v, want %v: %s", tt.w, tt.v, got, tt.want, tt.reason)
		}
	}
}

func TestPolicy(t *testing.T) {
	for _, tt := range []struct {
		name         string
		parts        []Verdict
		ignore, fail Verdict
		reason       string
	}{
		{"no part", nil, Undefined, Undefined, "nothing was asked"},
		{"all met", []Verdict{Met, Met}, Met, Met, "every part holds"},
		{"one missed", []Verdict{Met, Missed}, Missed, Missed, "one part does not hold"},
		{"missed, then met", []Verdict{Missed, Met}, Missed, Missed, "the order of parts does not matter"},
		{"met and undefined", []Verdict{Met, Undefined}, Met, Missed, "a one-token answer is judged by its TTFT alone, or fails"},
		{"undefined, then met", []Verdict{Undefined, Met}, Met, Missed, "the order of parts does not matter"},
		{"missed and undefined", []Verdict{Missed, Undefined}, Missed, Missed, "undefined repairs nothing"},
		{"all undefined", []Verdict{Undefined, Undefined}, Undefined, Missed, "nothing was seen to hold"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ignore, fail Verdict
			for _, v := range tt.parts {
				ignore, fail = IgnoreUndefined.and(ignore, v), FailUndefined.and(fail, v)
			}
			if diff := cmp.Diff([]Verdict{tt.ignore, tt.fail}, []Verdict{ignore, fail}); diff != "" {
				t.Errorf("%s: -want +got\n%s", tt.reason, diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	type named interface {
		encoding.TextMarshaler
		String() string
	}
	for _, tt := range []struct {
		value named
		empty encoding.TextUnmarshaler
		want  string
	}{
		{Undefined, new(Verdict), "undefined"},
		{Met, new(Verdict), "met"},
		{Missed, new(Verdict), "missed"},
		{IgnoreUndefined, new(Policy), "ignore"},
		{FailUndefined, new(Policy), "fail"},
		{Offered, new(Denominator), "offered"},
		{CompletedRequests, new(Denominator), "completed"},
	} {
		b, err := tt.value.MarshalText()
		if err != nil || string(b) != tt.want || tt.value.String() != tt.want {
			t.Errorf("MarshalText = %q, %v; String = %q; want %q", b, err, tt.value, tt.want)
		}
		if err := tt.empty.UnmarshalText(b); err != nil {
			t.Error(err)
		}
		again, err := tt.empty.(encoding.TextMarshaler).MarshalText()
		if err != nil || string(again) != tt.want {
			t.Errorf("read back %q as %q, %v", b, again, err)
		}
		if err := tt.empty.UnmarshalText([]byte("Met")); err == nil {
			t.Errorf("%T accepts Met", tt.empty)
		}
	}
	if _, err := Verdict(9).MarshalText(); err == nil || Verdict(9).String() != "Verdict(9)" {
		t.Errorf("Verdict(9): %v, %v", err, Verdict(9))
	}
	if got := []string{OverGaps.String(), TTFT.String(), TBTQuantile.String()}; !cmp.Equal(got, []string{"over gaps", "ttft", "tbt.p"}) {
		t.Errorf("names are %q", got)
	}
}
