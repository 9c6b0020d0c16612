package metricstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// independent is an implementation of the definitions by plain loops, written
// without a look at packages metrics, fluidity and goodput. The wrong
// implementations below are copies of it, each with one mistake.
type independent struct {
	first      func(r *metrics.Request) []time.Duration // token instants, t_1..t_N
	arrival    func(r *metrics.Request) (time.Duration, bool)
	divisor    func(r *metrics.Request, ts []time.Duration) int64 // of TPOT
	dividend   func(r *metrics.Request, ts []time.Duration) (time.Duration, bool)
	gaps       func(ts []time.Duration) []time.Duration
	round      func(d time.Duration, ok bool) (time.Duration, bool)
	roundRatio func(ns float64, ok bool) (float64, bool)
}

func tokenInstants(r *metrics.Request) []time.Duration {
	ts := make([]time.Duration, 0, r.Tokens())
	for _, d := range r.Deliveries {
		for range d.Tokens {
			ts = append(ts, d.At)
		}
	}
	return ts
}

func outputTokens(r *metrics.Request, ts []time.Duration) int64 {
	if n, ok := r.UsageTokens.Get(); ok {
		return n
	}
	return int64(len(ts))
}

func differences(ts []time.Duration) []time.Duration {
	gaps := make([]time.Duration, 0, len(ts))
	for i := 1; i < len(ts); i++ {
		gaps = append(gaps, ts[i]-ts[i-1])
	}
	return gaps
}

// right returns the implementation without a mistake.
func right() independent {
	return independent{
		first: tokenInstants,
		arrival: func(r *metrics.Request) (time.Duration, bool) {
			if due, ok := r.Due.Get(); ok {
				return due, true
			}
			return r.Sent.Get()
		},
		divisor: func(r *metrics.Request, ts []time.Duration) int64 { return outputTokens(r, ts) - 1 },
		dividend: func(_ *metrics.Request, ts []time.Duration) (time.Duration, bool) {
			if len(ts) == 0 {
				return 0, false
			}
			return ts[len(ts)-1] - ts[0], true
		},
		gaps:       differences,
		round:      func(d time.Duration, ok bool) (time.Duration, bool) { return d, ok },
		roundRatio: func(ns float64, ok bool) (float64, bool) { return ns, ok },
	}
}

func (m independent) implementation() metricstest.Implementation {
	return metricstest.Implementation{
		TTFT: func(r *metrics.Request) (time.Duration, bool) {
			ts := m.first(r)
			a, ok := m.arrival(r)
			if !ok || len(ts) == 0 {
				return m.round(0, false)
			}
			return m.round(ts[0]-a, true)
		},
		TTLT: func(r *metrics.Request) (time.Duration, bool) {
			ts := m.first(r)
			a, ok := m.arrival(r)
			if !ok || len(ts) == 0 {
				return m.round(0, false)
			}
			return m.round(ts[len(ts)-1]-a, true)
		},
		TPOT: func(r *metrics.Request) (float64, bool) {
			ts := m.first(r)
			total, ok := m.dividend(r, ts)
			n := m.divisor(r, ts)
			if !ok || n < 1 {
				return m.roundRatio(0, false)
			}
			return m.roundRatio(float64(total)/float64(n), true)
		},
		NormalizedLatency: func(r *metrics.Request) (float64, bool) {
			ts := m.first(r)
			a, ok := m.arrival(r)
			n := outputTokens(r, ts)
			if !ok || len(ts) == 0 || n < 1 {
				return m.roundRatio(0, false)
			}
			return m.roundRatio(float64(ts[len(ts)-1]-a)/float64(n), true)
		},
		TBT: func(r *metrics.Request) []time.Duration { return m.gaps(m.first(r)) },
		Stall: func(r *metrics.Request) (time.Duration, bool) {
			gaps := m.gaps(m.first(r))
			if len(gaps) == 0 {
				return m.round(0, false)
			}
			return m.round(slices.Max(gaps), true)
		},
		FluidityIndex: func(r *metrics.Request, prefill, decode time.Duration) (float64, bool) {
			a, ok := m.arrival(r)
			ts := m.first(r)
			if !ok || len(ts) == 0 {
				return m.roundRatio(0, false)
			}
			hits, misses := m.slackLoop(ts, a, prefill, decode)
			return float64(hits) / float64(hits+misses), true
		},
		IdleLatency: func(r *metrics.Request, perToken, tolerance time.Duration) (time.Duration, bool) {
			a, ok := m.arrival(r)
			ts := m.first(r)
			if !ok || len(ts) == 0 {
				return m.round(0, false)
			}
			var idle time.Duration
			want := a + tolerance
			for _, t := range ts {
				if want += perToken; want < a { // it overflowed
					break
				}
				idle = max(idle, t-want)
			}
			return m.round(idle, true)
		},
	}
}

