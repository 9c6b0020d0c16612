package results_test

import (
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/results"
)

// A stream recorded with standard tools: (echo ': sent'; curl -sN ...) | ts '%.s'.
func Example_recordedStream() {
	recording := `1759813207.532900 : sent
1759813207.701201 data: {"choices":[{"delta":{"role":"assistant","content":""}}]}
1759813207.701209
1759813207.801222 data: {"choices":[{"delta":{"content":"Hello"}}]}
1759813207.801230
1759813207.833107 data: {"choices":[{"delta":{"content":" world"}}]}
1759813207.833113
1759813207.833140 data: [DONE]
1759813207.833144
`
	rd, err := results.NewReader("capture.txt", strings.NewReader(recording), results.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for rd.NextRun() {
		for rd.Next() {
			r := rd.Request()
			fmt.Println(rd.Run().Format, r.Outcome, "TTFT", r.Raw().TTFT, "tokens", r.Tokens())
		}
	}
	fmt.Println(rd.Err())
	// Output:
	// sse-capture completed TTFT 268.33ms tokens 2
	// <nil>
}
