package sse

import "strings"

// stream is a transcript: what a server sent, and what its events are.
type stream struct {
	name, reason string
	text         string
	want         []Event // without End
}

func events(kinds ...Kind) []Event {
	var es []Event
	for _, k := range kinds {
		es = append(es, Event{Kind: k})
	}
	return es
}

func usage(k Kind, prompt, output int64) Event {
	return Event{Kind: k | Usage, Usage: counts(prompt, output, -1)}
}

// frame makes a stream of data-only events.
func frame(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return b.String()
}

// chunk is a chat chunk of llm-d-inference-sim with the given members.
func chunk(members string) string {
	return `{"id":"chatcmpl-7f1c","created":1755936000,"model":"tiny","object":"chat.completion.chunk",` + members + `}`
}

func delta(d string) string {
	return chunk(`"usage":null,"choices":[{"index":0,"finish_reason":null,"delta":` + d + `}]`)
}

// streams returns the transcripts. The first two are those of
// llm-d-inference-sim, as it was in August 2026 and in v0.2.2, the others are
// made after the reference of the API that they name.
func streams() []stream {
	return []stream{
		{"chat, role chunk before the first token", "llm-d-inference-sim main: role and first token 10 µs apart", frame(
			delta(`{"role":"assistant"}`),
			delta(`{"content":"Testing"}`),
			delta(`{"content":", "}`),
			delta(`{"content":"testing "}`),
			delta(`{"content":"1"}`),
			delta(`{"content":","}`),
			delta(`{"content":"2"}`),
			chunk(`"usage":null,"choices":[{"index":0,"finish_reason":"length","delta":{}}]`),
			chunk(`"usage":{"prompt_tokens":7,"completion_tokens":6,"total_tokens":13},"choices":[]`),
			`[DONE]`,
		), append(events(Role, Text, Text, Text, Text, Text, Text, Finish), usage(0, 7, 6), Event{Kind: Done})},
		{"chat, role chunk at once", "v0.2.2: the role came at 2 ms, the first token at 203 ms", frame(
			delta(`{"role":"assistant","content":""}`),
			delta(`{"content":"Testing"}`),
			chunk(`"choices":[{"index":0,"finish_reason":"stop","delta":{"content":""}}]`),
			`[DONE]`,
		), events(Role, Text, Finish, Done)},
		{"chat, reasoning then text", "vLLM's and DeepSeek's reasoning_content, OpenRouter's reasoning", frame(
			delta(`{"role":"assistant","content":null,"reasoning_content":""}`),
			delta(`{"content":null,"reasoning_content":"Let me"}`),
			delta(`{"reasoning":" think"}`),
			delta(`{"content":"42","reasoning_content":null}`),
			chunk(`"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":2}}`),
			`[DONE]`,
		), append(events(Role, Reasoning, Reasoning, Text),
			Event{Kind: Finish | Usage, Usage: counts(9, 3, 2)}, Event{Kind: Done})},
		{"chat, tool calls", "the name is output, an empty piece of arguments is not", frame(
			delta(`{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]}`),
			delta(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}`),
			delta(`{"tool_calls":[{"index":0,"function":{"arguments":""}}]}`),
			delta(`{"tool_calls":[{"index":0,"function":{"arguments":"\"Oslo\"}"}}]}`),
			chunk(`"choices":[{"delta":{},"finish_reason":"tool_calls"}]`),
			`[DONE]`,
		), events(Role|ToolCall, ToolCall, Control, ToolCall, Finish, Done)},
		{"chat, counts in every chunk", "vLLM with continuous_usage_stats", frame(
			chunk(`"choices":[{"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":5,"completion_tokens":0}`),
			chunk(`"choices":[{"delta":{"content":"a b c"}}],"usage":{"prompt_tokens":5,"completion_tokens":3}`),
			chunk(`"choices":[{"delta":{"content":" d"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":4}`),
			`[DONE]`,
		), []Event{usage(Role, 5, 0), usage(Text, 5, 3), usage(Text|Finish, 5, 4), {Kind: Done}}},
		{"chat, error in mid-stream", "vLLM sends the error, then [DONE] as if all were well", frame(
			delta(`{"role":"assistant","content":""}`),
			delta(`{"content":"Hel"}`),
			`{"error":{"message":"EngineCore died","type":"InternalServerError","code":500}}`,
			`[DONE]`,
		), events(Role, Text, Error, Done)},
		{"text completions", "the text stands in the choice itself", frame(
			`{"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"Once","logprobs":null,"finish_reason":null}],"usage":null}`,
			`{"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"","finish_reason":"length"}]}`,
			`{"id":"cmpl-1","object":"text_completion","choices":[],"usage":{"prompt_tokens":2,"total_tokens":3,"completion_tokens":1}}`,
			`[DONE]`,
		), append(events(Text, Finish), usage(0, 2, 1), Event{Kind: Done})},
		{"responses", "only deltas are output; the done events repeat it", responsesStream,
			append(events(Control, Control, Control, Reasoning, Control, Role, Control, Text, Text, Control, Control, Control,
				ToolCall, ToolCall, Control, Control),
				Event{Kind: Done | Usage, Usage: counts(37, 11, 4)})},
		{"messages", "Anthropic: the prompt's tokens are in three parts", messagesStream,
			append([]Event{{Kind: Role | Usage, Usage: counts(25+100+4, 1, -1)}},
				append(events(Control, Control, Reasoning, Control, Control, Control, Text, Text, Control, ToolCall, Control, ToolCall, Control),
					Event{Kind: Finish | Usage, Usage: metricsOutput(15)}, Event{Kind: Done})...)},
		{"messages, overloaded", "an error event ends the stream", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
			events(Error)},
		{"TGI", "one token an event; the last repeats the text, and is the end of the sequence", strings.ReplaceAll(frame(
			`{"index":1,"token":{"id":13,"text":"\n","logprob":-0.5283203,"special":false},"generated_text":null,"details":null}`,
			`{"index":2,"token":{"id":1762,"text":"To","logprob":-1.1357422,"special":false},"top_tokens":[{"id":1762,"text":"To","logprob":-1.1357422,"special":false}],"generated_text":null,"details":null}`,
			`{"index":3,"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"generated_text":"\nTo","details":{"finish_reason":"eos_token","generated_tokens":3,"seed":null,"input_length":7}}`,
		), "data: ", "data:"), append(events(Text, Text), usage(Finish, 7, 3))},
		{"Triton", "a text an event, the last may be empty; nothing tells the end", frame(
			`{"model_name":"vllm_model","model_version":"1","text_output":"To"}`,
			`{"model_name":"vllm_model","model_version":"1","text_output":" make"}`,
			`{"model_name":"vllm_model","model_version":"1","text_output":""}`,
		), []Event{{Kind: Text, NoEnd: true}, {Kind: Text, NoEnd: true}, {NoEnd: true}}},
		{"Triton, an error in mid-stream", "after a status of success", frame(
			`{"model_name":"vllm_model","model_version":"1","text_output":"To"}`,
			`{"error":"An Error Occurred"}`,
		), []Event{{Kind: Text, NoEnd: true}, {Kind: Error}}},
	}
}

const responsesStream = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"output":[],"usage":null}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","usage":null}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","delta":"I think"}

event: response.reasoning_summary_text.done
data: {"type":"response.reasoning_summary_text.done","item_id":"rs_1","text":"I think"}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.content_part.added
data: {"type":"response.content_part.added","item_id":"msg_1","part":{"type":"output_text","text":"","annotations":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_1","content_index":0,"delta":"Hi"}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_1","content_index":0,"delta":" there"}

event: response.output_text.done
data: {"type":"response.output_text.done","item_id":"msg_1","text":"Hi there"}

event: response.content_part.done
data: {"type":"response.content_part.done","item_id":"msg_1","part":{"type":"output_text","text":"Hi there"}}

event: response.output_item.done
data: {"type":"response.output_item.done","item":{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi there"}]}}

event: response.output_item.added
data: {"type":"response.output_item.added","item":{"id":"fc_1","type":"function_call","name":"get_weather","arguments":""}}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","delta":"{}"}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","item_id":"fc_1","arguments":"{}"}

event: response.output_item.done
data: {"type":"response.output_item.done","item":{"id":"fc_1","type":"function_call","name":"get_weather","arguments":"{}"}}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi there"}]}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":5},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":48}}}

`

const messagesStream = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_read_input_tokens":100,"cache_creation_input_tokens":4,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"!"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

`
