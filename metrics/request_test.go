package metrics

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	ms = time.Millisecond
	s1 = time.Second
)

// at builds deliveries of one token each.
func at(instants ...time.Duration) []Delivery {
	d := make([]Delivery, len(instants))
	for i, t := range instants {
		d[i] = Delivery{At: t, Tokens: 1}
	}
	return d
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		req    Request
		field  string // "" if valid
		index  int
		err    error
		reason string
	}{
		{"zero", Request{}, "", 0, nil, "a request of which nothing is known contradicts nothing"},
		{"all at one instant", Request{Due: Known(s1), Sent: Known(s1), Scheduled: Known(s1), Deliveries: at(s1, s1), End: Known(s1)},
			"", 0, nil, "equal instants are in order"},
		{"delivery at arrival", Request{Sent: Known(5 * ms), Deliveries: at(5 * ms)}, "", 0, nil, "a TTFT of 0 is possible"},
		{"delivery 1 ns early", Request{Sent: Known(5 * ms), Deliveries: at(5*ms - 1)}, "Deliveries", 0, ErrBeforeArrival, "boundary"},
		{"early against due", Request{Due: Known(6 * ms), Deliveries: at(5 * ms)}, "Deliveries", 0, ErrBeforeArrival, "due is the arrival when known"},
		{"before scheduling", Request{Sent: Known(0 * ms), Scheduled: Known(2 * ms), Deliveries: at(1 * ms)}, "Deliveries", 0, ErrTimeReversed,
			"no token comes before prefill begins"},
		{"backwards by 1 ns", Request{Deliveries: at(2, 1)}, "Deliveries", 1, ErrTimeReversed, "the position is that of the later entry"},
		{"at the end", Request{Deliveries: at(2), End: Known(time.Duration(2))}, "", 0, nil, "the last token may end the stream"},
		{"1 ns after the end", Request{Deliveries: at(3), End: Known(time.Duration(2))}, "Deliveries", 0, ErrAfterEnd, "boundary"},
		{"sent before due", Request{Due: Known(s1), Sent: Known(s1 - 1)}, "Sent", -1, ErrTimeReversed, "starts are in order"},
		{"end before sent", Request{Sent: Known(s1), End: Known(s1 - 1)}, "End", -1, ErrTimeReversed, "also without deliveries"},
		{"negative tokens", Request{Deliveries: []Delivery{{0, -1}}}, "Deliveries", 0, ErrNegative, "a count"},
		{"negative prompt", Request{PromptTokens: Known(int64(-1))}, "PromptTokens", -1, ErrNegative, "a count"},
		{"negative usage", Request{UsageTokens: Known(int64(-1))}, "UsageTokens", -1, ErrNegative, "a count"},
		{"huge usage", Request{UsageTokens: Known(MaxTokens + 1)}, "UsageTokens", -1, ErrRange, "one above the limit"},
		{"largest usage", Request{UsageTokens: Known(MaxTokens)}, "", 0, nil, "the limit itself"},
		{"sum of tokens", Request{Deliveries: []Delivery{{0, int(MaxTokens)}, {0, 1}}}, "Deliveries", 1, ErrRange, "the sum counts"},
		{"largest int", Request{Deliveries: []Delivery{{0, int(^uint(0) >> 1)}}}, "Deliveries", 0, ErrRange, "the sum does not wrap"},
		{"far instant", Request{Sent: Known(MaxInstant + 1)}, "Sent", -1, ErrRange, "differences must not overflow"},
		{"far delivery", Request{Deliveries: at(MaxInstant + 1)}, "Deliveries", 0, ErrRange, "differences must not overflow"},
		{"far past", Request{Due: Known(-MaxInstant - 1)}, "Due", -1, ErrRange, "differences must not overflow"},
		{"negative instants", Request{Sent: Known(-s1), Deliveries: at(-1)}, "", 0, nil, "the origin is anywhere"},
		{"sparse, first and last", Request{Sparse: true, Deliveries: []Delivery{{0, 1}, {9, 7}}}, "", 0, nil, "that is what it is for"},
		{"sparse, empty", Request{Sparse: true}, "", 0, nil, "a failed request of a file without gaps"},
		{"sparse, three", Request{Sparse: true, Deliveries: at(1, 2, 3)}, "Deliveries", 2, ErrSparse, "an instant in between contradicts it"},
		{"outcome", Request{Outcome: 99}, "Outcome", -1, ErrOutcome, "no such outcome"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.ID = "r7"
			err := tt.req.Validate()
			if tt.field == "" {
				if err != nil {
					t.Fatalf("got %v, want valid: %s", err, tt.reason)
				}
				return
			}
			var re *RequestError
			if !errors.As(err, &re) {
				t.Fatalf("got %v, want a *RequestError: %s", err, tt.reason)
			}
			got := []any{re.ID, re.Field, re.Index, errors.Is(err, tt.err)}
			if diff := cmp.Diff([]any{"r7", tt.field, tt.index, true}, got); diff != "" {
				t.Errorf("%s\n%v\n(-want +got)\n%s", tt.reason, err, diff)
			}
		})
	}
}

