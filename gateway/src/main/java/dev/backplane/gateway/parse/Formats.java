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
    private static final String HARMONY = "harmony";
    private static final String NONE = "none";

    private static final Map<String, CallFormat> CALLS =
            byName(
                    CallFormat::name,
                    List.of(
                            Families.HERMES,
                            Families.QWEN3_CODER,
                            Families.LLAMA3_JSON,
                            Families.PYTHONIC,
                            Families.MISTRAL,
                            Families.DEEPSEEK_V3,
                            Families.DEEPSEEK_V31,
                            Families.DEEPSEEK_V32,
                            Families.DEEPSEEK_V4,
                            Families.COHERE,
                            Families.GEMMA4,
                            Families.FUNCTIONGEMMA,
                            Families.GLM45,
                            Families.KIMI_K2,
                            Families.MINIMAX_M2,
                            Families.MINIMAX,
                            Families.JAMBA,
                            Families.GRANITE,
                            Families.PHI4_MINI,
                            Families.INTERNLM,
                            Families.XLAM,
                            Families.LFM2,
                            Families.NEMOTRON,
                            Families.SEED_OSS));
    private static final Map<String, ThoughtFormat> THOUGHTS =
            byName(
                    ThoughtFormat::name,
                    List.of(
                            Families.THINK,
                            Families.THINK_OPENED,
                            Families.MISTRAL_THINK,
                            Families.COHERE_THINK,
                            Families.GEMMA4_THINK,
                            Families.SEED_THINK,
                            Families.GRANITE_THINK));

    /// Texts that all are in a template or a name, and what they mean. The first that fits counts.
    private record Sign(
            List<String> texts, Optional<CallFormat> calls, Optional<ThoughtFormat> thoughts) {
        static Sign of(CallFormat calls, String... texts) {
            return new Sign(List.of(texts), Optional.of(calls), Optional.empty());
        }

        static Sign of(CallFormat calls, ThoughtFormat thoughts, String... texts) {
            return new Sign(List.of(texts), Optional.of(calls), Optional.of(thoughts));
        }

        boolean isIn(String text) {
            return texts.stream().allMatch(text::contains);
        }
    }

    private static final List<Sign> IN_TEMPLATES =
            List.of(
                    Sign.of(Families.DEEPSEEK_V32, "｜DSML｜", "function_calls"),
                    Sign.of(Families.DEEPSEEK_V4, "｜DSML｜"),
                    Sign.of(Families.DEEPSEEK_V3, "<｜tool▁call▁begin｜>' + tool['type']"),
                    Sign.of(Families.DEEPSEEK_V3, "<｜tool▁call▁begin｜>", "```json"),
                    Sign.of(Families.DEEPSEEK_V31, "<｜tool▁call▁begin｜>"),
                    Sign.of(Families.KIMI_K2, "<|tool_calls_section_begin|>"),
                    Sign.of(Families.COHERE, Families.COHERE_THINK, "<|START_ACTION|>"),
                    Sign.of(Families.FUNCTIONGEMMA, "<start_function_call>"),
                    Sign.of(Families.GEMMA4, Families.GEMMA4_THINK, "<|tool_call>"),
                    Sign.of(Families.MINIMAX_M2, "<minimax:tool_call>"),
                    Sign.of(Families.SEED_OSS, Families.SEED_THINK, "<seed:tool_call>"),
                    Sign.of(Families.LFM2, "<|tool_call_start|>"),
                    Sign.of(Families.NEMOTRON, "<TOOLCALL>"),
                    Sign.of(Families.PHI4_MINI, "functools["),
                    Sign.of(Families.INTERNLM, "<|plugin|>"),
                    Sign.of(Families.MINIMAX, "<tool_calls>", "<begin_of_document>"),
                    Sign.of(Families.JAMBA, "<tool_calls>"),
                    Sign.of(Families.GRANITE, "<|tool_call|>"),
                    Sign.of(Families.QWEN3_CODER, "<function="),
                    Sign.of(Families.GLM45, "<arg_key>"),
                    Sign.of(Families.MISTRAL, "[TOOL_CALLS]"),
                    Sign.of(Families.HERMES, "<tool_call>"),
                    Sign.of(Families.PYTHONIC, "<|python_start|>"),
                    Sign.of(Families.PYTHONIC, "[func_name1("),
                    Sign.of(Families.LLAMA3_JSON, "<|python_tag|>"),
                    Sign.of(Families.LLAMA3_JSON, "\"parameters\": dictionary of argument name"));

    private static final List<Sign> IN_NAMES =
            List.of(
                    Sign.of(Families.QWEN3_CODER, "qwen3-coder"),
                    Sign.of(Families.QWEN3_CODER, Families.THINK_OPENED, "qwen3.5"),
                    Sign.of(Families.HERMES, Families.THINK_OPENED, "qwq"),
                    Sign.of(Families.HERMES, Families.THINK_OPENED, "qwen3", "thinking"),
                    Sign.of(Families.HERMES, Families.THINK, "qwen3"),
                    Sign.of(Families.HERMES, "qwen2.5"),
                    Sign.of(Families.HERMES, "hermes"),
                    Sign.of(Families.HERMES, Families.THINK_OPENED, "deepseek-r1-distill"),
                    Sign.of(Families.DEEPSEEK_V3, Families.THINK_OPENED, "deepseek-r1"),
                    Sign.of(Families.DEEPSEEK_V4, Families.THINK, "deepseek-v4"),
                    Sign.of(Families.DEEPSEEK_V32, Families.THINK, "deepseek-v3.2"),
                    Sign.of(Families.DEEPSEEK_V31, Families.THINK, "deepseek-v3.1"),
                    Sign.of(Families.DEEPSEEK_V3, "deepseek-v3"),
                    Sign.of(Families.NEMOTRON, Families.THINK_OPENED, "nemotron-nano", "v2"),
                    Sign.of(Families.PYTHONIC, "llama-4"),
                    Sign.of(Families.LLAMA3_JSON, "llama-3"),
                    Sign.of(Families.MISTRAL, Families.MISTRAL_THINK, "magistral"),
                    Sign.of(Families.MISTRAL, Families.MISTRAL_THINK, "ministral-3"),
                    Sign.of(Families.MISTRAL, "mistral"),
                    Sign.of(Families.MISTRAL, "ministral"),
                    Sign.of(Families.MISTRAL, "devstral"),
                    Sign.of(Families.COHERE, Families.COHERE_THINK, "command-a"),
                    Sign.of(Families.COHERE, Families.COHERE_THINK, "command-r7b"),
                    Sign.of(Families.FUNCTIONGEMMA, "functiongemma"),
                    Sign.of(Families.GEMMA4, Families.GEMMA4_THINK, "gemma-4"),
                    Sign.of(Families.GLM45, Families.THINK_OPENED, "glm-4.7"),
                    Sign.of(Families.GLM45, Families.THINK, "glm-4"),
                    Sign.of(Families.KIMI_K2, Families.THINK, "kimi-k2-thinking"),
                    Sign.of(Families.KIMI_K2, "kimi-k2"),
                    Sign.of(Families.MINIMAX_M2, Families.THINK_OPENED, "minimax-m2"),
                    Sign.of(Families.MINIMAX, Families.THINK_OPENED, "minimax-m1"),
                    Sign.of(Families.JAMBA, "jamba"),
                    Sign.of(Families.JAMBA, Families.THINK, "hunyuan-a13b"),
                    Sign.of(Families.HERMES, "granite-4"),
                    Sign.of(Families.GRANITE, "granite-3"),
                    Sign.of(Families.PHI4_MINI, "phi-4-mini"),
                    Sign.of(Families.INTERNLM, "internlm2"),
                    Sign.of(Families.XLAM, "xlam"),
                    Sign.of(Families.LFM2, "lfm2"),
                    Sign.of(Families.SEED_OSS, Families.SEED_THINK, "seed-oss"));

    private Formats() {}

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
        Optional<Sign> sign = IN_TEMPLATES.stream().filter(one -> one.isIn(template)).findFirst();
        Optional<ThoughtFormat> thoughts = sign.flatMap(Sign::thoughts);
        if (thoughts.isEmpty() && template.contains("[THINK]")) {
            thoughts = Optional.of(Families.MISTRAL_THINK);
        } else if (thoughts.isEmpty() && template.contains("</think>")) {
            thoughts = Optional.of(opensThought(template) ? Families.THINK_OPENED : Families.THINK);
        }
        return new ReplyFormat(sign.flatMap(Sign::calls), thoughts, false);
    }

    /// Whether the last thing that a template writes is an open tag. Where it depends on the
    /// request, the usual case is the last one, after `else`.
    private static boolean opensThought(String template) {
        int prompt = template.lastIndexOf("add_generation_prompt");
        String end = template.substring(Math.max(prompt, 0));
        return end.lastIndexOf("<think>") > end.lastIndexOf("</think>");
    }

    /// By a model's name, such as `Qwen/Qwen3-8B` or `qwen3:8b`.
    public static ReplyFormat ofModel(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        if (name.contains("gpt-oss")) {
            return ReplyFormat.HARMONY;
        }
        return IN_NAMES.stream()
                .filter(one -> one.isIn(name))
                .findFirst()
                .map(one -> new ReplyFormat(one.calls(), one.thoughts(), false))
                .orElse(ReplyFormat.PLAIN);
    }
}
