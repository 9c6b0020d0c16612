package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

func veekshaLine(changes ...string) string {
	return changed([]string{`"request_id": 75`, `"session_id": 8`, `"scheduler_ready_at": 0.5`, `"scheduler_dispatched_at": 0.5`, `"client_picked_up_at": 0.75`,
		`"client_completed_at": 1.5`, `"num_delta_prompt_tokens": 6`, `"num_total_prompt_tokens": 10`, `"num_output_tokens": 3`, `"is_stream": true`,
		`"ttfc": 0.25`, `"end_to_end_latency": 0.35`, `"tbc": [0.05, 0.05]`}, changes)
}

func TestVeekshaRecords(t *testing.T) {
	request := func(d ...metrics.Delivery) metrics.Request {
		return metrics.Request{ID: "75", Due: known(-25e7), Sent: known(0), Deliveries: d, End: known(75e7)}
	}
	plain := finish(request(event(25e7, 1), event(3e8, 1), event(35e7, 1)), 10, 3)
	with := func(change func(r *metrics.Request)) []metrics.Request {
		r := plain
		change(&r)
		return []metrics.Request{r}
	}
	checkFiles(t, FormatVeeksha, []fileTest{
		{veekshaLine(), []metrics.Request{plain}, "", "due when ready, sent when picked up"},
		{veekshaLine() + veekshaLine(`"request_id": 9`, `"scheduler_ready_at": 0.25`, `"client_picked_up_at": 0.5`), []metrics.Request{plain,
			finish(metrics.Request{ID: "9", Due: known(-5e8), Sent: known(-25e7), End: known(75e7),
				Deliveries: []metrics.Delivery{event(0, 1), event(5e7, 1), event(1e8, 1)}}, 10, 3)}, "", "a later line may have begun before the first"},
		{veekshaLine(`"scheduler_ready_at": 0.75001`), with(func(r *metrics.Request) { r.Due = metrics.Instant{} }), "due-after-sent", "ready 10 µs after it was picked up"},
		{veekshaLine(`"scheduler_ready_at": 0.75`), with(func(r *metrics.Request) { r.Due = known(0) }), "", "ready at once"},
		{veekshaLine(`"scheduler_ready_at": null`), with(func(r *metrics.Request) { r.Due = metrics.Instant{} }), "", "not known when it was ready"},
		{veekshaLine(`"client_picked_up_at": null`), with(func(r *metrics.Request) { r.Due, r.End = known(0), known(1e9) }), "", "sent when dispatched, if no client says when it picked it up"},
		{veekshaLine(`"client_completed_at": null`), with(func(r *metrics.Request) { r.End = metrics.Instant{} }), "", "no end"},
		{veekshaLine(`"num_total_prompt_tokens": null`), with(func(r *metrics.Request) { r.PromptTokens = metrics.Known(int64(6)) }), "", "the new part of the prompt, if no more is known"},
		{veekshaLine(`"num_output_tokens": 7`), with(func(r *metrics.Request) { r.UsageTokens = metrics.Known(int64(7)) }), "", "chunks of several tokens: nobody knows which"},
		{veekshaLine(`"client_completed_at": 1.099975`), with(func(r *metrics.Request) { r.End = known(35e7) }), "", "25 µs is the rounding of five times"},
		{veekshaLine(`"client_completed_at": 1.09997`), with(func(r *metrics.Request) { r.End = known(35e7) }), "end-before-last-event", "30 µs is more"},
		{veekshaLine(`"client_completed_at": 1.099965`), with(func(r *metrics.Request) { r.End = known(35e7) }), "end-before-last-event", "35 µs too"},
		{veekshaLine(`"is_stream": false`, `"tbc": []`), []metrics.Request{finish(request(event(25e7, 3)), 10, 3)}, "not-streamed", "all tokens at once"},
		{veekshaLine(`"is_stream": false`, `"tbc": []`, `"num_output_tokens": 0`), []metrics.Request{finish(request(), 10, 0)}, "", "nothing at once"},
		{veekshaLine(`"ttfc": 0.0`, `"tbc": []`, `"num_output_tokens": 0`), []metrics.Request{finish(request(), 10, 0)}, "", "a filler of 0 is no latency"},
	})
}

