package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.Optional;

/// The shape that the answer must have.
public sealed interface OutputFormat {
    record Text() implements OutputFormat {}

    /// Any JSON object.
    record JsonObject() implements OutputFormat {}

    /// @param schema a JSON Schema
    record JsonSchema(
            String name, String description, Slice schema, Optional<Boolean> strict, Extras extras)
            implements OutputFormat {}

    /// A format that is only known to the request's dialect.
    record Other(Slice json) implements OutputFormat {}
}
