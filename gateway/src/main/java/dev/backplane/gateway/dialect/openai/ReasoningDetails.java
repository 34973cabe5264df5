package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Signature;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `reasoning_details` of an assistant's message: thoughts with what proves them, in the form that
/// OpenRouter gave them and its clients send back (openrouter.ai/docs, "Reasoning tokens";
/// OpenRouterTeam/ai-sdk-provider, `schemas/reasoning-details.ts`):
///
/// ```
/// {"type":"reasoning.text","text":"…","signature":"…","format":"anthropic-claude-v1","index":0}
/// {"type":"reasoning.encrypted","data":"…","format":"google-gemini-v1","id":CALL,"index":1}
/// {"type":"reasoning.summary","summary":"…"}
/// ```
///
/// One with the id of a tool call belongs to that call and stands in front of it.
final class ReasoningDetails {
    static final String NAME = "reasoning_details";

    private static final String TEXT = "reasoning.text";
    private static final String ENCRYPTED = "reasoning.encrypted";

    private ReasoningDetails() {}

    /// @param call that it belongs to, or empty
    record Detail(Part.Reasoning thought, String call) {
        boolean isOf(Part part) {
            return !call.isEmpty() && part instanceof Part.ToolCall of && of.id().equals(call);
        }

        /// The same, with the member in which all were said again.
        Detail also(String member) {
            Extras.Builder extras = new Extras.Builder();
            thought.extras().members().forEach(extras::put);
            extras.put(Thoughts.ALSO, new JsonOut().text(member).slice());
            return new Detail(
                    new Part.Reasoning(
                            thought.text(),
                            thought.signature(),
                            thought.redacted(),
                            extras.build()),
                    call);
        }
    }

    /// @throws dev.backplane.core.Problem `INVALID` if they are not objects
    static List<Detail> read(JsonCursor cursor) {
        List<Detail> details = new ArrayList<>();
        cursor.array(() -> {
            if (!cursor.isObject()) {
                throw cursor.wrong("an object");
            }
            String path = cursor.path();
            details.add(detail(cursor.raw(), path, details.size()));
        });
        return details;
    }

    private static Detail detail(Slice json, String path, int place) {
        Members members = Members.of(json, path);
        Extras.Builder extras = new Extras.Builder();
        extras.put(Thoughts.FORM, json);
        extras.put(Thoughts.PLACE, Slice.of("" + place));
        Extras raw = extras.build();
        Optional<Signature> family = Signature.ofFormat(members.text("format"));
        String call = members.text("id");
        Part.Reasoning thought =
                switch (members.text("type")) {
                    case TEXT -> {
                        String signature = members.text("signature");
                        yield new Part.Reasoning(
                                members.text("text"), marked(family, signature), "", raw);
                    }
                    case ENCRYPTED -> encrypted(family, members.text("data"), raw);
                    case "reasoning.summary" ->
                            new Part.Reasoning(members.text("summary"), "", "", raw);
                    default -> new Part.Reasoning("", "", "", raw);
                };
        return new Detail(thought, call);
    }

    private static String marked(Optional<Signature> family, String signature) {
        return signature.isEmpty() ? "" : family.map(of -> of.mark(signature)).orElse("");
    }

    private static Part.Reasoning encrypted(Optional<Signature> family, String data, Extras raw) {
        boolean redacted = family.equals(Optional.of(Signature.ANTHROPIC));
        return redacted
                ? new Part.Reasoning("", "", data, raw)
                : new Part.Reasoning("", marked(family, data), "", raw);
    }

    /// Whether a thought has something that must come back.
    static boolean isProven(Part.Reasoning thought) {
        return !thought.signature().isEmpty() || !thought.redacted().isEmpty();
    }

    /// The element for a thought: as it came, or made of what the model has.
    ///
    /// @param call id of the tool call that comes next, or empty
    /// @param index among the elements of the message
    static Slice write(Part.Reasoning thought, String call, int index) {
        Slice raw = Thoughts.form(thought);
        return raw.isEmpty()
                ? write(thought.text(), thought.signature(), thought.redacted(), call, index)
                : raw;
    }

    static Slice write(String text, String signature, String redacted, String call, int index) {
        JsonOut out = new JsonOut().beginObject().name("type");
        Optional<String> gemini = Signature.GEMINI.unmark(signature);
        if (!redacted.isEmpty()) {
            out.text(ENCRYPTED).name("data").text(redacted);
        } else if (gemini.isPresent()) {
            out.text(ENCRYPTED).name("data").text(gemini.get());
            if (!call.isEmpty()) {
                out.name("id").text(call);
            }
        } else {
            out.text(TEXT).name("text").text(text).name("signature").text(signature);
        }
        Signature family = gemini.isPresent() ? Signature.GEMINI : Signature.ANTHROPIC;
        out.name("format").text(family.format());
        return out.name("index").literal("" + index).endObject().slice();
    }
}
