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
        String what =
                "the input has %,d tokens, and the context of %s holds %,d"
                        .formatted(tokens, model, context);
        return problem(what, tokens, context, where);
    }

    /// The same in other words.
    ///
    /// @param most tokens that it may have
    static Problem problem(String what, int tokens, int most, String where) {
        String details =
                new JsonOut()
                        .beginObject()
                        .name("prompt_tokens")
                        .literal("" + tokens)
                        .name("context_tokens")
                        .literal("" + most)
                        .name("excess_tokens")
                        .literal("" + (tokens - most))
                        .endObject()
                        .slice()
                        .text();
        return Problem.invalid(what, where)
                .causedBy(new ProviderError("context_length_exceeded", where, Slice.of(details)));
    }
}
