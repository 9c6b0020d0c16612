package evalscope_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/contrib/evalscope"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/results/resultstest"
)

// The tables of the tool's versions.
const (
	table2024 = `CREATE TABLE result(request TEXT, start_time REAL, chunk_times TEXT, success INTEGER, response_messages TEXT,
		completed_time REAL, latency REAL, first_chunk_latency REAL, n_chunks INTEGER, chunk_time REAL,
		prompt_tokens INTEGER, completion_tokens INTEGER, max_gpu_memory_cost REAL)`
	table2025 = `CREATE TABLE result(request TEXT, start_time REAL, inter_token_latencies TEXT, success INTEGER, response_messages TEXT,
		completed_time REAL, latency REAL, first_chunk_latency REAL, prompt_tokens INTEGER, completion_tokens INTEGER,
		max_gpu_memory_cost REAL, time_per_output_token REAL)`
	table2026 = `CREATE TABLE result(request TEXT, start_time REAL, inter_token_latencies TEXT, success INTEGER, response_messages TEXT,
		completed_time REAL, latency REAL, first_chunk_latency REAL, prompt_tokens INTEGER, completion_tokens INTEGER,
		max_gpu_memory_cost REAL, time_per_output_token REAL, request_id TEXT, is_stream INTEGER, status_code INTEGER, error TEXT)`
)

