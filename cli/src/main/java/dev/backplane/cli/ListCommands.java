package dev.backplane.cli;

import dev.backplane.core.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/// Lists with a cursor: traces, spans, search hits. Rows are shown as the server finds them.
final class ListCommands {
    private static final long PAGE_ROWS = 1_000;

    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Clock clock;

    ListCommands(Invocation invocation, Client client, Output output, Clock clock) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.clock = clock;
    }

    int list() {
        boolean isSearch = invocation.command().name() == Command.Name.SEARCH;
        Table table = invocation.command().table().orElseThrow();
        Map<String, String> parameters = new LinkedHashMap<>();
        if (isSearch) {
            parameters.put("q", String.join(" ", invocation.arguments()));
        } else {
            parameters.put("filter", invocation.text("filter"));
            parameters.put("since", invocation.time("since", clock));
            parameters.put("until", invocation.time("until", clock));
        }
        String path = Client.path(isSearch ? "search" : table.name());
        UnaryOperator<Node.Fields> show = isSearch ? this::marked : UnaryOperator.identity();
        long limit = invocation.count("limit");
        String cursor = invocation.text("cursor");
        long shown = 0;
        Optional<TableWriter> writer = Optional.empty();
        do {
            long wanted = limit == 0 ? PAGE_ROWS : Math.min(PAGE_ROWS, limit - shown);
            parameters.put("cursor", cursor);
            parameters.put("limit", Long.toString(wanted));
            InputStream body = client.get(Client.query(path, parameters), Client.NDJSON);
            if (writer.isEmpty()) {
                // Only now: had the server refused, stdout would have stayed empty.
                writer = Optional.of(output.table(table, chosen(invocation)));
            }
            Page page = page(body, writer.get(), show);
            shown += page.rows();
            cursor = page.cursor();
        } while (!cursor.isEmpty() && (limit == 0 || shown < limit));
        boolean isCut = !cursor.isEmpty();
        writer.get()
                .end(
                        isCut
                                ? Node.fields("truncated", true, "cursor", cursor)
                                : Node.fields("truncated", false));
        if (isCut) {
            output.hint(
                    "cut after %d rows; the rest: --limit 0, or --cursor %s"
                            .formatted(shown, cursor));
        }
        return 0;
    }

    /// The columns of `--columns`, or none.
    static List<String> chosen(Invocation invocation) {
        String columns = invocation.text("columns");
        return columns.isEmpty()
                ? List.of()
                : java.util.Arrays.stream(columns.split(",")).map(String::strip).toList();
    }

    private record Page(long rows, String cursor) {}

    private Page page(InputStream body, TableWriter writer, UnaryOperator<Node.Fields> show) {
        long rows = 0;
        String cursor = "";
        try (InputStream in = body;
                JsonParser parser = Json.parser(in)) {
            while (parser.nextToken() != null) {
                if (!(Node.read(parser) instanceof Node.Fields row)) {
                    throw Client.notOurs(client.url());
                }
                if (row.values().size() == 1 && row.values().containsKey("cursor")) {
                    cursor = row.text("cursor");
                } else {
                    writer.row(show.apply(row));
                    rows++;
                }
            }
        } catch (JacksonException e) {
            throw client.cut(e);
        } catch (IOException e) {
            throw client.broken(e);
        }
        return new Page(rows, cursor);
    }

    /// For people, matches are put in brackets, which survive the cutting of cells.
    private Node.Fields marked(Node.Fields hit) {
        if (!output.isHuman() || !(hit.get("highlights") instanceof Node.Items(List<Node> marks))) {
            return hit;
        }
        StringBuilder snippet = new StringBuilder(hit.text("snippet"));
        for (Node mark : marks.reversed()) {
            boolean isRange =
                    mark instanceof Node.Items(List<Node> range)
                            && range.size() == 2
                            && range.getFirst() instanceof Node.Number
                            && range.getLast() instanceof Node.Number;
            if (isRange) {
                List<Node> range = ((Node.Items) mark).values();
                int start = (int) ((Node.Number) range.getFirst()).value();
                int end = (int) ((Node.Number) range.getLast()).value();
                if (start >= 0 && start <= end && end <= snippet.length()) {
                    snippet.insert(end, "]").insert(start, "[");
                }
            }
        }
        return hit.with("snippet", Node.of(snippet.toString()));
    }
}
