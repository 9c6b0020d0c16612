package results_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// A file of "vllm bench serve --save-detailed", much shortened.
const vllmFile = `{"date": "20260620-214532", "endpoint_type": "openai-chat", "model_id": "m", "request_rate": Infinity,
"duration": 0.5, "completed": 2, "failed": 1,
"input_lens": [157, 157, 157], "output_lens": [2, 2, 0], "ttfts": [0.02, 0.04, 0.0],
"itls": [[5.5e-06, 0.002], [5.5e-06, 0.004], []], "start_times": [12389.5, 12389.75, 12389.8],
"errors": ["", "", "Service Unavailable"], "mean_ttft_ms": 30.0, "mean_itl_ms": 3.0}`

func Example() {
	rd, err := results.NewReader("run.json", strings.NewReader(vllmFile), results.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for rd.NextRun() {
		run := rd.Run()
		rate, _ := run.Fact("request_rate")
		fmt.Println(run.Format, "request rate", rate, "duration", run.Duration)
		for _, w := range run.Warnings {
			fmt.Println("warning:", w.Code)
		}
		convention, _ := metrics.LookupConvention(run.Convention)
		s := metrics.Summary{Options: metrics.SummaryOptions{Convention: convention, SeparateClocks: !run.CommonClock}}
		for rd.Next() {
			r := rd.Request()
			fmt.Println("request", r.ID, r.Outcome, "sent", r.Sent, "TTFT", r.Raw().TTFT)
			if err := s.Add(r); err != nil {
				fmt.Println(err)
			}
		}
		for _, rep := range run.Reproduce(&s) {
			fmt.Println(rep)
		}
	}
	if err := rd.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// vllm request rate Infinity duration 500ms
	// warning: role-chunk-first-token
	// request 0 completed sent 0s TTFT 20.0055ms
	// request 1 completed sent 250ms TTFT 40.0055ms
	// request 2 failed sent 300ms TTFT –
	// mean_ttft_ms: stated 30.000000, recomputed 30.000000 ms: reproduced
	// mean_itl_ms: stated 3.000000, recomputed 1.502750 ms: not reproducible
}

func ExampleWriter() {
	w := results.NewWriter(os.Stdout, &results.Run{
		CommonClock: true,
		Facts:       []results.Fact{{Name: "model", Value: "m"}},
	})
	err := w.Write(&metrics.Request{
		ID:         "a",
		Due:        metrics.Known(10 * time.Millisecond),
		Sent:       metrics.Known(12 * time.Millisecond),
		Deliveries: []metrics.Delivery{{At: 40 * time.Millisecond, Tokens: 1}, {At: 60 * time.Millisecond, Tokens: 3}},
		Outcome:    metrics.Cancelled,
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"tokentime":1,"clock":"run","facts":{"model":"m"}}
	// {"id":"a","due_ns":10000000,"sent_ns":12000000,"at_ns":[40000000,60000000],"tokens":[1,3],"outcome":"cancelled"}
}

func ExampleError() {
	text := strings.Replace(vllmFile, "0.004", "-0.004", 1)
	rd, err := results.NewReader("run.json", strings.NewReader(text), results.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for rd.NextRun() {
	}
	fmt.Println(rd.Err())
	// Output:
	// run.json: request 1: itls[1]: negative time: -4ms
}
