package dev.backplane.gateway.limit;

/// What a subject has used in a period.
///
/// @param startDay first day of the period, days since 1970
public record Balance(
        Subject subject, Budget.Period period, long startDay, long tokens, long nanoDollars) {}
