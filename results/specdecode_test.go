package results

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

func roundLine(uid, index, start, committed int, ms string, changes ...string) string {
	return changed([]string{fmt.Sprintf(`"uid": %d`, uid), fmt.Sprintf(`"round_idx": %d`, index), fmt.Sprintf(`"start_pos": %d`, start),
		fmt.Sprintf(`"committed": %d`, committed), `"rho": [1.0]`, `"t_round_ms": ` + ms}, changes)
}

func TestSpecDecodeRecords(t *testing.T) {
	request := func(id string, prompt, end int64, d ...metrics.Delivery) metrics.Request {
		r := metrics.Request{ID: id, Sent: known(0), Deliveries: d, End: known(end)}
		return finish(r, prompt, r.Tokens())
	}
	const prefill = "prefill-not-recorded"
	noPrompt := request("1", 0, 2e6, event(2e6, 3))
	noPrompt.PromptTokens = metrics.Count{}
	checkFiles(t, FormatSpecDecode, []fileTest{
		{roundLine(0, 0, 57, 3, "197.152") + roundLine(0, 1, 60, 6, "47.257"),
			[]metrics.Request{request("0", 57, 244409000, event(197152000, 3), event(244409000, 6))}, prefill, "a delivery a round, at the sum of the times"},
		{roundLine(0, 0, 57, 3, "2") + roundLine(7, 0, 9, 1, "0.5"),
			[]metrics.Request{request("0", 57, 2e6, event(2e6, 3)), request("7", 9, 5e5, event(5e5, 1))}, prefill, "each request from its own first round"},
		{roundLine(0, 0, 57, 0, "2") + roundLine(0, 1, 57, 3, "2"), []metrics.Request{request("0", 57, 4e6, event(4e6, 3))}, prefill, "a round that commits none takes time"},
		{roundLine(0, 0, 57, 3, "2") + roundLine(0, 1, 60, 0, "2"), []metrics.Request{request("0", 57, 4e6, event(2e6, 3))}, prefill, "the last one too"},
		{roundLine(1, 0, 0, 3, "2", `"start_pos":`), []metrics.Request{noPrompt}, prefill, "no position"},
		{"\n" + roundLine(0, 0, 57, 3, "0") + "\n\n", []metrics.Request{request("0", 57, 0, event(0, 3))}, prefill, "blank lines, and a round of no time"},
		{roundLine(0, 0, 57, 3, "2", `"uid": "a"`), []metrics.Request{request("a", 57, 2e6, event(2e6, 3))}, prefill, "a text for a uid"},
	})
}

func TestSpecDecodeErrors(t *testing.T) {
	first := roundLine(0, 0, 57, 3, "2")
	checkFileErrors(t, FormatSpecDecode, []errorTest{
		{first + roundLine(1, 0, 9, 1, "2") + roundLine(0, 0, 57, 3, "2"), `x: line 3: request 2: uid: duplicate key: the rounds of "0" have ended before`, ErrDuplicateKey, "a uid that comes back"},
		{first + roundLine(0, 2, 60, 3, "2"), "x: line 2: request 0: round_idx: out of range: 2, want 1", ErrRange, "a round is missing"},
		{roundLine(0, 1, 57, 3, "2"), "x: line 1: request 0: round_idx: out of range: 1, want 0", ErrRange, "the first round is missing"},
		{first + roundLine(0, 1, 61, 3, "2"), "x: line 2: request 0: start_pos: out of range: 61, want 60", ErrRange, "the position skips a token"},
		{first + roundLine(0, 1, 60, 3, "-2"), "x: line 2: request 0: t_round_ms: negative time: -2ms", ErrNegativeTime, "a round that goes back"},
		{first + roundLine(0, 1, 60, 3, "NaN"), "x: line 2: request 0: t_round_ms: not a finite number", ErrNotFinite, "no number"},
		{first + roundLine(0, 1, 60, 3, "2", `"committed":`), "x: line 2: request 0: committed: missing", ErrMissing, "no tokens"},
		{first + roundLine(0, 1, 60, 3, "2", `"uid": null`), "x: line 2: request 0: uid: missing", ErrMissing, "whose round"},
		{first + roundLine(0, 1, 60, 3, "1e13"), "x: line 2: request 0: t_round_ms: out of range", ErrRange, "three centuries"},
		{roundLine(0, 0, 1, 2147483648, "2") + roundLine(0, 1, 0, 1, "2", `"start_pos":`), "x: line 2: request 0: committed: out of range: more than 2147483648 tokens", ErrRange, "too many tokens"},
		{first + strings.TrimSpace(first) + first, "x: line 2: request 0: malformed JSON: more than one value on the line", nil, "two rounds on a line"},
		{first + "[]", "x: line 2: request 0: wrong type: want an object", ErrType, "no object"},
		{first + `{"uid": 0, "uid": 0}`, `x: line 2: request 0: duplicate key: "uid"`, ErrDuplicateKey, "a key twice"},
	})
}

func FuzzSpecDecode(f *testing.F) {
	f.Add([]byte(roundLine(0, 0, 57, 3, "197.152") + roundLine(0, 1, 60, 6, "47.257") + roundLine(2, 0, 60, 6, "47.257")))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatSpecDecode}) })
}
