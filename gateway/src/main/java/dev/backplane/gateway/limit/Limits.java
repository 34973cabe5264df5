package dev.backplane.gateway.limit;

import java.util.List;
import java.util.OptionalLong;

/// What one subject may use. What is empty is unlimited.
///
/// @param requests in any 60 seconds
/// @param tokens in any 60 seconds, in and out
/// @param concurrency calls at a time
public record Limits(
        OptionalLong requests,
        OptionalLong tokens,
        OptionalLong concurrency,
        List<Budget> budgets) {
    public static final Limits NONE =
            new Limits(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), List.of());

    public Limits {
        budgets = List.copyOf(budgets);
    }

    public boolean isNone() {
        return equals(NONE);
    }
}
