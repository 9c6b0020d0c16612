package main

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// server is a model on an accelerator that batches continuously: before every
// step requests join from a FIFO queue, and those that are answered leave.
//
//	step = Base + PerContext * C + PerPrompt * P
//
// C is the number of tokens in the contexts of the requests that decode, P that
// of the prompts that join and are prefilled whole. At the end of the step each
// request in the batch, new or old, gets one token. Times are in nanoseconds, so
// a run is the same everywhere.
type server struct {
	Base       time.Duration // reading the weights once
	PerContext time.Duration // reading the cache of one token
	PerPrompt  time.Duration // prefilling one token

	MaxBatch  int // requests in one step
	MaxPrompt int // prompt tokens in one step, unless the first prompt alone is longer
	Cache     int // tokens; a request reserves its prompt and its answer
}

// a100 is Llama 3.1 8B in 16 bits on one A100 of 80 GB, as far as arithmetic
// goes. The model card states 8.03e9 parameters, and 32 layers with 8 KV heads
// of 128: 131,072 bytes a token. The data sheet states 2039 GB/s and 312 TFLOPS.
//
//	Base        16.06 GB / 2039 GB/s               7.88 ms, here 8
//	PerContext  131,072 B / 2039 GB/s              64 ns
//	PerPrompt   2 * 8.03e9 / (312e12/s / 2)        103 µs, here 100; half of the peak is our assumption
//	Cache       400,000 tokens = 52 GB             of the 64 GB that the weights leave
//
// The bounds of a batch are our choice, within what engines default to.
func a100() server {
	return server{
		Base:       8 * time.Millisecond,
		PerContext: 64 * time.Nanosecond,
		PerPrompt:  100 * time.Microsecond,
		MaxBatch:   128,
		MaxPrompt:  2048,
		Cache:      400_000,
	}
}

// step is one iteration, for whoever wants to look inside.
type step struct {
	Begin, End      time.Duration
	Joined, Decoded int // requests that were prefilled, and others
	Prompt, Context int // P and C
	Reserved        int // tokens of cache
}

// serve answers the requests of a load, in order of arrival, and returns their
// records and the steps. A request that the cache could never hold is rejected
// when it arrives.
func (s server) serve(load []planned) ([]metrics.Request, []step) {
	records := make([]metrics.Request, len(load))
	var steps []step
	var batch []int // indexes of the requests that decode
	var context, reserved int
	var now time.Duration
	for next := 0; next < len(load) || len(batch) > 0; {
		if len(batch) == 0 {
			now = max(now, load[next].Arrival)
		}
		st := step{Begin: now, Decoded: len(batch), Context: context}
		for ; next < len(load) && load[next].Arrival <= now; next++ {
			p := load[next]
			if p.Prompt+p.Output > s.Cache {
				records[next] = p.record(metrics.Rejected)
				continue
			}
			if len(batch) == s.MaxBatch || reserved+p.Prompt+p.Output > s.Cache ||
				st.Joined > 0 && st.Prompt+p.Prompt > s.MaxPrompt {
				break
			}
			records[next] = p.record(metrics.Completed)
			records[next].Scheduled = metrics.Known(now)
			batch = append(batch, next)
			reserved += p.Prompt + p.Output
			st.Joined++
			st.Prompt += p.Prompt
		}
		if len(batch) == 0 {
			continue // all that had arrived were rejected
		}
		now += s.Base + time.Duration(st.Context)*s.PerContext + time.Duration(st.Prompt)*s.PerPrompt
		st.End, st.Reserved = now, reserved
		steps = append(steps, st)

		context += st.Prompt + len(batch)
		stay := batch[:0]
		for _, i := range batch {
			r, p := &records[i], load[i]
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: now, Tokens: 1})
			if len(r.Deliveries) < p.Output {
				stay = append(stay, i)
				continue
			}
			r.End = metrics.Known(now)
			context -= p.Prompt + p.Output
			reserved -= p.Prompt + p.Output
		}
		batch = stay
	}
	return records, steps
}
