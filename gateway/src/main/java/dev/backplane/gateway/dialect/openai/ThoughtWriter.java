package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/// Writes the thoughts of one message: their text, and what proves them as [ReasoningDetails].
final class ThoughtWriter {
    private static final String TEXT = "reasoning_content";

    private final boolean whole;
    private final Consumer<String> ignored;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder detailed = new StringBuilder();
    private final List<Element> details = new ArrayList<>();
    private String member = "";

    private record Element(int place, Slice json) {}

    /// @param whole whether details are written; else they are told to `ignored`
    ThoughtWriter(boolean whole, Consumer<String> ignored) {
        this.whole = whole;
        this.ignored = ignored;
    }

    /// @param call id of the tool call that comes next, or empty
    void add(Part.Reasoning thought, String call) {
        String also = Thoughts.also(thought);
        if (!also.isEmpty()) {
            member = also;
        }
        boolean cameSo = !Thoughts.form(thought).isEmpty();
        if (cameSo && whole) {
            detailed.append(thought.text());
        } else {
            text.append(thought.text());
        }
        boolean proven = ReasoningDetails.isProven(thought);
        if (whole && (cameSo || proven)) {
            details.add(
                    new Element(
                            Thoughts.place(thought, details.size()),
                            ReasoningDetails.write(thought, call, details.size())));
        } else if (proven) {
            ignored.accept("messages.reasoning.signature");
        }
        if (!whole) {
            Thoughts.report(thought, ignored);
        }
    }

    void write(JsonOut out) {
        if (!text.isEmpty()) {
            out.name(TEXT).text(text.toString());
        } else if (!member.isEmpty() && whole) {
            out.name(member).text(detailed.toString());
        }
        if (!details.isEmpty()) {
            details.sort(Comparator.comparingInt(Element::place));
            out.name(ReasoningDetails.NAME).beginArray();
            details.forEach(element -> out.json(element.json()));
            out.endArray();
        }
    }
}
