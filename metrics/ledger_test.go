package metrics

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func marshaled(t testing.TB, s *Summary) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLedgerIsTheUnion lets workers aggregate parts of a run each, sends all
// their snapshots in any order, some never and some several times, and
// compares with one summary of what the latest that came were of.
func TestLedgerIsTheUnion(t *testing.T) {
	const workers, snapshots = 4, 5
	type message struct {
		from     Source
		sequence uint64
		snapshot []byte
		part     []*Request // what it is of
	}
	for _, method := range []Method{ExactMethod, HDRMethod} {
		o := SummaryOptions{Method: method}
		for seed := range uint64(2) {
			rng := rand.New(rand.NewPCG(51, seed))
			var sent []message
			for w := range workers {
				a := Aggregate{Options: AggregateOptions{Summary: o, Shards: 3, Interval: s1}}
				run := randomRun(100*seed+uint64(w), 10*snapshots)
				for i, r := range run {
					addTo(t, &a, rng.IntN(3), time.Duration(i)*s1/3, r)
					if i%10 == 9 {
						from := Source{"run", fmt.Sprint("worker", w), ""}
						b := marshaled(t, a.Snapshot(Selection{}))
						sent = append(sent, message{from, uint64(i), b, run[:i+1]})
					}
				}
			}
			var l Ledger
			l.Options.Summary = o
			latest := map[Source]message{}
			for range 3 * len(sent) / 2 {
				m := sent[rng.IntN(len(sent))]
				held, known := latest[m.from]
				news, err := l.Add(m.from, m.sequence, m.snapshot)
				switch {
				case known && m.sequence < held.sequence:
					if news || !errors.Is(err, ErrStale) {
						t.Errorf("%d after %d: %v, %v, want %v", m.sequence, held.sequence, news, err, ErrStale)
					}
				case known && m.sequence == held.sequence:
					if news || err != nil {
						t.Errorf("%d again: %v, %v", m.sequence, news, err)
					}
				default:
					if !news || err != nil {
						t.Errorf("%d after %d: %v, %v", m.sequence, held.sequence, news, err)
					}
					latest[m.from] = m
				}
			}
			var union []*Request
			for _, m := range latest {
				union = append(union, m.part...)
			}
			checkSame(t, fmt.Sprintf("%v, seed %d", method, seed), summaryOf(t, o, union), l.Summary(nil))
		}
	}
}

func TestLedgerSelects(t *testing.T) {
	o := SummaryOptions{Method: HDRMethod}
	l := Ledger{Options: LedgerOptions{Summary: o}}
	parts := map[Source][]*Request{
		{"r1", "a", "chat"}: randomRun(61, 10),
		{"r1", "a", "code"}: randomRun(62, 20),
		{"r1", "b", "chat"}: randomRun(63, 30),
		{"r2", "a", "chat"}: randomRun(64, 40),
	}
	for from, run := range parts {
		if _, err := l.Add(from, 1, marshaled(t, summaryOf(t, o, run))); err != nil {
			t.Fatal(err)
		}
	}
	sources := l.Sources()
	var got []string
	for _, s := range sources {
		got = append(got, fmt.Sprint(s.Source, s.Sequence, s.Requests))
	}
	if diff := cmp.Diff([]string{"{r1 a chat} 1 10", "{r1 a code} 1 20", "{r1 b chat} 1 30", "{r2 a chat} 1 40"}, got); diff != "" {
		t.Errorf("sources (-want +got)\n%s", diff)
	}
	chat := func(s Source) bool { return s.Class == "chat" }
	want := summaryOf(t, o, parts[Source{"r1", "a", "chat"}])
	for _, from := range []Source{{"r1", "b", "chat"}, {"r2", "a", "chat"}} {
		if err := want.Merge(summaryOf(t, o, parts[from])); err != nil {
			t.Fatal(err)
		}
	}
	checkSame(t, "class chat", want, l.Summary(chat))
	if n := l.Forget(func(s Source) bool { return s.Run == "r1" }); n != 3 {
		t.Errorf("%d sources forgotten, want 3", n)
	}
	checkSame(t, "after forgetting", summaryOf(t, o, parts[Source{"r2", "a", "chat"}]), l.Summary(nil))
	l.Forget(chat)
	if l.bytes != 0 || len(l.Sources()) != 0 {
		t.Errorf("%d bytes of %d sources are left", l.bytes, len(l.Sources()))
	}
}

