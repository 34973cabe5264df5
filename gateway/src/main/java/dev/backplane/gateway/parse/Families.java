package dev.backplane.gateway.parse;

import java.util.List;

/// How each family of models writes calls and thoughts, with the source of each: the model's own
/// chat template, or a parser that others have in use.
final class Families {
    private static final List<String> NAME = List.of("name");
    private static final List<String> ARGUMENTS = List.of("arguments", "parameters");
    private static final List<String> ID = List.of("id");
    private static final Shape JSON_CALL = new Shape.Json(NAME, ARGUMENTS, ID);
    private static final Shape PYTHON_CALL =
            new Shape.Literal("", '(', '=', ')', List.of("\"", "'"), true);

    /// `<function=f><parameter=k>⏎v⏎</parameter></function>`
    private static final Shape FUNCTION_TAGS =
            new Shape.Tagged(
                    "<function=", ">", "<parameter=", ">", "", "</parameter>", "</function>", true);

    /// `<tool_call>{"name": f, "arguments": {…}}</tool_call>`: Hermes 2 and 3, Qwen 2.5 and 3.
    /// Source: NousResearch/Hermes-Function-Calling, vllm-project/vllm
    /// examples/tool_chat_template_hermes.jinja.
    static final CallFormat HERMES =
            CallFormat.marked("hermes", "<tool_call>", "</tool_call>", false, JSON_CALL);

    /// `<tool_call><function=f><parameter=k>⏎v⏎</parameter></function></tool_call>`: Qwen3-Coder,
    /// Qwen 3.5, Nemotron 3. The outer opening tag is sometimes left out. Source: vllm-project/vllm
    /// examples/tool_chat_template_qwen3coder.jinja and rust/src/tool-parser/src/qwen_coder.rs.
    static final CallFormat QWEN3_CODER =
            CallFormat.marked("qwen3_coder", "<tool_call>", "</tool_call>", false, FUNCTION_TAGS);

    /// `{"name": f, "parameters": {…}}`, alone or after `<|python_tag|>`, several with semicolons:
    /// Llama 3.1 and 3.2. Source: vllm-project/vllm examples/tool_chat_template_llama3.1_json.jinja
    /// and rust/src/tool-parser/src/json/llama.rs.
    static final CallFormat LLAMA3_JSON =
            new CallFormat(
                    "llama3_json",
                    List.of("<|python_tag|>"),
                    true,
                    "",
                    ";",
                    List.of(new Shape.Json(NAME, List.of("parameters", "arguments"), ID)),
                    true,
                    CallFormat.Ids.ANY);

    /// `[f(a=1), g()]`, alone or between `<|python_start|>` and `<|python_end|>`: Llama 3.2 and 4.
    /// Source: vllm-project/vllm examples/tool_chat_template_llama4_pythonic.jinja.
    static final CallFormat PYTHONIC =
            new CallFormat(
                    "pythonic",
                    List.of("<|python_start|>"),
                    true,
                    "<|python_end|>",
                    "",
                    List.of(PYTHON_CALL),
                    true,
                    CallFormat.Ids.ANY);

    /// `[TOOL_CALLS]f[ARGS]{…}`, with tokenizer version 11 `[TOOL_CALLS]f{…}`, between them
    /// `[CALL_ID]id`, and before that version `[TOOL_CALLS] [{"name": f, "arguments": {…}, "id":
    /// "123456789"}]`. Source: mistralai/mistral-common tokens/tokenizers/instruct.py,
    /// vllm-project/vllm tests/tool_parsers/test_mistral_tool_parser.py, ggml-org/llama.cpp
    /// models/templates/mistralai-Mistral-Small-3.1-24B-Instruct-2503.jinja.
    static final CallFormat MISTRAL =
            CallFormat.marked(
                            "mistral",
                            "[TOOL_CALLS]",
                            "",
                            true,
                            JSON_CALL,
                            new Shape.Named("", Shape.Heading.IDENTIFIED, "[ARGS]", true, ""))
                    .with(CallFormat.Ids.NINE);

