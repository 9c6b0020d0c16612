package sse

// rule says what an event of a type is.
type rule struct {
	always Kind // whatever it holds
	delta  Kind // if its delta is a string, not empty
	parts  bool // what its parts are
}

// ruleOf returns the rule of a type of OpenAI's responses or Anthropic's
// messages: that in the data, else the event field. Chat and text completions
// have none; their events are what their choices are.
//
// An event that repeats the output of earlier ones, such as
// response.output_text.done, is not known here and so is none.
func ruleOf(name []byte) rule {
	switch string(name) {
	case "response.output_text.delta", "response.refusal.delta":
		return rule{delta: Text}
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		return rule{delta: Reasoning}
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
		"response.mcp_call_arguments.delta", "response.code_interpreter_call_code.delta":
		return rule{delta: ToolCall}
	case "response.output_item.added":
		return rule{parts: true}
	case "response.completed", "response.incomplete":
		return rule{always: Done}
	case "response.failed":
		return rule{always: Error}
	case "message_start", "content_block_start", "content_block_delta", "message_delta":
		return rule{parts: true}
	case "message_stop":
		return rule{always: Done}
	case "error":
		return rule{always: Error}
	case "", "message": // a whole answer
		return rule{parts: true}
	}
	return rule{}
}
