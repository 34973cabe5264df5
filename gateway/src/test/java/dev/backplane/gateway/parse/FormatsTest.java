package dev.backplane.gateway.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatsTest {
    private static String words(ReplyFormat format) {
        return format.channels()
                ? "harmony"
                : format.calls().map(CallFormat::name).orElse("none")
                        + " "
                        + format.thoughts().map(ThoughtFormat::name).orElse("none");
    }

    @ParameterizedTest
    @CsvSource({
        "Qwen/Qwen3-8B, hermes think",
        "qwen3-coder:30b, qwen3_coder none",
        "Qwen/QwQ-32B, hermes think_opened",
        "meta-llama/Llama-3.1-8B-Instruct, llama3_json none",
        "meta-llama/Llama-4-Scout-17B-16E-Instruct, pythonic none",
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506, mistral none",
        "mistralai/Magistral-Small-2509, mistral mistral",
        "deepseek-ai/DeepSeek-R1-0528, deepseek_v3 think_opened",
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B, hermes think_opened",
        "deepseek-ai/DeepSeek-V3.2-Exp, deepseek_v32 think",
        "openai/gpt-oss-20b, harmony",
        "CohereLabs/c4ai-command-r7b-12-2024, cohere cohere",
        "google/gemma-4-31B-it, gemma4 gemma4",
        "zai-org/GLM-4.6, glm45 think",
        "moonshotai/Kimi-K2-Instruct, kimi_k2 none",
        "gpt-4o, none none"
    })
    void byTheModelsName(String model, String expected) {
        assertThat(words(Formats.ofModel(model))).isEqualTo(expected);
    }

    /// Lines of the real templates that show what they are.
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "<tool_call>\\n{\"name\": <function-name>, …}\\n</tool_call># hermes none",
                "<tool_call>\\n<function=example_function_name># qwen3_coder none",
                "<tool_call>{function-name}\\n<arg_key>{{ '<think></think>' }}# glm45 think",
                "{{- '[TOOL_CALLS]' + name + '[ARGS]' }}# mistral none",
                "{{ '[THINK]' + thought + '[/THINK][TOOL_CALLS]' }}# mistral mistral",
                "<|START_THINKING|> <|START_ACTION|>[# cohere cohere",
                "'<|tool_call>call:' + function['name']# gemma4 gemma4",
                "<|start|>assistant<|channel|>analysis<|message|># harmony",
                "{%- set dsml_token = '｜DSML｜' -%} 'function_calls>' </think># deepseek_v32 think",
                "{%- set dsml_token = '｜DSML｜' -%} 'tool_calls>' </think># deepseek_v4 think",
                "'<｜tool▁call▁begin｜>' + '\\n```json'# deepseek_v3 none",
                "'<｜tool▁call▁begin｜>' + name + '<｜tool▁sep｜>'# deepseek_v31 none",
                "<|tool_calls_section_begin|># kimi_k2 none",
                "<tool_call></think>{% if add_generation_prompt %}<think># hermes think_opened",
                "{{ bos_token }}{{ message.content }}# none none"
            })
    void byTheTemplate(String template, String expected) {
        assertThat(words(Formats.ofTemplate(template))).isEqualTo(expected.strip());
    }

    @Test
    void byTheConfiguration() {
        assertThat(words(Formats.named("kimi_k2", "think"))).isEqualTo("kimi_k2 think");
        assertThat(Formats.named("", "none")).isEqualTo(ReplyFormat.PLAIN);
        assertThat(Formats.named("harmony", "")).isEqualTo(ReplyFormat.HARMONY);
        assertThatThrownBy(() -> Formats.named("hermis", ""))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.fix()).contains("glm45, granite, hermes"));
        assertThatThrownBy(() -> Formats.named("harmony", "think")).isInstanceOf(Problem.class);
    }

    /// A marker that is the beginning of another would hide it.
    @Test
    void noMarkerBeginsAnother() {
        assertThatThrownBy(() -> new MarkerFinder(List.of("<a>", "<a>b")))
                .hasMessage("marker <a> begins marker <a>b");
    }
}