    /// DeepSeek V3 and R1: the arguments stand in a code block. Source: vllm-project/vllm
    /// rust/src/tool-parser/src/deepseek_json/mod.rs.
    static final CallFormat DEEPSEEK_V3 =
            CallFormat.marked(
                    "deepseek_v3",
                    "<｜tool▁calls▁begin｜>",
                    "<｜tool▁calls▁end｜>",
                    true,
                    new Shape.Named(
                            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
                            Shape.Heading.NAME,
                            "```json",
                            false,
                            "```<｜tool▁call▁end｜>"));

    /// DeepSeek V3.1. Source: ggml-org/llama.cpp models/templates/deepseek-ai-DeepSeek-V3.1.jinja.
    static final CallFormat DEEPSEEK_V31 =
            CallFormat.marked(
                    "deepseek_v31",
                    "<｜tool▁calls▁begin｜>",
                    "<｜tool▁calls▁end｜>",
                    true,
                    new Shape.Named(
                            "<｜tool▁call▁begin｜>",
                            Shape.Heading.NAME,
                            "<｜tool▁sep｜>",
                            false,
                            "<｜tool▁call▁end｜>"));

    /// DeepSeek V3.2's DSML; a parameter says itself whether it is a string. Source:
    /// ggml-org/llama.cpp models/templates/DeepSeek-V3.2.jinja.
    static final CallFormat DEEPSEEK_V32 = dsml("deepseek_v32", "function_calls");

    /// DeepSeek V4: DSML with another outer tag. Source: vllm-project/vllm
    /// rust/src/tool-parser/src/deepseek_dsml/mod.rs.
    static final CallFormat DEEPSEEK_V4 = dsml("deepseek_v4", "tool_calls");

    /// `<|START_ACTION|>[{"tool_call_id": "0", "tool_name": f, "parameters": {…}}]<|END_ACTION|>`.
    /// Source: ggml-org/llama.cpp
    /// models/templates/CohereForAI-c4ai-command-r7b-12-2024-tool_use.jinja.
    static final CallFormat COHERE =
            CallFormat.marked(
                    "cohere",
                    "<|START_ACTION|>",
                    "<|END_ACTION|>",
                    true,
                    new Shape.Json(
                            List.of("tool_name"), List.of("parameters"), List.of("tool_call_id")));

    /// `<|tool_call>call:f{k:<|"|>v<|"|>}<tool_call|>`: Gemma 4. Source: ggml-org/llama.cpp
    /// models/templates/gemma4.jinja.
    static final CallFormat GEMMA4 =
            CallFormat.marked(
                    "gemma4",
                    "<|tool_call>",
                    "<tool_call|>",
                    true,
                    new Shape.Literal("call:", '{', ':', '}', List.of("<|\"|>"), false));

    /// The same in FunctionGemma's words. Source: vllm-project/vllm
    /// vllm/tool_parsers/functiongemma_tool_parser.py.
    static final CallFormat FUNCTIONGEMMA =
            CallFormat.marked(
                    "functiongemma",
                    "<start_function_call>",
                    "<end_function_call>",
                    true,
                    new Shape.Literal("call:", '{', ':', '}', List.of("<escape>"), false));

    /// `<tool_call>f⏎<arg_key>k</arg_key>⏎<arg_value>v</arg_value>⏎</tool_call>`: GLM 4.5 and
    /// later; from 4.7 without the line breaks. Source: ggml-org/llama.cpp
    /// models/templates/GLM-4.6.jinja.
    static final CallFormat GLM45 =
            CallFormat.marked(
                    "glm45",
                    "<tool_call>",
                    "",
                    false,
                    new Shape.Tagged(
                            "",
                            "",
                            "<arg_key>",
                            "</arg_key>",
                            "<arg_value>",
                            "</arg_value>",
                            "</tool_call>",
                            false));

