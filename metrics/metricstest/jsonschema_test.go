package metricstest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// schema validates JSON against the keywords of JSON Schema 2020-12 that our
// schemas use. It has no knowledge of any other: check fails for one, so that
// no keyword stands in a schema without effect.
//
// It is stricter than the standard in one respect: 1.0 is no integer here, as
// it is none for the readers of our formats.
type schema struct{ root map[string]any }

// annotations have no effect.
var annotations = []string{"$schema", "title", "description"}

func readSchema(t *testing.T, path string) schema {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root, ok := decode(t, content).(map[string]any)
	if !ok {
		t.Fatalf("%s: no object", path)
	}
	s := schema{root}
	if err := s.check(root, "#"); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return s
}

// decode returns the value with its numbers as they are written.
func decode(t *testing.T, content []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.200s", err, content)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("more than one value in %.200s", content)
	}
	return v
}

// check reports keywords that validate does not know and references that lead
// nowhere, in all of the schema.
func (s schema) check(v any, at string) error {
	if _, ok := v.(bool); ok {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: a schema is an object or a boolean", at)
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if err := s.checkKeyword(key, o[key], at+"/"+key); err != nil {
			return err
		}
	}
	return nil
}

func (s schema) checkKeyword(key string, arg any, at string) error {
	switch key {
	case "type", "required", "enum", "const", "minimum", "maximum", "minItems":
		return nil
	case "pattern":
		_, err := regexp.Compile(arg.(string))
		return err
	case "$ref":
		_, err := s.resolve(arg)
		return err
	case "items", "additionalProperties":
		return s.check(arg, at)
	case "prefixItems", "oneOf", "anyOf":
		for i, sub := range arg.([]any) {
			if err := s.check(sub, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
		return nil
	case "properties", "$defs":
		for name, sub := range arg.(map[string]any) {
			if err := s.check(sub, at+"/"+name); err != nil {
				return err
			}
		}
		return nil
	}
	if slices.Contains(annotations, key) {
		return nil
	}
	return fmt.Errorf("%s: the keyword is unknown", at)
}

func (s schema) resolve(ref any) (any, error) {
	name, ok := strings.CutPrefix(ref.(string), "#/$defs/")
	definition, found := s.root["$defs"].(map[string]any)[name]
	if !ok || !found {
		return nil, fmt.Errorf("$ref %q leads nowhere", ref)
	}
	return definition, nil
}

// validate returns what is wrong with v, or nil.
func (s schema) validate(v any) error {
	if bad := s.hold(s.root, v); bad != nil {
		return bad
	}
	return nil
}

// violation is a keyword that does not hold. Most are found in alternatives
// and never printed, so the text is made late.
type violation struct {
	path    []string // from the value upwards
	keyword string
	arg, v  any
	because []*violation // of alternatives
}

func (e *violation) in(place string) *violation {
	e.path = append(e.path, place)
	return e
}

func (e *violation) Error() string {
	path := slices.Clone(e.path)
	slices.Reverse(path)
	text := fmt.Sprintf("$%s: %s %.60v does not hold for %.100v", strings.Join(path, ""), e.keyword, e.arg, e.v)
	for _, b := range e.because {
		text += "; " + b.Error()
	}
	return text
}

func (s schema) hold(rule, v any) *violation {
	o, ok := rule.(map[string]any)
	if !ok {
		if rule == true {
			return nil
		}
		return &violation{keyword: "the schema", arg: rule, v: v}
	}
	for key, arg := range o {
		var bad *violation
		switch v := v.(type) {
		case map[string]any:
			bad = s.holdObject(key, o, v)
		case []any:
			bad = s.holdArray(key, o, v)
		}
		if bad == nil {
			bad = s.holdValue(key, arg, v)
		}
		if bad != nil {
			return bad
		}
	}
	return nil
}

func (s schema) holdObject(key string, o, v map[string]any) *violation {
	properties, _ := o["properties"].(map[string]any)
	switch key {
	case "required":
		for _, name := range o[key].([]any) {
			if _, ok := v[name.(string)]; !ok {
				return &violation{keyword: key, arg: name, v: v}
			}
		}
	case "properties", "additionalProperties":
		for name, member := range v {
			rule, listed := properties[name]
			if key == "additionalProperties" {
				rule = o[key]
			}
			if listed == (key == "properties") {
				if bad := s.hold(rule, member); bad != nil {
					return bad.in("." + name)
				}
			}
		}
	}
	return nil
}

func (s schema) holdArray(key string, o map[string]any, v []any) *violation {
	prefix, _ := o["prefixItems"].([]any)
	switch key {
	case "prefixItems", "items":
		for i, element := range v {
			rule := o[key]
			if key == "prefixItems" && i < len(prefix) {
				rule = prefix[i]
			}
			if (i < len(prefix)) == (key == "prefixItems") {
				if bad := s.hold(rule, element); bad != nil {
					return bad.in(fmt.Sprintf("[%d]", i))
				}
			}
		}
	case "minItems":
		if compare(o[key], json.Number(strconv.Itoa(len(v)))) > 0 {
			return &violation{keyword: key, arg: o[key], v: v}
		}
	}
	return nil
}

func (s schema) holdValue(key string, arg, v any) *violation {
	holds := true
	switch key {
	case "type":
		names, several := arg.([]any)
		holds = !several && hasType(v, arg) || slices.ContainsFunc(names, func(name any) bool { return hasType(v, name) })
	case "const":
		holds = reflect.DeepEqual(v, arg)
	case "enum":
		holds = slices.ContainsFunc(arg.([]any), func(x any) bool { return reflect.DeepEqual(v, x) })
	case "minimum", "maximum":
		if n, ok := v.(json.Number); ok {
			c := compare(n, arg)
			holds = c == 0 || c > 0 == (key == "minimum")
		}
	case "pattern":
		if text, ok := v.(string); ok {
			holds = regexp.MustCompile(arg.(string)).MatchString(text)
		}
	case "$ref":
		rule, err := s.resolve(arg)
		if err != nil {
			return &violation{keyword: key, arg: arg, v: v}
		}
		return s.hold(rule, v)
	case "oneOf", "anyOf":
		return s.holdAlternatives(key, arg.([]any), v)
	}
	if holds {
		return nil
	}
	return &violation{keyword: key, arg: arg, v: v}
}

func (s schema) holdAlternatives(key string, rules []any, v any) *violation {
	all := &violation{keyword: key, v: v}
	for _, rule := range rules {
		if bad := s.hold(rule, v); bad != nil {
			all.because = append(all.because, bad)
		}
	}
	n := len(rules) - len(all.because)
	if n == 1 || n > 1 && key == "anyOf" {
		return nil
	}
	all.arg = fmt.Sprintf("(%d of %d)", n, len(rules))
	return all
}

func hasType(v, name any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	case json.Number:
		return name == "number" || name == "integer" && !strings.ContainsAny(v.String(), ".eE")
	}
	return false
}

// compare compares two numbers.
func compare(a, b any) int {
	x, y := a.(json.Number).String(), b.(json.Number).String()
	m, err1 := strconv.ParseInt(x, 10, 64)
	n, err2 := strconv.ParseInt(y, 10, 64)
	if err1 == nil && err2 == nil {
		return cmp.Compare(m, n)
	}
	p, ok1 := new(big.Rat).SetString(x)
	q, ok2 := new(big.Rat).SetString(y)
	if !ok1 || !ok2 {
		panic(fmt.Sprintf("metricstest_test: %s or %s is no number", x, y))
	}
	return p.Cmp(q)
}
