package audit

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// TestClean holds that a run without a defect gives no finding at all, with
// and without its records.
func TestClean(t *testing.T) {
	for seed := range uint64(12) {
		for _, aggOnly := range []bool{false, true} {
			f := steady(seed)
			f.aggOnly = aggOnly
			if found := f.audit(t).Findings(); len(found) > 0 {
				t.Errorf("seed %d, aggregates only %v: %+v", seed, aggOnly, found)
			}
		}
	}
}

// planted is a defect, just over its limit and just below it.
type planted struct {
	name   string
	reason string
	plant  func(*fixture)
	want   []string
	below  func(*fixture)
	rest   []string // what is left below the limit
}

// hang lets k requests stand still for d before their tenth token.
func hang(k int, d time.Duration) func(*fixture) {
	return func(f *fixture) {
		for _, r := range f.some(k) {
			delay(r, 10, d)
		}
	}
}

// wait lets k requests wait d for their first token.
func wait(k int, d time.Duration) func(*fixture) {
	return func(f *fixture) {
		for _, r := range f.some(k) {
			delay(r, 0, d)
		}
	}
}

// state plants a stated figure.
func state(metric, stat string, v float64) func(*fixture) {
	return scale(metric, stat, func(float64) float64 { return v })
}

func scale(metric, stat string, change func(float64) float64) func(*fixture) {
	return func(f *fixture) { f.edit = func(f *fixture) { f.set(metric, stat, change) } }
}

func times(x float64) func(float64) float64 { return func(v float64) float64 { return x * v } }

// each applies a change to every request.
func each(change func(i int, r *metrics.Request)) func(*fixture) {
	return func(f *fixture) {
		for i := range f.reqs {
			change(i, &f.reqs[i])
		}
	}
}

// first applies a change to the first k requests.
func first(k int, change func(r *metrics.Request)) func(*fixture) {
	return func(f *fixture) {
		for i := range k {
			change(&f.reqs[i])
		}
	}
}

// spread applies a change to k requests that are spread over the run.
func spread(k int, change func(r *metrics.Request)) func(*fixture) {
	return func(f *fixture) {
		for _, r := range f.some(k) {
			change(r)
		}
	}
}

func both(changes ...func(*fixture)) func(*fixture) {
	return func(f *fixture) {
		for _, c := range changes {
			c(f)
		}
	}
}

func aggregates(f *fixture) { f.aggOnly = true }

// grouped lets tokens come k at a time.
func grouped(k int) func(*fixture) {
	return each(func(_ int, r *metrics.Request) {
		var ds []metrics.Delivery
		for i := 0; i+k <= len(r.Deliveries); i += k {
			ds = append(ds, metrics.Delivery{At: r.Deliveries[i+k-1].At, Tokens: k})
		}
		r.Deliveries = ds
		r.UsageTokens = metrics.Known(r.Tokens())
	})
}

// long gives k requests a wait of d and an answer of 4,000 tokens.
func long(k int, d time.Duration) func(*fixture) {
	return spread(k, func(r *metrics.Request) {
		delay(r, 0, d)
		regap(r, 4000, 25*ms)
	})
}

// empty takes all tokens from k requests.
func empty(k int) func(*fixture) {
	return spread(k, func(r *metrics.Request) {
		r.Deliveries = nil
		r.UsageTokens = metrics.Known(int64(0))
	})
}

// role lets every stream open with an event without a token, d before the
// first token.
func role(d time.Duration) func(*fixture) {
	return each(func(_ int, r *metrics.Request) {
		r.Deliveries = append([]metrics.Delivery{{At: r.Deliveries[0].At - d}}, r.Deliveries...)
	})
}

// late sends k requests d after they were due.
func late(k int, d time.Duration) func(*fixture) {
	return spread(k, func(r *metrics.Request) {
		due, _ := r.Due.Get()
		r.Sent = metrics.Known(due + d)
		delay(r, 0, d)
	})
}

func fact(name, value string) func(*fixture) {
	return func(f *fixture) { f.fact(name, value) }
}

