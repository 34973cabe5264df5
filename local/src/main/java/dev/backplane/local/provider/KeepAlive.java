package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Extras;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How long a model stays, as Ollama's clients say it: seconds, or a text such as `10m`, `1h30m` or
/// `-1`; negative for ever.
public final class KeepAlive {
    private static final Duration LONGEST = Duration.ofDays(36_500);
    private static final Duration FOR_EVER = Duration.ofSeconds(-1);
    private static final Pattern PART = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|s|m|h)");

    private KeepAlive() {}

    static Optional<Duration> of(Extras extras) {
        Slice json = extras.get("keep_alive");
        return json.isEmpty() || json.text().equals("null")
                ? Optional.empty()
                : Optional.of(parse(json.text().replace("\"", "")));
    }

    /// @throws Problem `INVALID` when it is no such text
    public static Duration parse(String text) {
        String all = text.strip();
        if (all.startsWith("-")) {
            parse(all.substring(1));
            return FOR_EVER;
        }
        if (all.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            return limited(Double.parseDouble(all) * 1_000);
        }
        double millis = 0;
        int end = 0;
        Matcher matcher = PART.matcher(all);
        while (matcher.find() && matcher.start() == end) {
            millis += Double.parseDouble(matcher.group(1)) * unit(matcher.group(2));
            end = matcher.end();
        }
        if (end == 0 || end != all.length()) {
            throw Problem.invalid("keep_alive is no time", "keep_alive")
                    .fix("write seconds, or a time such as 10m; -1 for ever");
        }
        return limited(millis);
    }

    private static double unit(String unit) {
        return switch (unit) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            default -> 3_600_000;
        };
    }

    private static Duration limited(double millis) {
        return Duration.ofMillis((long) Math.min(millis, LONGEST.toMillis()));
    }
}
