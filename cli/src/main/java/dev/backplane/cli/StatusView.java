package dev.backplane.cli;

import java.util.Optional;

/// Follows work of the server that tells in lines how it goes: a bar for people, for everyone else
/// a line when a part is done, and now and then before.
final class StatusView {
    private static final long TELL_NANOS = 10_000_000_000L;

    private final Output output;
    private Optional<Progress> bar = Optional.empty();
    private String part = "";
    private boolean isPartDone;
    private long toldNanos = System.nanoTime();

    private StatusView(Output output) {
        this.output = output;
    }

    /// Sends the request and shows what comes until it is done.
    ///
    /// @throws Failure as the last line says
    static void follow(Client client, Output output, String path, Node.Fields body) {
        StatusView view = new StatusView(output);
        try {
            Node.Fields last =
                    client.lines(
                            client.send(
                                    "POST",
                                    path,
                                    Client.NDJSON,
                                    Optional.of(Client.Body.json(body))),
                            view::line);
            if (!last.text("status").equals("success")) {
                throw Client.notOurs(path);
            }
        } finally {
            view.close();
        }
    }

    private void close() {
        bar.ifPresent(Progress::close);
        bar = Optional.empty();
    }

    private void line(Node.Fields line) {
        if (line.text("digest").isEmpty()) {
            close();
            return;
        }
        String status = line.text("status");
        long total = line.count("total");
        long done = line.count("completed");
        if (!status.equals(part)) {
            close();
            part = status;
            isPartDone = false;
            bar = Optional.of(output.progress(status));
        }
        bar.ifPresent(shown -> shown.bytes(done, total));
        if (!output.isWatched()) {
            tell(status, done, total);
        }
    }

    private void tell(String status, long done, long total) {
        boolean isEnd = done >= total && total > 0;
        long now = System.nanoTime();
        if ((isEnd && !isPartDone) || now - toldNanos >= TELL_NANOS) {
            isPartDone = isEnd;
            toldNanos = now;
            String share = total > 0 ? " (" + done * 100 / total + " %)" : "";
            output.step(status, Units.bytes(done) + " of " + Units.bytes(total) + share);
        }
    }
}
