package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Bounds on what a client may ask for.
const (
	maxBody   = 1 << 20
	maxTokens = 4096
	maxWait   = time.Minute
)

// chatRequest is what is read of a request for a chat completion.
type chatRequest struct {
	Messages []struct {
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Stream        bool `json:"stream"`
	MaxTokens     *int `json:"max_tokens"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Simulate simulation `json:"simulate"`
}

// simulation is this model's own extension: how it behaves.
type simulation struct {
	TTFT       *int `json:"ttft_ms"`     // until the first token; 200 if left out
	Pace       *int `json:"pace_ms"`     // between tokens; 20 if left out
	StallAfter int  `json:"stall_after"` // number of tokens before the stall
	Stall      int  `json:"stall_ms"`    // its length, on top of the pace
}

// script is a request that was understood: what the model will do.
type script struct {
	prompt, tokens    int
	ttft, pace, stall time.Duration
	stallAfter        int
	usage             bool
}

// read reads to the end: only then does net/http notice a client that leaves.
func read(body io.Reader) (script, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return script{}, err
	}
	var c chatRequest
	if err := json.Unmarshal(data, &c); err != nil {
		return script{}, err
	}
	return c.script()
}

func (c *chatRequest) script() (script, error) {
	s := script{tokens: or(c.MaxTokens, 16), usage: c.StreamOptions.IncludeUsage, stallAfter: c.Simulate.StallAfter}
	for _, m := range c.Messages {
		s.prompt += len(bytes.Fields(m.Content)) // a token is a word here
	}
	if !c.Stream {
		return s, errors.New(`this model only streams: "stream" must be true`)
	}
	if s.tokens < 1 || s.tokens > maxTokens {
		return s, fmt.Errorf("max_tokens must be 1 to %d", maxTokens)
	}
	for _, w := range []struct {
		to *time.Duration
		ms int
	}{{&s.ttft, or(c.Simulate.TTFT, 200)}, {&s.pace, or(c.Simulate.Pace, 20)}, {&s.stall, c.Simulate.Stall}} {
		if w.ms < 0 || w.ms > int(maxWait/time.Millisecond) {
			return s, fmt.Errorf("times of the simulation must be 0 to %d ms", maxWait/time.Millisecond)
		}
		*w.to = time.Duration(w.ms) * time.Millisecond
	}
	return s, nil
}

func or(p *int, value int) int {
	if p == nil {
		return value
	}
	return *p
}
