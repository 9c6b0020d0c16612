package results

import (
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

func stampsLine(changes ...string) string {
	return changed([]string{`"request_id": "bench-0"`, `"input_toks": 10`, `"output_toks": 4`, `"arrival_time": 1787267980.5`,
		`"queued_ts": 100.5`, `"scheduled_ts": 100.75`, `"first_token_ts": 101`, `"last_token_ts": 102.000000001`}, changes)
}

func TestServerStampsRecords(t *testing.T) {
	request := func(d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "bench-0", Sent: known(0), Scheduled: known(25e7), Deliveries: d, Sparse: len(d) == 2 && d[1].Tokens > 1}
	}
	plain := finish(request(event(5e8, 1), event(1500000001, 3)), 10, 4)
	without := plain
	without.Scheduled = metrics.Instant{}
	earlier := plain
	earlier.ID, earlier.Sent = "x", known(-1)
	const other = "arrival-on-another-clock"
	checkFiles(t, FormatServerStamps, []fileTest{
		{stampsLine(), []metrics.Request{plain}, other, "from the queue, not from the arrival"},
		{stampsLine(`"arrival_time":`), []metrics.Request{plain}, "", "no arrival"},
		{stampsLine() + stampsLine(`"request_id": "x"`, `"queued_ts": 100.499999999`), []metrics.Request{plain, earlier}, other, "a later line may have come before the first"},
		{stampsLine(`"scheduled_ts": 0.0`), []metrics.Request{without}, other, "0 is a filler"},
		{stampsLine(`"scheduled_ts": null`), []metrics.Request{without}, other, "null is unknown"},
		{stampsLine(`"output_toks": 2`), []metrics.Request{finish(request(event(5e8, 1), event(1500000001, 1)), 10, 2)}, other, "two tokens lack nothing"},
		{stampsLine(`"output_toks": 1`), []metrics.Request{finish(request(event(5e8, 1)), 10, 1)}, other, "nor does one"},
		{stampsLine(`"output_toks": 0`, `"first_token_ts": 0.0`, `"last_token_ts": 0.0`), []metrics.Request{finish(request(), 10, 0)}, other, "no token: fillers"},
		{stampsLine(`"request_id": 7`), []metrics.Request{func() metrics.Request { r := plain; r.ID = "7"; return r }()}, other, "a number for an id"},
	})
}

func TestServerStampsSpread(t *testing.T) {
	text := stampsLine() + stampsLine(`"arrival_time": 1787267980.2`) + stampsLine(`"arrival_time": 1787267980.6`)
	got, err := readAllAfter("x", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := got[0].Run.Warnings; len(w) != 1 || !strings.Contains(w[0].Message, "3 requests") || !strings.Contains(w[0].Message, "up to 400ms") {
		t.Errorf("0.2 to 0.6 s is a spread of 0.4 s: %v", w)
	}
}

func TestServerStampsErrors(t *testing.T) {
	checkFileErrors(t, FormatServerStamps, []errorTest{
		{stampsLine(`"queued_ts": null`), "x: request 0: queued_ts: missing", ErrMissing, "never queued"},
		{stampsLine(`"output_toks":`), "x: request 0: output_toks: missing", ErrMissing, "no count"},
		{stampsLine(`"first_token_ts": null`), "x: request 0: first_token_ts: missing beside 4 tokens", ErrMissing, "no first token"},
		{stampsLine(`"last_token_ts": null`), "x: request 0: last_token_ts: missing beside 4 tokens", ErrMissing, "no last token"},
		{stampsLine() + stampsLine(`"last_token_ts": 100.999999999`), "x: request 1: last_token_ts: time runs backwards", metrics.ErrTimeReversed, "the last before the first, by 1 ns"},
		{stampsLine(`"first_token_ts": 100.749999999`), "x: request 0: first_token_ts: time runs backwards", metrics.ErrTimeReversed, "a token before the prefill"},
		{stampsLine(`"scheduled_ts": 100.499999999`), "x: request 0: scheduled_ts: time runs backwards", metrics.ErrTimeReversed, "scheduled before queued"},
		{stampsLine(`"queued_ts": NaN`), "x: request 0: queued_ts: not a finite number", ErrNotFinite, "no number"},
		{stampsLine(`"queued_ts": 1e10`), "x: request 0: queued_ts: out of range", ErrRange, "centuries"},
		{stampsLine(`"output_toks": 2147483649`), "x: request 0: output_toks: out of range", ErrRange, "more tokens than are"},
		{stampsLine(`"output_toks": 4, "output_toks": 5`), "x: request 0: duplicate key: \"output_toks\"", ErrDuplicateKey, "two counts"},
	})
}

func FuzzServerStamps(f *testing.F) {
	f.Add([]byte(stampsLine() + stampsLine(`"queued_ts": 100.499999999`)))
	f.Add([]byte(stampsLine(`"output_toks": 0`, `"first_token_ts": 0.0`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatServerStamps}) })
}
