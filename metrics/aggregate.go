package metrics

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// AggregateOptions says what an [Aggregate] tells apart and what that may
// cost. The zero value gives exact summaries under [Paper] since the start,
// of up to 16 classes, without windows. A server wants [HDRMethod].
type AggregateOptions struct {
	Summary SummaryOptions // of every summary

	// Interval is the resolution of windows: they begin at a multiple of it.
	// 0 means that there are none. Intervals is how many closed ones are
	// kept beside the current one, so that a window can be
	// Interval * Intervals long; 0 means 60.
	Interval  time.Duration
	Intervals int

	// Start is when counting began, on the clock of [Aggregate.Add]: no
	// window is said to reach back beyond it. 0 is the origin of that clock.
	Start time.Duration

	// Classes always have a place of their own. MaxClasses is how many others
	// may have one, first come, first served; 0 means 16, a negative number
	// none. The rest are together in [OverflowClass].
	Classes    []string
	MaxClasses int

	// Shards is how many goroutines can add at the same instant. 0 means
	// GOMAXPROCS, but at least 2 and at most 8.
	Shards int
}

// Aggregate is a place where many goroutines finish requests: summaries since
// the start and of the last minutes, of each class. The zero Aggregate is
// ready. All methods are safe for concurrent use. It must not be copied.
//
// A request is added as a whole, after its end; per token there is nothing
// shared. Goroutines add to one of several shards, each under a lock of its
// own, and go on to another when one is taken; one waits only if it finds all
// of them taken. What one processor adds stays in one shard as a rule. No
// goroutine is started, no clock is read.
//
// # Memory
//
// A summary with [HDRMethod] has 270 KB for each of its distributions that
// ever had a value: 15, or 4 MB, if everything is known of the requests, 9
// for what a gateway knows. Of these there are, for each shard and class that
// was ever used together,
//
//	1 without windows: since the start
//	2 with windows:    of the current interval, and of all before it
//
// and one for each shard that got a request of a closed interval, so with
// windows at most Shards * (2 * classes + 1): for 16 classes, the overflow and
// everything known, 280 MB with 2 shards and 1.1 GB with 8. Bound what matters
// by Shards and MaxClasses.
//
// A closed interval is held packed, in 2.2 KB and one or two bytes for each
// bucket in use; one of 2000 requests and 200,000 tokens has 26 KB (our
// measurement, BenchmarkAggregateClose). With [ExactMethod] every value is
// held for ever, in 8 bytes, and those within reach of a window twice.
type Aggregate struct {
	Options AggregateOptions // not to be changed after the first call of a method

	once    sync.Once
	classes classRegister
	shards  []*shard
	keep    int64         // closed intervals within reach of a window
	turn    atomic.Uint64 // spreads those that must wait
	recent  sync.Pool     // of *shard: where each processor was last; a hint
}

// shard has a lock and what was added under it: a cell for each class, by its
// place in the register, nil before its first request.
type shard struct {
	mu      sync.Mutex
	cells   []*cell
	scratch Summary // empty
}

const (
	defaultIntervals  = 60
	defaultMaxClasses = 16
	maxDefaultShards  = 8
)

func (a *Aggregate) prepare() {
	a.once.Do(func() {
		o := &a.Options
		if o.Interval < 0 || o.Intervals < 0 || o.Shards < 0 {
			panic("metrics: negative Interval, Intervals or Shards of an Aggregate")
		}
		a.keep = int64(o.Intervals)
		if o.Intervals == 0 {
			a.keep = defaultIntervals
		}
		others := o.MaxClasses
		if others == 0 {
			others = defaultMaxClasses
		}
		a.classes.init(o.Classes, max(0, others))
		n := o.Shards
		if n == 0 {
			n = min(max(2, runtime.GOMAXPROCS(0)), maxDefaultShards)
		}
		a.shards = make([]*shard, n)
		for i := range a.shards {
			a.shards[i] = new(shard)
		}
	})
}

// Add adds a request that ended at the instant at, on one clock for all
// requests of the Aggregate, which decides on the interval that it belongs
// to; without windows at does not matter. It returns the [*RequestError] of
// [Request.Validate] for a record that contradicts itself, which then is not
// counted at all. r is not kept. With HDR distributions, and between the
// beginnings of intervals, it does not allocate.
//
// Requests may come in any order of at, but in about the right one they are
// cheap: one of an interval that was closed costs as much as a hundred others.
func (a *Aggregate) Add(at time.Duration, r *Request) error {
	a.prepare()
	class := a.classes.place(r.Class)
	s := a.acquire()
	defer a.release(s)
	interval := a.interval(at)
	return s.cell(class, interval, a.Options.Summary).add(interval, a.keep, r, &s.scratch)
}

// acquire returns a shard whose lock it has taken: the one that this
// processor used last, whose tables are in its cache, else any that is free.
func (a *Aggregate) acquire() *shard {
	if s, ok := a.recent.Get().(*shard); ok && s.mu.TryLock() {
		return s
	}
	for _, s := range a.shards {
		if s.mu.TryLock() {
			return s
		}
	}
	s := a.shards[a.turn.Add(1)%uint64(len(a.shards))]
	s.mu.Lock()
	return s
}

func (a *Aggregate) release(s *shard) {
	s.mu.Unlock()
	a.recent.Put(s)
}

// cell returns the cell of the class. If there is none it makes one, which
// begins with the interval.
func (s *shard) cell(class int, interval int64, o SummaryOptions) *cell {
	for len(s.cells) <= class {
		s.cells = append(s.cells, nil)
	}
	if s.cells[class] == nil {
		s.scratch.Options = o
		s.cells[class] = &cell{live: Summary{Options: o}, past: Summary{Options: o}, interval: interval}
	}
	return s.cells[class]
}

// interval returns the number of the interval that holds the instant.
func (a *Aggregate) interval(at time.Duration) int64 {
	n := a.Options.Interval
	if n == 0 {
		return 0
	}
	k := int64(at / n)
	if at%n < 0 {
		k--
	}
	return k
}

// Late returns how many requests came when so much later ones had been added
// that the intervals of their own were given up. They are in no window; since
// the start they are counted. Any at all mean that instants given to
// [Aggregate.Add] are of different clocks, or far out of order.
func (a *Aggregate) Late() int64 {
	a.prepare()
	var n int64
	for _, s := range a.shards {
		s.mu.Lock()
		for _, c := range s.cells {
			if c != nil {
				n += c.late
			}
		}
		s.mu.Unlock()
	}
	return n
}
