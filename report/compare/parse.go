package compare

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Bounds on the text of conditions.
const (
	MaxText       = 1024 // bytes
	MaxConditions = 32
)

// What can be wrong with the text of a condition; a [*ParseError] says where.
var (
	ErrEmpty      = errors.New("no condition is given")
	ErrTooLong    = errors.New("too long")
	ErrSyntax     = errors.New("does not read as a condition")
	ErrStat       = errors.New("unknown statistic")
	ErrMetric     = errors.New("unknown metric")
	ErrComparison = errors.New("wrong comparison")
	ErrLimit      = errors.New("does not read as a change")
	ErrUnit       = errors.New("wrong unit")
)

// ParseError reports the first thing in a text that is not part of a
// condition.
type ParseError struct {
	Text   string // the whole text
	Offset int    // where the fault is, in bytes from the start of Text
	Hint   string // what to write instead
	Err    error  // one of the Err variables
}

// Error returns a sentence such as
//
//	condition "p99(ttft) > 5%", byte 12: does not read as a change: a change has a sign: +5% or -5%
func (e *ParseError) Error() string {
	return fmt.Sprintf("condition %q, byte %d: %v: %s", clip(e.Text), e.Offset, e.Err, e.Hint)
}

// Unwrap returns e.Err.
func (e *ParseError) Unwrap() error { return e.Err }

// clip shortens text for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Names that a condition can have in parentheses, by its statistic.
var (
	distributionNames = []string{"ttft", "tbt", "stall", "tpot", "norm", "ttlt", "e2e", "idle", "fluidity"}
	rateNames         = []string{"requests", "output", "smooth"}
	shareNames        = []string{"attainment", "answered", "one_token", "empty", "failed", "cancelled", "timed_out", "rejected"}
)

// ParseConditions reads conditions joined by commas:
//
//	conditions = condition { "," condition }
//	condition  = stat "(" name ")" comparison change
//	stat       = "p" decimal | "mean"           of ttft tbt stall tpot norm ttlt e2e idle fluidity
//	           | "max"                          of the same but fluidity
//	           | "min"                          of fluidity
//	           | "rate"                         of requests output smooth
//	           | "share"                        of attainment answered one_token empty failed
//	                                               cancelled timed_out rejected
//	comparison = ">" | ">=" | "<" | "<="
//	change     = sign decimal "%"               new - base, as a percentage of base
//	           | sign decimal "pp"              new - base, of shares and fluidity, in hundredths
//	           | sign duration                  new - base, of durations, as in +20ms
//	           | decimal "x"                    new / base, as in 1.05x
//	sign       = "+" | "-"
//
// The sign is required, since "> 5%" may be meant as more than 5 % worse in
// either direction. Spaces may stand between words and signs. "tbt.max" is
// another name of "stall", as in package slo. An error is a [*ParseError].
func ParseConditions(text string) ([]Condition, error) {
	if len(text) > MaxText {
		return nil, &ParseError{text, MaxText, fmt.Sprintf("at most %d bytes", MaxText), ErrTooLong}
	}
	var list []Condition
	at := 0
	for {
		end := strings.IndexByte(text[at:], ',')
		if end < 0 {
			end = len(text) - at
		}
		p := parser{text: text, at: at, end: at + end}
		c, err := p.condition()
		if err != nil {
			return nil, err
		}
		if list = append(list, c); len(list) > MaxConditions {
			return nil, &ParseError{text, at, fmt.Sprintf("at most %d conditions", MaxConditions), ErrTooLong}
		}
		if at += end + 1; at > len(text) {
			return list, nil
		}
	}
}

// parser reads text[at:end].
type parser struct {
	text    string
	at, end int
}

func (p *parser) fault(at int, err error, format string, args ...any) error {
	return &ParseError{p.text, at, fmt.Sprintf(format, args...), err}
}

