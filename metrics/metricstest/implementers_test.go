package metricstest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tokentime/tokentime/metrics/metricstest"
)

// TestImplementersDocument holds the document to the files: it names every
// key of a vector, and says how many vectors there are.
func TestImplementersDocument(t *testing.T) {
	content, err := os.ReadFile("IMPLEMENTERS.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	vectors, err := metricstest.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("Here are %d streams", len(vectors)); !strings.Contains(text, want) {
		t.Errorf("IMPLEMENTERS.md does not say %q", want)
	}
	keys := map[string]bool{}
	for i := range vectors {
		line, err := json.Marshal(&vectors[i])
		if err != nil {
			t.Fatal(err)
		}
		collectKeys(decode(t, line), keys)
	}
	for _, key := range []string{"hits", "misses", "index", "request", "outcome", "seconds_charge", "seconds_as_delivered", "tokens_charge", "tokens_as_delivered"} {
		if !keys[key] {
			t.Errorf("no vector has the key %q: does collectKeys work?", key)
		}
	}
	for key := range keys {
		if strings.Contains(text, "`"+key+"`") || strings.Contains(text, "`want."+key+"`") {
			continue
		}
		switch key {
		case "num", "den", "hits", "misses", "index": // in a sentence or a formula
			if strings.Contains(text, key) {
				continue
			}
		case "seconds_charge", "seconds_as_delivered", "tokens_charge", "tokens_as_delivered": // by their halves
			prefix, suffix, _ := strings.Cut(key, "_")
			if strings.Contains(text, "`"+prefix+"_...`") && strings.Contains(text, "`..._"+suffix+"`") {
				continue
			}
		}
		t.Errorf("IMPLEMENTERS.md does not explain the key %q", key)
	}
}

func collectKeys(v any, keys map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			keys[key] = true
			collectKeys(member, keys)
		}
	case []any:
		for _, element := range v {
			collectKeys(element, keys)
		}
	}
}
