module github.com/tokentime/tokentime/contrib/evalscope

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/tokentime/tokentime v0.0.0-00010101000000-000000000000
	modernc.org/sqlite v1.61.1
)

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20250813233538-9b1f9ea2e11b // indirect
	github.com/google/pprof v0.0.0-20260906184651-6331bc6350fe // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	golang.org/x/sys v0.49.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

replace github.com/tokentime/tokentime => ../..

// A test of modernc.org/sqlite asks for this version, which cannot be had: go mod tidy
// would fail for want of it. No code of this module needs it.
exclude github.com/google/pprof v0.0.0-20261016150608-1facf8f91b50