// insert returns a statement that inserts values into columns.
func insert(columns string, values ...string) string {
	return "INSERT INTO result(" + columns + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// databaseOf returns the content of a database that the statements make.
func databaseOf(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "benchmark_data.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append([]string{"PRAGMA page_size = 1024"}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func options() results.Options {
	return results.Options{Formats: append(results.Formats(), evalscope.Format())}
}

// readAll returns the run and its requests.
func readAll(content []byte) (*results.Run, []metrics.Request, error) {
	rd, err := results.NewReader("x.db", bytes.NewReader(content), options())
	if err != nil {
		return nil, nil, err
	}
	var all []metrics.Request
	for rd.NextRun() {
		for rd.Next() {
			r := *rd.Request()
			r.Deliveries = append([]metrics.Delivery(nil), r.Deliveries...)
			all = append(all, r)
		}
	}
	return rd.Run(), all, rd.Err()
}

const ms = time.Millisecond

func known(d time.Duration) metrics.Instant { return metrics.Known(d) }

func tokens(n int64) metrics.Count { return metrics.Known(n) }

func events(at ...time.Duration) []metrics.Delivery {
	var all []metrics.Delivery
	for _, t := range at {
		all = append(all, metrics.Delivery{At: t, Tokens: 1})
	}
	return all
}

var compareOptional = cmp.Options{
	cmp.Comparer(func(a, b metrics.Instant) bool { return a == b }),
	cmp.Comparer(func(a, b metrics.Count) bool { return a == b }),
}

const (
	columns2025 = "request, start_time, inter_token_latencies, success, completed_time, latency, first_chunk_latency, prompt_tokens, completion_tokens"
	chat        = `'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'`
)

func TestRows(t *testing.T) {
	row := func(values ...string) string { return insert(columns2025, values...) }
	ok := row("'p'", "100.5", "'[0.1, 0.05]'", "1", "101.0", "0.5", "0.25", "7", "3")
	for _, test := range []struct {
		name       string
		statements []string
		want       []metrics.Request
		warnings   string
		reason     string
	}{
		{"2025", []string{table2025, ok, row("'p'", "100.0", "'[]'", "0", "100.75", "NULL", "NULL", "NULL", "NULL")}, []metrics.Request{
			{ID: "0", Sent: known(500 * ms), Deliveries: events(750*ms, 850*ms, 900*ms), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(3)},
			{ID: "1", Sent: known(0), End: known(750 * ms), Outcome: metrics.Failed},
		}, "", "instants from the earliest start; a failed row has NULL latencies"},
		{"2024", []string{table2024, insert("start_time, chunk_times, success, completed_time, latency, first_chunk_latency, prompt_tokens, completion_tokens",
			"100.5", "'[100.75, 100.875, 101.0]'", "1", "101.0", "0.5", "0.25", "7", "3")}, []metrics.Request{
			{ID: "0", Sent: known(0), Deliveries: events(250*ms, 375*ms, 500*ms), End: known(500 * ms), PromptTokens: tokens(7), UsageTokens: tokens(3)},
		}, "", "chunk times instead of gaps"},
		{"2026", []string{table2026,
			insert("start_time, inter_token_latencies, success, completed_time, latency, first_chunk_latency, prompt_tokens, completion_tokens, request_id, is_stream",
				"5", "'[]'", "1", "5.5", "0.5", "0.5", "7", "3", "'trace-9'", "0"),
			insert("start_time, inter_token_latencies, success, completed_time, request_id, status_code, error", "5", "'[]'", "0", "5.25", "'b'", "429", "'HTTP 429'"),
			insert("start_time, inter_token_latencies, success, completed_time, request_id, status_code", "5", "'[]'", "0", "0.0", "'c'", "504"),
		}, []metrics.Request{
			{ID: "trace-9", Sent: known(0), Deliveries: []metrics.Delivery{{At: 500 * ms, Tokens: 3}}, End: known(500 * ms), PromptTokens: tokens(7), UsageTokens: tokens(3)},
			{ID: "b", Sent: known(0), End: known(250 * ms), Outcome: metrics.Rejected},
			{ID: "c", Sent: known(0), Outcome: metrics.TimedOut},
		}, "one-event", "an answer that was not streamed is one delivery; a status says how a request failed; a completed_time of 0 is a filler"},
		{"chat", []string{table2025,
			row(chat, "1", "'[1e-05, 0.1, 0.1]'", "1", "2", "1", "0.5", "7", "3"),
			row(chat, "1", "'[0.1, 0.1, 0.2]'", "1", "2", "1", "0.5", "7", "2"),
			row(chat, "1", "'[0.1]'", "1", "2", "1", "0.5", "7", "2"),
			row("'p'", "1", "'[0.1]'", "1", "2", "1", "0.5", "7", "1")}, []metrics.Request{
			{ID: "0", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(3),
				Deliveries: []metrics.Delivery{{At: 500 * ms}, {At: 500010 * time.Microsecond, Tokens: 1}, {At: 600010 * time.Microsecond, Tokens: 1}, {At: 700010 * time.Microsecond, Tokens: 1}}},
			{ID: "1", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(2),
				Deliveries: []metrics.Delivery{{At: 500 * ms}, {At: 600 * ms, Tokens: 1}, {At: 700 * ms, Tokens: 1}, {At: 900 * ms}}},
			{ID: "2", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(2), Deliveries: events(500*ms, 600*ms)},
			{ID: "3", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(1), Deliveries: events(500*ms, 600*ms)},
		}, "role-chunk-first-token", "one event more than tokens: the role chunk; two more: the last one too; none, or no chat: all are tokens"},
		{"pickle", []string{table2025, row("'"+base64.StdEncoding.EncodeToString([]byte("\x80\x04}\x8c\x08messages"))+"'", "1", "'[0.1]'", "1", "2", "1", "0.5", "7", "1")},
			[]metrics.Request{{ID: "0", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(1),
				Deliveries: []metrics.Delivery{{At: 500 * ms}, {At: 600 * ms, Tokens: 1}}}}, "role-chunk-first-token", "requests of old are pickles in base64"},
		{"ends", []string{table2025,
			row("'p'", "1", "'[0.1]'", "1", "2", "0.599999999", "0.5", "7", "2"),
			row("'p'", "1", "'[0.1]'", "1", "2", "0.59999", "0.5", "7", "2")}, []metrics.Request{
			{ID: "0", Sent: known(0), End: known(600 * ms), PromptTokens: tokens(7), UsageTokens: tokens(2), Deliveries: events(500*ms, 600*ms)},
			{ID: "1", Sent: known(0), End: known(600 * ms), PromptTokens: tokens(7), UsageTokens: tokens(2), Deliveries: events(500*ms, 600*ms)},
		}, "end-before-last-event", "1 ns is rounding, 10 µs is worth a warning"},
		{"empty answer", []string{table2025, row("'p'", "1", "'[]'", "1", "2", "1", "0.0", "7", "0")}, []metrics.Request{
			{ID: "0", Sent: known(0), End: known(1000 * ms), PromptTokens: tokens(7), UsageTokens: tokens(0)},
		}, "", "a first_chunk_latency of 0 without a token is a filler"},
		{"no request", []string{table2025}, nil, "", "a table without rows"},
	} {
		run, got, err := readAll(databaseOf(t, test.statements...))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, got, compareOptional); diff != "" {
			t.Errorf("%s: %s:\n%s", test.name, test.reason, diff)
		}
		var codes []string
		for _, w := range run.Warnings {
			codes = append(codes, w.Code)
		}
		if strings.Join(codes, " ") != test.warnings {
			t.Errorf("%s: warnings %v, want %s", test.name, codes, test.warnings)
		}
		if run.Format != evalscope.Name || run.Convention != "evalscope" || !run.CommonClock || run.Resolution != 0 {
			t.Errorf("%s: run %+v", test.name, run)
		}
	}
}

