package metrics

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Source names who counted: a worker, in one run of it, for one class. A
// worker that starts again counts from 0 and must come with another Run.
type Source struct {
	Run, Worker, Class string
}

// LedgerOptions bounds a [Ledger] and says what it takes.
type LedgerOptions struct {
	// Summary has the convention and the method that every snapshot must
	// have. Set SeparateClocks if the workers' instants have different
	// origins.
	Summary SummaryOptions

	MaxSources int   // 0 means 1024
	MaxBytes   int64 // of the snapshots together, as they were sent; 0 means 64 MB
}

// Ledger merges what other processes counted, and counts it once. A worker
// sends snapshots of everything since the start of its run, under sequence
// numbers that rise; the ledger holds the latest of each [Source]:
//
//	Summary = merge of the latest snapshot of every source
//
// Because a snapshot replaces the one before, it may be lost, come twice, or
// come after a later one: the next one that comes makes up for it.
//
// A snapshot is checked before it is taken, and whatever a source sends, the
// ledger holds no more than MaxBytes and 4 KB for each source, and during a
// call one summary (see [Aggregate] on its size). The zero Ledger is ready,
// for exact summaries under the zero Convention. All methods are safe for
// concurrent use. It must not be copied.
type Ledger struct {
	Options LedgerOptions // not to be changed after the first call of a method

	mu      sync.Mutex
	entries map[Source]ledgerEntry
	bytes   int64
}

// ledgerEntry is the latest snapshot of a source.
type ledgerEntry struct {
	sequence uint64
	digest   [sha256.Size]byte // of the snapshot
	bytes    int64             // its length
	requests int64
	packed   *closedInterval
}

// MaxSourceName bounds each of the names of a [Source], in bytes.
const MaxSourceName = 256

const (
	defaultMaxSources = 1024
	defaultMaxBytes   = 64 << 20
)

// Why a [Ledger] did not take a snapshot; a [*LedgerError] says whose. What
// [Summary.UnmarshalBinary] or [Summary.Merge] finds wrong is another reason.
var (
	ErrStale      = errors.New("older than what is held")
	ErrConflict   = errors.New("another snapshot was sent under this number")
	ErrDecreased  = errors.New("fewer requests than before: a worker that starts again needs another run")
	ErrSourceName = errors.New("a name of the source is too long")
	ErrFull       = errors.New("no room")
)

// LedgerError reports a snapshot that a [Ledger] did not take. What it held
// before stays.
type LedgerError struct {
	Source   Source
	Sequence uint64
	Err      error // wraps one of the Err variables
}

func (e *LedgerError) Error() string {
	s := e.Source
	return fmt.Sprintf("snapshot %d of run %.80q, worker %.80q, class %.80q: %v", e.Sequence, s.Run, s.Worker, s.Class, e.Err)
}

// Unwrap returns e.Err.
func (e *LedgerError) Unwrap() error { return e.Err }

// Add takes what [Summary.MarshalBinary] returned for the source: everything
// since the start of its run. It reports whether that was news. It does not
// keep snapshot.
//
// Special cases are:
//
//	the same number and content again     false, nil
//	the same number, other content        [ErrConflict]
//	a lower number than the one held      [ErrStale]
//	a higher number, fewer requests       [ErrDecreased]
//	too many sources or bytes             [ErrFull]
//	no valid snapshot                     a [*SnapshotError]
//	another convention or method          [ErrConvention], [ErrOptions]
//
// An error is a [*LedgerError], and changes nothing.
func (l *Ledger) Add(from Source, sequence uint64, snapshot []byte) (bool, error) {
	e := ledgerEntry{sequence: sequence, digest: sha256.Sum256(snapshot), bytes: int64(len(snapshot))}
	news, err := l.admit(from, &e)
	if !news || err != nil {
		return false, err // without the work of reading it
	}
	if err := l.read(&e, snapshot); err != nil {
		return false, &LedgerError{from, sequence, err}
	}
	return l.admit(from, &e)
}

