package goodput

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

func TestParsePenalty(t *testing.T) {
	tests := []struct {
		text   string
		want   Penalty
		ok     bool
		prints string
		reason string
	}{
		{"seconds", Penalty{}, true, "seconds", "the default"},
		{"tokens", Penalty{Form: Tokens}, true, "tokens", ""},
		{"share:2s", Penalty{Form: Share, Limit: 2 * time.Second}, true, "share:2s", ""},
		{"share:1500ms", Penalty{Form: Share, Limit: 1500 * time.Millisecond}, true, "share:1.5s", "printed in the shortest unit"},
		{"share:1ns", Penalty{Form: Share, Limit: 1}, true, "share:1ns", "the smallest limit"},
		{"share", Penalty{}, false, "", "L has no default"},
		{"share:", Penalty{}, false, "", "L has no default"},
		{"share:2", Penalty{}, false, "", "a bare number has no unit"},
		{"share:0s", Penalty{}, false, "", "l/0 is no share"},
		{"share:-1s", Penalty{}, false, "", "negative"},
		{"share:1s ", Penalty{}, false, "", "space"},
		{"Seconds", Penalty{}, false, "", "names are lower case"},
		{"", Penalty{}, false, "", "empty"},
	}
	for _, tt := range tests {
		got, err := ParsePenalty(tt.text)
		if (err == nil) != tt.ok {
			t.Errorf("ParsePenalty(%q): error %v, want ok %v: %s", tt.text, err, tt.ok, tt.reason)
		}
		var oe *OptionError
		if err != nil {
			if !errors.As(err, &oe) || !errors.Is(err, ErrSyntax) {
				t.Errorf("ParsePenalty(%q): error %v is no OptionError about syntax", tt.text, err)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ParsePenalty(%q), %s (-want +got):\n%s", tt.text, tt.reason, diff)
		}
		if got.String() != tt.prints {
			t.Errorf("ParsePenalty(%q) prints as %q, want %q: %s", tt.text, got, tt.prints, tt.reason)
		}
	}
}

func FuzzParsePenalty(f *testing.F) {
	for _, s := range []string{"seconds", "tokens", "share:2s", "share:1h2m3.5s", "share:-1s", "share:", "share:9223372036854775807ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePenalty(s)
		if err != nil {
			return
		}
		if err := p.err(); err != nil {
			t.Fatalf("%q parses to an invalid penalty: %v", s, err)
		}
		q, err := ParsePenalty(p.String())
		if err != nil || !p.same(&q) {
			t.Fatalf("%q prints as %q, which parses to %v, %v", s, p, q, err)
		}
	})
}

func TestParseAbandoned(t *testing.T) {
	for text, want := range map[string]Abandoned{"charge": ChargeTheWait, "as-delivered": AsDelivered} {
		if got, err := ParseAbandoned(text); got != want || err != nil || got.String() != text {
			t.Errorf("ParseAbandoned(%q) = %v, %v", text, got, err)
		}
	}
	var oe *OptionError
	if _, err := ParseAbandoned("Charge"); !errors.As(err, &oe) || !errors.Is(err, ErrSyntax) {
		t.Errorf("ParseAbandoned: error %v", err)
	}
}

func TestNames(t *testing.T) {
	got := []string{Seconds.String(), Tokens.String(), Share.String(), Form(9).String(), FromArrival.String(),
		FromFirstToken.String(), Origin(9).String(), Abandoned(9).String(), logistic.String()}
	want := []string{"seconds", "tokens", "share", "Form(9)", "arrival", "first token", "Origin(9)", "Abandoned(9)", "logistic"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		o      Options
		option string
		is     error
		text   string
	}{
		{Options{}, "", nil, ""},
		{Options{Alpha: metrics.Known(0.0), Penalty: logistic, Ideal: Ideal{PerToken: 1}, Reader: Reader{PerToken: math.MaxInt64}}, "", nil, ""},
		{Options{Reader: Reader{PerToken: -1}}, "Reader.PerToken", ErrRange, "goodput: Reader.PerToken: out of range: -1ns (want at least 0)"},
		{Options{Reader: Reader{Tolerance: -1}}, "Reader.Tolerance", ErrRange, "goodput: Reader.Tolerance: out of range: -1ns (want at least 0)"},
		{Options{Reader: Reader{Origin: 2}}, "Reader.Origin", ErrRange, "goodput: Reader.Origin: out of range: Origin(2) (want arrival or first token)"},
		{Options{Alpha: metrics.Known(-0.1)}, "Alpha", ErrRange, "goodput: Alpha: out of range: -0.1 (want a finite number, at least 0)"},
		{Options{Alpha: metrics.Known(math.NaN())}, "Alpha", ErrRange, "goodput: Alpha: out of range: NaN (want a finite number, at least 0)"},
		{Options{Alpha: metrics.Known(math.Inf(1))}, "Alpha", ErrRange, "goodput: Alpha: out of range: +Inf (want a finite number, at least 0)"},
		{Options{Penalty: Penalty{Form: 3}}, "Penalty.Form", ErrRange, "goodput: Penalty.Form: out of range: Form(3) (want seconds, tokens or share)"},
		{Options{Penalty: Penalty{Form: Share}}, "Penalty.Limit", ErrRange, "goodput: Penalty.Limit: out of range: 0s (want a positive duration for share)"},
		{Options{Penalty: Penalty{Func: logistic.Func}}, "Penalty.Name", ErrNameless, "goodput: Penalty.Name: a penalty with a Func needs a name"},
		{Options{Abandoned: 2}, "Abandoned", ErrRange, "goodput: Abandoned: out of range: Abandoned(2) (want charge or as-delivered)"},
		{Options{Ideal: Ideal{TTFT: 1}}, "Ideal.PerToken", ErrRange, "goodput: Ideal.PerToken: out of range: 0s (want a positive duration)"},
		{Options{Ideal: Ideal{TTFT: -1, PerToken: 1}}, "Ideal.TTFT", ErrRange, "goodput: Ideal.TTFT: out of range: -1ns (want at least 0)"},
	}
	for _, tt := range tests {
		err := tt.o.Validate()
		if tt.option == "" {
			if err != nil {
				t.Errorf("%+v: %v", tt.o, err)
			}
			continue
		}
		var oe *OptionError
		if !errors.As(err, &oe) || oe.Option != tt.option || !errors.Is(err, tt.is) || err.Error() != tt.text {
			t.Errorf("got %v, want %s", err, tt.text)
		}
		if got := new(Summary); true {
			got.Options = tt.o
			if got.Add(stream(t, 1), metrics.Optional[bool]{}) == nil || got.Counts.Requests != 0 {
				t.Errorf("%s: Summary.Add takes the request", tt.text)
			}
		}
	}
}
