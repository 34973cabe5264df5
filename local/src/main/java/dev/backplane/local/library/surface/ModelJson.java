package dev.backplane.local.library.surface;

import dev.backplane.core.Json;
import dev.backplane.core.JsonOut;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.ModelConfig;
import dev.backplane.local.library.ModelFacts;
import dev.backplane.local.library.StoredModel;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Models as Ollama writes them. What Ollama has no name for stands in `backplane`.
final class ModelJson {
    private ModelJson() {}

    /// An element of `/api/tags`.
    static Slice entry(StoredModel model) {
        String name = model.name().toString();
        JsonOut out = new JsonOut().beginObject();
        out.name("name").text(name).name("model").text(name);
        out.name("modified_at").text(model.modified().toString());
        out.name("size").literal(Long.toString(model.manifest().size()));
        out.name("digest").text(model.digest().hex());
        details(ModelConfig.of(model), out);
        return out.endObject().slice();
    }

    private static void details(ModelConfig config, JsonOut out) {
        out.name("details").beginObject().name("parent_model").text("");
        out.name("format").text(config.format()).name("family").text(config.family());
        out.name("families").beginArray();
        if (!config.family().isEmpty()) {
            out.text(config.family());
        }
        out.endArray().name("parameter_size").text(config.size());
        out.name("quantization_level").text(config.quantisation()).endObject();
    }

    /// The answer of `/api/show`. Of a file that cannot be read it says why, beside what else is
    /// known.
    static Slice show(Library library, StoredModel model) {
        Optional<ModelFacts> facts = Optional.empty();
        Optional<Problem> unreadable = Optional.empty();
        try {
            facts = Optional.of(library.facts(model));
        } catch (Problem problem) {
            unreadable = Optional.of(problem);
        }
        String goTemplate = model.text(LayerKind.TEMPLATE).orElse("");
        String template =
                goTemplate.isEmpty() ? facts.map(ModelFacts::template).orElse("") : goTemplate;
        String system = model.text(LayerKind.SYSTEM).orElse("");
        Map<String, JsonTree> parameters = parameters(model);
        JsonOut out = new JsonOut(4_096).beginObject();
        out.name("license").text(license(model, facts));
        out.name("modelfile").text(modelfile(model, template, system, parameters));
        out.name("parameters").text(lines(parameters, ""));
        out.name("template").text(template).name("system").text(system);
        details(ModelConfig.of(model), out);
        model.text(LayerKind.MESSAGES).ifPresent(text -> out.name("messages").json(Slice.of(text)));
        out.name("model_info").beginObject();
        facts.ifPresent(known -> info(known, out));
        out.endObject().name("capabilities").beginArray();
        facts.map(ModelFacts::capabilities).orElse(List.of()).forEach(out::text);
        out.endArray().name("modified_at").text(model.modified().toString());
        ours(model, facts, unreadable, goTemplate, out);
        return out.endObject().slice();
    }

    private static String license(StoredModel model, Optional<ModelFacts> facts) {
        List<String> texts = new ArrayList<>();
        model.manifest().layers(LayerKind.LICENSE).forEach(layer -> texts.add(model.text(layer)));
        return texts.isEmpty()
                ? facts.flatMap(ModelFacts::license).orElse("")
                : String.join("\n", texts);
    }

    private static void info(ModelFacts facts, JsonOut out) {
        facts.metadata()
                .forEach((key, value) -> {
                    if (!key.equals("tokenizer.chat_template")) {
                        value(value, out.name(key));
                    }
                });
        out.name("general.parameter_count").literal(Long.toString(facts.parameters()));
    }

    private static void value(MetadataValue value, JsonOut out) {
        switch (value) {
            case Whole(ValueType type, long number) ->
                    out.literal(
                            type == ValueType.UINT64
                                    ? Long.toUnsignedString(number)
                                    : Long.toString(number));
            case Real(_, double number) -> out.real(number);
            case Flag(boolean flag) -> out.literal(Boolean.toString(flag));
            case Text text -> out.text(text.text());
            case Items _ -> out.literal("null");
        }
    }

    private static void ours(
            StoredModel model,
            Optional<ModelFacts> facts,
            Optional<Problem> unreadable,
            String goTemplate,
            JsonOut out) {
        out.name("backplane").beginObject();
        out.name("name").text(model.name().toString());
        out.name("digest").text(model.digest().hex());
        out.name("size").literal(Long.toString(model.manifest().size()));
        out.name("folder").text(model.folder().root().toString());
        out.name("read_only").literal(Boolean.toString(!model.isOurs()));
        if (facts.isPresent()) {
            ModelFacts known = facts.get();
            out.name("architecture").text(known.architecture());
            out.name("parameters").literal(Long.toString(known.parameters()));
            out.name("parameter_size").text(ModelFacts.count(known.parameters()));
            out.name("quantization").text(known.quantisation());
            number("context_length", known.contextLength(), out);
            number("embedding_length", known.embeddingLength(), out);
            number("layers", known.layers(), out);
            out.name("template_family").text(known.templateFamily());
            out.name("weight_bytes").literal(Long.toString(known.weightBytes()));
            out.name("cache_bytes_per_token").literal(Long.toString(known.cacheBytesPerToken()));
            out.name("memory_bytes").literal(Long.toString(known.memoryBytes()));
        }
        out.name("adapters").literal("" + model.manifest().layers(LayerKind.ADAPTER).size());
        out.name("go_template").literal(Boolean.toString(!goTemplate.isEmpty()));
        unreadable.ifPresent(problem -> {
            out.name("problem").text(problem.getMessage());
            out.name("hint").text(problem.fix());
        });
        out.endObject();
    }

    private static void number(String name, long value, JsonOut out) {
        if (value > 0) {
            out.name(name).literal(Long.toString(value));
        }
    }

    private static Map<String, JsonTree> parameters(StoredModel model) {
        return model.text(LayerKind.PARAMETERS)
                                .map(text -> JsonTree.parse(text, "parameters"))
                                .orElse(JsonTree.NOTHING)
                        instanceof JsonTree.Fields(Map<String, JsonTree> values)
                ? values
                : Map.of();
    }

    /// A line for a value, a list's values each by themselves.
    private static String lines(Map<String, JsonTree> parameters, String before) {
        List<String> lines = new ArrayList<>();
        parameters.forEach((name, value) -> {
            List<JsonTree> values =
                    value instanceof JsonTree.Items(List<JsonTree> items) ? items : List.of(value);
            values.forEach(
                    each -> lines.add(before + "%-30s ".formatted(name) + Json.write(each::write)));
        });
        return String.join("\n", lines);
    }

    private static String modelfile(
            StoredModel model, String template, String system, Map<String, JsonTree> parameters) {
        StringBuilder text = new StringBuilder("FROM " + model.name() + "\n");
        if (!template.isEmpty()) {
            text.append("TEMPLATE ").append(quoted(template)).append('\n');
        }
        if (!system.isEmpty()) {
            text.append("SYSTEM ").append(quoted(system)).append('\n');
        }
        String lines = lines(parameters, "PARAMETER ");
        return text.append(lines).append(lines.isEmpty() ? "" : "\n").toString();
    }

    private static String quoted(String text) {
        return "\"\"\"" + text + "\"\"\"";
    }
}
