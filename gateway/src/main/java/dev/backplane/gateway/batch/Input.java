package dev.backplane.gateway.batch;

import dev.backplane.core.Lines;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// Reads an input file from end to end: finds its requests and all that is wrong with it. Ids are
/// compared by 128 bits of their hash.
final class Input {
    /// Of OpenAI's Batch API.
    static final int REQUESTS_MAX = 50_000;

    /// More are counted, not told.
    private static final int ERRORS_MAX = 100;

    /// What a file holds.
    ///
    /// @param errors empty if the batch can be run
    /// @param model that all requests ask for, or empty
    record Checked(LineIndex index, List<LineError> errors, String model) {}

    private record Hash(long high, long low) {}

    private final String endpoint;
    private final int lineBytesMax;
    private final LineIndex index = new LineIndex();
    private final List<LineError> errors = new ArrayList<>();
    private final Set<Hash> ids = new HashSet<>();
    private String model = "";
    private long wrong;

    private Input(String endpoint, int lineBytesMax) {
        this.endpoint = endpoint;
        this.lineBytesMax = lineBytesMax;
    }

    /// @param stopped whether nobody wants to know any more; then the result is of no use
    static Checked check(
            InputStream file, String endpoint, int lineBytesMax, BooleanSupplier stopped)
            throws IOException {
        Input input = new Input(endpoint, lineBytesMax);
        try (InputStream in = file) {
            input.read(new Lines(in, lineBytesMax), stopped);
        } catch (Problem broken) {
            if (broken.getCause() instanceof IOException unreadable) {
                throw unreadable;
            }
            throw broken;
        }
        return input.result();
    }

    private void read(Lines lines, BooleanSupplier stopped) {
        for (Optional<Slice> line = lines.next();
                line.isPresent() && !stopped.getAsBoolean();
                line = lines.next()) {
            if (index.size() == REQUESTS_MAX) {
                error(
                        new LineError(
                                "too_many_tasks",
                                "The file has more than " + REQUESTS_MAX + " requests.",
                                "",
                                lines.number()));
                return;
            }
            line(line.get(), lines);
        }
        if (index.size() == 0) {
            error(
                    new LineError(
                            "empty_file",
                            "The input file is empty. A batch has at least one request.",
                            "",
                            0));
        }
    }

    private void line(Slice line, Lines lines) {
        int mark = lines.number() == 1 ? RequestLine.mark(line) : 0;
        Slice text = line.slice(mark, line.length());
        index.add(lines.start() + mark, text.length(), lines.number());
        if (lines.tooLong()) {
            error(
                    new LineError(
                            "invalid_request",
                            "The line is longer than " + lineBytesMax + " bytes.",
                            "",
                            lines.number()));
            return;
        }
        RequestLine.read(text, lines.number(), endpoint, this::error)
                .ifPresent(request -> {
                    model(request.model(), lines.number());
                    if (!ids.add(hash(request.customId()))) {
                        error(
                                new LineError(
                                        "duplicate_custom_id",
                                        "The custom_id of this request is that of another one. It"
                                                + " must be unique in the batch.",
                                        "custom_id",
                                        lines.number()));
                    }
                });
    }

    private void model(String named, long number) {
        if (named.isEmpty()) {
            error(
                    new LineError(
                            "missing_required_parameter",
                            "Missing required parameter: 'body.model', which is a text.",
                            "body.model",
                            number));
        } else if (model.isEmpty()) {
            model = named;
        } else if (!named.equals(model)) {
            error(
                    new LineError(
                            "mismatched_model",
                            "The model of this request is not that of the first one, which is '"
                                    + model
                                    + "'. All requests of a batch ask the same.",
                            "body.model",
                            number));
        }
    }

    private void error(LineError error) {
        wrong++;
        if (errors.size() < ERRORS_MAX) {
            errors.add(error);
        }
    }

    private Checked result() {
        if (wrong > errors.size()) {
            errors.add(
                    new LineError(
                            "too_many_errors",
                            (wrong - errors.size()) + " more lines are wrong.",
                            "",
                            0));
        }
        return new Checked(index, errors, model);
    }

    private static Hash hash(String text) {
        try {
            ByteBuffer digest =
                    ByteBuffer.wrap(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
            return new Hash(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException missing) {
            throw Problem.internal("SHA-256 is missing", "batch").causedBy(missing);
        }
    }
}
