package dev.backplane.bench;

import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.text.tokenizer.BpeTrainer;
import dev.backplane.text.tokenizer.TrainedBpe;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes small models with everything that a conversation takes: a tokenizer that was learnt, a
/// chat template of ChatML with tools and thoughts, and random weights. What such a model says is
/// noise, the same noise each time; all around it is real. For tests and benchmarks that have no
/// other.
public final class SyntheticChatModel {
    public static final String BEGIN = "<|im_start|>";
    public static final String END = "<|im_end|>";

    /// Tokens of the vocabulary.
    public static final int VOCABULARY = 512;

    private static final String TEMPLATE =
            """
            {%- if tools %}
            {{- '<|im_start|>system\\n' }}
            {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
            {{- '# Tools\\n' }}
            {%- for tool in tools %}{{- tool | tojson + '\\n' }}{%- endfor %}
            {{- 'Call one: <tool_call>{"name": f, "arguments": {}}</tool_call><|im_end|>\\n' }}
            {%- elif messages[0].role == 'system' %}
            {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
            {%- endif %}
            {%- for message in messages %}
            {%- if message.role != 'system' or not loop.first %}
            {{- '<|im_start|>' + message.role + '\\n' + message.content }}
            {%- for call in message.tool_calls or [] %}
            {{- '<tool_call>' + (call.function.arguments | tojson) + '</tool_call>' }}
            {%- endfor %}
            {{- '<|im_end|>\\n' }}
            {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\\n' }}
            {%- if enable_thinking is defined and enable_thinking %}{{- '<think>\\n' }}
            {%- else %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
            {%- endif %}
            """;

    private SyntheticChatModel() {}

    /// @param context positions that the model is said to be made for
    public static void write(Path file, int context) {
        write(file, 2, 64, context, ElementType.F32, TEMPLATE);
    }

    /// @param width of the model, a multiple of 64
    /// @param template in Jinja
    public static void write(
            Path file, int layers, int width, int context, ElementType type, String template) {
        Map<String, MetadataValue> more =
                new LinkedHashMap<>(tokenizer().gguf(Optional.empty(), Optional.of(END)));
        more.put("tokenizer.chat_template", Text.of(template));
        SyntheticModel.write(
                new SyntheticModel.Description(
                        "qwen3",
                        layers,
                        width,
                        width / 16,
                        width / 32,
                        32,
                        3 * width,
                        0,
                        VOCABULARY,
                        context,
                        1_000_000,
                        type,
                        ElementType.F32,
                        more,
                        List.of()),
                file);
    }

    private static TrainedBpe tokenizer() {
        return new BpeTrainer(VOCABULARY, 1, List.of("<|endoftext|>", BEGIN, END), "qwen2")
                .add(TEMPLATE)
                .add(
                        """
                        system user assistant tool The sky is blue because air scatters short \
                        waves of light more than long ones. What is the weather in Paris today? \
                        {"name": "weather", "arguments": {"city": "Paris", "days": 3}} \
                        true false null 0 1 2 3 4 5 6 7 8 9 Why do cats purr, and how do they do \
                        it? Nobody knows for sure, but it keeps them and their bones well. \
                        """)
                .train();
    }

    /// Writes one of about so many parameters to FILE: FILE LAYERS WIDTH CONTEXT TYPE.
    public static void main(String[] arguments) {
        write(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]),
                ElementType.valueOf(arguments[4]),
                TEMPLATE);
    }
}
