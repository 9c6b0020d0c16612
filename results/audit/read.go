package audit

import (
	"errors"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// Read audits all runs that are left in rd.
//
// A record whose time runs backwards ends the reading, as every error does,
// but it is a defect of the run and not of the reading: it becomes a finding,
// time-backwards, of the run that it is in, and Read returns what was audited
// up to there without an error. For any other error it returns the audits of
// the runs before it and the error.
func Read(rd *results.Reader, o Options) ([]*Audit, error) {
	var audits []*Audit
	for rd.NextRun() {
		a := New(rd.Run(), o)
		audits = append(audits, a)
		for rd.Next() {
			if err := a.Add(rd.Request()); err != nil {
				return audits, err
			}
		}
		if rd.Err() == nil {
			a.end()
		}
	}
	err := rd.Err()
	if !aboutTime(err) {
		return audits, err
	}
	var at *results.Error
	if !errors.As(err, &at) {
		return audits, err
	}
	if at.Run >= len(audits) { // found before any request could be read
		audits = append(audits, New(&results.Run{Source: at.File}, o))
	}
	audits[len(audits)-1].broken = timeBackwards(at)
	return audits, nil
}

// aboutTime reports whether err says that times of a record contradict each
// other.
func aboutTime(err error) bool {
	for _, target := range []error{
		metrics.ErrTimeReversed, metrics.ErrBeforeArrival, metrics.ErrAfterEnd, results.ErrNegativeTime,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func timeBackwards(err *results.Error) *Finding {
	f := &Finding{
		Code:     CodeTimeBackwards,
		Severity: Error,
		Message:  "time runs backwards, and what comes after it was not audited: " + err.Error(),
		Numbers:  []Number{},
		Requests: Requests{IDs: []string{}},
		Advice:   "look at the clock of the client: a clock that can be set is not one to measure with",
		Source:   sourceOurs,
	}
	if err.Request >= 0 {
		f.Requests.Count = 1
	}
	return f
}
