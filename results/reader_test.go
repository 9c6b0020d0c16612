package results

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := func(name string, content []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	vllm := []byte(vllmFile())
	native := nativeInput(t, 3, 4)
	for _, test := range []struct {
		path, format string
		err          error
		message      string
		reason       string
	}{
		{path("a.json", vllm), FormatVLLM, nil, "", "vLLM"},
		{path("b.txt", gzipped(t, vllm)), FormatVLLM, nil, "", "gzip whatever the name"},
		{path("c.gz", native), FormatNative, nil, "", "no gzip whatever the name"},
		{path("d", append(gzipped(t, native), gzipped(t, native)...)), FormatNative, nil, "", "gzip files one behind the other"},
		{path("e", append([]byte("\n \t"), native...)), FormatNative, nil, "", "white space before the header"},
		{path("f", []byte(`{ "tokentime" : 1, "clock":"run"}`)), FormatNative, nil, "", "a spaced header alone"},
		{dir, "", ErrDirectory, "is a directory", "a directory"},
		{filepath.Join(dir, "none"), "", fs.ErrNotExist, "no such file or directory", "no file"},
		{path("g", nil), "", ErrEmptyFile, "empty file", "an empty file"},
		{path("h", []byte("\n\n ")), "", ErrEmptyFile, "empty file", "white space alone"},
		{path("i", gzipped(t, nil)), "", ErrEmptyFile, "empty file", "nothing compressed"},
		{path("j", []byte("\x7fELF\x02\x01\x01\x00\x00\x00")), "", ErrUnknownFormat, `(begins with "\x7fELF`, "binary junk"},
		{path("k", []byte("id,ttft\n1,2\n")), "", ErrUnknownFormat, "not a format that is known", "a table"},
		{path("q", append([]byte("\xef\xbb\xbf"), vllm...)), FormatVLLM, nil, "", "a byte order mark, as Windows writes it"},
		{path("r", gzipped(t, append([]byte("\xef\xbb\xbf"), native...))), FormatNative, nil, "", "a byte order mark, compressed"},
		{path("s", []byte("\xef\xbb\xbf")), "", ErrEmptyFile, "empty file", "a byte order mark alone"},
		{path("t", []byte("\xff\xfe{\x00}\x00")), "", ErrUnknownFormat, "UTF-16, want UTF-8", "UTF-16, little end first"},
		{path("u", []byte("\xfe\xff\x00{\x00}")), "", ErrUnknownFormat, "UTF-16, want UTF-8", "UTF-16, big end first"},
		{path("v", append(bytes.Repeat([]byte{' '}, bufferSize), vllm...)), "", ErrUnknownFormat, "its first 65536 bytes are white space", "more white space than is looked through"},
		{path("w", append(bytes.Repeat([]byte{'\n'}, bufferSize-1), vllm...)), "", ErrUnknownFormat, "(begins with \"{\")", "white space up to the last byte that is looked at"},
		{path("l", []byte("[1,2]")), "", ErrUnknownFormat, "not a format that is known", "a JSON array"},
		{path("sqlite", []byte("SQLite format 3\x00\x10\x00")), "", ErrUnknownFormat, "contrib/evalscope", "a database"},
		{path("m", []byte("\x1f\x8bxx")), "", io.ErrUnexpectedEOF, "gzip data cut short: unexpected EOF", "a gzip header cut short"},
		{path("n", []byte("\x1f\x8b\x01\x00\x00\x00\x00\x00\x00\x00\x00")), "", gzip.ErrHeader, "gzip: gzip: invalid header", "no gzip behind its mark"},
		{path("o", gzipped(t, vllm)[:150]), "", io.ErrUnexpectedEOF, "gzip data cut short: unexpected EOF", "gzip cut short"},
		{path("p", corrupted(gzipped(t, vllm))), "", gzip.ErrChecksum, "gzip: gzip: invalid checksum", "gzip with a wrong sum"},
	} {
		got, err := readFile(test.path)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", test.reason, err, test.err)
			continue
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.File != test.path || !strings.HasPrefix(err.Error(), test.path+": ") || !strings.Contains(err.Error(), test.message) {
				t.Errorf("%s: %v, want %s and the path once", test.reason, err, test.message)
			}
			continue
		}
		if len(got) == 0 || got[0].Run.Format != test.format || got[0].Run.Source != test.path {
			t.Errorf("%s: %+v", test.reason, got)
		}
	}
}