// paced moves every request to its turn at a constant rate.
func paced(gap time.Duration) func(*fixture) {
	return each(func(i int, r *metrics.Request) {
		due, _ := r.Due.Get()
		shift := time.Duration(i)*gap - due
		sent, _ := r.Sent.Get()
		r.Due, r.Sent = metrics.Known(due+shift), metrics.Known(sent+shift)
		delay(r, 0, shift)
	})
}

func TestPlanted(t *testing.T) {
	const n = requestsOfRun
	for _, tt := range []planted{
		{"normalization-hides-delay", "13 of 1200 wait 1.5 s and write long answers: 25.4 ms a token, the median has 26; 12 are the 1 % that is nobody's business",
			long(13, 1500*ms), []string{"warning normalization-hides-delay"}, long(12, 1500*ms), nil},
		{"normalization, unnoticed", "a wait of less than a second more than the median's is not noticed",
			long(13, 1500*ms), []string{"warning normalization-hides-delay"}, long(13, 800*ms), nil},
		{"tpot-hides-stall", "3 s are at most 30 % of the longest answers' decode time, ten times their TPOT by far",
			hang(13, 3*time.Second), []string{"warning tpot-hides-stall"}, hang(12, 3*time.Second), nil},
		{"tpot, unnoticed", "a gap of less than a second is not noticed, whatever the TPOT",
			hang(13, time.Second), []string{"warning tpot-hides-stall"}, hang(13, 960*ms), nil},
		{"tpot, at the limit", "a gap of a second, and one of 1 ns less",
			spread(13, gapOf(time.Second)), []string{"warning tpot-hides-stall"}, spread(13, gapOf(time.Second-1)), nil},
		{"tpot, over the limit", "a TPOT that misses its limit hides nothing",
			both(hang(13, 3*time.Second), func(f *fixture) { f.options.TPOTLimit = time.Second }), []string{"warning tpot-hides-stall"},
			both(hang(13, 3*time.Second), func(f *fixture) { f.options.TPOTLimit = 20 * ms }), nil},
		{"pooled-tbt-hides-stalls", "60 of 1200 are 5 %; what 59 have, only the TPOT hides",
			hang(60, 1500*ms), []string{"warning tpot-hides-stall", "warning pooled-tbt-hides-stalls"},
			hang(59, 1500*ms), []string{"warning tpot-hides-stall"}},
		{"bimodal-tbt", "three tokens at a time: two gaps of three are 0; by twos the median is between the two kinds",
			grouped(3), []string{"warning bimodal-tbt"}, mixed, nil},
		{"bimodal-tbt, stated", "the stated median is 40 us beside a mean of 25 ms",
			both(aggregates, state(results.MetricITL, "p50", 0.04)), []string{"warning bimodal-tbt"},
			both(aggregates, state(results.MetricITL, "p50", 1.001)), nil},
		{"only-averages-reported", "means and medians; a P90 is enough",
			func(f *fixture) { f.stats = []string{"mean", "p50"} }, []string{"info only-averages-reported"},
			func(f *fixture) { f.stats = []string{"mean", "p90"} }, nil},
		{"only-averages-reported, no records", "then there is nothing else",
			both(aggregates, func(f *fixture) { f.stats = []string{"mean"} }), []string{"warning only-averages-reported"},
			both(aggregates, func(f *fixture) { f.stats = []string{"mean", "p99"} }), nil},
		{"beyond-interactive TTFT", "13 of 1200 wait for more than 10 s", wait(13, 10*time.Second),
			[]string{"warning beyond-interactive"}, wait(12, 10*time.Second), nil},
		{"beyond-interactive stall", "likewise, in the midst of an answer", hang(13, 10*time.Second),
			[]string{"warning tpot-hides-stall", "warning beyond-interactive"}, hang(12, 10*time.Second), nil},
		{"beyond-interactive pace", "people read a token in 200 ms",
			each(func(_ int, r *metrics.Request) { regap(r, len(r.Deliveries), 201*ms) }), []string{"warning beyond-interactive"},
			each(func(_ int, r *metrics.Request) { regap(r, len(r.Deliveries), 200*ms) }), nil},
		{"mean-of-nobody", "a third waits 0.9 s longer: the mean is 0.5 s, which hardly a request has; below, 60 have it",
			wait(400, 900*ms), []string{"warning mean-of-nobody"},
			both(wait(400, 900*ms), wait(61, 300*ms)), nil},
		{"too-few-samples", "of 999, 9.99 are beyond the P99; of 1000, ten",
			func(f *fixture) { f.reqs = f.reqs[:999] }, []string{"warning too-few-samples"},
			func(f *fixture) { f.reqs = f.reqs[:1000] }, nil},

		{"identity-e2e, stated", "5 % of the larger is what tools may differ by",
			scale(results.MetricEndToEnd, "mean", times(1.06)), []string{"error identity-e2e"},
			scale(results.MetricEndToEnd, "mean", times(1.05)), nil},
		{"identity-e2e, tails", "13 streams end 2 s after their last token",
			spread(13, tail(2*time.Second)), []string{"warning identity-e2e"}, spread(12, tail(2*time.Second)), nil},
		{"identity-e2e, short tails", "a usage event 100 ms after the last token is usual",
			spread(13, tail(2*time.Second)), []string{"warning identity-e2e"}, each(func(_ int, r *metrics.Request) { tail(100 * ms)(r) }), nil},
		{"identity-e2e, given up", "the end of a cancelled request is when its user lost patience",
			spread(13, tail(2*time.Second)), []string{"warning identity-e2e"},
			spread(13, func(r *metrics.Request) { tail(2 * time.Second)(r); r.Outcome = metrics.Cancelled }), []string{"warning failed-requests"}},
		{"identity-ttft", "5 % of the larger is what tools may differ by",
			scale(results.MetricTTFT, "mean", times(1.06)), []string{"error identity-ttft"},
			scale(results.MetricTTFT, "mean", times(1.04)), nil},
		{"identity-ttft, empty answers left out", "a mean over the answers that there are is no contradiction, whatever vllm does",
			both(empty(190), scale(results.MetricTTFT, "mean", times(1.1))), []string{"error identity-ttft", "error empty-successes"},
			both(empty(190), scale(results.MetricTTFT, "mean", times(1200.0/1010))), []string{"error empty-successes"}},
		{"identity-ttft, negative", "no wait is",
			state(results.MetricTTFT, "mean", -1), []string{"error identity-ttft"}, scale(results.MetricTTFT, "mean", times(0.96)), nil},
		{"identity-tokens", "likewise of sums",
			scale(results.MetricOutputTokens, "", times(1.06)), []string{"error identity-tokens"},
			scale(results.MetricOutputTokens, "", times(1.04)), nil},
		{"identity-tpot", "the stated mean is half of the recorded one",
			scale(results.MetricTPOT, "mean", times(0.5)), []string{"error identity-tpot"},
			scale(results.MetricTPOT, "mean", times(0.96)), nil},
		{"reported-tpot-fraction", "without records, half of what the medians imply; medians agree only roughly",
			both(aggregates, scale(results.MetricTPOT, "p50", times(0.5))), []string{"error reported-tpot-fraction"},
			both(aggregates, scale(results.MetricTPOT, "p50", times(0.7))), nil},
		{"repeated-ids", "one request is there twice; requests without an id are not the same",
			func(f *fixture) { f.reqs[9].ID = f.reqs[3].ID }, []string{"warning repeated-ids"},
			first(2, func(r *metrics.Request) { r.ID = "" }), nil},
		{"zero-ttft", "a first token at the instant of arrival, and one 1 ns after it",
			spread(1, firstAt(0)), []string{"error zero-ttft"}, spread(1, firstAt(1)), nil},
		{"zero-ttft, stated", "a 0 in the file is no measurement",
			state(results.MetricTTFT, "p50", 0), []string{"error zero-ttft"}, state(results.MetricTTFT, "p50", 1e-6), nil},
		{"zero-ttft in the mean", "vllm's mean of 2024 counts empty answers as 0; if it did not, only the answers would be found",
			empty(13), []string{"error zero-ttft", "error empty-successes"},
			both(empty(13), func(f *fixture) {
				f.edit = func(f *fixture) { f.set(results.MetricTTFT, "mean", times(1200.0/1187)) }
			}), []string{"error empty-successes"}},
		{"empty-successes", "more than 1 % is an error, fewer are worth a warning",
			both(empty(13), noMean), []string{"error empty-successes"}, both(empty(12), noMean), []string{"warning empty-successes"}},
		{"empty-successes, one", "one is worth a warning, none is not",
			both(empty(1), noMean), []string{"warning empty-successes"}, func(*fixture) {}, nil},
		{"failed-requests", "13 of 1200 did not complete",
			spread(13, func(r *metrics.Request) { r.Outcome = metrics.Cancelled }), []string{"warning failed-requests"},
			spread(12, func(r *metrics.Request) { r.Outcome = metrics.Cancelled }), nil},
		{"role-chunk", "an event 50 us before the first token; 51 us may be one of text",
			role(50 * time.Microsecond), []string{"warning role-chunk"}, role(51 * time.Microsecond), nil},
		{"role-chunk among bursts", "where every other gap takes microseconds, the first one says nothing",
			role(50 * time.Microsecond), []string{"warning role-chunk"},
			both(role(50*time.Microsecond), each(func(_ int, r *metrics.Request) {
				for i := 2; i < len(r.Deliveries); i += 2 {
					r.Deliveries[i].At = r.Deliveries[i-1].At + 50*time.Microsecond
				}
			})), []string{"warning bimodal-tbt"}},
		{"token-count-mismatch", "13 answers have a token more by the server's count",
			spread(13, usage(1)), []string{"info token-count-mismatch"}, spread(12, usage(1)), nil},
		{"token-count-mismatch, all", "four tokens more in each answer of 70 are more than 5 % of all; three are not",
			each(func(_ int, r *metrics.Request) { usage(4)(r) }), []string{"warning token-count-mismatch"},
			each(func(_ int, r *metrics.Request) { usage(3)(r) }), []string{"info token-count-mismatch"}},
		{"outputs-at-limit", "a fifth of the answers has the largest length",
			spread(n/5, func(r *metrics.Request) { regap(r, 500, 25*ms) }), []string{"info outputs-at-limit"},
			spread(n/5-1, func(r *metrics.Request) { regap(r, 500, 25*ms) }), nil},

		{"peak-below-average", "one part in a thousand below it is below it",
			scale(results.MetricOutputRateMax, "", times(0.999)), []string{"error peak-below-average"},
			scale(results.MetricOutputRateMax, "", times(1)), nil},
		{"concurrency-above-cap, recorded", "this run has at most 18 at once",
			fact("max_concurrency", "17"), []string{"error concurrency-above-cap"}, fact("max_concurrency", "18"), nil},
		{"concurrency-above-cap, stated", "by the stated peak alone",
			both(fact("max_concurrency", "18"), peakOf(19)), []string{"error concurrency-above-cap"},
			both(fact("max_concurrency", "18"), peakOf(18)), nil},
		{"implausible-rate", "a unit slip; tools take the duration differently, but not by half",
			scale(results.MetricRequestRate, "", times(1e-9)), []string{"error implausible-rate"},
			scale(results.MetricRequestRate, "", times(0.7)), nil},
		{"implausible-rate, stated", "two stated rates contradict each other, and nothing says which is wrong",
			both(aggregates, func(f *fixture) { f.edit = twoRates(6.9e-9) }), []string{"error implausible-rate"},
			both(aggregates, func(f *fixture) { f.edit = twoRates(0.7) }), nil},

		{"implausible-rate, no common word", "by its name a rate of tokens, by its value none",
			both(aggregates, unlabelled(6.9e-9)), []string{"error implausible-rate"}, both(aggregates, unlabelled(20)), nil},
		{"records missing", "the stated mean is about 1300 requests, the records about 1200: they cannot contradict each other",
			func(f *fixture) { f.edit = func(f *fixture) { f.set(results.MetricTPOT, "mean", times(0.5)) } }, []string{"error identity-tpot"},
			func(f *fixture) {
				f.edit = func(f *fixture) {
					f.set(results.MetricTPOT, "mean", times(0.5))
					f.set(results.MetricCompleted, "", times(1300.0/1200))
				}
			}, nil},
		{"beyond-interactive, stated", "the stated P99 TTFT is 10 s, and 1 us more",
			both(aggregates, state(results.MetricTTFT, "p99", 10_000.001)), []string{"warning beyond-interactive"},
			both(aggregates, state(results.MetricTTFT, "p99", 10_000)), nil},

		{"constant-rate-drift, variation", "exponential gaps under the name of a constant rate",
			fact("arrival_process", "constant"), []string{"warning constant-rate-drift"},
			both(fact("arrival_process", "constant"), paced(200*ms)), nil},
		{"constant-rate-drift, rate", "one every 211 ms is more than 5 % below 5/s",
			both(fact("arrival_process", "constant"), paced(211*ms)), []string{"warning constant-rate-drift"},
			both(fact("arrival_process", "constant"), paced(210*ms)), nil},
		{"client-lag", "13 of 1200 are sent 101 ms late",
			late(13, 101*ms), []string{"error client-lag"}, late(12, 101*ms), nil},
		{"client-lag, at the limit", "100 ms is allowed, 1 ns more is not",
			late(13, 100*ms+1), []string{"error client-lag"}, late(13, 100*ms), nil},
		{"client-lag, stated", "by the stated delay of the schedule, which is more than a quarter of the stated TTFT, too",
			both(aggregates, stateDelay(101)), []string{"error client-lag", "warning coordinated-omission"}, both(aggregates, stateDelay(99)), nil},
		{"coordinated-omission", "a limit of concurrency held all requests back for 0.3 s",
			both(fact("max_concurrency", "50"), late(n, 300*ms)), []string{"warning coordinated-omission"},
			both(fact("max_concurrency", "50"), late(n, 99*ms)), nil},
		{"coordinated-omission, from due", "what counts from the schedule omits nothing",
			both(fact("max_concurrency", "50"), late(n, 300*ms)), []string{"warning coordinated-omission"},
			both(fact("max_concurrency", "50"), late(n, 300*ms), func(f *fixture) { f.run.Convention = metrics.Paper.Name }), nil},
		{"coordinated-omission, stated", "the stated delay is half a second, the P99 TTFT 0.36 s",
			both(aggregates, fact("max_concurrency", "50"), stateDelay(500)), []string{"warning coordinated-omission"},
			both(aggregates, fact("max_concurrency", "50"), stateDelay(50)), nil},
		{"warm-up-inside", "the first three requests are slower than all others; twice the median is nothing",
			first(3, func(r *metrics.Request) { delay(r, 0, time.Second) }), []string{"warning warm-up-inside"},
			first(3, func(r *metrics.Request) { delay(r, 0, 150*ms) }), nil},
		{"warm-up-inside, once", "a slow request in the midst of the run is no warm-up",
			first(1, func(r *metrics.Request) { delay(r, 0, time.Second) }), []string{"warning warm-up-inside"},
			spread(3, func(r *metrics.Request) { delay(r, 0, time.Second) }), nil},
		{"queue-growing, TTFT", "from 0.2 s to 0.6 s; below, the last quarter is not twice the first",
			each(growing(400 * ms)), []string{"warning queue-growing"}, each(growing(150 * ms)), nil},
		{"queue-growing, in flight", "answers take ever longer, so ever more are in flight",
			each(func(i int, r *metrics.Request) {
				regap(r, len(r.Deliveries), ms+time.Duration(i)*ms/6)
			}), []string{"warning queue-growing"},
			each(func(i int, r *metrics.Request) {
				regap(r, len(r.Deliveries), 25*ms+time.Duration(i)*ms/60)
			}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, side := range []struct {
				name  string
				plant func(*fixture)
				want  []string
			}{{"over", tt.plant, tt.want}, {"below", tt.below, tt.rest}} {
				f := steady(1)
				side.plant(f)
				found := f.audit(t).Findings()
				if diff := cmp.Diff(append([]string{}, side.want...), codes(found)); diff != "" {
					t.Errorf("%s: %s (-want +got)\n%s%s", side.name, tt.reason, diff, proofs(found))
				}
				for _, fd := range found {
					if fd.Message == "" || fd.Advice == "" || fd.Source == "" || len(fd.Numbers) == 0 {
						t.Errorf("%s: incomplete: %+v", side.name, fd)
					}
				}
			}
		})
	}
}

