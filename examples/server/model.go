package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/tap"
)

// model answers requests for chat completions with streams of made-up words.
type model struct {
	board   *board
	answers atomic.Int64
}

func newModel(b *board) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/chat/completions", &model{board: b})
	return mux
}

// ServeHTTP stamps first and parses after: what the server does with a
// request is part of its TTFT.
func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received := m.board.now()
	s, err := read(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var rec metrics.Recorder
		rec.Start(received)
		refuse(w, err)
		m.board.finish(r.Context(), tap.NoAnswer, rec.Finish(m.board.now(), metrics.Rejected, metrics.Count{}))
		return
	}

	a := &answer{script: s, board: m.board, id: fmt.Sprintf("chatcmpl-%d", m.answers.Add(1)), w: w, out: http.NewResponseController(w)}
	a.rec.Keep(make([]metrics.Delivery, 0, s.tokens+2)) // with role and finish
	a.rec.Start(received)
	a.rec.Scheduled(m.board.now()) // there is no queue
	outcome, usage := outcomeOf(a.stream(r.Context())), metrics.Count{}
	if outcome == metrics.Completed {
		usage = metrics.Known(int64(s.tokens))
	}
	record := a.rec.Finish(m.board.now(), outcome, usage)
	record.ID, record.PromptTokens = a.id, metrics.Known(int64(s.prompt))
	if err := a.rec.Err(); err != nil {
		m.board.log.Print(err)
	}
	m.board.finish(r.Context(), tap.Stream, record)
}

// refuse answers in the form of OpenAI's errors.
func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(map[string]any{
		"error": map[string]any{"message": err.Error(), "type": "invalid_request_error"},
	})
}

// outcomeOf says what became of a stream that ended with err.
func outcomeOf(err error) metrics.Outcome {
	switch {
	case err == nil:
		return metrics.Completed
	case errors.Is(err, context.DeadlineExceeded):
		return metrics.TimedOut
	case errors.Is(err, http.ErrNotSupported):
		return metrics.Failed // middleware that cannot flush
	}
	return metrics.Cancelled // the client is gone, or a write to it failed
}