func TestLedgerErrors(t *testing.T) {
	o := SummaryOptions{Convention: Paper, Method: HDRMethod}
	run := randomRun(65, 20)
	ten, twenty := marshaled(t, summaryOf(t, o, run[:10])), marshaled(t, summaryOf(t, o, run))
	other := marshaled(t, summaryOf(t, o, run[1:11]))
	vllm := marshaled(t, summaryOf(t, SummaryOptions{Convention: VLLM, Method: HDRMethod}, run))
	exact := marshaled(t, summaryOf(t, SummaryOptions{Convention: Paper}, run[:2]))
	known := Source{"run", "worker", "chat"}
	room := int64(2*len(twenty) + 10)
	for _, tt := range []struct {
		name     string
		from     Source
		sequence uint64
		snapshot []byte
		news     bool
		err      error
		reason   string
	}{
		{"again", known, 7, ten, false, nil, "the same snapshot counts once"},
		{"later", known, 8, twenty, true, nil, "it replaces the one before"},
		{"later and equal", known, 8, ten, true, nil, "nothing has ended meanwhile"},
		{"earlier", known, 6, twenty, false, ErrStale, "an older sequence never replaces a newer one"},
		{"earlier, broken", known, 6, nil, false, ErrStale, "it is not even read"},
		{"conflict", known, 7, other, false, ErrConflict, "two snapshots under one number"},
		{"fewer", known, 9, marshaled(t, summaryOf(t, o, run[:9])), false, ErrDecreased, "the worker started again"},
		{"another class", Source{"run", "worker", "code"}, 1, twenty, true, nil, "a source of its own"},
		{"another run", Source{"run2", "worker", "chat"}, 1, twenty, true, nil, "numbers start again"},
		{"another convention", known, 9, vllm, false, ErrConvention, "its values have another meaning"},
		{"another method", known, 9, exact, false, ErrOptions, "exact values have no place"},
		{"broken", known, 9, twenty[:len(twenty)-1], false, ErrSnapshotShort, "cut on the way"},
		{"empty", known, 9, nil, false, ErrSnapshotFormat, "no snapshot"},
		{"long name", Source{strings.Repeat("r", MaxSourceName+1), "", ""}, 1, ten, false, ErrSourceName, "names cost memory"},
		{"longest name", Source{strings.Repeat("r", MaxSourceName), "", ""}, 1, ten, true, nil, "at the bound"},
		{"too large", known, 9, make([]byte, room+1), false, ErrFull, "it is not even read"},
	} {
		l := Ledger{Options: LedgerOptions{Summary: o, MaxSources: 3, MaxBytes: room}}
		if news, err := l.Add(known, 7, ten); !news || err != nil {
			t.Fatal(news, err)
		}
		before := l.Summary(nil)
		news, err := l.Add(tt.from, tt.sequence, tt.snapshot)
		var le *LedgerError
		if news != tt.news || !errors.Is(err, tt.err) || err != nil && !errors.As(err, &le) {
			t.Errorf("%s: got %v, %v, want %v, %v: %s", tt.name, news, err, tt.news, tt.err, tt.reason)
		}
		if le != nil && (le.Source != tt.from || le.Sequence != tt.sequence || len(err.Error()) > 1000) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !tt.news {
			checkSame(t, tt.name+" changed something", before, l.Summary(nil))
		}
	}
}

func TestLedgerBounds(t *testing.T) {
	b := marshaled(t, summaryOf(t, SummaryOptions{}, randomRun(66, 3)))
	for _, tt := range []struct {
		name string
		opts LedgerOptions
		want int
	}{
		{"sources", LedgerOptions{MaxSources: 7}, 7},
		{"bytes", LedgerOptions{MaxBytes: int64(5*len(b) + len(b) - 1)}, 5},
		{"no room for any", LedgerOptions{MaxSources: -1}, 0},
		{"default", LedgerOptions{}, defaultMaxSources},
	} {
		l := Ledger{Options: tt.opts}
		for i := range 2 * defaultMaxSources {
			_, err := l.Add(Source{Worker: fmt.Sprint(i)}, 1, b)
			if (err != nil) != (i >= tt.want) || err != nil && !errors.Is(err, ErrFull) {
				t.Fatalf("%s: source %d: %v", tt.name, i, err)
			}
		}
		if n := len(l.Sources()); n != tt.want || l.bytes != int64(n*len(b)) {
			t.Errorf("%s: %d sources of %d bytes, want %d", tt.name, n, l.bytes, tt.want)
		}
	}
}

