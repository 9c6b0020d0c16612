package compare

import (
	"encoding/json"
	"io"
)

// Schema names the form of the JSON document. Keys may be added under it;
// none is renamed.
const Schema = "tokentime.compare/1"

// JSON writes the comparison as one document. Values are in the unit of their
// metric: nanoseconds, shares in [0, 1], numbers per second. What is undefined
// is null.
func JSON(w io.Writer, c *Comparison) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema string `json:"schema"`
		*Comparison
	}{Schema, c})
}
