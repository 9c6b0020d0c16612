package compare

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// TestPageHoldsText: a page has every line of the text, in another order, and
// of several pairs what became of each above them all.
func TestPageHoldsText(t *testing.T) {
	o := testOptions()
	o.Conditions = mustParse(t, "p50(ttft) > +1000%, p50(tbt) > +5%")
	base := steadyRun(t, o, 1, 60, time.Millisecond)
	failing := newTestRun(t, o, 60, func(i int) *metrics.Request {
		r := steadyRequest(rand.New(rand.NewPCG(3, uint64(i))), i, 10, time.Millisecond)
		if i%2 == 0 {
			r.Outcome = metrics.Failed
		}
		return r
	})
	slower := steadyRun(t, o, 2, 60, 2*time.Millisecond)
	for _, others := range [][]*Run{{slower}, {steadyRun(t, o, 1, 60, time.Millisecond), slower, failing}} {
		c := mustCompare(t, o, base, others...)
		var text bytes.Buffer
		if err := Text(&text, c); err != nil {
			t.Fatal(err)
		}
		page := Page(c).Render(textWidth)
		for _, line := range strings.Split(text.String(), "\n") {
			if line != "CONDITIONS" && !strings.Contains(page, line+"\n") {
				t.Errorf("the page has no line %q", line)
			}
		}
		first, _, _ := strings.Cut(page, "AGAINST BASE")
		for i, want := range []string{"PASS new 1: 2 of 2 conditions pass", "FAIL new 2: 1 of 2 conditions fail",
			"FAIL new 3: 2 of 2 conditions fail", "! new 3: the requests ended differently than in base"} {
			if len(others) > 1 != strings.Contains(first, want) {
				t.Errorf("%d pairs, outcome %d: %q stands first or not in\n%s", len(others), i, want, first)
			}
		}
		own := page[strings.LastIndex(page, "AGAINST BASE"):]
		if strings.Index(own, "FAIL") > strings.Index(own, "requests offered") {
			t.Errorf("a condition stands behind the numbers:\n%s", own)
		}
	}
}
