/// Google's Gemini API (python-genai, `google/genai/types.py` and `models.py`; ai.google.dev,
/// "Thought signatures"), spoken to providers only.
///
/// ```
/// ModelRequest ─► GenerateWriter ─► POST /models/NAME:generateContent
///                                   POST /models/NAME:streamGenerateContent?alt=sse
/// Events ◄─ GenerateReader ◄─ one JSON answer, or many that follow each other
/// ```
///
/// | ours | theirs |
/// |---|---|
/// | system, developer messages | `systemInstruction` |
/// | assistant | role `model`; all others `user`; contents of one role in a row are one |
/// | a tool's parameters | `parametersJsonSchema`, as they are |
/// | a format's schema | `responseJsonSchema`, as it is |
/// | a tool result | `functionResponse`, by the name of the call that it answers |
/// | input tokens | `promptTokenCount` + `toolUsePromptTokenCount` |
/// | output tokens | `candidatesTokenCount` + `thoughtsTokenCount` |
/// | a prompt that was blocked | an answer that ends as filtered |
///
/// A `thoughtSignature` belongs to the part that it stands on. Ours stands before that part, as a
/// thought that ends, which dialects with signed thoughts carry to the client and back. Gemini 3
/// refuses calls of tools without one, so calls that lost theirs, or that another model made, get
/// the text that Google has for them.
@NullMarked
package dev.backplane.gateway.dialect.gemini;

import org.jspecify.annotations.NullMarked;
