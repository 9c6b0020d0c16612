package sse

import (
	"bytes"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tokentime/tokentime/metrics"
)

// message reads the data of one event. It is kept between events for the
// memory of its decoder.
type message struct {
	decoder jsontext.Decoder
	source  bytes.Buffer
	name    []byte // an object's name that had to be unquoted

	facts
}

// facts is what was found in the data. What it means depends on the type of
// the event, which may stand behind them.
type facts struct {
	rule   rule
	found  Kind   // whatever the type
	parts  Kind   // if the type's rule takes parts
	delta  bool   // delta is a string, not empty
	usage  Counts // cached is not yet in Prompt
	cached int64
	err    error

	generated generated
}

func (m *message) classify(event, data []byte) Event {
	m.facts = facts{rule: ruleOf(event)}
	byName := m.rule.always
	switch string(bytes.TrimSpace(data)) {
	case "": // a keep-alive
		return Event{Kind: byName}
	case "[DONE]":
		return Event{Kind: Done}
	}
	if err := m.read(data); err != nil {
		return Event{Kind: Unreadable | byName, Err: ErrSyntax}
	}
	kind := m.found | m.rule.always
	if m.rule.parts {
		kind |= m.parts
	}
	if m.delta {
		kind |= m.rule.delta
	}
	kind |= m.generated.kind()
	m.addCached()
	if m.usage.known() {
		kind |= Usage
	}
	return Event{Kind: kind, NoEnd: m.generated.noEnd, Usage: m.usage, Err: m.err}
}

// addCached completes the size of the prompt: Anthropic's input_tokens leaves
// out what a cache was read from or written to.
func (m *message) addCached() {
	if prompt, ok := m.usage.Prompt.Get(); ok && m.cached > 0 {
		m.usage.Prompt = m.inRange(prompt + m.cached)
	}
}

func (m *message) read(data []byte) error {
	m.source = *bytes.NewBuffer(data)
	m.decoder.Reset(&m.source, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	defer func() { m.source = bytes.Buffer{} }()
	if m.decoder.PeekKind() != '{' {
		return ErrSyntax
	}
	if err := m.object((*message).top); err != nil {
		return err
	}
	if _, err := m.decoder.ReadToken(); err != io.EOF {
		return ErrSyntax // one object and nothing else
	}
	return nil
}

// object reads a value. If it is an object, member is called with the name of
// each member and reads its value.
func (m *message) object(member func(m *message, name []byte) error) error {
	if m.decoder.PeekKind() != '{' {
		return m.decoder.SkipValue()
	}
	if _, err := m.decoder.ReadToken(); err != nil {
		return err
	}
	for m.decoder.PeekKind() != '}' {
		quoted, err := m.decoder.ReadValue()
		if err != nil {
			return err
		}
		if err := member(m, m.unquote(quoted)); err != nil {
			return err
		}
	}
	_, err := m.decoder.ReadToken()
	return err
}

// array reads a value. If it is an array, element reads each of its elements.
func (m *message) array(element func(m *message) error) error {
	if m.decoder.PeekKind() != '[' {
		return m.decoder.SkipValue()
	}
	if _, err := m.decoder.ReadToken(); err != nil {
		return err
	}
	for m.decoder.PeekKind() != ']' {
		if err := element(m); err != nil {
			return err
		}
	}
	_, err := m.decoder.ReadToken()
	return err
}

// unquote returns the string that a valid JSON string stands for. It is valid
// until the next call.
func (m *message) unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	m.name, _ = jsontext.AppendUnquote(m.name[:0], quoted) // its error is invalid UTF-8, which names nothing
	return m.name
}

// text reads a value and adds kind to *to if it is a string, not empty.
func (m *message) text(to *Kind, kind Kind) error {
	if m.decoder.PeekKind() != '"' {
		return m.decoder.SkipValue()
	}
	quoted, err := m.decoder.ReadValue()
	if err == nil && len(quoted) > len(`""`) {
		*to |= kind
	}
	return err
}

func (m *message) top(name []byte) error {
	switch string(name) {
	case "choices":
		return m.array(func(m *message) error { return m.object((*message).choice) })
	case "usage":
		return m.object((*message).count)
	case "type":
		return m.eventType()
	case "delta":
		if m.decoder.PeekKind() == '"' {
			var held Kind
			err := m.text(&held, Text)
			m.delta = held != 0
			return err
		}
		return m.object((*message).part)
	case "content_block", "item":
		return m.object((*message).block)
	case "message", "response":
		return m.object((*message).envelope)
	case "content", "output": // of an answer that was not streamed
		return m.array(func(m *message) error { return m.object((*message).block) })
	case "role":
		return m.text(&m.parts, Role)
	case "stop_reason":
		return m.text(&m.parts, Finish)
	case "error":
		if m.decoder.PeekKind() != 'n' {
			m.found |= Error
		}
		return m.decoder.SkipValue()
	case "object":
		return m.objectType()
	case "token":
		return m.object((*message).token)
	case "generated_text":
		return m.generatedText()
	case "details":
		return m.object((*message).details)
	case "text_output":
		return m.textOutput()
	}
	return m.decoder.SkipValue()
}

