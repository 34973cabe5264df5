package dev.backplane.gateway.dialect.responses;

/// What a client calls a tool that is a plain function to the model.
///
/// @param namespace that the tool stands in, or empty
/// @param custom whether it takes text instead of arguments
public record ClientTool(String namespace, String name, boolean custom) {
    /// OpenAI's limit for names of functions, which other providers keep to.
    private static final int FUNCTION_CHARS_MAX = 64;

    private static final String BETWEEN = "__";

    /// The name of the function: providers know no namespaces.
    String function() {
        return function(namespace, name);
    }

    /// The same for a call, which says no more of its tool. A name that would be too long ends in a
    /// number made of the whole, so that it stays the same from request to request.
    static String function(String namespace, String name) {
        if (namespace.isEmpty()) {
            return name;
        }
        String between = namespace.endsWith(BETWEEN) ? "" : BETWEEN;
        String whole = namespace + between + name;
        return whole.length() <= FUNCTION_CHARS_MAX
                ? whole
                : "%s_%08x".formatted(whole.substring(0, FUNCTION_CHARS_MAX - 9), whole.hashCode());
    }
}
