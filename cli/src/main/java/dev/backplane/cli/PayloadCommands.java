package dev.backplane.cli;

import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/// Commands whose answer is a stream of bytes: spans, payloads, exports.
final class PayloadCommands {
    private final Invocation invocation;
    private final Client client;
    private final Output output;

    PayloadCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int show() {
        String trace = invocation.argument(0);
        String span = invocation.argument(1);
        String field = invocation.text("field");
        boolean isWhole = field.isEmpty();
        String path =
                isWhole
                        ? Client.path("spans", trace, span)
                        : Client.path("spans", trace, span, field);
        return deliver(client.get(path, isWhole ? Client.JSON : "*/*"), isWhole);
    }

    int export() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("format", invocation.text("as"));
        parameters.put("filter", invocation.text("filter"));
        boolean isBinary = invocation.text("as").equals("parquet");
        if (isBinary && !invocation.has("output") && output.data().isTerminal()) {
            throw Failure.usage("Parquet is not for a terminal").hint("give --output FILE");
        }
        return deliver(
                client.get(Client.query(Client.path("store", "export"), parameters), "*/*"), false);
    }

    int exportDataset() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("format", invocation.text("as"));
        parameters.put("thoughts", invocation.has("thoughts") ? "true" : "");
        String path = Client.path("datasets", invocation.argument(0), "export");
        return deliver(client.get(Client.query(path, parameters), "*/*"), false);
    }

    private int deliver(InputStream answer, boolean isJson) {
        String file = invocation.text("output");
        if (!file.isEmpty()) {
            long bytes = Download.toFile(answer, file, output, client);
            output.done(
                    "wrote %s (%s)".formatted(file, Units.bytes(bytes)),
                    Node.fields("file", file, "bytes", bytes),
                    "file");
        } else if (output.data().isTerminal() || isJson && output.isHuman()) {
            new ReadableBytes(output.data(), isJson).copy(answer, client);
        } else {
            Download.toOutput(answer, output.data(), client);
            if (isJson) {
                output.data().print("\n");
            }
        }
        return 0;
    }
}
