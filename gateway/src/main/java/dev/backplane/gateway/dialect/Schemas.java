package dev.backplane.gateway.dialect;

import dev.backplane.gateway.model.OutputFormat;
import java.util.Set;
import java.util.function.Consumer;

/// What a provider is not told of the shape that its answer must have.
public final class Schemas {
    private static final String PATH = "response_format.";

    private Schemas() {}

    /// Providers that take a schema alone keep to it, so `strict` says something only where it is
    /// false. A name is a label for the client's own use.
    ///
    /// @param said members besides the schema that the provider is told
    public static void report(
            OutputFormat.JsonSchema schema, Set<String> said, Consumer<String> ignored) {
        if (!schema.description().isEmpty() && !said.contains("description")) {
            ignored.accept(PATH + "description");
        }
        if (schema.strict().isPresent() && !schema.strict().get()) {
            ignored.accept(PATH + "strict");
        }
        schema.extras().members().keySet().forEach(name -> ignored.accept(PATH + name));
    }
}
