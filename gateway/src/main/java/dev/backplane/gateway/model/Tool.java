package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.Optional;

/// Something that the model may call.
public sealed interface Tool {
    /// @param parameters a JSON Schema, or empty
    /// @param strict whether arguments must fit the schema
    /// @param extras members of the function itself
    /// @param outer members beside it, in dialects that wrap a function into a tool
    /// @param json the same as it came, if that was in OpenAI's form; or empty
    record Function(
            String name,
            String description,
            Slice parameters,
            Optional<Boolean> strict,
            Extras extras,
            Extras outer,
            Slice json)
            implements Tool {
        public Function(
                String name,
                String description,
                Slice parameters,
                Optional<Boolean> strict,
                Extras extras,
                Extras outer) {
            this(name, description, parameters, strict, extras, outer, Slice.EMPTY);
        }
    }

    /// A tool of a type that is only known to the request's dialect (a provider's own search, a
    /// tool with a grammar): the whole object.
    record Other(String type, Slice json) implements Tool {}
}
