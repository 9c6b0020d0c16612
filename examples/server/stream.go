package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// answer is the state of one stream. The recorder is embedded in it and needs
// nothing from the heap but its buffer.
type answer struct {
	script
	board *board
	id    string
	w     http.ResponseWriter
	out   *http.ResponseController
	rec   metrics.TraceRecorder
}

// stream sends the whole answer.
func (a *answer) stream(ctx context.Context) error {
	a.w.Header().Set("Content-Type", "text/event-stream")
	a.w.Header().Set("Cache-Control", "no-cache")
	// The role is announced before the prefill, as many servers do. A tool
	// that takes this chunk for a token reports a TTFT of next to nothing.
	if err := a.chunk(delta{Role: "assistant"}, nil, 0); err != nil {
		return err
	}
	if err := a.words(ctx); err != nil {
		return err
	}
	stop := "length"
	if err := a.chunk(delta{}, &stop, 0); err != nil {
		return err
	}
	if a.usage {
		if err := a.event(completionChunk{Choices: []choice{}, Usage: &usage{a.prompt, a.tokens, a.prompt + a.tokens}}); err != nil {
			return err
		}
	}
	return a.send("[DONE]")
}

// words sends the tokens, one each pace.
func (a *answer) words(ctx context.Context) error {
	wait := a.ttft
	for i := range a.tokens {
		if i > 0 && i == a.stallAfter {
			wait += a.stall
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		if err := a.chunk(delta{Content: fmt.Sprintf("word%d ", i+1)}, nil, 1); err != nil {
			return err
		}
		wait = a.pace
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type delta struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content,omitempty"`
}

type choice struct {
	Index  int     `json:"index"`
	Delta  delta   `json:"delta"`
	Finish *string `json:"finish_reason"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

type completionChunk struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

// chunk sends one choice and records it as k tokens, at the instant at which
// it was flushed: until then the user has not seen it.
func (a *answer) chunk(d delta, finish *string, k int) error {
	if err := a.event(completionChunk{Choices: []choice{{Delta: d, Finish: finish}}}); err != nil {
		return err
	}
	a.rec.Observe(a.board.now(), k)
	return nil
}

func (a *answer) event(c completionChunk) error {
	c.ID, c.Object, c.Model = a.id, "chat.completion.chunk", "simulated"
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return a.send(string(data))
}

func (a *answer) send(data string) error {
	if _, err := fmt.Fprintf(a.w, "data: %s\n\n", data); err != nil {
		return err
	}
	return a.out.Flush()
}
