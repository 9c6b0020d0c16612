package slo

import (
	"errors"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"ttft<=500ms", "tpot<=50ms,ttlt<=10s,e2e<=1m30s,norm<=80ms,idle<=1s",
		"fluidity(1s,50ms)>=0.9,tbt.max<=200ms", "stall<=200ms,tbt.p99.9<=100us",
		"p99(ttft)<=500ms,p99(tbt)<=100ms,p99(tbt.max)<=1s,p95(tbt.p99)<=1s,p1(fluidity(0s,1µs))>=90%",
		" ttft <= 1s , attainment >= 99.9% ", "ttft:500 tpot:50.25 e2el:5000",
		"ttft<=500", "ttft<=-1ms", "ttft<=NaN", "ttft<=1e999s", "ttft<=2305843009213693952ns", "ttft≤1s", "p100(ttft)<=1s",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := Parse(text)
		if err == nil {
			checkInvariants(t, text, o)
			return
		}
		var pe *ParseError
		if !errors.As(err, &pe) || pe.Text != text || pe.Offset < 0 || pe.Offset > len(text) {
			t.Errorf("Parse(%q): %#v", text, err)
		}
		if !strings.Contains(text, pe.Part()) || len(err.Error()) > 1000 {
			t.Errorf("Parse(%q): part %q, message %v", text, pe.Part(), err)
		}
	})
}