// slackLoop is the published form of the fluidity index.
func (m independent) slackLoop(ts []time.Duration, a, prefill, decode time.Duration) (hits, misses int64) {
	var slack time.Duration
	previous := a
	for i, t := range ts {
		deadline := decode
		if i == 0 {
			deadline = prefill
		}
		slack = min(slack, 1<<62)
		allowed := min(deadline, 1<<62)/2 + slack/2 + min(deadline, 1<<62)%2 + slack%2 // halves, against overflow
		if d := t - previous; d/2+d%2 <= allowed && d <= addDurations(deadline, slack) {
			hits++
			slack = addDurations(deadline, slack) - d
		} else {
			misses += int64((d-addDurations(deadline, slack))/decode) + 1
			slack = 0
		}
		previous = t
	}
	return hits, misses
}

func addDurations(a, b time.Duration) time.Duration {
	if sum := a + b; sum >= a {
		return sum
	}
	return 1<<63 - 1
}

func TestIndependentImplementationPasses(t *testing.T) {
	metricstest.Run(t, right().implementation())
}

// TestMutants holds that every mistake seen in the tools fails at least one
// vector, and that the diagnosis names it.
func TestMutants(t *testing.T) {
	vectors := diagnosable(t)
	for _, tt := range []struct {
		name   string
		reason string // who makes the mistake
		break_ func(m *independent)
		says   map[string]string // by key of the metric: what one of the causes contains
	}{
		{"role chunk as first token", "evalscope, vllm, kubeai: the first event is the first token", func(m *independent) {
			m.first = func(r *metrics.Request) []time.Duration {
				ts := tokenInstants(r)
				if ds := r.Deliveries; len(ds) > 0 && ds[0].Tokens == 0 {
					ts = slices.Insert(ts, 0, ds[0].At)
				}
				return ts
			}
		}, map[string]string{"ttft_ns": "role chunk", "tbt_ns": "role chunk", "idle_latency_ns": "role chunk"}},
		{"N instead of N-1", "aibrix, the handbook", func(m *independent) {
			m.divisor = outputTokens
		}, map[string]string{"tpot_ns": "N instead of N - 1"}},
		{"gaps minus one", "BLIS divides by len(ITL)-1, which is N-2", func(m *independent) {
			m.divisor = func(r *metrics.Request, ts []time.Duration) int64 { return outputTokens(r, ts) - 2 }
		}, map[string]string{"tpot_ns": "N - 2"}},
		{"chunk counted as token", "llm-d-router's predictor, BLIS observe", func(m *independent) {
			m.first = func(r *metrics.Request) []time.Duration {
				var ts []time.Duration
				for _, d := range r.Deliveries {
					if d.Tokens > 0 {
						ts = append(ts, d.At)
					}
				}
				return ts
			}
			m.divisor = func(_ *metrics.Request, ts []time.Duration) int64 { return int64(len(ts)) - 1 }
		}, map[string]string{"tpot_ns": "chunk", "tbt_ns": "chunk", "fluidity_index": "chunk", "idle_latency_ns": "chunk"}},
		{"every event counted as token", "a gateway that counts frames", func(m *independent) {
			m.first = func(r *metrics.Request) []time.Duration {
				var ts []time.Duration
				for _, d := range r.Deliveries {
					ts = append(ts, d.At)
				}
				return ts
			}
			m.divisor = func(_ *metrics.Request, ts []time.Duration) int64 { return int64(len(ts)) - 1 }
		}, map[string]string{"ttft_ns": "role chunk", "tpot_ns": "every event", "tbt_ns": "every event"}},
		{"millisecond truncation", "Milliseconds() in llm-d-router and envoy", func(m *independent) {
			m.round = func(d time.Duration, ok bool) (time.Duration, bool) {
				return time.Duration(d.Milliseconds()) * time.Millisecond, ok
			}
			m.roundRatio = func(ns float64, ok bool) (float64, bool) {
				return float64(time.Duration(time.Duration(ns).Milliseconds()) * time.Millisecond), ok
			}
			m.gaps = func(ts []time.Duration) []time.Duration {
				gaps := differences(ts)
				for i := range gaps {
					gaps[i] = time.Duration(gaps[i].Milliseconds()) * time.Millisecond
				}
				return gaps
			}
		}, map[string]string{"ttft_ns": "truncated to the millisecond", "tpot_ns": "truncated to the millisecond",
			"tbt_ns": "truncated to the millisecond", "idle_latency_ns": "truncated to the millisecond"}},
		{"milliseconds for nanoseconds", "Milliseconds() with its unit forgotten", func(m *independent) {
			m.round = func(d time.Duration, ok bool) (time.Duration, bool) { return time.Duration(d.Milliseconds()), ok }
		}, map[string]string{"ttft_ns": "milliseconds, not nanoseconds"}},
		{"clock in milliseconds", "Higress, UnixMilli", func(m *independent) {
			m.first = func(r *metrics.Request) []time.Duration {
				ts := tokenInstants(r)
				for i := range ts {
					ts[i] = ts[i].Truncate(time.Millisecond)
				}
				return ts
			}
			arrival := m.arrival
			m.arrival = func(r *metrics.Request) (time.Duration, bool) {
				a, ok := arrival(r)
				return a.Truncate(time.Millisecond), ok
			}
		}, map[string]string{"ttft_ns": "before they are subtracted", "tpot_ns": "before they are subtracted", "tbt_ns": "before they are subtracted"}},
		{"integer division", "aibrix divides Durations", func(m *independent) {
			m.roundRatio = func(ns float64, ok bool) (float64, bool) { return float64(int64(ns)), ok }
		}, map[string]string{"tpot_ns": "integer division", "normalized_latency_ns": "integer division"}},
		{"gaps dropped after preemption", "BLIS: ITL=nil; TTFTSet=false", func(m *independent) {
			m.first = func(r *metrics.Request) []time.Duration {
				ts := tokenInstants(r)
				gaps := differences(ts)
				if len(gaps) == 0 || slices.Max(gaps) < time.Second {
					return ts
				}
				return ts[slices.Index(gaps, slices.Max(gaps))+1:]
			}
		}, map[string]string{"ttft_ns": "preemption", "tbt_ns": "preemption", "stall_ns": "preemption"}},
		{"only positive gaps", "BLIS observe", func(m *independent) {
			m.gaps = func(ts []time.Duration) []time.Duration {
				return slices.DeleteFunc(differences(ts), func(g time.Duration) bool { return g <= 0 })
			}
		}, map[string]string{"tbt_ns": "only the gaps that are not 0"}},
		{"TTFT included in the TPOT", "GuideLLM, semantic-router", func(m *independent) {
			m.divisor = outputTokens
			m.dividend = func(r *metrics.Request, ts []time.Duration) (time.Duration, bool) {
				a, ok := right().arrival(r)
				if !ok || len(ts) == 0 {
					return 0, false
				}
				return ts[len(ts)-1] - a, true
			}
		}, map[string]string{"tpot_ns": "TTFT included"}},
		{"TTFT among the gaps", "llmperf", func(m *independent) {
			m.gaps = func(ts []time.Duration) []time.Duration { panic("set below") }
		}, nil},
		{"stream end for last token", "xk6-llm, SGLang, genai-bench: the clock stops at the usage chunk", func(m *independent) {
			m.dividend = func(r *metrics.Request, ts []time.Duration) (time.Duration, bool) {
				if len(ts) == 0 {
					return 0, false
				}
				end, ok := r.End.Get()
				if !ok {
					end = ts[len(ts)-1]
				}
				return end - ts[0], true
			}
		}, map[string]string{"tpot_ns": "end of the stream"}},
		{"0 for undefined", "vllm, llmapibenchmark: no value is a TTFT of 0", func(m *independent) {
			m.round = func(d time.Duration, _ bool) (time.Duration, bool) { return d, true }
			m.roundRatio = func(ns float64, _ bool) (float64, bool) { return ns, true }
		}, map[string]string{"ttft_ns": "0 where the metric is undefined", "tpot_ns": "0 where the metric is undefined",
			"fluidity_index": "0 where the metric is undefined", "idle_latency_ns": "0 where the metric is undefined"}},
		{"from the sending", "all but MLPerf: coordinated omission", func(m *independent) {
			m.arrival = func(r *metrics.Request) (time.Duration, bool) { return r.Sent.Get() }
		}, map[string]string{"ttft_ns": "counted from the sending", "normalized_latency_ns": "counted from the sending",
			"fluidity_index": "counted from the sending", "idle_latency_ns": "counted from the sending"}},
		{"after dequeue", "llm-d-inference-sim, the clock starts after the queue", func(m *independent) {
			m.arrival = func(r *metrics.Request) (time.Duration, bool) { return r.Scheduled.Get() }
		}, map[string]string{"ttft_ns": "prefill"}},
		{"float seconds", "every Python client", func(m *independent) {
			m.round = func(d time.Duration, ok bool) (time.Duration, bool) { return d, ok }
			m.first = func(r *metrics.Request) []time.Duration {
				ts := tokenInstants(r)
				for i := range ts {
					ts[i] = time.Duration(ts[i].Seconds() * 1e9)
				}
				return ts
			}
		}, map[string]string{"ttft_ns": "float64 seconds", "tbt_ns": "float64 seconds"}},
		{"usage ignored", "inference-perf of old: the number of timestamps", func(m *independent) {
			m.divisor = func(_ *metrics.Request, ts []time.Duration) int64 { return int64(len(ts)) - 1 }
		}, map[string]string{"tpot_ns": "usage count ignored"}},
		{"two mistakes at once", "llm-d-router's predictor: frames, in whole milliseconds", func(m *independent) {
			m.divisor = outputTokens
			m.roundRatio = func(ns float64, ok bool) (float64, bool) {
				return float64(time.Duration(time.Duration(ns).Milliseconds()) * time.Millisecond), ok
			}
		}, map[string]string{"tpot_ns": "N instead of N - 1, truncated to the millisecond"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := right()
			tt.break_(&m)
			impl := m.implementation()
			if tt.says == nil { // it needs the arrival, which gaps do not have
				impl.TBT = func(r *metrics.Request) []time.Duration {
					ts := tokenInstants(r)
					if a, ok := right().arrival(r); ok && len(ts) > 0 {
						ts = slices.Insert(ts, 0, a)
					}
					return differences(ts)
				}
				impl.Stall = nil
				tt.says = map[string]string{"tbt_ns": "TTFT included"}
			}
			report := metricstest.CheckWith(impl, vectors)
			for key, want := range tt.says {
				wantCause(t, report, key, want)
			}
		})
	}
}

// diagnosable returns the vectors without the very long ones, which the
// diagnosis leaves aside.
func diagnosable(t *testing.T) []metricstest.Vector {
	t.Helper()
	return slices.DeleteFunc(allVectors(t), func(v metricstest.Vector) bool { return strings.HasPrefix(v.Name, "long/") })
}

// wantCause fails unless the first causes of the metric's finding say want.
func wantCause(t *testing.T, r *metricstest.Report, key, want string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Metric == key {
			if !strings.Contains(fmt.Sprint(f.Causes), want) {
				t.Errorf("the diagnosis does not say %q:\n%v", want, f)
			}
			return
		}
	}
	t.Errorf("%s: no vector fails", key)
}
