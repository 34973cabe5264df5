package dev.backplane.gateway.batch;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.Optional;
import java.util.function.Consumer;

/// One request of an input file (openai-openapi, `BatchRequestInput`):
///
/// ```
/// {"custom_id":"request-1","method":"POST","url":"/v1/chat/completions","body":{…}}
/// ```
///
/// Other members are passed over. The codes of what is wrong follow OpenAI's where its own are
/// known; its reference lists none.
///
/// @param body a JSON object
record RequestLine(String customId, Slice body) {
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    /// Reads and checks a line.
    ///
    /// @param number of the line, from 1
    /// @param wrong told what is wrong; then there is no request
    static Optional<RequestLine> read(
            Slice line, long number, String endpoint, Consumer<LineError> wrong) {
        Members members = new Members();
        try {
            JsonCursor.read(
                    line,
                    "line " + number,
                    cursor -> {
                        cursor.object(name -> members.member(name, cursor));
                        return members;
                    });
        } catch (Problem malformed) {
            wrong.accept(
                    new LineError(
                            "invalid_json_line",
                            "This line is not parseable as a JSON object: " + malformed.what(),
                            "",
                            number));
            return Optional.empty();
        }
        Optional<LineError> error = members.check(number, endpoint);
        error.ifPresent(wrong);
        return error.isEmpty()
                ? Optional.of(new RequestLine(members.customId, members.body))
                : Optional.empty();
    }

    /// How many bytes of a file's first line are the mark that some editors begin UTF-8 with.
    static int mark(Slice line) {
        return line.length() >= MARK.length && line.slice(0, MARK.length).equals(Slice.of(MARK))
                ? MARK.length
                : 0;
    }

    /// The model that the request asks for, or empty if it does not say or is wrong otherwise.
    String model() {
        String[] model = {""};
        JsonCursor.read(
                body,
                "body",
                cursor -> {
                    cursor.object(name -> {
                        if (name.equals("model") && cursor.isText()) {
                            model[0] = cursor.text();
                        } else {
                            cursor.skip();
                        }
                    });
                    return model;
                });
        return model[0];
    }

    private static final class Members {
        private String customId = "";
        private String method = "";
        private String url = "";
        private Slice body = Slice.EMPTY;

        void member(String name, JsonCursor cursor) {
            switch (name) {
                case "custom_id" -> customId = text(cursor);
                case "method" -> method = text(cursor);
                case "url" -> url = text(cursor);
                case "body" -> {
                    boolean object = cursor.isObject();
                    Slice raw = cursor.raw();
                    body = object ? raw : Slice.EMPTY;
                }
                default -> cursor.skip();
            }
        }

        /// What is no text is as good as missing.
        private static String text(JsonCursor cursor) {
            if (cursor.isText()) {
                return cursor.text();
            }
            cursor.skip();
            return "";
        }

        Optional<LineError> check(long number, String endpoint) {
            if (customId.isEmpty()) {
                return missing("custom_id", "a text", number);
            }
            if (method.isEmpty()) {
                return missing("method", "POST", number);
            }
            if (!method.equals("POST")) {
                return Optional.of(
                        new LineError(
                                "invalid_method",
                                "The method of a request must be POST.",
                                "method",
                                number));
            }
            if (url.isEmpty()) {
                return missing("url", endpoint, number);
            }
            if (!url.equals(endpoint)) {
                return Optional.of(
                        new LineError(
                                "url_mismatch",
                                "The url of this request is not the batch's endpoint, which is "
                                        + endpoint
                                        + ".",
                                "url",
                                number));
            }
            return body.isEmpty() ? missing("body", "an object", number) : Optional.empty();
        }

        private static Optional<LineError> missing(String name, String allowed, long number) {
            return Optional.of(
                    new LineError(
                            "missing_required_parameter",
                            "Missing required parameter: '%s', which is %s."
                                    .formatted(name, allowed),
                            name,
                            number));
        }
    }
}
