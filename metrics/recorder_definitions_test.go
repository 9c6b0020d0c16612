package metrics

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// event is one server-sent event of a recorded stream: what eight Go programs
// make of such streams is on record, to 0.1 ms.
type event struct {
	at     float64 // ms
	kind   eventKind
	tokens int
}

type eventKind uint8

const (
	roleEvent eventKind = iota
	contentEvent
	finishEvent // the finish reason, without text
	usageEvent
	doneEvent
)

// transcript returns the events of an answer that opens with a role chunk: the
// instants of the content events are given, the tail ends at end.
func transcript(roleAt float64, at []float64, tokens int, end float64) []event {
	es := []event{{roleAt, roleEvent, 0}}
	for _, t := range at {
		es = append(es, event{t, contentEvent, tokens})
	}
	return append(es, event{end - 0.2, finishEvent, 0}, event{end, usageEvent, 0}, event{end, doneEvent, 0})
}

// The streams: a server with a TTFT of 200 ms and gaps of 20 ms. A sends 64
// tokens one by one, A4 the same four at a time, when the last of the four is
// there. B is another version of the server, 8 tokens, whose role chunk comes
// at once.
func streamA() []event {
	at := []float64{203, 223.4, 243.8, 264.1}
	for i := 1; i <= 60; i++ {
		at = append(at, 264.1+(1493.8-264.1)*float64(i)/60)
	}
	return transcript(202.9, at, 1, 1494.2)
}

func streamA4() []event {
	var at []float64
	for i, e := range streamA()[1:65] {
		if i%4 == 3 {
			at = append(at, e.at)
		}
	}
	return transcript(202.9, at, 4, 1494.2)
}

func streamB() []event {
	var at []float64
	for i := range 8 {
		at = append(at, 202+(344.6-202)*float64(i)/7)
	}
	return transcript(1.2, at, 1, 344.9)
}

// definition is TTFT and TPOT in ms, as some program computes them.
type definition struct {
	name string
	of   func(es []event) (ttft, tpot float64)
	// what the program is on record for: A, A4, B
	want [3][2]float64
}

func tokensIn(es []event) (n float64) {
	for _, e := range es {
		n += float64(e.tokens)
	}
	return n
}

func endOf(es []event) float64 { return es[len(es)-1].at }

func fromFirstFrame(divisor func(n float64) float64) func(es []event) (ttft, tpot float64) {
	return func(es []event) (ttft, tpot float64) {
		return es[0].at, (endOf(es) - es[0].at) / divisor(tokensIn(es))
	}
}

func lessOne(n float64) float64 { return n - 1 }
func allOf(n float64) float64   { return n }

// firstContent is the reference, in floating point: also what the one program
// does that is right.
func firstContent(es []event) (ttft, tpot float64) {
	var first, last float64
	for _, e := range es {
		if e.kind == contentEvent {
			if first == 0 {
				first = e.at
			}
			last = e.at
		}
	}
	return first, (last - first) / (tokensIn(es) - 1)
}

var definitions = []definition{
	{"envoy ai-gateway: first frame, end of stream", fromFirstFrame(lessOne), [3][2]float64{{202.9, 20.5}, {202.9, 20.5}, {1.2, 49.1}}},
	{"llm-d-router handlers: the same", fromFirstFrame(lessOne), [3][2]float64{{202.9, 20.5}, {202.9, 20.5}, {1.2, 49.1}}},
	{"llm-d-router predictedlatency: whole ms, a frame is a token", func(es []event) (ttft, tpot float64) {
		ttft = math.Trunc(es[0].at)
		return ttft, (math.Trunc(endOf(es)) - ttft) / float64(len(es)-1)
	}, [3][2]float64{{202, 19.3}, {202, 68.0}, {1, 31.2}}},
	{"aibrix: divides by N", fromFirstFrame(allOf), [3][2]float64{{202.9, 20.2}, {202.9, 20.2}, {1.2, 43.0}}},
	{"semantic-router: the whole time by N", func(es []event) (ttft, tpot float64) {
		return es[0].at, endOf(es) / tokensIn(es)
	}, [3][2]float64{{202.9, 23.3}, {202.9, 23.3}, {1.2, 43.1}}},
	{"BLIS observe: mean positive gap between events", func(es []event) (ttft, tpot float64) {
		n := 0
		for i := range es[1:] {
			if es[i+1].at > es[i].at {
				n++
			}
		}
		return es[0].at, (endOf(es) - es[0].at) / float64(n)
	}, [3][2]float64{{202.9, 19.6}, {202.9, 71.7}, {1.2, 34.4}}},
	{"kubeai bench: gaps of chunks, the role chunk one of them, by a share of N", func(es []event) (ttft, tpot float64) {
		var chunks []event
		for _, e := range es {
			if e.kind <= contentEvent {
				chunks = append(chunks, e)
			}
		}
		k := float64(len(chunks))
		return es[0].at, (endOf(chunks) - es[0].at) / ((k - 1) / k * tokensIn(es))
	}, [3][2]float64{{202.9, 20.5}, {202.9, 21.4}, {1.2, 48.3}}},
	{"xk6-llm: the reference", firstContent, [3][2]float64{{203.0, 20.5}, {264.1, 19.5}, {202.0, 20.4}}},
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }

// TestDefinitionsInUse shows what eight Go programs print for three streams
// (read and run in 2026), that this is what their formulas say of the streams
// above, and that the Recorder gives the reference for each.
func TestDefinitionsInUse(t *testing.T) {
	streams := []struct {
		name       string
		es         []event
		want       [2]float64 // TTFT, TPOT: the reference
		firstChunk float64    // TPOT of FirstChunk: the interval holds N - k_1 gaps
	}{
		{"A", streamA(), [2]float64{203.0, 20.5}, 20.5},
		{"A4", streamA4(), [2]float64{264.1, 19.5}, 20.5},
		{"B", streamB(), [2]float64{202.0, 20.4}, 20.4},
	}
	for i, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			for _, d := range definitions {
				ttft, tpot := d.of(s.es)
				if diff := cmp.Diff(d.want[i], [2]float64{tenth(ttft), tenth(tpot)}); diff != "" {
					t.Errorf("%s (-on record +formula)\n%s", d.name, diff)
				}
			}
			both(t, func(t *testing.T, rec tokenRecorder) {
				rec.Start(0)
				for _, e := range s.es {
					rec.Observe(time.Duration(math.Round(e.at*1e6)), e.tokens)
				}
				rec.Finish(time.Duration(math.Round(endOf(s.es)*1e6)), Completed, Known(int64(tokensIn(s.es))))
				if err := rec.Err(); err != nil {
					t.Fatal(err)
				}
				v := rec.Normalized()
				ttft, _ := v.Raw.TTFT.Get()
				tpot, _ := v.TPOT.Nanoseconds()
				if diff := cmp.Diff(s.want, [2]float64{tenth(float64(ttft) / 1e6), tenth(tpot / 1e6)}); diff != "" {
					t.Errorf("reference (-want +got)\n%s", diff)
				}
			})
			var rec Recorder
			rec.Start(0)
			for _, e := range s.es {
				rec.Observe(time.Duration(math.Round(e.at*1e6)), e.tokens)
			}
			v, ok := rec.Under(FirstChunk)
			tpot, _ := v.TPOT.Nanoseconds()
			if got := tenth(tpot / 1e6); got != s.firstChunk || !ok {
				t.Errorf("first-chunk aware TPOT %v, want %v", got, s.firstChunk)
			}
		})
	}
}
