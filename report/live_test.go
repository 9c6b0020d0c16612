package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// TestLiveEqualsRecorded measures random streams with a recorder, writes them
// to a file and reads that: the two reports must not differ in a byte.
func TestLiveEqualsRecorded(t *testing.T) {
	for _, method := range []metrics.Method{metrics.ExactMethod, metrics.HDRMethod} {
		o := Options{Method: method, Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}}
		info := &results.Run{Source: "same", Format: results.FormatNative, CommonClock: true}
		live, err := NewRun(info, o)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		w := results.NewWriter(&file, info)
		rng := rand.New(rand.NewPCG(4, 4))
		for i := range 300 {
			r := recordStream(t, rng, fmt.Sprint(i))
			if err := live.Add(&r); err != nil {
				t.Fatal(err)
			}
			if err := w.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(jsonOf(t, live), jsonOf(t, reread(t, &file, o))); diff != "" {
			t.Errorf("%v (-live +recorded)\n%s", method, diff)
		}
	}
}

// recordStream plays a stream to a recorder: a role chunk, bursts, perhaps a
// preemption, perhaps no end but an abandonment.
func recordStream(t *testing.T, rng *rand.Rand, id string) metrics.Request {
	t.Helper()
	var rec metrics.TraceRecorder
	rec.Keep(make([]metrics.Delivery, 0, 64))
	now := time.Duration(rng.IntN(1e9))
	rec.StartDue(now, now+time.Duration(rng.IntN(1e6)))
	now += 2e6
	rec.Scheduled(now)
	rec.Observe(now, 0)
	for range rng.IntN(40) {
		now += time.Duration(rng.ExpFloat64() * 3e7)
		rec.Observe(now, 1+rng.IntN(3)*rng.IntN(2))
		if rng.IntN(30) == 0 {
			now += time.Duration(rng.IntN(3e9))
			rec.Restart(now, metrics.KeepTokens)
		}
	}
	outcome := metrics.Completed
	if rng.IntN(5) == 0 {
		outcome = metrics.Cancelled
		now += time.Duration(rng.IntN(2e9))
	}
	r := rec.Finish(now, outcome, metrics.Count{})
	if err := rec.Err(); err != nil {
		t.Fatal(err)
	}
	r.ID = id
	return r
}

func reread(t *testing.T, file *bytes.Buffer, o Options) *Run {
	t.Helper()
	rd, err := results.NewReader("same", file, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !rd.NextRun() {
		t.Fatal(rd.Err())
	}
	run, err := NewRun(rd.Run(), o)
	if err != nil {
		t.Fatal(err)
	}
	for rd.Next() {
		if err := run.Add(rd.Request()); err != nil {
			t.Fatal(err)
		}
	}
	if err := rd.Err(); err != nil {
		t.Fatal(err)
	}
	return run
}

func jsonOf(t *testing.T, run *Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := JSON(&out, []*Run{run}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