// eventType reads the type that the data states, which goes before the one of
// the event field.
func (m *message) eventType() error {
	if m.decoder.PeekKind() != '"' {
		return m.decoder.SkipValue()
	}
	quoted, err := m.decoder.ReadValue()
	if err == nil {
		m.rule = ruleOf(m.unquote(quoted))
	}
	return err
}

// objectType reads the member by which vLLM marks an error.
func (m *message) objectType() error {
	if m.decoder.PeekKind() != '"' {
		return m.decoder.SkipValue()
	}
	quoted, err := m.decoder.ReadValue()
	if err == nil && string(m.unquote(quoted)) == "error" {
		m.found |= Error
	}
	return err
}

// envelope reads what is around an answer: message_start of Anthropic,
// response.completed of OpenAI.
func (m *message) envelope(name []byte) error {
	switch string(name) {
	case "usage":
		return m.object((*message).count)
	case "role":
		return m.text(&m.parts, Role)
	}
	return m.decoder.SkipValue()
}

// choice reads one of choices.
func (m *message) choice(name []byte) error {
	switch string(name) {
	case "delta", "message":
		parts := m.parts
		m.parts = 0
		err := m.object((*message).part)
		m.found |= m.parts
		m.parts = parts
		return err
	case "text":
		return m.text(&m.found, Text)
	case "finish_reason":
		return m.text(&m.found, Finish)
	}
	return m.decoder.SkipValue()
}

// part reads a delta or a message.
func (m *message) part(name []byte) error {
	switch string(name) {
	case "role":
		return m.text(&m.parts, Role)
	case "content":
		if m.decoder.PeekKind() == '[' { // a list of typed parts
			return m.array(func(m *message) error { return m.object((*message).block) })
		}
		return m.text(&m.parts, Text)
	case "text", "refusal":
		return m.text(&m.parts, Text)
	case "reasoning_content", "reasoning", "thinking":
		if m.decoder.PeekKind() == '[' {
			return m.array((*message).thought)
		}
		return m.text(&m.parts, Reasoning)
	case "partial_json":
		return m.text(&m.parts, ToolCall)
	case "tool_calls":
		return m.array(func(m *message) error { return m.object((*message).tool) })
	case "function_call":
		return m.object((*message).call)
	case "stop_reason":
		return m.text(&m.parts, Finish)
	}
	return m.decoder.SkipValue()
}

// thought reads one piece of reasoning of a list.
func (m *message) thought() error {
	return m.object(func(m *message, name []byte) error {
		if string(name) == "text" {
			return m.text(&m.parts, Reasoning)
		}
		return m.decoder.SkipValue()
	})
}

// block reads a content block or an output item. If it has a name, that is
// the tool's.
func (m *message) block(name []byte) error {
	switch string(name) {
	case "name":
		return m.text(&m.parts, ToolCall)
	case "summary":
		return m.array((*message).thought)
	}
	return m.part(name)
}

// tool reads one of tool_calls.
func (m *message) tool(name []byte) error {
	switch string(name) {
	case "function", "custom":
		return m.object((*message).call)
	}
	return m.decoder.SkipValue()
}

func (m *message) call(name []byte) error {
	switch string(name) {
	case "name", "arguments", "input":
		return m.text(&m.parts, ToolCall)
	}
	return m.decoder.SkipValue()
}

// count reads a member of usage.
func (m *message) count(name []byte) error {
	switch string(name) {
	case "prompt_tokens", "input_tokens":
		return m.number(&m.usage.Prompt)
	case "completion_tokens", "output_tokens":
		return m.number(&m.usage.Output)
	case "completion_tokens_details", "output_tokens_details":
		return m.object(func(m *message, name []byte) error {
			if string(name) == "reasoning_tokens" {
				return m.number(&m.usage.Reasoning)
			}
			return m.decoder.SkipValue()
		})
	case "cache_read_input_tokens", "cache_creation_input_tokens":
		var cached metrics.Count
		err := m.number(&cached)
		n, _ := cached.Get()
		m.cached += n
		return err
	}
	return m.decoder.SkipValue()
}

// number reads a number of tokens. Null is one that is not stated.
func (m *message) number(to *metrics.Count) error {
	null := m.decoder.PeekKind() == 'n'
	literal, err := m.decoder.ReadValue()
	if err != nil || null {
		return err
	}
	n, err := strconv.ParseInt(string(literal), 10, 64)
	if err != nil {
		n = -1
	}
	*to = m.inRange(n)
	return nil
}

func (m *message) inRange(n int64) metrics.Count {
	if n < 0 || n > metrics.MaxTokens {
		m.err = ErrCount
		return metrics.Count{}
	}
	return metrics.Known(n)
}
