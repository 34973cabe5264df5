package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes whole answers. There is one answer in this dialect: the first choice.
public final class AnswerWriter {
    private final Answer.Choice choice;
    private final JsonOut out = new JsonOut();
    private final BlockWriter blocks = BlockWriter.ofAnswer(out);
    private int place;

    private AnswerWriter(Answer.Choice choice) {
        this.choice = choice;
    }

    /// @param id of the answer, ours where the provider gave none
    public static Slice write(Answer answer, String id) {
        Answer.Choice first =
                answer.choices().isEmpty()
                        ? new Answer.Choice(
                                0,
                                List.of(),
                                false,
                                FinishReason.OTHER,
                                "",
                                Slice.EMPTY,
                                Extras.NONE)
                        : answer.choices().getFirst();
        return new AnswerWriter(first).message(answer, id);
    }

    private Slice message(Answer answer, String id) {
        begin(out, id, answer.model()).name("content").beginArray();
        for (Part part : choice.parts()) {
            others();
            block(part);
            place++;
        }
        others();
        out.endArray();
        boolean called = choice.parts().stream().anyMatch(part -> part instanceof Part.ToolCall);
        stop(out, choice.reason(), choice.word(), called, said(choice.extras().get("stop_reason")));
        for (String name : Names.ENDS) {
            if (!choice.extras().get(name).isEmpty()) {
                out.name(name).json(choice.extras().get(name));
            }
        }
        out.name("usage").json(Usages.write(answer.usage()));
        answer.extras().members().forEach((name, json) -> out.name(name).json(json));
        return out.endObject().slice();
    }

    static JsonOut begin(JsonOut out, String id, String model) {
        out.beginObject().name("id").text(id).name("type").text("message");
        return out.name("role").text("assistant").name("model").text(model);
    }

    /// @param sequence that the provider says ended the answer (vLLM's `stop_reason`), or empty
    static void stop(
            JsonOut out, FinishReason reason, String word, boolean called, String sequence) {
        boolean stopped = reason == FinishReason.STOP_SEQUENCE;
        if (reason == FinishReason.STOP && !sequence.isEmpty()) {
            out.name("stop_reason").text("stop_sequence").name("stop_sequence").text(sequence);
            return;
        }
        out.name("stop_reason").text(Names.word(reason, stopped ? "" : word, called));
        out.name("stop_sequence");
        if (stopped) {
            out.text(word);
        } else {
            out.literal("null");
        }
    }

    /// The text of a JSON string, empty for anything else.
    static String said(Slice json) {
        return json.isEmpty()
                ? ""
                : JsonCursor.read(
                        json,
                        "stop_reason",
                        cursor -> {
                            String text = cursor.isText() ? cursor.text() : "";
                            cursor.skip();
                            return text;
                        });
    }

    /// Blocks of other types that stood here.
    private void others() {
        Optional<Slice> other = other();
        while (other.isPresent()) {
            out.json(other.get());
            place++;
            other = other();
        }
    }

    private Optional<Slice> other() {
        Slice json = choice.extras().get("content[" + place + "]");
        return json.isEmpty() ? Optional.empty() : Optional.of(json);
    }

    private void block(Part part) {
        List<Slice> citations = new ArrayList<>();
        Slice citation = citation(0);
        while (!citation.isEmpty()) {
            citations.add(citation);
            citation = citation(citations.size());
        }
        if (part instanceof Part.Text(String text, Extras _) && !citations.isEmpty()) {
            out.beginObject().name("type").text("text").name("text").text(text);
            out.name("citations").beginArray();
            citations.forEach(out::json);
            out.endArray().endObject();
        } else {
            blocks.block(part);
        }
    }

    private Slice citation(int number) {
        return choice.extras().get("content[" + place + "].citations[" + number + "]");
    }
}
