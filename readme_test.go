package tokentime_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// nested tells a test process that the README's own test command started it.
const nested = "TOKENTIME_README"

var block = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// TestReadme runs every command block of the README, and builds and runs
// every Go program and test in it.
func TestReadme(t *testing.T) {
	if os.Getenv(nested) != "" {
		t.Skip("started by the README's test command, which this test runs")
	}
	if testing.Short() {
		t.Skip("-short: the commands take long")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, m := range block.FindAllSubmatch(text, -1) {
		kind, body := string(m[1]), string(m[2])
		kinds[kind]++
		switch kind {
		case "sh":
			runBlock(t, body, "sh", "-euc", body)
		case "go":
			name, run, says := "main.go", "run", "largest gap"
			if strings.Contains(body, "*testing.T") {
				name, run, says = "readme_test.go", "test", "ok"
			}
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
			if out := runBlock(t, body, "go", run, file); !strings.Contains(out, says) {
				t.Errorf("the program printed\n%s", out)
			}
		}
	}
	if kinds["sh"] < 2 || kinds["go"] < 1 {
		t.Errorf("found blocks %v, want at least two of commands and one program", kinds)
	}
}

func runBlock(t *testing.T, body, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), nested+"=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%s\n%v\n%s", body, err, out.Bytes())
	}
	return out.String()
}