func TestResolution(t *testing.T) {
	run, got, err := readAll(databaseOf(t, table2025, insert(columns2025, "'p'", "1787267980.0827403", "'[]'", "1", "NULL", "0.5", "0.5", "7", "1")))
	if err != nil || run.Resolution != 238*time.Nanosecond || len(got) != 1 || got[0].Sent != known(0) {
		t.Errorf("time of day: resolution %v, %v, %v", run.Resolution, got, err)
	}
}

func TestErrors(t *testing.T) {
	row := func(values ...string) string { return insert(columns2025, values...) }
	plain := databaseOf(t, table2025, row("'p'", "1", "'[0.1]'", "1", "2", "1", "0.5", "7", "2"))
	wrongSize := bytes.Clone(plain)
	binary.BigEndian.PutUint32(wrongSize[28:], 99)
	for _, test := range []struct {
		content []byte
		want    string
		is      error
		reason  string
	}{
		{databaseOf(t, "CREATE TABLE other(a)"), `x.db: result: no table "result"`, nil, "another program's database"},
		{databaseOf(t, "CREATE TABLE result(start_time REAL, success INTEGER)"), "x.db: result.first_chunk_latency: missing", results.ErrMissing, "another program's table"},
		{databaseOf(t, "CREATE TABLE result(start_time REAL, success INTEGER, first_chunk_latency REAL)"), "x.db: result.inter_token_latencies: missing", results.ErrMissing, "no gaps"},
		{databaseOf(t, table2025, row("'p'", "1", "'[0.1]'", "1", "2", "1", "-0.5", "7", "2")), "x.db: request 0: result.first_chunk_latency: negative time: -500ms", results.ErrNegativeTime, "a negative wait"},
		{databaseOf(t, table2025, row("'p'", "1", "'[0.1, -0.1]'", "1", "2", "1", "0.5", "7", "2")), "x.db: request 0: result.inter_token_latencies[1]: negative time", results.ErrNegativeTime, "a negative gap"},
		{databaseOf(t, table2025, row("'p'", "1", "'[0.1'", "1", "2", "1", "0.5", "7", "2")), "x.db: request 0: result.inter_token_latencies: malformed JSON", nil, "gaps cut short"},
		{databaseOf(t, table2025, row("'p'", "1", "'[NaN]'", "1", "2", "1", "0.5", "7", "2")), "x.db: request 0: result.inter_token_latencies: malformed JSON", nil, "gaps that are none"},
		{databaseOf(t, table2025, row("'p'", "1", "'[]'", "1", "2", "9e999", "0.5", "7", "2")), "x.db: request 0: result.latency: not a finite number: +Inf", results.ErrNotFinite, "no finite latency"},
		{databaseOf(t, table2025, row("'p'", "1", "'[]'", "1", "2", "1e12", "0.5", "7", "2")), "x.db: request 0: result.latency: out of range", results.ErrRange, "thirty thousand years"},
		{databaseOf(t, table2025, row("'p'", "1", "'[]'", "1", "2", "1", "0.5", "7", "2.5")), "x.db: request 0: result.completion_tokens: not an integer: 2.5", results.ErrNotInteger, "half a token"},
		{databaseOf(t, table2025, row("'p'", "1", "'[]'", "1", "2", "1", "'soon'", "7", "2")), "x.db: request 0: result.first_chunk_latency: wrong type: want a number, got string", results.ErrType, "a text for a time"},
		{databaseOf(t, table2025, row("'p'", "1", "'[0.1]'", "1", "2", "0.5", "0.5", "7", "2")), "x.db: request 0: result.inter_token_latencies[0]: after the end of the stream", metrics.ErrAfterEnd, "an end before the last event"},
		{plain[:len(plain)-1024], "x.db: result: unexpected EOF: ", io.ErrUnexpectedEOF, "the last page is missing"},
		{plain[:60], "x.db: result: unexpected EOF: 60 bytes", io.ErrUnexpectedEOF, "the header is cut off"},
		{wrongSize, "x.db: result: unexpected EOF: ", io.ErrUnexpectedEOF, "the header states another size"},
	} {
		_, _, err := readAll(test.content)
		var e *results.Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
	}
}

