package dev.backplane.gateway.limit;

/// What a call uses up.
///
/// @param tokens in and out
/// @param nanoDollars billionths of a US dollar: whole numbers, so that sums are exact
public record Cost(long tokens, long nanoDollars) {
    public static final Cost ZERO = new Cost(0, 0);

    private static final double NANOS = 1e9;

    public Cost {
        if (tokens < 0 || nanoDollars < 0) {
            throw new IllegalArgumentException("a cost is not negative");
        }
    }

    public Cost plus(Cost other) {
        return new Cost(
                Math.addExact(tokens, other.tokens), Math.addExact(nanoDollars, other.nanoDollars));
    }

    /// In US dollars.
    public double dollars() {
        return nanoDollars / NANOS;
    }

    /// Rounded up: what costs anything costs at least a billionth.
    public static Cost of(long tokens, double dollars) {
        return new Cost(tokens, (long) Math.ceil(dollars * NANOS));
    }
}