func TestRequestErrorNamesThePlace(t *testing.T) {
	r := Request{ID: "a", Deliveries: at(7*ms, 5*ms)}
	want := `request "a": Deliveries[1]: time runs backwards: 5ms after 7ms`
	if got := r.Validate().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestArrivalIsDueIfKnown(t *testing.T) {
	due, sent := Known(1*ms), Known(3*ms)
	for _, tt := range []struct {
		req  Request
		want Instant
	}{
		{Request{Due: due, Sent: sent}, due},
		{Request{Sent: sent}, sent},
		{Request{}, Instant{}},
		{Request{Due: Known(0 * ms), Sent: sent}, Known(0 * ms)}, // a true zero is not unknown
	} {
		if got := tt.req.Arrival(); got != tt.want {
			t.Errorf("arrival of %+v: got %v, want %v", tt.req, got, tt.want)
		}
	}
}

func TestEmpty(t *testing.T) {
	control := []Delivery{{At: 1, Tokens: 0}}
	for _, tt := range []struct {
		name string
		req  Request
		want bool
	}{
		{"nothing", Request{}, true},
		{"control event only", Request{Deliveries: control}, true},
		{"usage 0", Request{UsageTokens: Known(int64(0))}, true},
		{"one token", Request{Deliveries: at(1)}, false},
		{"usage without instants", Request{UsageTokens: Known(int64(3))}, false},
		{"failed", Request{Outcome: Failed}, false},
	} {
		if got := tt.req.Empty(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestOptionalJSON(t *testing.T) {
	type record struct {
		A, B Span
		C    Count
		D    Optional[float64]
	}
	in := record{A: Known(0 * ms), C: Known(int64(3)), D: Known(0.5)}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"A":0,"B":null,"C":3,"D":0.5}`; string(b) != want {
		t.Errorf("got %s, want %s: zero is a value, unknown is null", b, want)
	}
	var out record
	if err := json.Unmarshal(b, &out); err != nil || out != in {
		t.Errorf("read back %+v, %v; want %+v", out, err, in)
	}
	if got := in.B.String() + in.A.String(); got != "–0s" {
		t.Errorf("printed as %q", got)
	}
}

func TestOutcomeText(t *testing.T) {
	for o := Outcome(0); o < numOutcomes; o++ {
		b, err := o.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Outcome
		if err := back.UnmarshalText(b); err != nil || back != o {
			t.Errorf("%s: read back as %v, %v", b, back, err)
		}
	}
	var o Outcome
	if err := o.UnmarshalText([]byte("done")); err == nil {
		t.Error("an unknown outcome was accepted")
	}
	if _, err := Outcome(9).MarshalText(); err == nil {
		t.Error("an outcome without a name was written")
	}
}
