package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Slice;

/// What tells a call whose input is text from a call of a function: a member that only this dialect
/// has.
final class CustomCall {
    static final String TYPE = "type";
    static final Slice CUSTOM = Slice.of("\"custom\"");

    private CustomCall() {}
}
