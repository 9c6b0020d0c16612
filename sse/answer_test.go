package sse

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tokentime/tokentime/metrics"
)

// answered returns the answer of events at 0, 1, 2... ns.
func answered(limit int, events ...Event) *Answer {
	a := &Answer{MaxDeliveries: limit}
	for i, e := range events {
		a.Add(time.Duration(i), e)
	}
	return a
}

// delivered returns deliveries from pairs of instant and tokens.
func delivered(pairs ...int) []metrics.Delivery {
	var ds []metrics.Delivery
	for i := 0; i < len(pairs); i += 2 {
		ds = append(ds, metrics.Delivery{At: time.Duration(pairs[i]), Tokens: pairs[i+1]})
	}
	return ds
}

func TestAnswer(t *testing.T) {
	total := func(k Kind, n int64) Event { return Event{Kind: k | Usage, Usage: metricsOutput(n)} }
	at := func(ns int) metrics.Instant { return metrics.Known(time.Duration(ns)) }
	for _, tt := range []struct {
		name, reason string
		limit        int
		events       []Event
		want         Answer // without MaxDeliveries
	}{
		{"nothing", "no event came", 0, nil, Answer{}},
		{"chat", "role and finish are deliveries of no token, the end mark is none", 0, events(Role, Text, Text, Finish, Done),
			Answer{Deliveries: delivered(0, 0, 1, 1, 2, 1, 3, 0), Tokens: 2, FirstAnswer: at(1), Done: at(4), Finished: true, Uncounted: true, Events: 5}},
		{"ping", "a control event is a delivery of no token", 0, events(Control),
			Answer{Deliveries: delivered(0, 0), Events: 1}},
		{"role with output", "one delivery, of the output", 0, events(Role | ToolCall | Finish),
			Answer{Deliveries: delivered(0, 1), Tokens: 1, FirstAnswer: at(0), Finished: true, Uncounted: true, Events: 1}},
		{"usage alone", "no delivery, but the last word", 0, append(events(Text), total(0, 7)),
			Answer{Deliveries: delivered(0, 1), Tokens: 1, Usage: metricsOutput(7), UsageFinal: true, FirstAnswer: at(0), Uncounted: true, Events: 2}},
		{"usage with a finish reason", "a delivery of no token", 0, []Event{total(Finish, 7)},
			Answer{Deliveries: delivered(0, 0), Usage: metricsOutput(7), UsageFinal: true, Finished: true, Events: 1}},
		{"usage before output", "it was not the last word", 0, append([]Event{total(Role, 1)}, events(Text)...),
			Answer{Deliveries: delivered(0, 0, 1, 1), Tokens: 1, Usage: metricsOutput(1), FirstAnswer: at(1), Uncounted: true, Events: 2}},
		{"running totals", "a delivery is what the total grew by, but one token at least", 0, []Event{total(Role, 0), total(Text, 3), total(Text, 3), total(Text, 9)},
			Answer{Deliveries: delivered(0, 0, 1, 3, 2, 1, 3, 5), Tokens: 9, Usage: metricsOutput(9), UsageFinal: true, FirstAnswer: at(1), Events: 4}},
		{"totals that begin late", "nobody can tell which event held how many", 0, []Event{{Kind: Text}, total(Text, 9), total(Text, 12)},
			Answer{Deliveries: delivered(0, 1, 1, 1, 2, 1), Tokens: 3, Usage: metricsOutput(12), UsageFinal: true, FirstAnswer: at(0), Uncounted: true, Events: 3}},
		{"totals that break off", "from there on it is one token an event", 0, []Event{total(Text, 4), {Kind: Text}, total(Text, 9)},
			Answer{Deliveries: delivered(0, 4, 1, 1, 2, 1), Tokens: 6, Usage: metricsOutput(9), UsageFinal: true, FirstAnswer: at(0), Uncounted: true, Events: 3}},
		{"reasoning first", "FirstAnswer is what follows", 0, events(Reasoning, Reasoning|Text, ToolCall),
			Answer{Deliveries: delivered(0, 1, 1, 1, 2, 1), Tokens: 3, FirstAnswer: at(1), Reasoning: true, Uncounted: true, Events: 3}},
		{"output behind a finish reason", "another choice goes on", 0, events(Finish, Text),
			Answer{Deliveries: delivered(0, 0, 1, 1), Tokens: 1, FirstAnswer: at(1), Uncounted: true, Events: 2}},
		{"behind the end", "nobody reads on", 0, append(events(Done, Text, Error, Unreadable), total(0, 7)),
			Answer{Done: at(0), Events: 1}},
		{"end with output", "it counts", 0, events(Text | Done),
			Answer{Deliveries: delivered(0, 1), Tokens: 1, FirstAnswer: at(0), Done: at(0), Uncounted: true, Events: 1}},
		{"error", "no delivery; what follows is looked at", 0, events(Error, Text, Done),
			Answer{Deliveries: delivered(1, 1), Tokens: 1, FirstAnswer: at(1), Done: at(2), Failed: true, Uncounted: true, Events: 3}},
		{"unreadable", "no delivery; Err is the last", 0, []Event{{Kind: Unreadable, Err: ErrSyntax}, {Kind: Unreadable, Err: ErrTooLong}, {Kind: Done}},
			Answer{Done: at(2), Events: 3, Unreadable: 2, Err: ErrTooLong}},
		{"unreadable end", "its event field said that it is one", 0, []Event{{Kind: Unreadable | Done, Err: ErrTooLong}},
			Answer{Done: at(0), Events: 1, Unreadable: 1, Err: ErrTooLong}},
		{"cut off", "a fact of its own", 0, []Event{{Kind: Text}, {Kind: Unreadable, Err: ErrTruncated}},
			Answer{Deliveries: delivered(0, 1), Tokens: 1, FirstAnswer: at(0), Uncounted: true, Events: 2, CutOff: true}},
		{"impossible total", "it is not stated, and the event can be read", 0, []Event{{Kind: Text, Err: ErrCount}},
			Answer{Deliveries: delivered(0, 1), Tokens: 1, FirstAnswer: at(0), Uncounted: true, Events: 1}},
		{"Triton", "nothing tells the end", 0, []Event{{Kind: Text, NoEnd: true}, {NoEnd: true}},
			Answer{Deliveries: delivered(0, 1, 1, 0), Tokens: 1, FirstAnswer: at(0), NoEnd: true, Uncounted: true, Events: 2}},
		{"at the limit", "the limit itself is allowed", 2, events(Text, Finish),
			Answer{Deliveries: delivered(0, 1, 1, 0), Tokens: 1, FirstAnswer: at(0), Finished: true, Uncounted: true, Events: 2}},
		{"beyond the limit", "the rest is not kept, but looked at", 1, append(events(Role, Text), total(Finish, 5)),
			Answer{Deliveries: delivered(0, 0), Usage: metricsOutput(5), UsageFinal: true, FirstAnswer: at(1), Finished: true, Uncounted: true, Events: 3, Dropped: 2}},
		{"most tokens", "the limit of a valid record", 9, []Event{total(Text, metrics.MaxTokens)},
			Answer{Deliveries: delivered(0, int(min(metrics.MaxTokens, math.MaxInt))), Tokens: metrics.MaxTokens, Usage: metricsOutput(metrics.MaxTokens), UsageFinal: true, FirstAnswer: at(0), Events: 1}},
		{"one token more", "the record stays valid", 9, []Event{total(Text, metrics.MaxTokens), total(Text, metrics.MaxTokens)},
			Answer{Deliveries: delivered(0, int(min(metrics.MaxTokens, math.MaxInt))), Tokens: metrics.MaxTokens, Usage: metricsOutput(metrics.MaxTokens), UsageFinal: true, FirstAnswer: at(0), Events: 2, Dropped: 1}},
		{"one token more, without a limit", "everything is kept; Validate tells", 0, []Event{total(Text, metrics.MaxTokens), total(Text, metrics.MaxTokens)},
			Answer{Deliveries: delivered(0, int(min(metrics.MaxTokens, math.MaxInt)), 1, 1), Tokens: metrics.MaxTokens + 1, Usage: metricsOutput(metrics.MaxTokens), UsageFinal: true, FirstAnswer: at(0), Events: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := answered(tt.limit, tt.events...)
			if diff := cmp.Diff(&tt.want, got, cmpopts.IgnoreFields(Answer{}, "MaxDeliveries"), cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

func TestAnswerOutcome(t *testing.T) {
	for _, tt := range []struct {
		name, reason    string
		events          []Event
		ended, brokeOff bool
		want            metrics.Outcome
	}{
		{"nothing", "a stream without an end", nil, false, true, metrics.Failed},
		{"output alone", "likewise", events(Text), false, true, metrics.Failed},
		{"end event", "it ends the stream", events(Text, Done), true, false, metrics.Completed},
		{"finish reason", "so does that", events(Text, Finish, Control), true, false, metrics.Completed},
		{"output behind the finish reason", "of another choice", events(Finish, Text), false, true, metrics.Failed},
		{"error", "it needs no end", events(Text, Error), false, false, metrics.Failed},
		{"error, then the end", "vLLM sends [DONE] as if all were well", events(Error, Done), true, false, metrics.Failed},
		{"Triton", "the end of the body is the end", []Event{{Kind: Text, NoEnd: true}}, false, false, metrics.Completed},
		{"Triton, an error", "after a status of success", []Event{{Kind: Text, NoEnd: true}, {Kind: Error}}, false, false, metrics.Failed},
		{"Triton, cut off", "half an event is no end", []Event{{Kind: Text, NoEnd: true}, {Kind: Unreadable, Err: ErrTruncated}}, false, true, metrics.Failed},
		{"cut off behind a finish reason", "nothing was lost that counts", []Event{{Kind: Finish}, {Kind: Unreadable, Err: ErrTruncated}}, true, false, metrics.Completed},
	} {
		a := answered(0, tt.events...)
		if a.Ended() != tt.ended || a.BrokeOff() != tt.brokeOff || a.Outcome() != tt.want {
			t.Errorf("%s: ended %v, broke off %v, %v, want %v, %v, %v: %s", tt.name, a.Ended(), a.BrokeOff(), a.Outcome(), tt.ended, tt.brokeOff, tt.want, tt.reason)
		}
	}
}

func TestAnswerFill(t *testing.T) {
	counted := Event{Kind: Usage, Usage: counts(3, 7, -1)}
	for _, tt := range []struct {
		name, reason string
		limit        int
		events       []Event
		want         metrics.Request
	}{
		{"final", "it settles N", 0, []Event{{Kind: Text}, counted}, metrics.Request{Deliveries: delivered(0, 1), PromptTokens: metrics.Known(int64(3)), UsageTokens: metrics.Known(int64(7))}},
		{"not final", "output came behind it", 0, []Event{counted, {Kind: Text}}, metrics.Request{Deliveries: delivered(1, 1), PromptTokens: metrics.Known(int64(3))}},
		{"dropped", "N would not be that of the deliveries", 1, []Event{{Kind: Text}, {Kind: Text}, counted}, metrics.Request{Deliveries: delivered(0, 1), PromptTokens: metrics.Known(int64(3))}},
		{"nothing", "what another answer left is gone", 0, nil, metrics.Request{}},
	} {
		got := metrics.Request{ID: "kept", PromptTokens: metrics.Known(int64(1)), UsageTokens: metrics.Known(int64(1)), Deliveries: delivered(1, 1)}
		tt.want.ID = "kept"
		answered(tt.limit, tt.events...).Fill(&got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, tt.reason, diff)
		}
	}
}

// plainAnswer is the twin: it has all events, and takes each fact from them by
// its definition.
func plainAnswer(events []Event) Answer {
	if i := slices.IndexFunc(events, func(e Event) bool { return e.Has(Done) }); i >= 0 {
		events = events[:i+1]
	}
	lastOutput := -1
	for i, e := range events {
		if e.Has(Output) {
			lastOutput = i
		}
	}
	a := Answer{Events: int64(len(events))}
	for i, e := range events {
		at := metrics.Known(time.Duration(i))
		total, stated := e.Usage.Output.Get()
		var tokens int64
		for _, d := range a.Deliveries {
			tokens += int64(d.Tokens)
		}
		if e.Has(Output) {
			all := !slices.ContainsFunc(events[:i+1], func(e Event) bool { return e.Has(Output) && !e.Usage.Output.Known() })
			k := int64(1)
			if all && total > tokens {
				k = total - tokens
			}
			a.Deliveries = append(a.Deliveries, delivered(i, int(k))...)
			a.Tokens = tokens + k
		} else if e.Kind&^(Usage|Done|Error|Unreadable) != 0 || e.Kind == 0 {
			a.Deliveries = append(a.Deliveries, delivered(i, 0)...)
		}
		a.Usage.Update(e.Usage)
		a.UsageFinal = a.UsageFinal || stated && i >= lastOutput
		a.Finished = a.Finished || e.Has(Finish) && i >= lastOutput
		a.Failed = a.Failed || e.Has(Error)
		a.NoEnd = a.NoEnd || e.NoEnd
		a.Uncounted = a.Uncounted || e.Has(Output) && !stated
		a.Reasoning = a.Reasoning || e.Has(Reasoning)
		a.CutOff = a.CutOff || e.Err == ErrTruncated
		if e.Has(Text|ToolCall) && a.FirstAnswer == (metrics.Instant{}) {
			a.FirstAnswer = at
		}
		if e.Has(Done) {
			a.Done = at
		}
		if e.Has(Unreadable) && e.Err != ErrTruncated {
			a.Unreadable, a.Err = a.Unreadable+1, e.Err
		}
	}
	return a
}

func TestAnswerTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var es []Event
		counting := rng.IntN(2) == 0
		for range rng.IntN(8) {
			e := Event{NoEnd: rng.IntN(8) == 0}
			switch rng.IntN(8) {
			case 0:
				e.Kind, e.Err = Unreadable, []error{ErrSyntax, ErrTooLong, ErrTruncated}[rng.IntN(3)]
			case 1: // control
			default:
				one, other := Kind(rng.IntN(1<<numKinds)), Kind(rng.IntN(1<<numKinds))
				e.Kind = one & other &^ (Unreadable | Usage) // few kinds, as in streams
			}
			if rng.IntN(3) > 0 {
				e.Kind &^= Done
			}
			if e.Err == nil && (counting && rng.IntN(6) > 0 || rng.IntN(4) == 0) {
				e.Kind, e.Usage = e.Kind|Usage, counts(rng.Int64N(3)-1, rng.Int64N(12), rng.Int64N(3)-1)
			}
			es = append(es, e)
		}
		if diff := cmp.Diff(plainAnswer(es), *answered(0, es...), cmpopts.EquateErrors()); diff != "" {
			t.Fatalf("%v (-want +got)\n%s", es, diff)
		}
	}
}

// With its deliveries full an answer takes events for nothing.
func TestAnswerAllocations(t *testing.T) {
	a := Answer{Deliveries: make([]metrics.Delivery, 0, 64), MaxDeliveries: 64}
	e := usage(Text, 5, 3)
	if n := testing.AllocsPerRun(200, func() { a.Add(1, e) }); n != 0 {
		t.Errorf("%v allocations an event, want none", n)
	}
}