// TestLedgerHostileCounts wants counts that one summary could hold, and the
// sum of many could not, to be refused before they are added up.
func TestLedgerHostileCounts(t *testing.T) {
	hostile := func(n int64) []byte {
		s := &Summary{Options: SummaryOptions{Method: HDRMethod}}
		s.prepare()
		s.Requests = RequestCounts{Offered: n, Completed: n}
		s.PromptTokens, s.OutputTokens = n, n
		for _, d := range s.distributions() {
			d.AddN(1, n)
		}
		return marshaled(t, s)
	}
	l := Ledger{Options: LedgerOptions{Summary: SummaryOptions{Method: HDRMethod}, MaxSources: 4}}
	if _, err := l.Add(Source{}, 1, hostile(maxCount)); !errors.Is(err, ErrRange) {
		t.Errorf("2^62: %v", err)
	}
	if _, err := l.Add(Source{}, 1, hostile(maxCount/4+1)); !errors.Is(err, ErrRange) {
		t.Errorf("2^60 + 1: %v", err)
	}
	for w := range 4 {
		if _, err := l.Add(Source{Worker: fmt.Sprint(w)}, 1, hostile(maxCount/4)); err != nil {
			t.Errorf("2^60, worker %d: %v", w, err)
		}
	}
	if s := l.Summary(nil); s.Requests.Offered != maxCount || s.PromptTokens != maxCount || s.Raw.TBT.N() != maxCount {
		t.Errorf("%+v, want 2^62 of everything", s.Requests)
	}
}

// TestLedgerConcurrent delivers every snapshot many times at once.
func TestLedgerConcurrent(t *testing.T) {
	o := SummaryOptions{Method: HDRMethod}
	run := randomRun(67, 60)
	l := Ledger{Options: LedgerOptions{Summary: o}}
	var snapshots [][]byte
	for i := range 6 {
		snapshots = append(snapshots, marshaled(t, summaryOf(t, o, run[:10*i+10])))
	}
	var news [6]int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(68, uint64(g)))
			for _, i := range append(rng.Perm(6), 5) {
				fresh, err := l.Add(Source{Worker: "w"}, uint64(i), snapshots[i])
				if err != nil && !errors.Is(err, ErrStale) {
					t.Error(err)
				}
				if fresh {
					mu.Lock()
					news[i]++
					mu.Unlock()
				}
				l.Summary(nil)
			}
		}()
	}
	wg.Wait()
	for i, n := range news {
		if n > 1 || i == 5 && n != 1 {
			t.Errorf("snapshot %d was news %d times", i, n)
		}
	}
	checkSame(t, "the latest", summaryOf(t, o, run), l.Summary(nil))
}

// FuzzLedgerAdd sends one thing from two sources. What is accepted must be
// what a summary would read, twice.
func FuzzLedgerAdd(f *testing.F) {
	o := SummaryOptions{Method: HDRMethod}
	for _, run := range [][]*Request{nil, randomRun(69, 3)} {
		s := &Summary{Options: o}
		for _, r := range run {
			if err := s.Add(r); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(marshaled(f, s))
	}
	f.Add(binary.AppendUvarint([]byte("TTS\x01\x00"), 1<<63))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := Ledger{Options: LedgerOptions{Summary: o}}
		news, err := l.Add(Source{Worker: "a"}, 1, data)
		if err != nil {
			var le *LedgerError
			if news || !errors.As(err, &le) || len(l.Sources()) != 0 {
				t.Fatalf("%v, %v", news, err)
			}
			return
		}
		if _, err := l.Add(Source{Worker: "b"}, 1, data); err != nil {
			t.Fatalf("from another source: %v", err)
		}
		var a, b Summary
		if err := errors.Join(a.UnmarshalBinary(data), b.UnmarshalBinary(data), a.Merge(&b)); err != nil {
			t.Fatal(err)
		}
		a.Options.Duration = Span{}
		checkSame(t, "twice", &a, l.Summary(nil))
	})
}

// BenchmarkLedger takes a snapshot of a busy worker, and merges 100 of them.
func BenchmarkLedger(b *testing.B) {
	run, _ := benchRun(2000)
	s := summaryOf(b, SummaryOptions{Method: HDRMethod}, run)
	data := marshaled(b, s)
	l := Ledger{Options: LedgerOptions{Summary: s.Options}}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for i := uint64(1); b.Loop(); i++ {
			if _, err := l.Add(Source{}, i, data); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(data)), "B/snapshot")
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Add(Source{}, l.entries[Source{}].sequence, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("merge-100", func(b *testing.B) {
		for w := range 99 {
			if _, err := l.Add(Source{Worker: fmt.Sprint(w)}, 1, data); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		for b.Loop() {
			l.Summary(nil)
		}
	})
}
