package dev.backplane.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;

/// Quantities as people write and read them. Written without `String.format`, whose first use costs
/// a fifth of this program's start-up.
final class Units {
    private static final long DAYS_MAX = 36_500;

    private Units() {}

    /// `500ms`, `30s`, `5m`, `2h`, `7d`; empty for anything else, a negative value or more than a
    /// hundred years.
    static Optional<Duration> parseDuration(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        if (digits == 0 || digits > 15) {
            return Optional.empty();
        }
        long amount = Long.parseLong(text.substring(0, digits));
        long unitMillis =
                switch (text.substring(digits)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m", "min" -> 60_000;
                    case "h" -> 3_600_000;
                    case "d" -> 86_400_000;
                    case String _ -> 0;
                };
        boolean isKnown = unitMillis > 0 && amount <= DAYS_MAX * 86_400_000 / unitMillis;
        return isKnown ? Optional.of(Duration.ofMillis(amount * unitMillis)) : Optional.empty();
    }

    /// RFC 3339, or a date, which means its first instant in UTC.
    static Optional<Instant> parseTime(String text) {
        try {
            return Optional.of(
                    text.indexOf('T') < 0 && text.indexOf(' ') < 0
                            ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                            : OffsetDateTime.parse(text.replace(' ', 'T')).toInstant());
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// `0.42 ms`, `12 ms`, `1.24 s`, `2m 05s`, `1h 02m`, `3d 04h`.
    static String duration(double millis) {
        if (millis < 0) {
            return "-" + duration(-millis);
        }
        if (millis < 999.5) {
            return (millis < 9.995 && millis != Math.rint(millis)
                            ? fixed(millis, 2)
                            : fixed(millis, 0))
                    + " ms";
        }
        if (millis < 59_995) {
            return fixed(millis / 1_000, 2) + " s";
        }
        long seconds = Math.round(millis / 1_000);
        if (seconds < 3_600) {
            return seconds / 60 + "m " + two(seconds % 60) + "s";
        }
        long minutes = seconds / 60;
        return minutes < 1_440
                ? minutes / 60 + "h " + two(minutes % 60) + "m"
                : minutes / 1_440 + "d " + two(minutes / 60 % 24) + "h";
    }

    /// `812`, `12.3k`, `4.56M`.
    static String tokens(double tokens) {
        if (tokens < 1_000) {
            return fixed(tokens, 0);
        }
        return tokens < 999_950
                ? fixed(tokens / 1e3, 1) + "k"
                : tokens < 999_950_000
                        ? fixed(tokens / 1e6, 2) + "M"
                        : fixed(tokens / 1e9, 2) + "B";
    }

    /// `$12.34`, and four digits below a dollar. Nothing where nothing had a price: a sum does not
    /// tell what is free from what the price table does not know.
    static String cost(double dollars) {
        if (dollars == 0) {
            return "";
        }
        if (Math.abs(dollars) < 0.00005) {
            return "<$0.0001";
        }
        return (dollars < 0 ? "-$" : "$") + fixed(Math.abs(dollars), Math.abs(dollars) < 1 ? 4 : 2);
    }

    /// `812 B`, `31.0 MB`: decimal units, as disks are sold.
    static String bytes(double bytes) {
        if (bytes < 1_000) {
            return fixed(bytes, 0) + " B";
        }
        String[] names = {"kB", "MB", "GB", "TB", "PB"};
        int unit = 0;
        double amount = bytes / 1_000;
        while (amount >= 999.95 && unit < names.length - 1) {
            amount /= 1_000;
            unit++;
        }
        return fixed(amount, 1) + " " + names[unit];
    }

    /// `12,345`.
    static String count(double number) {
        if (number != Math.rint(number) || Math.abs(number) >= 1e15) {
            return Double.toString(number);
        }
        String digits = Long.toString(Math.abs((long) number));
        StringBuilder text = new StringBuilder(number < 0 ? "-" : "");
        for (int i = 0; i < digits.length(); i++) {
            if (i > 0 && (digits.length() - i) % 3 == 0) {
                text.append(',');
            }
            text.append(digits.charAt(i));
        }
        return text.toString();
    }

    /// `1 span`, `12,345 spans`.
    static String amount(long number, String noun) {
        return count(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /// RFC 3339 in the zone, to the second: `2026-11-24 01:09:48`. Other text is left as it is.
    static String time(String rfc3339, ZoneId zone) {
        Optional<Instant> instant = rfc3339.isEmpty() ? Optional.empty() : parseTime(rfc3339);
        if (instant.isEmpty()) {
            return rfc3339;
        }
        ZonedDateTime local = instant.get().atZone(zone);
        return local.getYear()
                + "-"
                + two(local.getMonthValue())
                + "-"
                + two(local.getDayOfMonth())
                + " "
                + two(local.getHour())
                + ":"
                + two(local.getMinute())
                + ":"
                + two(local.getSecond());
    }

    private static String two(long number) {
        return number < 10 ? "0" + number : Long.toString(number);
    }

    /// Rounded half up to so many digits after the point.
    private static String fixed(double number, int digits) {
        long scale = 1;
        for (int i = 0; i < digits; i++) {
            scale *= 10;
        }
        long scaled = Math.round(number * scale);
        if (digits == 0) {
            return Long.toString(scaled);
        }
        String fraction = Long.toString(scale + scaled % scale).substring(1);
        return scaled / scale + "." + fraction;
    }
}
