package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Usage;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// Counts of tokens. `input_tokens` are those that no cache was involved in; the model's are all. A
/// stream counts in pieces, of which the last of a name is the total. For one answer.
final class Usages {
    private static final String INPUT = "input_tokens";
    private static final String OUTPUT = "output_tokens";
    private static final String READ = "cache_read_input_tokens";
    private static final String WRITTEN = "cache_creation_input_tokens";

    /// Other members that are this dialect's, whoever answered.
    private static final Set<String> OWN =
            Set.of(
                    "cache_creation",
                    "server_tool_use",
                    "service_tier",
                    "inference_geo",
                    "output_tokens_details",
                    "speed");

    private final Map<String, Long> counts = new HashMap<>();
    private final Extras.Builder extras = new Extras.Builder();

    void read(Members usage) {
        usage.values()
                .forEach((name, json) -> {
                    switch (name) {
                        case INPUT, OUTPUT, READ, WRITTEN ->
                                counts.put(name, usage.integer(name).orElse(0));
                        default -> extras.put(name, json);
                    }
                });
    }

    Usage usage() {
        OptionalLong input = get(INPUT);
        if (input.isPresent()) {
            long cached = get(READ).orElse(0) + get(WRITTEN).orElse(0);
            input = OptionalLong.of(input.getAsLong() + cached);
        }
        return new Usage(
                input, get(OUTPUT), get(READ), get(WRITTEN), OptionalLong.empty(), extras.build());
    }

    private OptionalLong get(String name) {
        Long count = counts.get(name);
        return count == null ? OptionalLong.empty() : OptionalLong.of(count);
    }

    static Slice write(Usage usage) {
        long cached = usage.cached().orElse(0) + usage.cacheWrite().orElse(0);
        JsonOut out = new JsonOut().beginObject();
        out.name(INPUT).literal("" + Math.max(0, usage.input().orElse(0) - cached));
        out.name(WRITTEN).literal("" + usage.cacheWrite().orElse(0));
        out.name(READ).literal("" + usage.cached().orElse(0));
        out.name(OUTPUT).literal("" + usage.output().orElse(0));
        usage.extras()
                .members()
                .forEach((name, json) -> {
                    if (OWN.contains(name)) {
                        out.name(name).json(json);
                    }
                });
        return out.endObject().slice();
    }
}
