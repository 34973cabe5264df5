package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Statuses;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ProviderError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Google's errors:
/// `{"error":{"code":429,"message":…,"status":"RESOURCE_EXHAUSTED","details":[…]}}`, of which
/// streams send an array. The time to wait is a detail: `{"retryDelay":"3.5s"}`.
public final class Errors {
    private static final int MESSAGE_CHARS_MAX = 2_000;
    private static final Pattern DELAY = Pattern.compile("(\\d{1,6})(?:\\.(\\d{1,3})\\d*)?s");

    private long code;
    private String message = "";
    private Optional<Duration> delay = Optional.empty();
    private boolean key;
    private Slice details = Slice.EMPTY;

    private Errors() {}

    /// @param status of the answer
    public static Problem read(Slice body, int status, String where) {
        List<Slice> error = new ArrayList<>();
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        if (cursor.isArray()) {
                            cursor.array(() -> member(cursor, error));
                        } else {
                            member(cursor, error);
                        }
                        return true;
                    });
        } catch (Problem notJson) {
            error.clear();
        }
        return error.isEmpty()
                ? Problem.of(
                        Statuses.kind(status), "provider answered with status " + status, where)
                : read(error.getFirst(), where);
    }

    private static void member(JsonCursor cursor, List<Slice> error) {
        cursor.object(name -> {
            if (name.equals("error")) {
                error.add(cursor.raw());
            } else {
                cursor.skip();
            }
        });
    }

    /// The value of `error`.
    static Problem read(Slice error, String where) {
        Errors read = new Errors();
        try {
            JsonCursor.read(error, where, read::members);
        } catch (Problem garbage) {
            return Problem.unavailable("provider failed", where).causedBy(garbage);
        }
        return read.problem(where);
    }

    private boolean members(JsonCursor cursor) {
        cursor.object(name -> {
            switch (name) {
                case "code" -> code = cursor.integer();
                case "message" -> message = cursor.textOrEmpty();
                case "details" -> {
                    details = cursor.raw();
                    JsonCursor.read(details, name, this::details);
                }
                default -> cursor.skip();
            }
        });
        return true;
    }

    private boolean details(JsonCursor cursor) {
        cursor.array(() -> cursor.object(part -> detail(cursor, part)));
        return true;
    }

    /// A key that is none is a wrong argument to Google.
    private void detail(JsonCursor cursor, String name) {
        if (!cursor.isText()) {
            cursor.skip();
            return;
        }
        String text = cursor.text();
        key |= name.equals("reason") && text.startsWith("API_KEY_");
        Matcher matcher = DELAY.matcher(text);
        if (name.equals("retryDelay") && matcher.matches()) {
            String fraction = matcher.group(2) == null ? "" : matcher.group(2);
            delay =
                    Optional.of(
                            Duration.ofSeconds(Long.parseLong(matcher.group(1)))
                                    .plusMillis(
                                            Long.parseLong((fraction + "000").substring(0, 3))));
        }
    }

    private Problem problem(String where) {
        Problem.Kind kind =
                key
                        ? Problem.Kind.CONFIG
                        : Statuses.kind(Math.toIntExact(Math.clamp(code, 0, 599)));
        if (kind == Problem.Kind.CONFIG) {
            return Problem.of(kind, "provider refused the configured key", where)
                    .fix("check the key and what it may do");
        }
        Problem problem =
                Problem.of(
                                kind,
                                message.isEmpty()
                                        ? "provider failed"
                                        : message.substring(
                                                0, Math.min(message.length(), MESSAGE_CHARS_MAX)),
                                where)
                        .causedBy(new ProviderError("", "", details));
        return delay.isPresent() ? problem.retryAfter(delay.get()) : problem;
    }
}
