package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	ttprom "github.com/tokentime/tokentime/contrib/prometheus"
	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
	"github.com/tokentime/tokentime/tap"
)

// What this server promises its users.
const objective = "ttft<=500ms,tbt.max<=200ms"

var deadlines = fluidity.Deadlines{Prefill: 500 * time.Millisecond, Decode: 50 * time.Millisecond}

// forms are the classes of requests. A whole answer has no gaps and a TTFT
// that is its end-to-end latency, so it is kept apart from the streams.
var forms = [...]tap.Form{tap.NoAnswer, tap.Stream, tap.Whole, tap.Opaque}

// board is where all requests end: in Prometheus, and in an aggregate that
// /report reads.
type board struct {
	start     time.Time // the origin of all instants
	log       *log.Logger
	registry  *prometheus.Registry
	classes   [len(forms)]*ttprom.Class
	aggregate metrics.Aggregate
}

func newBoard(start time.Time, logger *log.Logger) (*board, error) {
	o, err := slo.Parse(objective)
	if err != nil {
		return nil, err
	}
	observer, err := ttprom.New(ttprom.Options{
		Labels:    []string{"form"},
		Native:    ttprom.Native{Factor: 1.1},
		Deadlines: deadlines,
		Objective: o,
	})
	if err != nil {
		return nil, err
	}
	b := &board{start: start, log: logger, registry: prometheus.NewRegistry()}
	if err := b.registry.Register(observer); err != nil {
		return nil, err
	}
	b.aggregate.Options = metrics.AggregateOptions{
		Summary:  metrics.SummaryOptions{Convention: metrics.Paper, Method: metrics.HDRMethod},
		Interval: 5 * time.Second, Intervals: 12,
	}
	for i, form := range forms { // once, not once a request
		if b.classes[i], err = observer.With(form.String()); err != nil {
			return nil, err
		}
		b.aggregate.Options.Classes = append(b.aggregate.Options.Classes, form.String())
	}
	return b, nil
}

// now is the present instant, as an offset from the origin. Like
// metrics.Clock it uses the monotonic clock, and costs half of time.Now.
func (b *board) now() time.Duration { return time.Since(b.start) }

// finish takes in the record of a request that has ended. ctx is that of the
// request. It may be called from many goroutines at once.
func (b *board) finish(ctx context.Context, form tap.Form, r metrics.Request) {
	if r.Outcome == metrics.Cancelled && context.Cause(ctx) == errShutdown {
		r.Outcome = metrics.Failed // it was not the user who gave up
	}
	r.Class = form.String()
	if err := b.aggregate.Add(b.now(), &r); err != nil {
		b.log.Printf("request %q is not counted: %v", r.ID, err)
		return
	}
	if err := b.classes[form].Observe(&r); err != nil {
		b.log.Printf("request %q is not exported: %v", r.ID, err)
	}
}

// handler adds the pages of the board to what answers.
func (b *board) handler(answers http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", answers)
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.registry, promhttp.HandlerOpts{ErrorLog: b.log}))
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		b.report(w)
	})
	return mux
}