// TestTemporaryFiles checks that no file is left, whether all is read or not.
func TestTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	content := databaseOf(t, table2025, insert(columns2025, "'p'", "1", "'[0.1]'", "1", "2", "1", "0.5", "7", "2"))
	for _, c := range [][]byte{content, content[:100], content[:len(content)-1], databaseOf(t, "CREATE TABLE other(a)")} {
		readAll(c)
	}
	rd, err := results.NewReader("x.db", bytes.NewReader(content), options())
	if err != nil || !rd.NextRun() {
		t.Fatal(err, rd.Err())
	}
	left, err := filepath.Glob(filepath.Join(dir, "evalscope-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestConformance(t *testing.T) {
	rows := []string{table2026}
	for i := range 3 {
		rows = append(rows, insert("request, start_time, inter_token_latencies, success, completed_time, latency, first_chunk_latency, prompt_tokens, completion_tokens, request_id, is_stream",
			"'gASVBgAAAA=='", fmt.Sprint(100+i), "'[0.125, 0.25]'", "1", fmt.Sprint(101+i), "1.0", "0.5", "7", "3", fmt.Sprintf("'trace-%d'", i), "1"))
	}
	want := func(i int) metrics.Request {
		sent := time.Duration(i) * time.Second
		return metrics.Request{ID: fmt.Sprintf("trace-%d", i), Sent: known(sent), Deliveries: events(sent+500*ms, sent+625*ms, sent+875*ms),
			End: known(sent + time.Second), PromptTokens: tokens(7), UsageTokens: tokens(3)}
	}
	resultstest.Run(t, evalscope.Format(), resultstest.Sample{
		Name:    "three requests",
		Content: databaseOf(t, rows...),
		Want:    [][]metrics.Request{{want(0), want(1), want(2)}},
	})
}

func FuzzRows(f *testing.F) {
	f.Add("[0.1, 0.05]", `{"messages": []}`, 100.5, 0.5, 0.25, int64(3), int64(1))
	f.Add("[]", "gASVBgAAAA==", 1787267980.0827403, 0.0, 0.0, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, gaps, request string, start, latency, first float64, tokens, success int64) {
		path := filepath.Join(t.TempDir(), "fuzz.db")
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(table2025); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(insert(columns2025, "?", "?", "?", "?", "?", "?", "?", "?", "?"), request, start, gaps, success, start+latency, latency, first, tokens, tokens); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := readAll(content)
		var e *results.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error %#v", err)
		}
		for i := range got {
			if err := got[i].Validate(); err != nil {
				t.Fatal(err)
			}
		}
		if err == nil && len(got) != 1 {
			t.Fatalf("%d requests of one row", len(got))
		}
	})
}

func Example() {
	opts := results.Options{Formats: append(results.Formats(), evalscope.Format())}
	_, err := results.Open("benchmark_data.db", opts)
	fmt.Println(err)
	// Output: benchmark_data.db: no such file or directory
}