func (p *parser) space() {
	for p.at < p.end && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// until returns what stands before the first of the bytes, without spaces at
// its end.
func (p *parser) until(stops string) string {
	p.space()
	rest := p.text[p.at:p.end]
	if i := strings.IndexAny(rest, stops); i >= 0 {
		rest = rest[:i]
	}
	p.at += len(rest)
	return strings.TrimRight(rest, " \t\r\n")
}

func (p *parser) expect(c byte, hint string) error {
	p.space()
	if p.at == p.end || p.text[p.at] != c {
		return p.fault(p.at, ErrSyntax, "%s", hint)
	}
	p.at++
	return nil
}

const example = "write it as in p99(ttft) > +5%"

func (p *parser) condition() (c Condition, err error) {
	p.space()
	if p.at == p.end {
		return c, p.fault(p.at, ErrEmpty, "%s", example)
	}
	statAt := p.at
	word := p.until("()<>")
	if err := p.stat(&c, word, statAt); err != nil {
		return c, err
	}
	if err := p.expect('(', example); err != nil {
		return c, err
	}
	p.space()
	nameAt := p.at
	if err := p.name(&c, p.until("()<>"), nameAt); err != nil {
		return c, err
	}
	if err := p.expect(')', example); err != nil {
		return c, err
	}
	if err := p.compare(&c); err != nil {
		return c, err
	}
	p.space()
	limitAt := p.at
	limit := p.until("")
	if err := p.limit(&c, limit, limitAt); err != nil {
		return c, err
	}
	if c.stat == statQuantile {
		word = quantileName(c.p())
	}
	c.text = fmt.Sprintf("%s(%s) %s %s", word, c.metric, c.comparison, limit)
	return c, nil
}

func (p *parser) stat(c *Condition, word string, at int) error {
	switch word {
	case "mean":
		c.stat = statMean
	case "max":
		c.stat = statMax
	case "min":
		c.stat = statMin
	case "rate":
		c.stat = statRate
	case "share":
		c.stat = statShare
	default:
		digits, ok := strings.CutPrefix(word, "p")
		percent, valid := decimal(digits)
		if !ok || !valid {
			return p.fault(at, ErrStat, "write p50, p99.9, mean, max, min, rate or share, as in p99(ttft) > +5%%")
		}
		if percent.Sign() <= 0 || percent.Cmp(big.NewRat(100, 1)) >= 0 || len(digits) > 8 {
			return p.fault(at, ErrStat, "a percentile is above 0 and below 100, with few decimals; the largest value is max")
		}
		c.percent = percent
	}
	return nil
}

func (p *parser) name(c *Condition, name string, at int) error {
	if name == "tbt.max" {
		name = "stall"
	}
	names := distributionNames
	switch c.stat {
	case statRate:
		names = rateNames
	case statShare:
		names = shareNames
	case statMax:
		names = names[:len(names)-1]
	case statMin:
		names = names[len(names)-1:]
	}
	if !slices.Contains(names, name) {
		return p.fault(at, ErrMetric, "this statistic is of %s", strings.Join(names, ", "))
	}
	c.metric = name
	return nil
}

func (p *parser) compare(c *Condition) error {
	p.space()
	for _, s := range []string{">=", "<=", ">", "<"} {
		if strings.HasPrefix(p.text[p.at:p.end], s) {
			c.comparison = s
			p.at += len(s)
			return nil
		}
	}
	return p.fault(p.at, ErrComparison, "write >, >=, < or <=")
}

// limit reads a change.
func (p *parser) limit(c *Condition, s string, at int) error {
	number, signed := s, false
	if s != "" && (s[0] == '+' || s[0] == '-') {
		number, signed = s[1:], true
	}
	var suffix string
	switch {
	case strings.HasSuffix(number, "%"):
		c.unit, suffix = limitPercent, "%"
	case strings.HasSuffix(number, "pp"):
		c.unit, suffix = limitPoints, "pp"
	case strings.HasSuffix(number, "x"):
		c.unit, suffix = limitTimes, "x"
	default:
		return p.durationLimit(c, s, number, signed, at)
	}
	digits := strings.TrimSuffix(number, suffix)
	value, ok := decimal(digits)
	switch {
	case !ok:
		return p.fault(at, ErrLimit, "write a decimal number before %s, as in +5%%, +2pp or 1.05x", suffix)
	case c.unit == limitTimes && signed:
		return p.fault(at, ErrLimit, "a ratio has no sign: %sx", digits)
	case c.unit != limitTimes && !signed:
		return p.fault(at, ErrLimit, "a change has a sign: +%s or -%s", number, number)
	case c.unit == limitPoints && c.stat != statShare && c.metric != "fluidity":
		return p.fault(at, ErrUnit, "pp is for shares and fluidity; here a change is as in +5%% or +20ms")
	}
	c.limit = value
	if s[0] == '-' {
		c.limit = new(big.Rat).Neg(value)
	}
	return nil
}

func (p *parser) durationLimit(c *Condition, s, number string, signed bool, at int) error {
	d, err := time.ParseDuration(s)
	switch {
	case s == "" || err != nil || strings.Trim(number, "0.") == "":
		return p.fault(at, ErrLimit, "write a change with its unit, as in +5%%, +20ms, +2pp or 1.05x")
	case c.stat == statShare || c.stat == statRate || c.metric == "fluidity":
		return p.fault(at, ErrUnit, "this is no duration; write a change as in -5%%")
	case !signed:
		return p.fault(at, ErrLimit, "a change has a sign: +%s or -%s", number, number)
	}
	c.unit, c.limit = limitDuration, new(big.Rat).SetInt64(int64(d))
	return nil
}

// decimal reads digits with an optional fraction, up to 18 bytes, exactly.
func decimal(s string) (*big.Rat, bool) {
	whole, fraction, point := strings.Cut(s, ".")
	if len(s) > 18 || whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
