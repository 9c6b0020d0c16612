package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// planned is a request of the load.
type planned struct {
	Arrival        time.Duration
	Prompt, Output int // tokens
}

// record returns what is known of the request when its fate is.
func (p planned) record(o metrics.Outcome) metrics.Request {
	r := metrics.Request{
		Due:          metrics.Known(p.Arrival),
		Sent:         metrics.Known(p.Arrival),
		Outcome:      o,
		PromptTokens: metrics.Known(int64(p.Prompt)),
	}
	if o == metrics.Rejected {
		r.End = r.Sent
		return r
	}
	r.Deliveries = make([]metrics.Delivery, 0, p.Output)
	return r
}

const (
	requests = 600
	seed     = 1
)

// lengths are those of short chats, our choice: prompts of 64 to 1023 tokens and
// answers of 16 to 255, all equally likely.
func lengths() []planned {
	rng := rand.New(rand.NewPCG(seed, 1))
	load := make([]planned, requests)
	for i := range load {
		load[i] = planned{Prompt: 64 + rng.IntN(960), Output: 16 + rng.IntN(240)}
	}
	return load
}

// traced takes the lengths from a file of the Azure LLM inference trace of 2023
// (github.com/Azure/AzurePublicDataset): lines TIMESTAMP,ContextTokens,
// GeneratedTokens below a header, compressed or not. Its arrival times are not
// used, as each rate needs its own.
func traced(path string) ([]planned, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if magic, _ := r.(*bufio.Reader).Peek(2); string(magic) == "\x1f\x8b" {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 3
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("%s: header: %w", path, err)
	}
	var load []planned
	for len(load) < requests {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		var p planned
		for i, to := range []*int{&p.Prompt, &p.Output} {
			n, err := strconv.Atoi(row[i+1])
			if err != nil || n < 1 || int64(n) > metrics.MaxTokens {
				return nil, fmt.Errorf("%s: request %d: %q is no number of tokens", path, len(load), row[i+1])
			}
			*to = n
		}
		load = append(load, p)
	}
	if len(load) == 0 {
		return nil, fmt.Errorf("%s: no requests", path)
	}
	return load, nil
}

// rate is a number of requests in 10 seconds, an integer so that a run is the
// same everywhere.
type rate int

func (r rate) perSecond() float64 { return float64(r) / 10 }

// arrivals returns the same requests, arriving at a rate. In each thousandth of
// the mean gap one arrives with a probability of 1/1000, which is a Poisson
// process as far as such a grid can tell. The requests and the throws are those
// of every other rate: only the gaps shrink.
func arrivals(load []planned, at rate) []planned {
	rng := rand.New(rand.NewPCG(seed, 2))
	load = slices.Clone(load)
	var slots time.Duration
	for i := range load {
		for slots++; rng.IntN(1000) != 0; slots++ {
		}
		load[i].Arrival = slots * (10 * time.Millisecond) / time.Duration(at)
	}
	return load
}