    /// Kimi K2; a call's id is `functions.f:0`. Source: ggml-org/llama.cpp
    /// models/templates/moonshotai-Kimi-K2.jinja.
    static final CallFormat KIMI_K2 =
            CallFormat.marked(
                            "kimi_k2",
                            "<|tool_calls_section_begin|>",
                            "<|tool_calls_section_end|>",
                            true,
                            new Shape.Named(
                                    "<|tool_call_begin|>",
                                    Shape.Heading.NUMBERED,
                                    "<|tool_call_argument_begin|>",
                                    false,
                                    "<|tool_call_end|>"))
                    .with(CallFormat.Ids.NUMBERED);

    /// MiniMax M2. Source: ggml-org/llama.cpp models/templates/unsloth-MiniMax-M2.jinja,
    /// vllm-project/vllm tests/tool_parsers/test_minimax_m2_tool_parser.py.
    static final CallFormat MINIMAX_M2 =
            CallFormat.marked(
                    "minimax_m2",
                    "<minimax:tool_call>",
                    "</minimax:tool_call>",
                    true,
                    new Shape.Tagged(
                            "<invoke name=\"",
                            "\">",
                            "<parameter name=\"",
                            "\">",
                            "",
                            "</parameter>",
                            "</invoke>",
                            false));

    /// `<tool_calls>`, a JSON object a line, `</tool_calls>`: MiniMax M1. Source: vllm-project/vllm
    /// vllm/tool_parsers/minimax_tool_parser.py.
    static final CallFormat MINIMAX = toolCalls("minimax");

    /// The same with a list: Jamba, Hunyuan A13B. Source: vllm-project/vllm
    /// rust/src/tool-parser/src/json/jamba.rs.
    static final CallFormat JAMBA = toolCalls("jamba");

    /// `<|tool_call|>[{"name": f, "arguments": {…}}]`: Granite 3; in 3.1 the marker is in words. Of
    /// Granite 4 it is [#HERMES]. Source: vllm-project/vllm
    /// tests/tool_parsers/test_granite_tool_parser.py.
    static final CallFormat GRANITE =
            new CallFormat(
                    "granite",
                    List.of("<|tool_call|>", "<tool_call>"),
                    false,
                    "",
                    "",
                    List.of(JSON_CALL),
                    true,
                    CallFormat.Ids.ANY);

    /// `functools[{"name": f, "arguments": {…}}]`: Phi-4-mini. Source: vllm-project/vllm
    /// rust/src/tool-parser/src/json/phi4mini.rs.
    static final CallFormat PHI4_MINI =
            CallFormat.marked("phi4_mini", "functools[", "", false, JSON_CALL);

    /// `<|action_start|><|plugin|>{"name": f, "parameters": {…}}<|action_end|>`: InternLM 2 and
    /// 2.5. Source: vllm-project/vllm rust/src/tool-parser/src/json/internlm2.rs.
    static final CallFormat INTERNLM =
            CallFormat.marked(
                    "internlm", "<|action_start|><|plugin|>", "<|action_end|>", true, JSON_CALL);

    /// `[{"name": f, "arguments": {…}}]`, alone or after a marker: Salesforce's xLAM. Source:
    /// vllm-project/vllm tests/tool_parsers/test_xlam_tool_parser.py.
    static final CallFormat XLAM =
            new CallFormat(
                    "xlam",
                    List.of("[TOOL_CALLS]"),
                    true,
                    "",
                    "",
                    List.of(JSON_CALL),
                    false,
                    CallFormat.Ids.ANY);

