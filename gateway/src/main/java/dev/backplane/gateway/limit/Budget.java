package dev.backplane.gateway.limit;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How much may be used in a period. As text `5/day`, `0.50/total` (US dollars) or `2000000
/// tokens/month`.
///
/// @param amount tokens, or billionths of a dollar
public record Budget(Unit unit, long amount, Period period) {
    public enum Unit {
        DOLLARS,
        TOKENS;

        long of(Cost cost) {
            return switch (this) {
                case DOLLARS -> cost.nanoDollars();
                case TOKENS -> cost.tokens();
            };
        }
    }

    /// Days and months are those of UTC.
    public enum Period {
        DAY,
        MONTH,
        TOTAL;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Period> byId(String id) {
            for (Period period : values()) {
                if (period.id().equals(id)) {
                    return Optional.of(period);
                }
            }
            return Optional.empty();
        }

        /// The first day of the period that the moment is in, since 1970; 0 for all time.
        long startDay(Instant now) {
            LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
            return switch (this) {
                case DAY -> today.toEpochDay();
                case MONTH -> today.withDayOfMonth(1).toEpochDay();
                case TOTAL -> 0;
            };
        }

        /// When the period after this one begins; empty if there is none.
        Optional<Instant> next(Instant now) {
            LocalDate first = LocalDate.ofEpochDay(startDay(now));
            return switch (this) {
                case DAY -> Optional.of(first.plusDays(1)).map(Period::midnight);
                case MONTH -> Optional.of(first.plusMonths(1)).map(Period::midnight);
                case TOTAL -> Optional.empty();
            };
        }

        private static Instant midnight(LocalDate day) {
            return day.atStartOfDay(ZoneOffset.UTC).toInstant();
        }
    }

    /// How it is written, for messages.
    public static final String FORM =
            "DOLLARS/PERIOD such as 5/day, or N tokens/PERIOD; a period is day, month or total";

    private static final Pattern TEXT =
            Pattern.compile("\\$?(\\d{1,9}(?:\\.\\d{1,9})?)/(day|month|total)");
    private static final Pattern TOKENS_TEXT =
            Pattern.compile("(\\d{1,18}) ?tokens/(day|month|total)");

    /// Empty if the text is none.
    public static Optional<Budget> parse(String text) {
        Matcher tokens = TOKENS_TEXT.matcher(text);
        if (tokens.matches()) {
            return Period.byId(tokens.group(2))
                    .map(period ->
                            new Budget(Unit.TOKENS, Long.parseLong(tokens.group(1)), period));
        }
        Matcher dollars = TEXT.matcher(text);
        if (!dollars.matches()) {
            return Optional.empty();
        }
        long nanos = new BigDecimal(dollars.group(1)).movePointRight(9).longValueExact();
        return Period.byId(dollars.group(2)).map(period -> new Budget(Unit.DOLLARS, nanos, period));
    }

    /// As [#parse] reads it.
    public String text() {
        return switch (unit) {
                    case DOLLARS ->
                            BigDecimal.valueOf(amount, 9).stripTrailingZeros().toPlainString();
                    case TOKENS -> amount + " tokens";
                }
                + "/"
                + period.id();
    }

    /// An amount in this budget's unit, for people.
    String show(long some) {
        return switch (unit) {
            case DOLLARS -> "$" + BigDecimal.valueOf(some, 9).setScale(4, RoundingMode.HALF_UP);
            case TOKENS -> some + " tokens";
        };
    }
}
