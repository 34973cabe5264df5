package dev.backplane.cli;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/// Commands that judge or delete traces and spans.
final class ChangeCommands {
    private final Invocation invocation;
    private final Client client;
    private final Output output;

    ChangeCommands(Invocation invocation, Client client, Output output) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
    }

    int deleteTraces() {
        List<String> traces = invocation.arguments();
        String what = traces.size() == 1 ? "trace " + traces.getFirst() : traces.size() + " traces";
        if (!isSure("delete " + what, invocation, output)) {
            return 1;
        }
        for (String trace : traces) {
            client.ask("DELETE", Client.path("traces", trace), Optional.empty());
            output.done("deleted trace " + trace, Node.fields("deleted", trace), "deleted");
        }
        return 0;
    }

    int deleteSpan() {
        String span = invocation.argument(1);
        if (!isSure("delete span " + span, invocation, output)) {
            return 1;
        }
        client.ask("DELETE", Client.path("spans", invocation.argument(0), span), Optional.empty());
        output.done("deleted span " + span, Node.fields("deleted", span), "deleted");
        return 0;
    }

    /// Whether a person or `--yes` agrees; asked before anything is sent.
    static boolean isSure(String deed, Invocation invocation, Output output) {
        if (invocation.has("yes")) {
            return true;
        }
        String repair =
                "backplane "
                        + invocation.command().path()
                        + " "
                        + String.join(" ", invocation.arguments())
                        + " --yes";
        boolean isSure = output.confirm(deed, repair);
        if (!isSure) {
            output.hint("nothing was changed");
        }
        return isSure;
    }

    int feedback() {
        String trace = invocation.argument(0);
        Node.Fields judgement = judgement();
        String span = invocation.optionalArgument(1).orElseGet(() -> root(trace));
        client.ask(
                "POST",
                Client.path("spans", trace, span) + "/feedback",
                Optional.of(Client.Body.json(judgement)));
        output.done(
                "judged span " + span, Node.fields("span_id", span, "trace_id", trace), "span_id");
        return 0;
    }

    private Node.Fields judgement() {
        Map<String, Node> fields = new LinkedHashMap<>();
        Map<String, Node> scores = new LinkedHashMap<>();
        for (Map.Entry<String, String> score : invocation.pairs("score")) {
            scores.put(score.getKey(), number(score.getKey(), score.getValue()));
        }
        if (!scores.isEmpty()) {
            fields.put("scores", new Node.Fields(scores));
        }
        if (invocation.has("comment")) {
            fields.put("comment", Node.of(invocation.text("comment")));
        }
        List<Node> tags = new ArrayList<>();
        invocation.values("tag").forEach(tag -> tags.add(Node.of(tag)));
        if (!tags.isEmpty()) {
            fields.put("tags", new Node.Items(tags));
        }
        if (invocation.has("expected")) {
            fields.put("expected", jsonOrText(invocation.text("expected")));
        }
        if (fields.isEmpty()) {
            throw Failure.usage("the feedback says nothing")
                    .hint("give --score, --comment, --tag or --expected");
        }
        return new Node.Fields(fields);
    }

    private static Node number(String name, String digits) {
        Node value = jsonOrText(digits);
        if (value instanceof Node.Number) {
            return value;
        }
        throw Failure.usage("score %s is not a number: %s".formatted(name, digits))
                .hint("give --score NAME=NUMBER, such as --score correct=1");
    }

    private static Node jsonOrText(String text) {
        try (JsonParser parser = Json.parser(text)) {
            if (parser.nextToken() != null) {
                Node value = Node.read(parser);
                if (parser.nextToken() == null) {
                    return value;
                }
            }
        } catch (JacksonException | IllegalStateException _) {
            // Not JSON, so it is the text itself.
        }
        return Node.of(text);
    }

    private String root(String trace) {
        List<String> spans = new ArrayList<>();
        Map<String, String> parameters = Map.of("limit", "1");
        client.list(
                client.get(Client.query(Client.path("traces", trace), parameters), Client.JSON),
                "spans",
                new Client.RowReader() {
                    @Override
                    public void row(Node row) {
                        if (row instanceof Node.Fields fields) {
                            spans.add(fields.text("span_id"));
                        }
                    }
                });
        if (spans.isEmpty()) {
            throw Failure.of(
                    Problem.Kind.NOT_FOUND, "no such trace", "trace " + trace + " has no spans");
        }
        return spans.getFirst();
    }
}
