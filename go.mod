module github.com/tokentime/tokentime

go 1.24.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/go-json-experiment/json v0.0.0-20250813233538-9b1f9ea2e11b
	github.com/google/go-cmp v0.7.0
	gonum.org/v1/gonum v0.17.0
)
