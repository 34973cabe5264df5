package dev.backplane.text.grammar;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decimal numbers from one to another, without exponents: a whole part, and digits behind the
/// point that follow the limits' digits as long as they are at a limit.
final class DecimalRules {
    /// Digits behind a point that are free.
    private static final int FREE_MAX = 15;

    private static final Rule DIGIT = Rule.range('0', '9');
    private static final Rule FREE = new Rule.Repeat(DIGIT, 0, FREE_MAX);
    private static final Rule ZEROS = new Rule.Repeat(Rule.range('0', '0'), 0, FREE_MAX);

    private final String low;
    private final boolean lowInclusive;
    private final String high;
    private final boolean highInclusive;

    /// @param low digits behind the point, as `high`
    private DecimalRules(String low, boolean lowInclusive, String high, boolean highInclusive) {
        this.low = low;
        this.lowInclusive = lowInclusive;
        this.high = high;
        this.highInclusive = highInclusive;
    }

    /// Empty when there is none.
    ///
    /// @param low at most [JsonRules#INTEGER_MAX] from zero, as `high`
    static Optional<Rule> between(
            BigDecimal low, boolean lowInclusive, BigDecimal high, boolean highInclusive) {
        int order = low.compareTo(high);
        if (order > 0 || order == 0 && !(lowInclusive && highInclusive)) {
            return Optional.empty();
        }
        List<Rule> options = new ArrayList<>();
        if (low.signum() < 0) {
            boolean reachesZero = high.signum() >= 0;
            BigDecimal least = reachesZero ? BigDecimal.ZERO : high.negate();
            positive(least, !reachesZero && highInclusive, low.negate(), lowInclusive)
                    .ifPresent(rule -> options.add(Rule.sequence(Rule.literal("-"), rule)));
        }
        if (high.signum() > 0 || high.signum() == 0 && highInclusive) {
            boolean cut = low.signum() < 0;
            positive(cut ? BigDecimal.ZERO : low, cut || lowInclusive, high, highInclusive)
                    .ifPresent(options::add);
        }
        return options.isEmpty() ? Optional.empty() : Optional.of(new Rule.Choice(options));
    }

    private static Optional<Rule> positive(
            BigDecimal low, boolean lowInclusive, BigDecimal high, boolean highInclusive) {
        long first = low.setScale(0, RoundingMode.FLOOR).min(largest()).longValueExact();
        long last = high.setScale(0, RoundingMode.FLOOR).min(largest()).longValueExact();
        DecimalRules rules =
                new DecimalRules(digits(low), lowInclusive, digits(high), highInclusive);
        List<Rule> options = new ArrayList<>();
        if (first == last) {
            rules.fraction(true, true).ifPresent(rule -> options.add(with(first, first, rule)));
        } else {
            rules.fraction(true, false).ifPresent(rule -> options.add(with(first, first, rule)));
            if (first + 1 < last) {
                options.add(with(first + 1, last - 1, rules.fraction(false, false).orElseThrow()));
            }
            rules.fraction(false, true).ifPresent(rule -> options.add(with(last, last, rule)));
        }
        return options.isEmpty() ? Optional.empty() : Optional.of(new Rule.Choice(options));
    }

    private static BigDecimal largest() {
        return BigDecimal.valueOf(JsonRules.INTEGER_MAX);
    }

    private static Rule with(long first, long last, Rule fraction) {
        return Rule.sequence(JsonRules.integer(first, last), fraction);
    }

    /// Behind the point, without zeros at the end.
    private static String digits(BigDecimal number) {
        String plain = number.toPlainString();
        int point = plain.indexOf('.');
        return point < 0 ? "" : plain.substring(point + 1).replaceAll("0+$", "");
    }

    /// Nothing, or a point and digits.
    ///
    /// @param atLow whether the whole part is the lower limit's
    private Optional<Rule> fraction(boolean atLow, boolean atHigh) {
        List<Rule> options = new ArrayList<>();
        if (mayEnd(0, atLow, atHigh)) {
            options.add(Rule.EMPTY);
        }
        digits(0, atLow, atHigh)
                .ifPresent(rule -> options.add(Rule.sequence(Rule.literal("."), rule)));
        return options.isEmpty() ? Optional.empty() : Optional.of(new Rule.Choice(options));
    }

    private boolean mayEnd(int place, boolean atLow, boolean atHigh) {
        boolean fitsLow = !atLow || place >= low.length() && lowInclusive;
        boolean fitsHigh = !atHigh || place < high.length() || highInclusive;
        return fitsLow && fitsHigh;
    }

    /// One digit or more from a place on.
    private Optional<Rule> digits(int place, boolean atLow, boolean atHigh) {
        if (place >= Math.max(atLow ? low.length() : 0, atHigh ? high.length() : 0)) {
            return behind(atLow, atHigh);
        }
        int from = atLow ? digit(low, place) : 0;
        int to = atHigh ? digit(high, place) : 9;
        List<Rule> options = new ArrayList<>();
        for (int digit = from; digit <= to; digit++) {
            boolean stillLow = atLow && digit == from;
            boolean stillHigh = atHigh && digit == to;
            List<Rule> rests = new ArrayList<>();
            if (mayEnd(place + 1, stillLow, stillHigh)) {
                rests.add(Rule.EMPTY);
            }
            digits(place + 1, stillLow, stillHigh).ifPresent(rests::add);
            if (!rests.isEmpty()) {
                Rule here = Rule.range((char) ('0' + digit), (char) ('0' + digit));
                options.add(Rule.sequence(here, new Rule.Choice(rests)));
            }
        }
        return options.isEmpty() ? Optional.empty() : Optional.of(new Rule.Choice(options));
    }

    /// Digits behind all that limits have.
    private Optional<Rule> behind(boolean atLow, boolean atHigh) {
        if (atHigh) {
            return highInclusive && (!atLow || lowInclusive)
                    ? Optional.of(Rule.sequence(Rule.range('0', '0'), ZEROS))
                    : Optional.empty();
        }
        return Optional.of(
                atLow && !lowInclusive
                        ? Rule.sequence(ZEROS, Rule.range('1', '9'), FREE)
                        : Rule.sequence(DIGIT, FREE));
    }

    private static int digit(String digits, int place) {
        return place < digits.length() ? digits.charAt(place) - '0' : 0;
    }
}
