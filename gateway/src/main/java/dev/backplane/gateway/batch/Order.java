package dev.backplane.gateway.batch;

import dev.backplane.core.Slice;
import java.util.List;
import java.util.OptionalLong;

/// What was asked for, and by whom.
///
/// @param key the id of the key, never the key
/// @param session that its calls belong to, or empty
/// @param tags of its calls
/// @param endpoint that each request goes to: `/v1/chat/completions`
/// @param input id of the file with the requests
/// @param metadata a JSON object of the client's, or empty
/// @param outputExpires seconds after which the files that it makes expire
public record Order(
        String project,
        String key,
        String userAgent,
        String session,
        List<String> tags,
        String endpoint,
        String input,
        Slice metadata,
        OptionalLong outputExpires) {
    public Order {
        tags = List.copyOf(tags);
    }
}