    /// `<|tool_call_start|>[f(a=1)]<|tool_call_end|>`, or JSON in the list: Liquid's LFM2. Source:
    /// vllm-project/vllm vllm/tool_parsers/lfm2_tool_parser.py, ggml-org/llama.cpp
    /// models/templates/llama-cpp-lfm2.jinja.
    static final CallFormat LFM2 =
            CallFormat.marked(
                    "lfm2",
                    "<|tool_call_start|>",
                    "<|tool_call_end|>",
                    true,
                    JSON_CALL,
                    PYTHON_CALL);

    /// `<TOOLCALL>[{"name": f, "arguments": {…}}]</TOOLCALL>`: Nemotron Nano 2. Source:
    /// ggml-org/llama.cpp models/templates/NVIDIA-Nemotron-Nano-v2.jinja.
    static final CallFormat NEMOTRON =
            CallFormat.marked("nemotron", "<TOOLCALL>", "</TOOLCALL>", false, JSON_CALL);

    /// Qwen3-Coder's tags in other words: Seed-OSS. Source: as [#SEED_THINK].
    static final CallFormat SEED_OSS =
            CallFormat.marked(
                    "seed_oss", "<seed:tool_call>", "</seed:tool_call>", true, FUNCTION_TAGS);

    /// Qwen 3, GLM, DeepSeek V3.1, Nemotron: the model writes both tags, or neither.
    static final ThoughtFormat THINK =
            new ThoughtFormat("think", List.of("<think>"), List.of("</think>"), false, List.of());

    /// DeepSeek R1, QwQ, Qwen 3 Thinking: the prompt ends with `<think>`.
    static final ThoughtFormat THINK_OPENED =
            new ThoughtFormat(
                    "think_opened", List.of("<think>"), List.of("</think>"), true, List.of());

    /// Magistral, Ministral 3. Source: mistralai/mistral-common tokens/tokenizers/base.py.
    static final ThoughtFormat MISTRAL_THINK =
            new ThoughtFormat("mistral", List.of("[THINK]"), List.of("[/THINK]"), false, List.of());

    /// Cohere's Command, which marks the answer, too. Source: as [#COHERE].
    static final ThoughtFormat COHERE_THINK =
            new ThoughtFormat(
                    "cohere",
                    List.of("<|START_THINKING|>"),
                    List.of("<|END_THINKING|>"),
                    false,
                    List.of("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|END_OF_TURN_TOKEN|>"));

    /// Gemma 4. Source: vllm-project/vllm vllm/reasoning/gemma4_reasoning_parser.py.
    static final ThoughtFormat GEMMA4_THINK =
            new ThoughtFormat(
                    "gemma4",
                    List.of("<|channel>thought\n"),
                    List.of("<channel|>"),
                    false,
                    List.of());

    /// Seed-OSS. Source: ggml-org/llama.cpp models/templates/ByteDance-Seed-OSS.jinja.
    static final ThoughtFormat SEED_THINK =
            new ThoughtFormat(
                    "seed_oss",
                    List.of("<seed:think>"),
                    List.of("</seed:think>"),
                    false,
                    List.of());

    /// Granite 3.2, in words. Source: vllm-project/vllm vllm/reasoning/granite_reasoning_parser.py.
    static final ThoughtFormat GRANITE_THINK =
            new ThoughtFormat(
                    "granite",
                    List.of("Here is my thought process:", "Here's my thought process:"),
                    List.of("Here is my response:", "Here's my response:"),
                    false,
                    List.of());

    private Families() {}

    private static CallFormat toolCalls(String name) {
        return CallFormat.marked(name, "<tool_calls>", "</tool_calls>", true, JSON_CALL);
    }

    private static CallFormat dsml(String name, String tag) {
        return CallFormat.marked(
                name,
                "<｜DSML｜" + tag + ">",
                "</｜DSML｜" + tag + ">",
                true,
                new Shape.Tagged(
                        "<｜DSML｜invoke name=\"",
                        "\">",
                        "<｜DSML｜parameter name=\"",
                        ">",
                        "",
                        "</｜DSML｜parameter>",
                        "</｜DSML｜invoke>",
                        false));
    }
}