// corrupted changes the checksum at the end of a gzip file.
func corrupted(z []byte) []byte {
	z[len(z)-8] ^= 1
	return z
}

func readFile(path string) ([]record, error) {
	rd, err := Open(path, Options{})
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	var all []record
	for rd.NextRun() {
		all = append(all, record{Run: *rd.Run()})
	}
	return all, rd.Err()
}

func TestNewReaderOptions(t *testing.T) {
	if _, err := NewReader("x", strings.NewReader("{}"), Options{Format: "csv"}); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("an unknown format forced: %v", err)
	}
	if _, err := NewReader("x", strings.NewReader(""), Options{Format: FormatVLLM}); !errors.Is(err, ErrEmptyFile) {
		t.Errorf("a format forced on nothing: %v", err)
	}
	broken := errors.New("broken pipe")
	for _, before := range []string{"", " ", "\n\n\n\n"} {
		r := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		if _, err := NewReader("x", r, Options{}); !errors.Is(err, broken) {
			t.Errorf("an error of the io.Reader after %q: %v", before, err)
		}
	}
	blank := strings.Repeat(" ", bufferSize)
	if _, err := NewReader("x", strings.NewReader(blank), Options{Format: "csv"}); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("an unknown format forced on white space: %v", err)
	}
	if got, err := readAll("x", strings.NewReader(blank+vllmFile()), Options{Format: FormatVLLM}); err != nil || len(got) != 1 {
		t.Errorf("a format forced behind white space: %v", err)
	}
}

// TestReadError stops the input at every byte with an error, which must come
// through, with no request behind it.
func TestReadError(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, input := range [][]byte{[]byte(vllmFile()), nativeInput(t, 2, 3)} {
		for n := range input {
			_, err := readAll("x", io.MultiReader(bytes.NewReader(input[:n]), iotest.ErrReader(broken)), Options{})
			if !errors.Is(err, broken) {
				t.Fatalf("after %q: %v", input[:n], err)
			}
		}
	}
}

// TestTruncated stops the input at every byte with an end.
func TestTruncated(t *testing.T) {
	vllm := []byte(vllmFile())
	for n := range vllm {
		if _, err := readAll("x", bytes.NewReader(vllm[:n]), Options{}); err == nil {
			t.Fatalf("%q: no error", vllm[:n])
		}
	}
	native := bytes.TrimSpace(nativeInput(t, 2, 3))
	for n := range native {
		_, err := readAll("x", bytes.NewReader(native[:n]), Options{})
		if whole := native[n] == '\n' || n > 0 && native[n-1] == '\n'; whole != (err == nil) {
			t.Fatalf("%q: %v", native[:n], err)
		}
	}
}

