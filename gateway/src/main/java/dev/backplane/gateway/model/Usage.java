package dev.backplane.gateway.model;

import java.util.OptionalLong;

/// Tokens of one call.
///
/// @param input all of them, those read from and written to a cache included
/// @param output all of them, reasoning included
/// @param extras what else the provider counted
public record Usage(
        OptionalLong input,
        OptionalLong output,
        OptionalLong cached,
        OptionalLong cacheWrite,
        OptionalLong reasoning,
        Extras extras) {
    public static final Usage UNKNOWN =
            new Usage(
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    Extras.NONE);

    public static Usage of(long input, long output) {
        return new Usage(
                OptionalLong.of(input),
                OptionalLong.of(output),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Extras.NONE);
    }

    /// The same with other counts.
    public Usage with(long otherInput, long otherOutput) {
        return new Usage(
                OptionalLong.of(otherInput),
                OptionalLong.of(otherOutput),
                cached,
                cacheWrite,
                reasoning,
                extras);
    }

    /// Of an answer that broke off: what was counted of its output is not the end of it.
    public Usage withoutOutput() {
        return new Usage(
                input, OptionalLong.empty(), cached, cacheWrite, OptionalLong.empty(), extras);
    }

    public long total() {
        return input.orElse(0) + output.orElse(0);
    }
}
