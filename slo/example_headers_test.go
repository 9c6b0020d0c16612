package slo_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tokentime/tokentime/slo"
)

// A gateway reads the objective of a request from its headers.
func ExampleFromHeaders() {
	h := http.Header{}
	h.Set("X-LLM-D-SLO-TTFT-MS", "500")
	h.Set("X-SLO-TPOT-MS", "50.25") // the older name
	objective, err := slo.FromHeaders(h.Values)
	fmt.Println(objective, err)
	fmt.Println((&slo.Checker{Objective: objective}).Verdict(answer(500, 550, 600)))

	h.Set("X-LLM-D-SLO-TTFT-MS", "+Inf")
	_, err = slo.FromHeaders(h.Values)
	fmt.Println(err)
	fmt.Println(errors.Is(err, slo.ErrNumber))

	// Other places to keep headers need one line.
	metadata := map[string]string{"x-slo-ttft-ms": "1e3"}
	_, err = slo.FromHeaders(func(name string) []string {
		if value, ok := metadata[name]; ok {
			return []string{value}
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// ttft<=500ms,tpot<=50.25ms <nil>
	// met
	// header x-llm-d-slo-ttft-ms: "+Inf", byte 0: not a decimal number: write digits, as in 500 or 0.5
	// true
	// header x-slo-ttft-ms: "1e3", byte 1: not a decimal number: write it without an exponent
}
