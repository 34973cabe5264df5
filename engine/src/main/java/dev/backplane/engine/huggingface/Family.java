package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The families that can be read, by `model_type`.
enum Family {
    LLAMA("llama", Families.LLAMA, "llama"),
    MISTRAL("llama", Families.LLAMA, "mistral"),
    MIXTRAL("llama", Families.MIXTRAL, "mixtral"),
    QWEN2("qwen2", Families.QWEN2, "qwen2"),
    QWEN3("qwen3", Families.QWEN3, "qwen3"),
    QWEN3_MOE("qwen3moe", Families.QWEN3, "qwen3_moe"),
    GEMMA3("gemma3", Families.GEMMA3, "gemma3_text", "gemma3"),
    PHI3("phi3", Families.PHI3, "phi3"),
    GPT_OSS("gpt-oss", Families.GPT_OSS, "gpt_oss"),
    DEEPSEEK("deepseek2", Families.DEEPSEEK, "deepseek_v2", "deepseek_v3"),
    COHERE2("cohere2", Families.COHERE2, "cohere2"),
    COHERE2_MOE("cohere2moe", Families.COHERE2, "cohere2_moe"),
    NEMOTRON_H("nemotron_h", Families.NEMOTRON_H, "nemotron_h"),
    BERT("bert", Families.BERT, "bert");

    private final String architecture;
    private final Names names;
    private final List<String> types;

    Family(String architecture, Names names, String... types) {
        this.architecture = architecture;
        this.names = names;
        this.types = List.of(types);
    }

    /// @throws Problem when no family has this `model_type`
    static Family of(Settings config) {
        String type = config.text("model_type").orElse("");
        return Arrays.stream(values())
                .filter(family -> family.types.contains(type))
                .findFirst()
                .orElseThrow(() ->
                        Problem.of(
                                        Problem.Kind.NOT_IMPLEMENTED,
                                        "model_type '%s' is not known".formatted(type),
                                        config.source())
                                .fix("use one of " + all()));
    }

    private static String all() {
        return Arrays.stream(values())
                .flatMap(family -> family.types.stream())
                .collect(Collectors.joining(", "));
    }

    /// Its name in GGUF.
    String architecture() {
        return architecture;
    }

    Names names() {
        return names;
    }
}