// admit decides on an entry, and takes it if it has been read.
func (l *Ledger) admit(from Source, e *ledgerEntry) (bool, error) {
	refuse := func(err error) (bool, error) { return false, &LedgerError{from, e.sequence, err} }
	if max(len(from.Run), len(from.Worker), len(from.Class)) > MaxSourceName {
		return refuse(ErrSourceName)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	held, known := l.entries[from]
	switch {
	case known && e.sequence < held.sequence:
		return refuse(fmt.Errorf("%w: %d", ErrStale, held.sequence))
	case known && e.sequence == held.sequence && e.digest != held.digest:
		return refuse(ErrConflict)
	case known && e.sequence == held.sequence:
		return false, nil
	case !known && len(l.entries) >= l.maxSources():
		return refuse(fmt.Errorf("%w: %d sources", ErrFull, len(l.entries)))
	case l.bytes-held.bytes+e.bytes > l.maxBytes():
		return refuse(fmt.Errorf("%w: %d bytes are held, and this has %d", ErrFull, l.bytes, e.bytes))
	case e.packed == nil:
		return true, nil
	case e.requests < held.requests:
		return refuse(fmt.Errorf("%w: %d after %d", ErrDecreased, e.requests, held.requests))
	}
	if l.entries == nil {
		l.entries = map[Source]ledgerEntry{}
	}
	if !known { // the names may be pieces of something large
		from = Source{strings.Clone(from.Run), strings.Clone(from.Worker), strings.Clone(from.Class)}
	}
	l.entries[from] = *e
	l.bytes += e.bytes - held.bytes
	return true, nil
}

// read checks the snapshot and packs it into e.
func (l *Ledger) read(e *ledgerEntry, snapshot []byte) error {
	var s Summary
	if err := s.UnmarshalBinary(snapshot); err != nil {
		return err
	}
	if got, want := s.Options.Convention, l.Options.Summary.Convention; got != want {
		return fmt.Errorf("%w: %q and %q, or their rules", ErrConvention, got.Name, want.Name)
	}
	if got, want := s.Options.Method, l.Options.Summary.Method; got != want {
		return fmt.Errorf("%w: %v and %v", ErrOptions, got, want)
	}
	if err := l.checkCounts(&s); err != nil {
		return err
	}
	e.requests = s.Requests.Offered
	e.packed = closeInterval(&s, 0)
	return nil
}

// checkCounts wants every count to be so small that the sum over all sources
// is below the bound of one summary.
func (l *Ledger) checkCounts(s *Summary) error {
	most := maxCount / int64(l.maxSources())
	largest := s.Requests.Offered
	for _, n := range s.counters() {
		largest = max(largest, *n)
	}
	for _, d := range s.distributions() {
		largest = max(largest, d.N(), d.Undefined())
	}
	if largest > most {
		return fmt.Errorf("%w: a count of %d, where at most %d is possible", ErrRange, largest, most)
	}
	return nil
}

func (l *Ledger) maxSources() int {
	if l.Options.MaxSources == 0 {
		return defaultMaxSources
	}
	return l.Options.MaxSources
}

func (l *Ledger) maxBytes() int64 {
	if l.Options.MaxBytes == 0 {
		return defaultMaxBytes
	}
	return l.Options.MaxBytes
}

// Summary returns the merged snapshots of the sources that keep accepts, or
// of all if keep is nil. It equals the [Summary] of the union of the
// requests, except that of two equal largest stalls either may be the one
// that is told of. Durations that the snapshots were given are not used: it
// has that of Options.Summary, or takes it from the requests.
func (l *Ledger) Summary(keep func(Source) bool) *Summary {
	s := &Summary{Options: l.Options.Summary}
	s.prepare()
	for _, from := range l.Sources() {
		if keep != nil && !keep(from.Source) {
			continue
		}
		from.packed.mergeInto(s)
	}
	s.Options.Duration = l.Options.Summary.Duration
	return s
}

// SourceState says what a [Ledger] holds of a source.
type SourceState struct {
	Source
	Sequence uint64 // of its latest snapshot
	Requests int64  // offered, in it

	packed *closedInterval
}

// Sources returns all sources, ordered by run, worker and class.
func (l *Ledger) Sources() []SourceState {
	l.mu.Lock()
	defer l.mu.Unlock()
	states := make([]SourceState, 0, len(l.entries))
	for from, e := range l.entries {
		states = append(states, SourceState{from, e.sequence, e.requests, e.packed})
	}
	slices.SortFunc(states, func(a, b SourceState) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Worker, b.Worker), cmp.Compare(a.Class, b.Class))
	})
	return states
}

// Forget drops the sources that drop accepts, with what they counted, and
// returns how many. A snapshot of one that is still on its way would be news
// again.
func (l *Ledger) Forget(drop func(Source) bool) int {
	n := 0
	for _, from := range l.Sources() {
		if drop(from.Source) && l.forget(from.Source) {
			n++
		}
	}
	return n
}

func (l *Ledger) forget(from Source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[from]
	if ok {
		l.bytes -= e.bytes
		delete(l.entries, from)
	}
	return ok
}
