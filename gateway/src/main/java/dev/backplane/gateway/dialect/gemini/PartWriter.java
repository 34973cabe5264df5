package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.Signature;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.dialect.TwoRoles;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Writes messages as parts of a content. For one request.
final class PartWriter {
    /// What Google takes for the signature of a call that has none (ai.google.dev, "Thought
    /// signatures", questions and answers; google-gemini/gemini-cli, `core/geminiChat.ts`).
    private static final String UNSIGNED = "skip_thought_signature_validator";

    private final JsonOut out;
    private final TwoRoles roles;
    private final Consumer<String> ignored;
    private final boolean insists;

    /// That the next part is to carry, or empty.
    private String signature = "";

    PartWriter(JsonOut out, ModelRequest request, TwoRoles roles, Consumer<String> ignored) {
        this.out = out;
        this.roles = roles;
        this.ignored = ignored;
        this.insists = request.model().startsWith("gemini-") && !isOld(request.model());
    }

    private static boolean isOld(String model) {
        return model.startsWith("gemini-1") || model.startsWith("gemini-2");
    }

    /// Whether a part is written. Of a thought only Gemini's own signature is.
    boolean says(Part part) {
        return switch (part) {
            case Part.Text(String text, Extras extras) -> !text.isEmpty() || reported(extras);
            case Part.Refusal(String text, Extras extras) -> !text.isEmpty() || reported(extras);
            case Part.Reasoning thought -> {
                boolean ours = Signature.GEMINI.unmark(thought.signature()).isPresent();
                if (!thought.text().isEmpty() || !ours || !thought.redacted().isEmpty()) {
                    ignored.accept("messages.reasoning");
                }
                Thoughts.report(thought, ignored);
                yield ours;
            }
            case Part.ToolCall _,
                    Part.ToolResult _,
                    Part.Image _,
                    Part.Audio _,
                    Part.File _,
                    Part.Other _ ->
                    true;
        };
    }

    private boolean reported(Extras extras) {
        roles.report(extras);
        return false;
    }

    /// What one side says.
    void turn(List<Part> parts) {
        boolean called = false;
        for (Part part : parts) {
            if (part instanceof Part.ToolCall && insists && !called && signature.isEmpty()) {
                signature = UNSIGNED;
            }
            called |= part instanceof Part.ToolCall;
            part(part);
        }
        if (!signature.isEmpty()) {
            end(out.beginObject().name("text").text(""));
        }
    }

    private void end(JsonOut part) {
        if (!signature.isEmpty()) {
            part.name("thoughtSignature").text(signature);
            signature = "";
        }
        part.endObject();
    }

    private void part(Part part) {
        switch (part) {
            case Part.Text(String text, Extras extras) -> text(text, extras);
            case Part.Refusal(String text, Extras extras) -> text(text, extras);
            case Part.Reasoning thought ->
                    signature = Signature.GEMINI.unmark(thought.signature()).orElse("");
            case Part.ToolCall(String id, String name, String arguments, Extras extras) -> {
                out.beginObject().name("functionCall").beginObject().name("name").text(name);
                out.name("args").json(Arguments.object(arguments)).name("id").text(id);
                end(out.endObject());
                roles.report(extras);
            }
            case Part.ToolResult result -> result(result);
            case Part.Image(Media media, String detail, Extras extras) -> {
                media(media, "");
                if (!detail.isEmpty()) {
                    ignored.accept("messages.detail");
                }
                roles.report(extras);
            }
            case Part.Audio(Media media, String format, Extras extras) -> {
                media(media, "audio/" + format);
                roles.report(extras);
            }
            case Part.File(Media media, String name, Extras extras) -> {
                media(media, "");
                if (!name.isEmpty()) {
                    ignored.accept("messages.filename");
                }
                roles.report(extras);
            }
            case Part.Other(String type, Slice _) -> throw Cannot.send("a part of type " + type);
        }
    }

    private void text(String text, Extras extras) {
        end(out.beginObject().name("text").text(text));
        roles.report(extras);
    }

    private void media(Media media, String type) {
        out.beginObject();
        switch (media) {
            case Media.Base64(String said, String data) -> {
                String known = said.isEmpty() ? type : said;
                if (known.isEmpty()) {
                    throw Problem.invalid("a media type is missing", "messages")
                            .fix("say data:TYPE;base64,…");
                }
                out.name("inlineData").beginObject().name("mimeType").text(known);
                out.name("data").text(data).endObject();
            }
            case Media.Url(String url) ->
                    out.name("fileData").beginObject().name("fileUri").text(url).endObject();
            case Media.Reference _ -> throw Cannot.send("a file by reference");
        }
        end(out);
    }

    /// What a tool said is text under `output` or `error`; pictures in it stand beside that.
    private void result(Part.ToolResult result) {
        String name = roles.tool(result.callId()).orElseThrow(() -> unasked(result.callId()));
        StringBuilder text = new StringBuilder();
        List<Part> others = new ArrayList<>();
        for (Part part : result.content()) {
            if (part instanceof Part.Text(String piece, Extras extras)) {
                text.append(piece);
                roles.report(extras);
            } else {
                others.add(part);
            }
        }
        out.beginObject().name("functionResponse").beginObject();
        out.name("id").text(result.callId()).name("name").text(name);
        out.name("response").beginObject();
        out.name(result.error() ? "error" : "output").text(text.toString()).endObject();
        if (!others.isEmpty()) {
            out.name("parts").beginArray();
            others.forEach(this::part);
            out.endArray();
        }
        end(out.endObject());
        roles.report(result.extras());
    }

    private static Problem unasked(String call) {
        return Problem.invalid(
                        "a tool result answers the call '"
                                + call
                                + "', which is not in the conversation",
                        "messages")
                .fix("send the assistant's message with that call before it");
    }
}
