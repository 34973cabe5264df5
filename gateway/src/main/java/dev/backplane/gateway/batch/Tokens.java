package dev.backplane.gateway.batch;

import dev.backplane.gateway.model.Usage;

/// What calls took, as far as providers counted.
public record Tokens(long input, long cached, long output, long reasoning) {
    static final Tokens NONE = new Tokens(0, 0, 0, 0);

    static Tokens of(Usage usage) {
        return new Tokens(
                usage.input().orElse(0),
                usage.cached().orElse(0),
                usage.output().orElse(0),
                usage.reasoning().orElse(0));
    }

    Tokens plus(Tokens other) {
        return new Tokens(
                input + other.input,
                cached + other.cached,
                output + other.output,
                reasoning + other.reasoning);
    }

    public long total() {
        return input + output;
    }
}
