package dev.backplane.gateway.parse;

import dev.backplane.core.Problem;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The formats that exist, and which of them a model uses: by its configuration, its chat template
/// or its name. The template knows best; the name is a guess.
public final class Formats {
    private static final List<String> NAME = List.of("name");
    private static final List<String> ARGUMENTS = List.of("arguments", "parameters");
    private static final List<String> ID = List.of("id");

    /// `<tool_call>{"name": f, "arguments": {…}}</tool_call>`: Hermes 2 and 3, Qwen 2.5 and 3.
    /// Source: NousResearch/Hermes-Function-Calling, vllm-project/vllm
    /// examples/tool_chat_template_hermes.jinja.
    static final CallFormat HERMES =
            CallFormat.marked(
                    "hermes",
                    "<tool_call>",
                    "</tool_call>",
                    false,
                    new Shape.Json(NAME, ARGUMENTS, ID));

    /// `<tool_call><function=f><parameter=k>⏎v⏎</parameter></function></tool_call>`: Qwen3-Coder,
    /// Qwen 3.5, Nemotron 3. The outer opening tag is sometimes left out. Source: vllm-project/vllm
    /// examples/tool_chat_template_qwen3coder.jinja and rust/src/tool-parser/src/qwen_coder.rs.
    static final CallFormat QWEN3_CODER =
            CallFormat.marked(
                    "qwen3_coder",
                    "<tool_call>",
                    "</tool_call>",
                    false,
                    new Shape.Tagged(
                            "<function=",
                            ">",
                            "<parameter=",
                            ">",
                            "",
                            "</parameter>",
                            "</function>",
                            true));

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
                    true);

    /// `[f(a=1), g()]`, alone or between `<|python_start|>` and `<|python_end|>`: Llama 3.2 and 4.
    /// Source: vllm-project/vllm examples/tool_chat_template_llama4_pythonic.jinja.
    static final CallFormat PYTHONIC =
            new CallFormat(
                    "pythonic",
                    List.of("<|python_start|>"),
                    true,
                    "<|python_end|>",
                    "",
                    List.of(new Shape.Literal("", '(', '=', ')', List.of("\"", "'"), true)),
                    true);

    /// `[TOOL_CALLS]f[ARGS]{…}`, between them `[CALL_ID]id`, and before tokenizer version 11
    /// `[TOOL_CALLS] [{"name": f, "arguments": {…}, "id": "123456789"}]`. Source:
    /// mistralai/mistral-common tokens/tokenizers/instruct.py, ggml-org/llama.cpp
    /// models/templates/mistralai-Mistral-Small-3.1-24B-Instruct-2503.jinja.
    static final CallFormat MISTRAL =
            CallFormat.marked(
                    "mistral",
                    "[TOOL_CALLS]",
                    "",
                    true,
                    new Shape.Json(NAME, ARGUMENTS, ID),
                    new Shape.Named("", Shape.Heading.IDENTIFIED, "[ARGS]", ""));

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
                            "<|tool_call_end|>"));

    /// Qwen 3, GLM, DeepSeek V3.1, Nemotron: the model writes both tags, or neither.
    static final ThoughtFormat THINK =
            new ThoughtFormat("think", "<think>", "</think>", false, List.of());

    /// DeepSeek R1, QwQ, Qwen 3 Thinking: the prompt ends with `<think>`.
    static final ThoughtFormat THINK_OPENED =
            new ThoughtFormat("think_opened", "<think>", "</think>", true, List.of());

    /// Magistral, Ministral 3. Source: mistralai/mistral-common tokens/tokenizers/base.py.
    static final ThoughtFormat MISTRAL_THINK =
            new ThoughtFormat("mistral", "[THINK]", "[/THINK]", false, List.of());

    /// Cohere's Command, which marks the answer, too. Source: as [#COHERE].
    static final ThoughtFormat COHERE_THINK =
            new ThoughtFormat(
                    "cohere",
                    "<|START_THINKING|>",
                    "<|END_THINKING|>",
                    false,
                    List.of("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|END_OF_TURN_TOKEN|>"));

    /// Gemma 4. Source: vllm-project/vllm vllm/reasoning/gemma4_reasoning_parser.py.
    static final ThoughtFormat GEMMA4_THINK =
            new ThoughtFormat("gemma4", "<|channel>thought\n", "<channel|>", false, List.of());

    private static final String HARMONY = "harmony";
    private static final String NONE = "none";

    private static final Map<String, CallFormat> CALLS =
            byName(
                    CallFormat::name,
                    List.of(
                            HERMES,
                            QWEN3_CODER,
                            LLAMA3_JSON,
                            PYTHONIC,
                            MISTRAL,
                            DEEPSEEK_V3,
                            DEEPSEEK_V31,
                            DEEPSEEK_V32,
                            DEEPSEEK_V4,
                            COHERE,
                            GEMMA4,
                            FUNCTIONGEMMA,
                            GLM45,
                            KIMI_K2));
    private static final Map<String, ThoughtFormat> THOUGHTS =
            byName(
                    ThoughtFormat::name,
                    List.of(THINK, THINK_OPENED, MISTRAL_THINK, COHERE_THINK, GEMMA4_THINK));

    /// A sign in a template or a name, and what it means; the first that is there counts.
    private record Sign(String text, Optional<CallFormat> calls, Optional<ThoughtFormat> thoughts) {
        static Sign of(String text, CallFormat calls) {
            return new Sign(text, Optional.of(calls), Optional.empty());
        }

        static Sign of(String text, CallFormat calls, ThoughtFormat thoughts) {
            return new Sign(text, Optional.of(calls), Optional.of(thoughts));
        }
    }

    private static final List<Sign> IN_TEMPLATES =
            List.of(
                    Sign.of("｜DSML｜", DEEPSEEK_V32),
                    Sign.of("<｜tool▁call▁begin｜>' + tool['type']", DEEPSEEK_V3),
                    Sign.of("```json", DEEPSEEK_V3),
                    Sign.of("<｜tool▁call▁begin｜>", DEEPSEEK_V31),
                    Sign.of("<|tool_calls_section_begin|>", KIMI_K2),
                    Sign.of("<|START_ACTION|>", COHERE, COHERE_THINK),
                    Sign.of("<start_function_call>", FUNCTIONGEMMA),
                    Sign.of("<|tool_call>", GEMMA4, GEMMA4_THINK),
                    Sign.of("<function=", QWEN3_CODER),
                    Sign.of("<arg_key>", GLM45),
                    Sign.of("[TOOL_CALLS]", MISTRAL),
                    Sign.of("<tool_call>", HERMES),
                    Sign.of("<|python_start|>", PYTHONIC),
                    Sign.of("[func_name1(", PYTHONIC),
                    Sign.of("<|python_tag|>", LLAMA3_JSON),
                    Sign.of("\"parameters\": dictionary of argument name", LLAMA3_JSON));

    private static final List<Sign> IN_NAMES =
            List.of(
                    Sign.of("qwen3-coder", QWEN3_CODER),
                    Sign.of("qwen3.5", QWEN3_CODER, THINK),
                    Sign.of("qwq", HERMES, THINK_OPENED),
                    Sign.of("qwen3", HERMES, THINK),
                    Sign.of("qwen2.5", HERMES),
                    Sign.of("hermes", HERMES),
                    Sign.of("deepseek-r1-distill", HERMES, THINK_OPENED),
                    Sign.of("deepseek-r1", DEEPSEEK_V3, THINK_OPENED),
                    Sign.of("deepseek-v4", DEEPSEEK_V4, THINK),
                    Sign.of("deepseek-v3.2", DEEPSEEK_V32, THINK),
                    Sign.of("deepseek-v3.1", DEEPSEEK_V31, THINK),
                    Sign.of("deepseek-v3", DEEPSEEK_V3),
                    Sign.of("llama-4", PYTHONIC),
                    Sign.of("llama-3", LLAMA3_JSON),
                    Sign.of("magistral", MISTRAL, MISTRAL_THINK),
                    Sign.of("ministral-3", MISTRAL, MISTRAL_THINK),
                    Sign.of("mistral", MISTRAL),
                    Sign.of("ministral", MISTRAL),
                    Sign.of("devstral", MISTRAL),
                    Sign.of("command-a", COHERE, COHERE_THINK),
                    Sign.of("command-r7b", COHERE, COHERE_THINK),
                    Sign.of("functiongemma", FUNCTIONGEMMA),
                    Sign.of("gemma-4", GEMMA4, GEMMA4_THINK),
                    Sign.of("glm-4", GLM45, THINK),
                    Sign.of("kimi-k2-thinking", KIMI_K2, THINK),
                    Sign.of("kimi-k2", KIMI_K2));

    private Formats() {}

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

    private static <T> Map<String, T> byName(Function<T, String> name, List<T> formats) {
        return formats.stream().collect(Collectors.toUnmodifiableMap(name, one -> one));
    }

    /// By the names in a configuration; empty or `none` for what is not to be parsed.
    ///
    /// @throws Problem `CONFIG` if there is no format of a name
    public static ReplyFormat named(String toolParser, String reasoningParser) {
        boolean harmony = toolParser.equals(HARMONY) || reasoningParser.equals(HARMONY);
        if (harmony && !(toolParser + reasoningParser).replace(HARMONY, "").isEmpty()) {
            throw Problem.of(
                            Problem.Kind.CONFIG,
                            "harmony parses both tool calls and reasoning",
                            toolParser + ", " + reasoningParser)
                    .fix("set tool_parser: harmony alone");
        }
        return harmony
                ? ReplyFormat.HARMONY
                : new ReplyFormat(
                        find(CALLS, toolParser, "tool_parser"),
                        find(THOUGHTS, reasoningParser, "reasoning_parser"),
                        false);
    }

    private static <T> Optional<T> find(Map<String, T> formats, String name, String setting) {
        if (name.isEmpty() || name.equals(NONE)) {
            return Optional.empty();
        }
        T format = formats.get(name);
        if (format == null) {
            throw Problem.of(Problem.Kind.CONFIG, "there is no parser " + name, setting)
                    .fix(
                            "one of %s, harmony, none"
                                    .formatted(
                                            String.join(
                                                    ", ",
                                                    formats.keySet().stream().sorted().toList())));
        }
        return Optional.of(format);
    }

    /// By a chat template's text (Jinja).
    public static ReplyFormat ofTemplate(String template) {
        if (template.contains("<|channel|>") && template.contains("<|message|>")) {
            return ReplyFormat.HARMONY;
        }
        Optional<Sign> sign =
                IN_TEMPLATES.stream().filter(one -> template.contains(one.text())).findFirst();
        Optional<ThoughtFormat> thoughts = sign.flatMap(Sign::thoughts);
        if (thoughts.isEmpty() && template.contains("[THINK]")) {
            thoughts = Optional.of(MISTRAL_THINK);
        } else if (thoughts.isEmpty() && template.contains("</think>")) {
            thoughts = Optional.of(opensThought(template) ? THINK_OPENED : THINK);
        }
        return new ReplyFormat(sign.flatMap(Sign::calls), thoughts, false);
    }

    /// Whether the last thing that a template writes, in all cases, is an open tag.
    private static boolean opensThought(String template) {
        int prompt = template.lastIndexOf("add_generation_prompt");
        String end = template.substring(Math.max(prompt, 0));
        return end.contains("<think>") && !end.contains("</think>") && !end.contains("thinking");
    }

    /// By a model's name, such as `Qwen/Qwen3-8B` or `qwen3:8b`.
    public static ReplyFormat ofModel(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        if (name.contains("gpt-oss")) {
            return ReplyFormat.HARMONY;
        }
        return IN_NAMES.stream()
                .filter(one -> name.contains(one.text()))
                .findFirst()
                .map(one -> new ReplyFormat(one.calls(), one.thoughts(), false))
                .orElse(ReplyFormat.PLAIN);
    }
}
