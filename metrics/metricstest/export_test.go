package metricstest

// Reading the vectors takes longer than most tests; these functions share
// what was read once.

var (
	CheckWith       = check
	ReadAnswersWith = readAnswers
)
