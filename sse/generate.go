package sse

// generated is what was found of the events of generate_stream, which Hugging
// Face's Text Generation Inference and NVIDIA's Triton both have, with formats
// of their own and without a type.
//
// TGI sends one token an event, {"token":{"text":..., "special":...},
// "generated_text":null, "details":null}. Its router (StreamResponse in
// router/src/lib.rs and generate_stream in router/src/server.rs of
// huggingface/text-generation-inference) and the schema made from it
// (stream_output.json of @huggingface/tasks) say:
//
//   - The text of a token is output, unless it is empty or the token is special,
//     such as the one that ends the sequence: clients do not show those.
//   - generated_text is null but in the last event, where it repeats the whole
//     output. That it is there is the finish reason, even if it is empty, since
//     details are sent only if they were asked for.
//   - details state the finish reason and the numbers of tokens:
//     generated_tokens, special ones included, and in later versions
//     input_length, those of the prompt.
//   - An answer that was not streamed has generated_text and no token. Then
//     it is the output.
//
// Triton sends {"model_name":..., "model_version":..., "text_output":...}, by
// the generate extension (docs/protocol/extension_generate.md of
// triton-inference-server/server), or {"error":...} after a status of success.
// It has no last event: a final response that is empty ends the body and is not
// sent (test_one_response in qa/L0_http/generate_endpoint_test.py). The
// additional outputs of its vLLM backend are not read: finish_reason is there in
// all responses of a request, and num_output_tokens are those of the response,
// not a total (docs/additional_outputs.md of vllm_backend).
type generated struct {
	token   bool // there is a token
	special bool // it is
	text    Kind // Text if the token has some
	whole   Kind // Text if generated_text has some
	ended   bool // generated_text is there
	noEnd   bool // text_output is there
}

// kind returns what the members mean together.
func (g generated) kind() Kind {
	var k Kind
	switch {
	case !g.token:
		k = g.whole
	case !g.special:
		k = g.text
	}
	if g.ended {
		k |= Finish
	}
	return k
}

// generatedText reads the text of a whole answer of TGI.
func (m *message) generatedText() error {
	m.generated.ended = m.generated.ended || m.decoder.PeekKind() == '"'
	return m.text(&m.generated.whole, Text)
}

// textOutput reads the text of Triton.
func (m *message) textOutput() error {
	m.generated.noEnd = m.generated.noEnd || m.decoder.PeekKind() == '"'
	return m.text(&m.found, Text)
}

// token reads a member of TGI's token.
func (m *message) token(name []byte) error {
	m.generated.token = true
	switch string(name) {
	case "text":
		return m.text(&m.generated.text, Text)
	case "special":
		m.generated.special = m.decoder.PeekKind() == 't'
	}
	return m.decoder.SkipValue()
}

// details reads a member of TGI's details.
func (m *message) details(name []byte) error {
	switch string(name) {
	case "finish_reason":
		return m.text(&m.found, Finish)
	case "generated_tokens":
		return m.number(&m.usage.Output)
	case "input_length":
		return m.number(&m.usage.Prompt)
	}
	return m.decoder.SkipValue()
}