func TestVeekshaErrors(t *testing.T) {
	checkFileErrors(t, FormatVeeksha, []errorTest{
		{veekshaLine(`"client_picked_up_at": null`, `"scheduler_dispatched_at": null`), "x: request 0: scheduler_dispatched_at: missing", ErrMissing, "never sent"},
		{veekshaLine(`"ttfc": null`), "x: request 0: ttfc: missing beside tbc", ErrMissing, "gaps without a first chunk"},
		{veekshaLine() + veekshaLine(`"tbc": [0.05, -0.05]`), "x: request 1: tbc[1]: negative time: -50ms", ErrNegativeTime, "a negative gap in the second line"},
		{veekshaLine(`"ttfc": -1`), "x: request 0: ttfc: negative time", ErrNegativeTime, "a negative wait"},
		{veekshaLine(`"tbc": [Infinity]`), "x: request 0: tbc[0]: not a finite number", ErrNotFinite, "an endless gap"},
		{veekshaLine(`"client_completed_at": 1.099964`), "x: request 0: tbc[1]: ", metrics.ErrAfterEnd, "36 µs behind the end"},
		{veekshaLine(`"client_picked_up_at": 2400000000`), "x: request 0: client_picked_up_at: out of range", ErrRange, "76 years"},
		{veekshaLine() + `{"request_id": 1`, "x: request 1: malformed JSON", nil, "cut short"},
		{veekshaLine() + "1", "x: request 1: wrong type", ErrType, "a number for a line"},
	})
}

func FuzzVeeksha(f *testing.F) {
	f.Add([]byte(veekshaLine() + veekshaLine(`"is_stream": false`, `"tbc": []`)))
	f.Add([]byte(veekshaLine(`"scheduler_ready_at": 0.75001`, `"client_completed_at": 1.09997`)))
	f.Fuzz(func(t *testing.T, input []byte) { checkInvariants(t, input, Options{Format: FormatVeeksha}) })
}

// veekshaInput returns a file with gaps as the tool prints them.
func veekshaInput(requests, tokens int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	var b []byte
	for i := range requests {
		var gaps []string
		for range tokens - 1 {
			gaps = append(gaps, fmt.Sprintf("%.5f", 0.01+0.02*rng.Float64()))
		}
		b = append(b, veekshaLine(fmt.Sprintf(`"request_id": %d`, i), `"client_completed_at": 99.5`, `"tbc": [`+strings.Join(gaps, ", ")+"]")...)
	}
	return b
}

func BenchmarkReadVeeksha(b *testing.B) {
	benchmarkReader(b, veekshaInput(benchRequests, benchTokens))
}

func BenchmarkEncodingJSONVeeksha(b *testing.B) {
	input := veekshaInput(benchRequests, benchTokens)
	b.ReportAllocs()
	for b.Loop() {
		dec := json.NewDecoder(bytes.NewReader(input))
		for range benchRequests {
			var v struct {
				ID     int       `json:"request_id"`
				Ready  float64   `json:"scheduler_ready_at"`
				Picked float64   `json:"client_picked_up_at"`
				Done   float64   `json:"client_completed_at"`
				Prompt int       `json:"num_total_prompt_tokens"`
				Output int       `json:"num_output_tokens"`
				Stream bool      `json:"is_stream"`
				TTFC   float64   `json:"ttfc"`
				TBC    []float64 `json:"tbc"`
			}
			if err := dec.Decode(&v); err != nil || len(v.TBC) != benchTokens-1 {
				b.Fatal(err)
			}
		}
	}
	reportNumbers(b, input)
}
