package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.ProviderError;

/// The refusal of an input that is longer than the context.
final class TooLong {
    private TooLong() {}

    /// @param where which input
    static Problem problem(int tokens, int context, String model, String where) {
        String details =
                new JsonOut()
                        .beginObject()
                        .name("prompt_tokens")
                        .literal("" + tokens)
                        .name("context_tokens")
                        .literal("" + context)
                        .name("excess_tokens")
                        .literal("" + (tokens - context))
                        .endObject()
                        .slice()
                        .text();
        return Problem.invalid(
                        "the input has %,d tokens, and the context of %s holds %,d"
                                .formatted(tokens, model, context),
                        where)
                .causedBy(new ProviderError("context_length_exceeded", where, Slice.of(details)));
    }
}
