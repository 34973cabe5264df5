package dev.backplane.gateway.model;

import dev.backplane.core.Slice;

/// Whether a tool must, may or must not be called.
public sealed interface ToolChoice {
    /// Nothing was said: as [Auto] where there are tools.
    record Unset() implements ToolChoice {}

    record Auto() implements ToolChoice {}

    record None() implements ToolChoice {}

    record Required() implements ToolChoice {}

    record Named(String name) implements ToolChoice {}

    /// A choice that is only known to the request's dialect.
    record Other(Slice json) implements ToolChoice {}

    ToolChoice UNSET = new Unset();
}
