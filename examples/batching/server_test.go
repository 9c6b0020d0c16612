package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// naive serves a load with no state but what each request has got, which it goes
// through as a whole for each sum and each decision.
func naive(s server, load []planned) []metrics.Request {
	const unscheduled = -1
	got := make([]int, len(load)) // tokens
	records := make([]metrics.Request, len(load))
	for i, p := range load {
		got[i] = unscheduled
		records[i] = p.record(metrics.Completed)
		if p.Prompt+p.Output > s.Cache {
			records[i] = p.record(metrics.Rejected)
			got[i] = p.Output
		}
	}
	running := func(i int) bool { return got[i] != unscheduled && got[i] < load[i].Output }
	for now := time.Duration(0); ; {
		var batch []int
		var reserved, context, prompt int
		for i, p := range load {
			if running(i) {
				batch = append(batch, i)
				reserved += p.Prompt + p.Output
				context += p.Prompt + got[i]
			}
		}
		decoding := len(batch)
		for i, p := range load { // in order of arrival; the first that cannot join stops the rest
			if got[i] != unscheduled {
				continue
			}
			first := len(batch) == decoding
			if p.Arrival > now || len(batch) >= s.MaxBatch || reserved+p.Prompt+p.Output > s.Cache ||
				!first && prompt+p.Prompt > s.MaxPrompt {
				break
			}
			batch = append(batch, i)
			reserved += p.Prompt + p.Output
			prompt += p.Prompt
			got[i] = 0
			records[i].Scheduled = metrics.Known(now)
		}
		if len(batch) == 0 {
			next := -1
			for i := len(load) - 1; i >= 0; i-- {
				if got[i] == unscheduled {
					next = i
				}
			}
			if next < 0 {
				return records
			}
			now = load[next].Arrival
			continue
		}
		now += s.Base + time.Duration(context)*s.PerContext + time.Duration(prompt)*s.PerPrompt
		for _, i := range batch {
			got[i]++
			records[i].Deliveries = append(records[i].Deliveries, metrics.Delivery{At: now, Tokens: 1})
			if got[i] == load[i].Output {
				records[i].End = metrics.Known(now)
			}
		}
	}
}

// TestServe works steps of 10 ns, 1 more for each token of a context and 2 for
// each of a prompt, by hand. The requests: A at 0 with a prompt of 5 and 2 tokens
// of answer, B at 3 with 4 and 1, C at 200 with 6 and 1.
func TestServe(t *testing.T) {
	load := []planned{{0, 5, 2}, {3, 4, 1}, {200, 6, 1}}
	wide := server{Base: 10, PerContext: 1, PerPrompt: 2, MaxBatch: 9, MaxPrompt: 99, Cache: 99}
	with := func(change func(*server)) server { s := wide; change(&s); return s }
	type row struct {
		Scheduled metrics.Instant
		At        []time.Duration
	}
	at := metrics.Known[time.Duration]
	for _, tt := range []struct {
		name   string
		server server
		want   []row
		reason string
	}{
		{"wide", wide, []row{{at(0), []time.Duration{20, 44}}, {at(20), []time.Duration{44}}, {at(200), []time.Duration{222}}},
			"10 + 2*5 = 20; then A decodes in a context of 6 and B joins: 10 + 6 + 2*4 = 24; idle until C: 10 + 2*6 = 22"},
		{"one at a time", with(func(s *server) { s.MaxBatch = 1 }),
			[]row{{at(0), []time.Duration{20, 36}}, {at(36), []time.Duration{54}}, {at(200), []time.Duration{222}}},
			"A decodes alone, 10 + 6; then B, 10 + 2*4"},
		{"prompts of 3 in a step", with(func(s *server) { s.MaxPrompt = 3 }),
			[]row{{at(0), []time.Duration{20, 44}}, {at(20), []time.Duration{44}}, {at(200), []time.Duration{222}}},
			"the first prompt of a step may be longer, or it would never join"},
		{"cache for A and not for B", with(func(s *server) { s.Cache = 11 }),
			[]row{{at(0), []time.Duration{20, 36}}, {at(36), []time.Duration{54}}, {at(200), []time.Duration{222}}},
			"7 and 5 tokens are reserved until A is answered"},
		{"cache for A and B", with(func(s *server) { s.Cache = 12 }),
			[]row{{at(0), []time.Duration{20, 44}}, {at(20), []time.Duration{44}}, {at(200), []time.Duration{222}}},
			"12 tokens are just enough"},
		{"cache for B alone", with(func(s *server) { s.Cache = 6 }),
			[]row{{}, {at(3), []time.Duration{21}}, {}},
			"A and C need 7 tokens: rejected, and nobody waits for them"},
	} {
		got, _ := tt.server.serve(load)
		var rows []row
		for i := range got {
			r := row{Scheduled: got[i].Scheduled}
			for _, d := range got[i].Deliveries {
				r.At = append(r.At, d.At)
			}
			rows = append(rows, r)
		}
		if diff := cmp.Diff(tt.want, rows); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tt.name, tt.reason, diff)
		}
	}
}

func TestServeEqualsNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		s := server{
			Base:       time.Duration(1 + rng.IntN(20)),
			PerContext: time.Duration(rng.IntN(3)),
			PerPrompt:  time.Duration(rng.IntN(5)),
			MaxBatch:   1 + rng.IntN(5),
			MaxPrompt:  1 + rng.IntN(20),
			Cache:      4 + rng.IntN(40),
		}
		load := make([]planned, rng.IntN(15))
		var arrival time.Duration
		for i := range load {
			arrival += time.Duration(rng.IntN(60)) // 0 for some: two at once
			load[i] = planned{arrival, 1 + rng.IntN(12), 1 + rng.IntN(8)}
		}
		before := slices.Clone(load)
		got, steps := s.serve(load)
		if diff := cmp.Diff(naive(s, load), got); diff != "" {
			t.Fatalf("%+v %v (-naive +got):\n%s", s, load, diff)
		}
		checkInvariants(t, s, load, got, steps)
		if diff := cmp.Diff(before, load); diff != "" {
			t.Fatalf("the load was changed (-before +after):\n%s", diff)
		}
	}
}

// checkInvariants checks that nothing is lost, made up or overtaken, and that the
// server works whenever there is work and within its limits.
func checkInvariants(t *testing.T, s server, load []planned, records []metrics.Request, steps []step) {
	t.Helper()
	delivered, scheduled := 0, time.Duration(0)
	for i := range records {
		r, p := &records[i], load[i]
		if err := r.Validate(); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		want := p.Output
		if p.Prompt+p.Output > s.Cache {
			want = 0
		}
		if int(r.Tokens()) != want {
			t.Fatalf("request %d has %d tokens, want %d", i, r.Tokens(), want)
		}
		delivered += want
		if at, ok := r.Scheduled.Get(); ok != (want > 0) || ok && at < scheduled {
			t.Fatalf("request %d is scheduled at %v, after one at %v", i, r.Scheduled, scheduled)
		} else if ok {
			scheduled = at
		}
	}
	made, end := 0, time.Duration(0)
	for i, st := range steps {
		made += st.Joined + st.Decoded
		if took := s.Base + time.Duration(st.Context)*s.PerContext + time.Duration(st.Prompt)*s.PerPrompt; st.End-st.Begin != took {
			t.Fatalf("step %d: %+v took %v, want %v", i, st, st.End-st.Begin, took)
		}
		if st.Joined+st.Decoded > s.MaxBatch || st.Reserved > s.Cache || st.Joined > 1 && st.Prompt > s.MaxPrompt {
			t.Fatalf("step %d is beyond a limit: %+v", i, st)
		}
		if st.Joined+st.Decoded == 0 || st.Begin < end || st.Begin > end && !arrivesAt(load, st.Begin) {
			t.Fatalf("step %d: %+v begins late or for nobody after %v", i, st, end)
		}
		end = st.End
	}
	if made != delivered {
		t.Fatalf("the steps made %d tokens, %d were delivered", made, delivered)
	}
}

// arrivesAt reports whether a request arrives at the instant: what an idle server
// may wait for.
func arrivesAt(load []planned, at time.Duration) bool {
	for _, p := range load {
		if p.Arrival == at {
			return true
		}
	}
	return false
}
