package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// hostileRuns are files of a hundred bytes with as many tokens as a record can
// state: 2^31, which written out as gaps take 16 GB.
func hostileRuns() map[string]string {
	const most = metrics.MaxTokens
	record := func(format string, args ...any) string {
		return fmt.Sprintf(`{"id":"0","sent_ns":0,`+format+`,"end_ns":7000000009,"outcome":"completed"}`+"\n", args...)
	}
	return map[string]string{
		"first delivery":  record(`"at_ns":[1000000007,5000000009],"tokens":[%d,1]`, most-1),
		"second delivery": record(`"at_ns":[1000000007,5000000009],"tokens":[1,%d]`, most-1),
		"usage":           record(`"at_ns":[1000000007,5000000009],"usage_tokens":%d`, most),
		"sparse":          record(`"at_ns":[1000000007,5000000009],"sparse":true,"tokens":[1,%d],"usage_tokens":%d`, most-1, most),
	}
}

// TestHostileCounts runs every command on such a file under every convention.
// Neither memory nor time may follow what a record states: each has 2 s and
// 200 MB, where reading the tokens one by one takes at least twice as long.
// A machine that is busy with something else has three tries.
func TestHostileCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out hostile counts: their time is the point, and the race detector changes it")
	}
	const (
		mostTime  = 2 * time.Second
		mostBytes = 200 << 20 // allocated, garbage too
	)
	try := func(t *testing.T, args []string) {
		t.Helper()
		var took time.Duration
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, stderr, status := tokentime(t, "", args...)
			took = time.Since(start)
			runtime.ReadMemStats(&after)
			if status == exitInput || status == exitUsage {
				t.Fatalf("%q: status %d, %s", args, status, stderr)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > mostBytes {
				t.Fatalf("%q: %d MB were allocated", args, n>>20)
			}
			if took <= mostTime {
				return
			}
		}
		t.Errorf("%q: took %v", args, took)
	}
	const objective = "ttft<=2s,tbt.max<=1s,tbt.p99<=1s,p99(tbt)<=1s,tpot<=1s,p99(tpot)<=1s,idle<=1s,fluidity(1s,100ms)>=0.9"
	for name, record := range hostileRuns() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), strings.ReplaceAll(name, " ", "-")+".jsonl")
			if err := os.WriteFile(file, []byte(header+record), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{"text", "json"} {
				try(t, []string{"audit", "-format", format, file})
				try(t, []string{"conventions", "-format", format, file})
				try(t, []string{"conventions", "-format", format, "-quantiles", "hdr", file})
			}
			seen := map[metrics.GapRule]bool{}
			for _, c := range metrics.Conventions() {
				common := []string{"-convention", c.Name, "-slo", objective, "-format"}
				report, compare := append([]string{"report"}, common...), append([]string{"compare"}, common...)
				try(t, append(report, "text", file))
				try(t, append(report, "text", "-quantiles", "hdr", file))
				try(t, append(compare, "text", "-fail-if", "p99(tbt) > +5%, p50(tpot) > +5%", file, file))
				if seen[c.Gaps] {
					continue // the other forms have the same numbers, and pictures of the gaps
				}
				seen[c.Gaps] = true
				for _, format := range reportFormats() {
					try(t, append(report, format, file))
					try(t, append(compare, format, file, file))
				}
			}
		})
	}
}
