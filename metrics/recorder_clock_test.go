package metrics

import (
	"errors"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	origin := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	c := NewClock(origin)
	for _, tt := range []struct {
		t      time.Time
		want   time.Duration
		reason string
	}{
		{origin, 0, "the origin"},
		{origin.Add(-1), -1, "before it"},
		{origin.Add(time.Hour + 1).In(time.FixedZone("x", 3600)), time.Hour + 1, "zones do not matter"},
	} {
		if got := c.At(tt.t); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.reason, got, tt.want)
		}
	}
	var r Recorder
	r.Start(Clock{}.At(origin))
	if !errors.Is(r.Err(), ErrRange) {
		t.Errorf("a Clock without an origin: %v, want out of range", r.Err())
	}
	// With monotonic readings and without, the difference is the same as long as
	// nobody sets the wall clock.
	now := time.Now()
	later := now.Add(90 * time.Minute)
	if a, b := NewClock(now).At(later), NewClock(now.Round(0)).At(later.Round(0)); a != 90*time.Minute || b != a {
		t.Errorf("got %v and %v, want 1h30m", a, b)
	}
}
