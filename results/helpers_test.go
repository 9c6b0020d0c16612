package results

import (
	"math"
	"os"
	"strings"
)

func nan() float64 { return math.NaN() }

// readDoc returns the text of the package documentation.
func readDoc() (string, error) {
	b, err := os.ReadFile("doc.go")
	return strings.ReplaceAll(string(b), "//\t", ""), err
}
