package metrics

// Warning is doubt about a number, to be shown beside it. Code is stable and
// made of lower-case words joined by hyphens; Message tells a person what is
// doubtful, with numbers, and what to do.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