func proofs(found []Finding) string {
	s := ""
	for _, f := range found {
		s += fmt.Sprintf("%s: %s %v\n", f.Code, f.Message, f.Numbers)
	}
	return s
}

// mixed lets every other answer come two tokens at a time.
func mixed(f *fixture) {
	var odd fixture
	for i := range f.reqs {
		if i%2 == 1 {
			odd.reqs = append(odd.reqs, f.reqs[i])
		}
	}
	grouped(2)(&odd)
	for i := range odd.reqs {
		f.reqs[2*i+1] = odd.reqs[i]
	}
}

// gapOf makes the gap before the tenth token exactly d.
func gapOf(d time.Duration) func(*metrics.Request) {
	return func(r *metrics.Request) { delay(r, 10, d-(r.Deliveries[10].At-r.Deliveries[9].At)) }
}

func tail(d time.Duration) func(*metrics.Request) {
	return func(r *metrics.Request) { r.End = metrics.Known(r.Deliveries[len(r.Deliveries)-1].At + d) }
}

// firstAt puts the first token d after the arrival, which is when the request
// was sent.
func firstAt(d time.Duration) func(*metrics.Request) {
	return func(r *metrics.Request) {
		r.Sent = r.Due
		r.Deliveries[0].At = span(r.Due) + d
	}
}