// TestPieces reads byte by byte what is read whole elsewhere.
func TestPieces(t *testing.T) {
	for _, input := range [][]byte{vllmInput(20, 30), nativeInput(t, 20, 30)} {
		want, err := readAll("x", bytes.NewReader(input), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll("x", iotest.OneByteReader(bytes.NewReader(input)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compareOptional); diff != "" {
			t.Error(diff)
		}
	}
}

// TestNextRunReadsOn checks that an error in a request that nobody asks for is
// found all the same.
func TestNextRunReadsOn(t *testing.T) {
	text := vllmFile(`"ttfts": [0.5, -1, 0]`) + vllmFile()
	rd, err := NewReader("x", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rd.Run() != nil || rd.Next() {
		t.Error("a request before the first run")
	}
	if !rd.NextRun() || rd.NextRun() {
		t.Error("want one run, then the error")
	}
	if !errors.Is(rd.Err(), ErrNegativeTime) {
		t.Errorf("error: %v", rd.Err())
	}
	if rd.Next() || rd.NextRun() {
		t.Error("the error does not last")
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
}

func TestNativeFromVLLM(t *testing.T) {
	want, err := readAll("x", bytes.NewReader(vllmInput(50, 20)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll("x", bytes.NewReader(writeAll(t, want)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want[0].Run.Format = FormatNative
	if diff := cmp.Diff(want, got, compareOptional); diff != "" {
		t.Errorf("a conversion loses something:\n%s", diff)
	}
}

func TestReproduce(t *testing.T) {
	run := Run{Convention: "vllm", Reported: []Reported{
		{"mean_ttft_ms", 1.5, "ms", MetricTTFT, "mean"}, {"p50_ttft_ms", 1.5000011, "ms", MetricTTFT, "p50"},
		{"std_ttft_ms", 0.500009, "ms", MetricTTFT, "std"}, {"median_itl_ms", 0, "ms", MetricITL, "p50"},
		{"p99_tpot_ms", 1e-9, "ms", MetricTPOT, "p99"}, {"mean_e2el_ms", 1.5, "ms", MetricEndToEnd, "mean"},
		{"completed", 2, "requests", MetricCompleted, ""}, {"mean_e2el_including_client_queue_ms", 5, "ms", "", ""},
	}}
	summary := func(o metrics.SummaryOptions) *metrics.Summary {
		s := &metrics.Summary{Options: o}
		for _, ns := range []int64{1e6, 2e6} {
			r := metrics.Request{Sent: known(0), Deliveries: []metrics.Delivery{event(ns, 1)}}
			if err := s.Add(&r); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	verdicts := func(s *metrics.Summary) string {
		var all []string
		for _, rep := range run.Reproduce(s) {
			all = append(all, rep.Name+" "+rep.Verdict.String())
		}
		return strings.Join(all, "\n")
	}
	for _, test := range []struct {
		options metrics.SummaryOptions
		want    []string
		reason  string
	}{
		{metrics.SummaryOptions{Convention: metrics.VLLM}, []string{
			"mean_ttft_ms reproduced", "p50_ttft_ms not reproducible", "std_ttft_ms reproduced",
			"median_itl_ms reproduced", "p99_tpot_ms not reproducible", "mean_e2el_ms reproduced",
		}, "1.1 ns are too many for a median, 9 ns are not for a std; no value is 0.0 and nothing else"},
		{metrics.SummaryOptions{Convention: metrics.VLLM, Method: metrics.HDRMethod}, []string{
			"mean_ttft_ms reproduced", "p50_ttft_ms not compared", "std_ttft_ms not compared",
			"median_itl_ms not compared", "p99_tpot_ms not compared", "mean_e2el_ms reproduced",
		}, "an HDR knows the mean only"},
		{metrics.SummaryOptions{Convention: metrics.Paper}, []string{
			"mean_ttft_ms not compared", "p50_ttft_ms not compared", "std_ttft_ms not compared",
			"median_itl_ms not compared", "p99_tpot_ms not compared", "mean_e2el_ms not compared",
		}, "another convention"},
	} {
		if diff := cmp.Diff(strings.Join(test.want, "\n"), verdicts(summary(test.options))); diff != "" {
			t.Errorf("%s:\n%s", test.reason, diff)
		}
	}
	rep := run.Reproduce(summary(metrics.SummaryOptions{Convention: metrics.VLLM}))
	if got, want := rep[0].String(), "mean_ttft_ms: stated 1.500000, recomputed 1.500000 ms: reproduced"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := rep[3].String(), "median_itl_ms: stated 0.000000, recomputed – ms: reproduced"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{File: "runs.json", Run: 0, Request: 17, Offset: -1, Field: "itls[3]", Err: ErrNegativeTime}, "runs.json: request 17: itls[3]: negative time"},
		{Error{File: "f", Run: 2, Request: -1, Line: 9, Offset: 5, Err: ErrType}, "f: run 2: line 9: byte 5: wrong type"},
		{Error{File: "f", Run: -1, Request: -1, Offset: -1, Err: ErrEmptyFile}, "f: empty file"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
