package metricstest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// maxDigits bounds the numbers of an answer, as a longer one is no time.
const maxDigits = 400

// parseValue reads a value of an answer; array says that it is one of gaps.
func parseValue(text json.RawMessage, array bool) (value, error) {
	switch {
	case string(text) == "null" && array:
		return value{kind: gaps}, nil
	case string(text) == "null":
		return value{kind: undefined}, nil
	case array:
		return parseGaps(text)
	case text[0] == '{':
		return parseQuotient(text)
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		return parseNumber(string(text))
	}
	return value{}, fmt.Errorf("%w: want a number, {\"num\":n,\"den\":d} or null, got %s", ErrType, quote(string(text)))
}

// parseNumber reads an integer, exactly if it fits, or a decimal. A decimal
// without a fraction is an integer.
func parseNumber(text string) (value, error) {
	if len(text) > maxDigits {
		return value{}, fmt.Errorf("%w: a number of %d digits", ErrRange, len(text))
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return integerValue(n), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return value{}, fmt.Errorf("%w: %s", ErrRange, quote(text))
	}
	return realOrInteger(f), nil
}

func realOrInteger(f float64) value {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return integerValue(int64(f))
	}
	return realValue(f)
}

func parseQuotient(text json.RawMessage) (value, error) {
	fields, err := members(text)
	if err != nil {
		return value{}, err
	}
	num, err := parseInteger(fields["num"])
	if err != nil {
		return value{}, err
	}
	den, err := parseInteger(fields["den"])
	if err != nil {
		return value{}, err
	}
	if len(fields) != 2 || den.Sign() == 0 {
		return value{}, fmt.Errorf("%w: want {\"num\":n,\"den\":d}, d not 0", ErrType)
	}
	q := new(big.Rat).SetFrac(num, den)
	if q.IsInt() && q.Num().IsInt64() {
		return integerValue(q.Num().Int64()), nil
	}
	f, _ := q.Float64()
	if math.IsInf(f, 0) {
		return value{}, ErrRange
	}
	return realValue(f), nil
}

func parseInteger(text json.RawMessage) (*big.Int, error) {
	if len(text) > maxDigits {
		return nil, fmt.Errorf("%w: a number of %d digits", ErrRange, len(text))
	}
	n, ok := new(big.Int).SetString(string(text), 10)
	if !ok {
		return nil, fmt.Errorf("%w: want {\"num\":n,\"den\":d} of integers", ErrType)
	}
	return n, nil
}

// parseGaps reads an array of integers, or of pairs [gap, count].
func parseGaps(text json.RawMessage) (value, error) {
	var items []json.RawMessage
	if text[0] != '[' || json.Unmarshal(text, &items) != nil {
		return value{}, fmt.Errorf("%w: want an array of gaps, or null", ErrType)
	}
	v := value{kind: gaps}
	for i, item := range items {
		gap, count := item, int64(1)
		if item[0] == '[' {
			var pair []json.RawMessage
			if json.Unmarshal(item, &pair) != nil || len(pair) != 2 {
				return value{}, gapError(i, "want [gap, count]")
			}
			n, err := parseNumber(string(pair[1]))
			if err != nil || n.kind != integer || n.n < 1 || n.n > metrics.MaxTokens {
				return value{}, gapError(i, "want a count of at least 1 and at most 2^31")
			}
			gap, count = pair[0], n.n
		}
		g, err := parseNumber(string(gap))
		if err != nil || g.kind != integer {
			return value{}, gapError(i, "want an integer of nanoseconds")
		}
		v.add(time.Duration(g.n), count)
	}
	return v, nil
}

func gapError(i int, want string) error { return fmt.Errorf("%w: gap %d: %s", ErrType, i, want) }