// noMean leaves the latencies unstated.
func noMean(f *fixture) { f.stats = nil }

func usage(more int64) func(*metrics.Request) {
	return func(r *metrics.Request) { r.UsageTokens = metrics.Known(r.Tokens() + more) }
}

func peakOf(v float64) func(*fixture) {
	return func(f *fixture) {
		f.edit = func(f *fixture) {
			f.run.Reported = append(f.run.Reported, results.Reported{
				Name: "max_concurrent_requests", Value: v, Unit: "requests", Metric: results.MetricConcurrencyMax})
		}
	}
}

// twoRates leaves only two output rates, one the other times x.
func twoRates(x float64) func(*fixture) {
	return func(f *fixture) {
		f.run.Duration = metrics.Span{}
		f.run.Reported = []results.Reported{
			{Name: "rate", Value: 1000, Unit: "tokens/s", Metric: results.MetricOutputRate},
			{Name: "result_rate", Value: 1000 * x, Unit: "tokens/s", Metric: results.MetricOutputRate},
		}
	}
}

// unlabelled states a rate of tokens that no common word stands for.
func unlabelled(v float64) func(*fixture) {
	return func(f *fixture) {
		f.edit = func(f *fixture) {
			f.run.Reported = append(f.run.Reported, results.Reported{Name: "result_token_throughput", Value: v})
		}
	}
}

// stateDelay states a P99 of sent - due, in ms.
func stateDelay(v float64) func(*fixture) {
	return func(f *fixture) {
		f.edit = func(f *fixture) {
			f.run.Reported = append(f.run.Reported, results.Reported{
				Name: "p99_delay", Value: v, Unit: "ms", Metric: results.MetricScheduleDelay, Stat: "p99"})
		}
	}
}

// growing lets the wait for the first token grow to d through the run.
func growing(d time.Duration) func(int, *metrics.Request) {
	return func(i int, r *metrics.Request) { delay(r, 0, d*time.Duration(i)/requestsOfRun) }
}
