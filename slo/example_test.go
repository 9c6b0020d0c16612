package slo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// answer returns a request that arrived at 0 and whose tokens became visible
// at the given milliseconds.
func answer(at ...int) *metrics.Request {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	for _, ms := range at {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(ms) * time.Millisecond, Tokens: 1})
	}
	return r
}

// A run of four requests against an objective, from text to report.
func Example() {
	objective, err := slo.Parse("ttft<=500ms, tbt.max<=200ms, p50(ttft)<=400ms, attainment>=90%")
	if err != nil {
		fmt.Println(err)
		return
	}
	run := slo.Summary{Checker: slo.Checker{Objective: objective}}
	for _, r := range []*metrics.Request{
		answer(300, 350, 400),
		answer(500, 700, 900), // at both limits, which is within them
		answer(300, 350, 551), // a stall of 201 ms
		{Outcome: metrics.Rejected},
	} {
		if _, err := run.Add(r); err != nil {
			fmt.Println(err)
			return
		}
	}
	report := run.Report()
	met, of := run.Attained()
	fmt.Println(objective)
	fmt.Printf("attainment %d of %d requests %v\n", met, of, report.Denominator)
	for _, p := range report.Population {
		fmt.Println(p.Part, p.Verdict)
	}
	// Output:
	// ttft<=500ms,tbt.max<=200ms,p50(ttft)<=400ms,attainment>=90%
	// attainment 2 of 4 requests offered
	// p50(ttft)<=400ms met
	// attainment>=90% missed
}

func ExampleParse() {
	o, err := slo.Parse("ttft<=0.5s, p99(tbt)<=100ms")
	fmt.Println(o, err)

	_, err = slo.Parse("ttft<=500")
	fmt.Println(err)
	fmt.Println(errors.Is(err, slo.ErrNoUnit))

	// A computed limit: what a time.Duration prints is read exactly.
	o, err = slo.Parse(fmt.Sprintf("ttlt<=%v", 90*time.Second))
	fmt.Println(o, err)
	// Output:
	// ttft<=0.5s,p99(tbt)<=100ms <nil>
	// objective part "ttft<=500", byte 6: a unit is missing: write 500ms
	// true
	// ttlt<=1m30s <nil>
}

func ExampleParseVLLM() {
	o, err := slo.ParseVLLM("ttft:500 tpot:50 e2el:5000")
	fmt.Println(o, err)
	// Output: ttft<=500ms,tpot<=50ms,e2e<=5000ms <nil>
}

func ExamplePreset() {
	o, ok := slo.Preset("mlperf-llama2-70b-interactive")
	fmt.Println(o, ok)
	// Output: p99(ttft)<=450ms,p99(tpot)<=40ms true
}

// An answer of one token has no TPOT: the part is undefined, and the request
// is judged by the others.
func ExampleChecker_Check() {
	objective, err := slo.Parse("ttft<=500ms,tpot<=50ms")
	if err != nil {
		fmt.Println(err)
		return
	}
	c := slo.Checker{Objective: objective}
	result := c.Check(answer(300))
	for _, p := range result.Parts {
		fmt.Println(p.Part, p.Verdict, p.Value)
	}
	fmt.Println(result.Verdict)

	c.Undefined = slo.FailUndefined
	fmt.Println(c.Verdict(answer(300)))
	// Output:
	// ttft<=500ms met 3e+08
	// tpot<=50ms undefined –
	// met
	// missed
}

func ExampleSummary_Report() {
	objective, err := slo.Parse("ttft<=500ms")
	if err != nil {
		fmt.Println(err)
		return
	}
	run := slo.Summary{Checker: slo.Checker{Objective: objective}}
	for _, r := range []*metrics.Request{answer(400), answer(600), {Outcome: metrics.Failed}, answer(450)} {
		if _, err := run.Add(r); err != nil {
			fmt.Println(err)
			return
		}
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(run.Report()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "objective": "ttft<=500ms",
	//   "met": 2,
	//   "missed": 2,
	//   "undefined": 0,
	//   "attainment": 0.5,
	//   "denominator": "offered",
	//   "denominator_requests": 4,
	//   "per_request": [
	//     {
	//       "part": "ttft<=500ms",
	//       "met": 2,
	//       "missed": 1,
	//       "undefined": 1
	//     }
	//   ],
	//   "population": [],
	//   "verdict": "undefined"
	// }
}
