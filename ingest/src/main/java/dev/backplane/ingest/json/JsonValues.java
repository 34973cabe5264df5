package dev.backplane.ingest.json;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/// JSON values, as [JsonBytes] hands them out, as field values.
public final class JsonValues {
    private static final int NUMBER_LENGTH_MAX = 400;
    private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000L);

    private JsonValues() {}

    /// A string as the text in it, everything else as it is.
    public static Value payload(Slice value) {
        return JsonBytes.isString(value) ? Value.text(JsonBytes.text(value)) : Value.json(value);
    }

    /// As an attribute: scalars as scalars, null, arrays and objects as JSON.
    public static Value attribute(Slice value) {
        return switch (JsonBytes.first(value)) {
            case '"' -> Value.text(JsonBytes.text(value));
            case 't' -> Value.of(true);
            case 'f' -> Value.of(false);
            case 'n', '{', '[' -> Value.json(value);
            default -> {
                boolean fraction = value.text().chars().anyMatch(c -> ".eE".indexOf(c) >= 0);
                Optional<Long> whole = fraction ? Optional.empty() : integer(value);
                double real = whole.isPresent() ? 0 : real(value);
                if (whole.isPresent()) {
                    yield Value.of(whole.get());
                }
                yield Double.isFinite(real) ? Value.of(real) : Value.json(value);
            }
        };
    }

    /// A number, also in a string, that is whole and fits 64 bits.
    public static Optional<Long> integer(Slice value) {
        return decimal(value)
                .flatMap(number -> {
                    try {
                        return Optional.of(number.longValueExact());
                    } catch (ArithmeticException _) {
                        return Optional.empty();
                    }
                });
    }

    /// A JSON number, rounded to a double; infinite where it is too large for one.
    public static double real(Slice value) {
        return Double.parseDouble(value.text());
    }

    /// Seconds since 1970 as nanoseconds.
    public static Optional<Long> nanosOfSeconds(Slice value) {
        return decimal(value)
                .map(seconds -> seconds.multiply(NANOS).setScale(0, RoundingMode.HALF_EVEN))
                .filter(nanos -> nanos.toBigInteger().bitLength() < 64)
                .map(BigDecimal::longValue);
    }

    private static Optional<BigDecimal> decimal(Slice value) {
        Slice digits = JsonBytes.isString(value) ? JsonBytes.text(value) : value;
        if (digits.length() > NUMBER_LENGTH_MAX) {
            return Optional.empty();
        }
        try {
            String text =
                    new String(
                            digits.array(),
                            digits.offset(),
                            digits.length(),
                            StandardCharsets.ISO_8859_1);
            BigDecimal number = new BigDecimal(text);
            // An exponent of a billion would unfold into a billion digits.
            return Math.abs((long) number.scale()) > NUMBER_LENGTH_MAX
                    ? Optional.empty()
                    : Optional.of(number);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /// An RFC 3339 time as nanoseconds since 1970.
    ///
    /// @throws Problem `INVALID` if it is none or outside the years 1678 to 2262
    public static long time(String text) {
        try {
            Instant instant = OffsetDateTime.parse(text.replace(' ', 'T')).toInstant();
            return Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L),
                    instant.getNano());
        } catch (DateTimeException | ArithmeticException e) {
            throw Problem.invalid("not a time", "value")
                    .fix("send RFC 3339, such as 2026-01-02T03:04:05.678Z")
                    .causedBy(e);
        }
    }
}
