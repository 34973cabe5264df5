package dev.backplane.gateway.dialect.responses;

import static dev.backplane.gateway.dialect.responses.JsonTree.array;
import static dev.backplane.gateway.dialect.responses.JsonTree.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Holds a stream against the rules of the dialect: numbers, order, indexes, and that the pieces
/// are the whole.
public final class StreamCheck {
    private final List<Object> items = new ArrayList<>();
    private Map<String, Object> item = Map.of();
    private String part = "";
    private int parts;
    private final StringBuilder text = new StringBuilder();
    private Map<String, Object> last = Map.of();

    private StreamCheck() {}

    /// @return the response that the last event tells
    public static Map<String, Object> check(String stream) {
        return new StreamCheck().run(stream);
    }

    private Map<String, Object> run(String stream) {
        assertThat(stream).endsWith("data: [DONE]\n\n");
        String[] events = stream.substring(0, stream.length() - 14).split("\n\n");
        for (int i = 0; i < events.length; i++) {
            String[] lines = events[i].split("\n");
            assertThat(lines).hasSize(2);
            Map<String, Object> event = object(JsonTree.of(Slice.of(lines[1].substring(6))));
            assertThat(lines[0]).isEqualTo("event: " + event.get("type"));
            assertThat(event).containsEntry("sequence_number", "" + i);
            String type = (String) event.get("type");
            switch (i) {
                case 0 -> begins(type, "response.created", event);
                case 1 -> begins(type, "response.in_progress", event);
                default -> {
                    assertThat(last).as("the stream goes on after its end").isEmpty();
                    on(type.substring(type.indexOf('.') + 1), event);
                }
            }
        }
        assertThat(last).as("the stream has an end").isNotEmpty();
        return last;
    }

    private static void begins(String type, String expected, Map<String, Object> event) {
        assertThat(type).isEqualTo(expected);
        assertThat(object(event.get("response")))
                .containsEntry("status", "in_progress")
                .containsEntry("output", List.of());
    }

    private void on(String type, Map<String, Object> event) {
        switch (type) {
            case "output_item.added" -> {
                assertThat(item).isEmpty();
                item = object(event.get("item"));
                assertThat(item).containsEntry("status", "in_progress");
                assertThat(event).containsEntry("output_index", "" + items.size());
                parts = 0;
                text.setLength(0);
            }
            case "output_item.done" -> {
                Map<String, Object> done = object(event.get("item"));
                assertThat(done.get("id")).isEqualTo(item.get("id"));
                assertThat(part).isEmpty();
                assertThat(done.get("status")).isIn("completed", "incomplete");
                items.add(done);
                item = Map.of();
            }
            case "content_part.added", "reasoning_summary_part.added" -> {
                place(event);
                assertThat(part).isEmpty();
                part = (String) object(event.get("part")).get("type");
                text.setLength(0);
            }
            case "content_part.done", "reasoning_summary_part.done" -> {
                place(event);
                Map<String, Object> done = object(event.get("part"));
                assertThat(done).containsEntry("type", part);
                assertThat(done.get(part.equals("refusal") ? "refusal" : "text"))
                        .isEqualTo(text.toString());
                part = "";
                parts++;
            }
            case "output_text.delta" -> delta(event, "output_text");
            case "refusal.delta" -> delta(event, "refusal");
            case "reasoning_text.delta" -> delta(event, "reasoning_text");
            case "reasoning_summary_text.delta" -> delta(event, "summary_text");
            case "function_call_arguments.delta", "custom_tool_call_input.delta" ->
                    delta(event, "");
            case "output_text.done", "reasoning_text.done", "reasoning_summary_text.done" ->
                    done(event, "text");
            case "refusal.done" -> done(event, "refusal");
            case "function_call_arguments.done" -> done(event, "arguments");
            case "custom_tool_call_input.done" -> done(event, "input");
            case "output_text.annotation.added" -> place(event);
            case "completed", "incomplete" -> {
                assertThat(item).isEmpty();
                last = object(event.get("response"));
                assertThat(last).containsEntry("status", type);
                assertThat(array(last.get("output"))).isEqualTo(items);
            }
            case "failed" -> {
                last = object(event.get("response"));
                assertThat(last).containsEntry("status", "failed");
                assertThat(object(last.get("error"))).containsKeys("code", "message");
            }
            case "error" -> assertThat(event).containsKeys("code", "message", "param");
            default -> throw new AssertionError("no event " + type);
        }
    }

    private void place(Map<String, Object> event) {
        assertThat(event)
                .containsEntry("item_id", item.get("id"))
                .containsEntry("output_index", "" + items.size());
        if (!Set.of("function_call", "custom_tool_call").contains(item.get("type"))) {
            assertThat(event.getOrDefault("content_index", event.get("summary_index")))
                    .isEqualTo("" + parts);
        }
    }

    private void delta(Map<String, Object> event, String of) {
        place(event);
        assertThat(part).isEqualTo(of);
        text.append(event.get("delta"));
    }

    private void done(Map<String, Object> event, String member) {
        place(event);
        assertThat(event).containsEntry(member, text.toString());
    }
}
