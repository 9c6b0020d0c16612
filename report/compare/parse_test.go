package compare

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseConditions(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   []string
		reason string
	}{
		{"p99(ttft) > +5%", []string{"p99(ttft) > +5%"}, "the form of the documentation"},
		{"p99(ttft)>+5%,p99.9(tbt)>=+20ms", []string{"p99(ttft) > +5%", "p99.9(tbt) >= +20ms"}, "without spaces, joined"},
		{" mean ( idle )\t<=-1.5% ", []string{"mean(idle) <= -1.5%"}, "spaces between words"},
		{"p99.90(e2e) > 1.05x", []string{"p99.9(e2e) > 1.05x"}, "a ratio has no sign; zeros that change nothing"},
		{"max(tbt.max) > +1s", []string{"max(stall) > +1s"}, "the name of package slo"},
		{"min(fluidity) < -2pp", []string{"min(fluidity) < -2pp"}, "the worst index is the least"},
		{"rate(output) < -2%", []string{"rate(output) < -2%"}, "more is better"},
		{"share(failed) > +0.1pp", []string{"share(failed) > +0.1pp"}, "points"},
		{"p50(ttlt) > +1m30s", []string{"p50(ttlt) > +1m30s"}, "as time.Duration prints"},
		{"p50(ttft) > +0%", []string{"p50(ttft) > +0%"}, "any change at all"},
	} {
		list, err := ParseConditions(tt.text)
		if err != nil {
			t.Errorf("%q: %v: %s", tt.text, err, tt.reason)
			continue
		}
		var got []string
		for _, c := range list {
			got = append(got, c.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s (-want +got)\n%s", tt.text, tt.reason, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		err    error
		offset int
		hint   string // a part of it
	}{
		{"", ErrEmpty, 0, "p99(ttft) > +5%"},
		{"p99(ttft) > +5%,", ErrEmpty, 16, "p99(ttft) > +5%"},
		{"p99(ttft) > 5%", ErrLimit, 12, "+5% or -5%"},
		{"p99(ttft) > 20ms", ErrLimit, 12, "+20ms or -20ms"},
		{"p99(ttft) > +1.05x", ErrLimit, 12, "1.05x"},
		{"p99(ttft) > +5", ErrLimit, 12, "unit"},
		{"p99(ttft) > +0", ErrLimit, 12, "unit"},
		{"p99(ttft) > +5e1%", ErrLimit, 12, "decimal"},
		{"p99(ttft) > +.5%", ErrLimit, 12, "decimal"},
		{"p99(ttft) > +%", ErrLimit, 12, "decimal"},
		{"p99(ttft) > ", ErrLimit, 12, "unit"},
		{"p99(ttft) > +2pp", ErrUnit, 12, "fluidity"},
		{"mean(fluidity) < -5ms", ErrUnit, 17, "no duration"},
		{"rate(output) < -5s", ErrUnit, 15, "no duration"},
		{"p99(ttft) = +5%", ErrComparison, 10, ">="},
		{"p99(ttft)", ErrComparison, 9, ">="},
		{"p99(latency) > +5%", ErrMetric, 4, "ttft, tbt"},
		{"rate(ttft) > +5%", ErrMetric, 5, "requests"},
		{"share(ok) > +5%", ErrMetric, 6, "attainment"},
		{"max(fluidity) > +5%", ErrMetric, 4, "ttft"},
		{"min(ttft) > +5%", ErrMetric, 4, "fluidity"},
		{"p100(ttft) > +5%", ErrStat, 0, "max"},
		{"p0(ttft) > +5%", ErrStat, 0, "above 0"},
		{"p(ttft) > +5%", ErrStat, 0, "p99.9"},
		{"median(ttft) > +5%", ErrStat, 0, "p50"},
		{"p50(ttft) > +5%, p9 9(ttft) > +5%", ErrStat, 17, "p50"},
		{"p99 ttft > +5%", ErrStat, 0, "p99.9"},
		{"p99(ttft > +5%", ErrSyntax, 9, "p99(ttft)"},
		{strings.Repeat("p99(ttft) > +5%,", 70), ErrTooLong, MaxText, "bytes"},
		{strings.Repeat("p99(ttft)>+5%,", 33) + "p99(ttft)>+5%", ErrTooLong, 32 * 14, "32"},
	} {
		_, err := ParseConditions(tt.text)
		var p *ParseError
		if !errors.As(err, &p) || !errors.Is(err, tt.err) || p.Offset != tt.offset || !strings.Contains(p.Hint, tt.hint) {
			t.Errorf("%.60q: got %v (offset %d), want %v at %d with %q", tt.text, err, offsetOf(p), tt.err, tt.offset, tt.hint)
		}
	}
}

func offsetOf(p *ParseError) int {
	if p == nil {
		return -1
	}
	return p.Offset
}

// FuzzParseConditions holds that whatever is accepted prints as a text that
// is accepted and prints alike, and that errors point into the text.
func FuzzParseConditions(f *testing.F) {
	for _, s := range []string{"p99(ttft) > +5%", "rate(output)<-2%,share(failed)>+0.1pp", "p99.9(tbt.max) >= +1h2m3s", "mean(e2e)<=0.95x", "p(", "p99(ttft) > +99999999999999999999h", ",,", "p1e1(ttft)>+1%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseConditions(text)
		if err != nil {
			var p *ParseError
			if !errors.As(err, &p) || p.Offset < 0 || p.Offset > len(text) || p.Hint == "" || list != nil {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		for _, c := range list {
			again, err := ParseConditions(c.String())
			if err != nil || len(again) != 1 || again[0].String() != c.String() || again[0].limit.Cmp(c.limit) != 0 || again[0].row() != c.row() {
				t.Fatalf("%q prints as %q, which reads as %v, %v", text, c, again, err)
			}
		}
	})
}
