package dev.backplane.gateway.dialect.bedrock;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Statuses;
import dev.backplane.gateway.json.JsonCursor;

/// Errors of AWS: `{"message":…}` with a status, or with the name of an exception in a stream.
public final class Errors {
    private static final int MESSAGE_CHARS_MAX = 2_000;

    private Errors() {}

    /// @param status of the answer
    public static Problem read(Slice body, int status, String where) {
        Problem.Kind kind = status == 424 ? Problem.Kind.UNAVAILABLE : Statuses.kind(status);
        return problem(body, kind, "provider answered with status " + status, where);
    }

    /// @param exception such as `throttlingException`
    public static Problem read(Slice body, String exception, String where) {
        Problem.Kind kind =
                switch (exception) {
                    case "throttlingException" -> Problem.Kind.LIMITED;
                    case "validationException" -> Problem.Kind.INVALID;
                    case "modelTimeoutException" -> Problem.Kind.TIMEOUT;
                    default -> Problem.Kind.UNAVAILABLE;
                };
        return problem(body, kind, "provider broke off with " + exception, where);
    }

    private static Problem problem(Slice body, Problem.Kind kind, String otherwise, String where) {
        if (kind == Problem.Kind.CONFIG) {
            return Problem.of(kind, "provider refused the configured key", where)
                    .fix("check the key, its region and its right to invoke the model");
        }
        String message = message(body, where);
        String said = message.substring(0, Math.min(message.length(), MESSAGE_CHARS_MAX));
        return Problem.of(kind, said.isEmpty() ? otherwise : said, where);
    }

    private static String message(Slice body, String where) {
        String[] message = {""};
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            if (name.equalsIgnoreCase("message") && cursor.isText()) {
                                message[0] = cursor.text();
                            } else {
                                cursor.skip();
                            }
                        });
                        return message;
                    });
        } catch (Problem notJson) {
            return "";
        }
        return message[0];
    }
}
