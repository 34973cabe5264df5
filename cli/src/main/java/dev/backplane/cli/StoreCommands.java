package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The trace database's own files.
final class StoreCommands {
    private static final Map<String, Unit> UNITS =
            Map.of(
                    "received_bytes", Unit.BYTES,
                    "stored_bytes", Unit.BYTES,
                    "log_bytes", Unit.BYTES,
                    "column_bytes", Unit.BYTES,
                    "text_bytes", Unit.BYTES,
                    "payload_bytes", Unit.BYTES,
                    "fresh_spans", Unit.COUNT,
                    "segment_spans", Unit.COUNT,
                    "segments", Unit.COUNT);

    private final Client client;
    private final Output output;

    StoreCommands(Client client, Output output) {
        this.client = client;
        this.output = output;
    }

    int stats() {
        Node.Fields stats = client.ask("GET", Client.path("store", "stats"), Optional.empty());
        if (output.format().isJson()) {
            output.object(stats, UNITS, "stored_bytes");
            return 0;
        }
        Map<String, Node> facts = new LinkedHashMap<>(stats.values());
        if (stats.get("segments") instanceof Node.Items(List<Node> segments)) {
            facts.put("segments", Node.of(segments.size()));
        }
        double stored = stats.count("stored_bytes");
        double received = stats.count("received_bytes");
        if (stored > 0 && received > 0) {
            facts.put("packed", Node.of(Math.round(received / stored * 10) / 10.0 + " : 1"));
        }
        output.object(new Node.Fields(facts), UNITS, "stored_bytes");
        return 0;
    }

    int compact() {
        Node.Fields last = work("compact");
        output.done(
                "compacted: %s, %s"
                        .formatted(
                                Units.amount(last.count("segments"), "segment"),
                                Units.bytes(last.count("stored_bytes"))),
                last,
                "stored_bytes");
        return 0;
    }

    int verify() {
        Node.Fields last = work("verify");
        List<Node> findings =
                last.get("findings") instanceof Node.Items(List<Node> found) ? found : List.of();
        if (!last.isTrue("sound")) {
            findings.forEach(finding -> output.warn(finding.plain()));
            throw Failure.of(
                            Problem.Kind.INTERNAL,
                            "the store is damaged",
                            "the store is damaged: " + Units.amount(findings.size(), "finding"))
                    .hint("what is named above cannot be read back; restore it from a copy");
        }
        output.done("everything reads back as it was written", last, "sound");
        return 0;
    }

    private Node.Fields work(String verb) {
        try (Progress progress = output.progress(verb)) {
            Node.Fields last =
                    client.lines(
                            client.send(
                                    "POST",
                                    Client.path("store", verb),
                                    Client.NDJSON,
                                    Optional.empty()),
                            line -> {
                                if (!line.text("step").isEmpty()) {
                                    progress.text(step(line));
                                }
                            });
            if (!last.isTrue("done")) {
                throw Client.notOurs("store " + verb);
            }
            return last;
        }
    }

    private static String step(Node.Fields line) {
        String total = line.text("total");
        boolean isKnown = !total.isEmpty() && !total.equals("0");
        return line.text("step") + " " + line.text("at") + (isKnown ? " of " + total : "");
    }
}
