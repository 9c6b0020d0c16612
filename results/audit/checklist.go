package audit

import "github.com/tokentime/tokentime/results"

// Item is a question of the checklist for the setup of an evaluation, and
// what the file says about it. Answer is a text of the file, never a guess:
// whether it is a good answer is for a person to judge.
type Item struct {
	Topic    string `json:"topic"` // a word or two for the question
	Question string `json:"question"`
	Fact     string `json:"fact"`   // name of the fact that answers, or ""
	Answer   string `json:"answer"` // its value, or [NotStated]
	Stated   bool   `json:"stated"`
	Source   string `json:"source"`
}

// NotStated is the answer to what a file does not say.
const NotStated = "not stated"

// Where the questions come from.
const (
	sourceBaseline = "arXiv:2507.09019 §3 (baseline fairness)"
	sourceSetup    = "arXiv:2507.09019 §3 (evaluation setup)"
)

// Checklist returns all questions, answered as far as the file answers them.
func (a *Audit) Checklist() []Item {
	var items []Item
	for _, q := range []struct {
		topic, question, source string
		kinds                   []results.FactKind // that answer it, the most telling first
	}{
		{"baseline", "Is there a baseline, and was it tuned as well?", sourceBaseline, []results.FactKind{results.FactBaseline}},
		{"engine", "Which engine, and which version?", sourceBaseline, []results.FactKind{results.FactEngine}},
		{"hardware", "Which hardware?", sourceSetup, []results.FactKind{results.FactHardware}},
		{"model", "Is the model a current one?", sourceSetup, []results.FactKind{results.FactModel}},
		{"date", "When was it measured?", sourceSetup, []results.FactKind{results.FactDate}},
		{"workload", "Is the workload one that users have, and diverse?", sourceSetup, []results.FactKind{results.FactWorkload}},
		{"load", "At which load?", sourceSetup, []results.FactKind{results.FactRequestRate, results.FactMaxConcurrency}},
		{"arrivals", "How do requests arrive?", sourceSetup, []results.FactKind{results.FactArrivals}},
		{"objective", "Is there a service level objective?", sourceSetup, []results.FactKind{results.FactObjective}},
		{"tokenizer", "By which tokenizer were tokens counted?", sourceOurs, []results.FactKind{results.FactTokenizer}},
		{"warm-up", "Was the server warm?", sourceOurs, []results.FactKind{results.FactWarmup}},
		{"tool version", "Which version of the tool measured?", sourceOurs, []results.FactKind{results.FactToolVersion}},
	} {
		item := Item{Topic: q.topic, Question: q.question, Answer: NotStated, Source: q.source}
		for _, kind := range q.kinds {
			if f, ok := a.run.Stated(kind); ok {
				item.Fact, item.Answer, item.Stated = f.Name, f.Value, true
				break
			}
		}
		items = append(items, item)
	}
	return items
}
