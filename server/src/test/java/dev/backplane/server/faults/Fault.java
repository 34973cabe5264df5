package dev.backplane.server.faults;

import dev.backplane.core.Problem;
import dev.backplane.server.faults.FaultyModel.Connection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// What a provider does in the middle of a call, and what is to come of it.
enum Fault {
    // ---- of streams
    SILENT_WITHOUT_A_HEAD(true, false, Problem.Kind.TIMEOUT, "first", Connection::awaitEnd),
    SILENT_AFTER_THE_HEAD(
            true,
            false,
            Problem.Kind.TIMEOUT,
            "first",
            connection -> {
                connection.head();
                connection.awaitEnd();
            }),
    SILENT_BUT_FOR_SIGNS_OF_LIFE(
            true,
            false,
            Problem.Kind.TIMEOUT,
            "first",
            connection -> {
                connection.head();
                while (true) {
                    connection.chunk(": alive\n\n");
                    Thread.sleep(20);
                }
            }),
    SILENT_IN_THE_MIDDLE(
            true,
            true,
            Problem.Kind.TIMEOUT,
            "idle",
            connection -> {
                begin(connection);
                connection.awaitEnd();
            }),
    NO_HTTP(
            true,
            false,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> connection.write("garbage\r\n\r\n")),
    GARBAGE_AT_ONCE(
            true,
            false,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                connection.head();
                connection.chunk("data: \u0000garbage\n\n");
                connection.awaitEnd();
            }),
    GARBAGE_IN_THE_MIDDLE(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                connection.chunk("data: {\"choices\":[{]}\n\n");
                connection.awaitEnd();
            }),
    ITS_OWN_ERROR_IN_THE_MIDDLE(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                connection.chunk(connection.language().errorEvent("it broke"));
                connection.awaitEnd();
            }),
    CUT_IN_A_CHARACTER(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                byte[] more = connection.language().first().getBytes(StandardCharsets.UTF_8);
                int plane = new String(more, StandardCharsets.ISO_8859_1).indexOf("\u00f0\u009f");
                connection.chunk(Arrays.copyOf(more, plane + 2));
                connection.lastChunk();
            }),
    CUT_IN_AN_EVENT(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                String more = connection.language().last();
                connection.chunk(more.substring(0, more.indexOf("data: ") + 20));
            }),
    CONNECTION_RESET(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                // What was written is lost by a reset unless it has been read.
                Thread.sleep(300);
                connection.reset();
            }),
    NO_TERMINATOR(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                connection.lastChunk();
            }),
    EVENT_WITHOUT_AN_END(
            true,
            true,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> {
                begin(connection);
                connection.chunk("data: ");
                byte[] part = new byte[1 << 20];
                Arrays.fill(part, (byte) 'x');
                for (int i = 0; i < 40; i++) {
                    connection.chunk(part);
                }
                connection.awaitEnd();
            }),
    EVERYTHING_TWICE(
            true,
            true,
            "plain",
            connection -> {
                begin(connection);
                connection.chunk(connection.language().last());
                connection.chunk(connection.language().first());
                connection.chunk(connection.language().last());
                connection.lastChunk();
            }),
    // ---- of both
    STATUS_429(true, false, Problem.Kind.LIMITED, "plain", connection -> refuse(connection, 429)),
    STATUS_500(
            true, false, Problem.Kind.UNAVAILABLE, "plain", connection -> refuse(connection, 500)),
    STATUS_503(
            true, false, Problem.Kind.UNAVAILABLE, "plain", connection -> refuse(connection, 503)),
    // ---- of answers in one piece
    WHOLE_SILENT_WITHOUT_A_HEAD(false, false, Problem.Kind.TIMEOUT, "first", Connection::awaitEnd),
    WHOLE_SILENT_IN_THE_BODY(
            false,
            false,
            Problem.Kind.TIMEOUT,
            "idle",
            connection -> {
                half(connection);
                connection.awaitEnd();
            }),
    WHOLE_CUT_OFF(false, false, Problem.Kind.UNAVAILABLE, "plain", Fault::half),
    WHOLE_GARBAGE(
            false,
            false,
            Problem.Kind.UNAVAILABLE,
            "plain",
            connection -> connection.answer(200, "", "<html>\u0000")),
    WHOLE_429(false, false, Problem.Kind.LIMITED, "plain", connection -> refuse(connection, 429)),
    WHOLE_503(
            false, false, Problem.Kind.UNAVAILABLE, "plain", connection -> refuse(connection, 503));

    static final int RETRY_AFTER_SECONDS = 7;

    final boolean stream;

    /// Whether the client has heard something when it happens.
    final boolean begun;

    /// Empty where the answer is whole in spite of it.
    final Optional<Problem.Kind> kind;

    /// Which time-outs the model is to have.
    final String clocks;

    final FaultyModel.Script script;

    Fault(
            boolean stream,
            boolean begun,
            Problem.Kind kind,
            String clocks,
            FaultyModel.Script script) {
        this(stream, begun, Optional.of(kind), clocks, script);
    }

    Fault(boolean stream, boolean begun, String clocks, FaultyModel.Script script) {
        this(stream, begun, Optional.empty(), clocks, script);
    }

    Fault(
            boolean stream,
            boolean begun,
            Optional<Problem.Kind> kind,
            String clocks,
            FaultyModel.Script script) {
        this.stream = stream;
        this.begun = begun;
        this.kind = kind;
        this.clocks = clocks;
        this.script = script;
    }

    boolean isRefusal() {
        return name().matches(".*_\\d{3}");
    }

    private static void begin(Connection connection) throws IOException {
        connection.head();
        connection.chunk(connection.language().first());
    }

    private static void half(Connection connection) throws IOException {
        String body = connection.language().whole();
        connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
                        + body.substring(0, body.length() / 2));
    }

    private static void refuse(Connection connection, int status) throws IOException {
        connection.answer(
                status,
                "Retry-After: " + RETRY_AFTER_SECONDS + "\r\n",
                connection.language().error("told to wait"));
    }
}
