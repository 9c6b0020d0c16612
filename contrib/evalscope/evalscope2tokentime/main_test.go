package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/results"
)

func TestConvert(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmark_data.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE result(request TEXT, start_time REAL, inter_token_latencies TEXT, success INTEGER, completed_time REAL,
			latency REAL, first_chunk_latency REAL, prompt_tokens INTEGER, completion_tokens INTEGER)`,
		`INSERT INTO result VALUES('p', 5.0, '[0.25, 0.5]', 1, 6.5, 1.5, 0.5, 7, 3)`,
		`INSERT INTO result VALUES('p', 6.0, '[]', 1, 6.5, 0.5, 0.5, 7, 9)`, // one event of nine tokens: a warning
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{path}, &out, &errs); status != 0 {
		t.Fatalf("status %d, %s", status, errs.String())
	}
	rd, err := results.NewReader("out", &out, results.Options{})
	if err != nil || !rd.NextRun() {
		t.Fatal(err, rd.Err())
	}
	if w := rd.Run().Warnings; len(w) == 0 {
		t.Error("the warning that the last row gives is not in the header")
	}
	var stalls []string
	for rd.Next() {
		stalls = append(stalls, rd.Request().Raw().Stall.String())
	}
	if got := strings.Join(stalls, " "); rd.Err() != nil || got != (500*time.Millisecond).String()+" 0s" {
		t.Errorf("largest gaps %q, %v", got, rd.Err())
	}
}

func TestErrors(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(nil, &out, &errs); status != 2 || !strings.Contains(errs.String(), "usage") {
		t.Errorf("no file: status %d, %q", status, errs.String())
	}
	name := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(name, []byte("no database"), 0o666); err != nil {
		t.Fatal(err)
	}
	errs.Reset()
	if status := run([]string{name}, &out, &errs); status != 1 || !strings.Contains(errs.String(), name) || out.Len() > 0 {
		t.Errorf("no database: status %d, %q, %q", status, errs.String(), out.String())
	}
}
