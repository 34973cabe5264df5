package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The headers that change what a body means. In a [ModelRequest] they are extras, called as in the
/// bodies of Bedrock and Vertex.
///
/// @param version `anthropic-version`
/// @param betas `anthropic-beta`
public record Headers(String version, List<String> betas) {
    /// The version that is meant where none is said.
    public static final String VERSION = "2023-06-01";

    public static final Headers NONE = new Headers(VERSION, List.of());

    static final String VERSION_EXTRA = "anthropic_version";
    static final String BETA_EXTRA = "anthropic_beta";

    /// Streams in another form than all after it.
    private static final String FIRST = "2023-01-01";

    public Headers {
        betas = List.copyOf(betas);
    }

    /// @param version the header's value, or empty
    /// @param betas the header's value, names separated by commas, or empty
    /// @throws Problem `INVALID` for a version that is not spoken here
    public static Headers of(String version, String betas, String where) {
        if (version.equals(FIRST)) {
            throw Problem.invalid("anthropic-version " + FIRST + " is not supported", where)
                    .fix("send anthropic-version: " + VERSION + " or a later one");
        }
        return new Headers(
                version.isEmpty() ? VERSION : version,
                Stream.of(betas.split(","))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .toList());
    }

    /// Those that a request came with; none if it came in another dialect.
    public static Headers of(ModelRequest request) {
        if (request.dialect() != DialectId.ANTHROPIC) {
            return NONE;
        }
        Slice version = request.extras().get(VERSION_EXTRA);
        Slice betas = request.extras().get(BETA_EXTRA);
        List<String> names = new ArrayList<>();
        if (!betas.isEmpty()) {
            JsonCursor.read(
                    betas,
                    BETA_EXTRA,
                    cursor -> {
                        cursor.array(() -> names.add(cursor.text()));
                        return names;
                    });
        }
        return new Headers(
                version.isEmpty()
                        ? VERSION
                        : JsonCursor.read(version, VERSION_EXTRA, JsonCursor::text),
                names);
    }

    void put(Extras.Builder extras) {
        if (!version.equals(VERSION)) {
            extras.put(VERSION_EXTRA, new JsonOut().text(version).slice());
        }
        if (!betas.isEmpty()) {
            JsonOut names = new JsonOut().beginArray();
            betas.forEach(names::text);
            extras.put(BETA_EXTRA, names.endArray().slice());
        }
    }
}
