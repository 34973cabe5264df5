package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.dialect.Signature;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Writes messages as parts of a content. For one request.
final class PartWriter {
    /// What Google takes for the signature of a call that has none (ai.google.dev, "Thought
    /// signatures", questions and answers).
    private static final String UNSIGNED = "skip_thought_signature_validator";

    private final JsonOut out;
    private final Consumer<String> ignored;
    private final boolean insists;
    private final Map<String, String> names = new HashMap<>();

    /// That the next part is to carry, or empty.
    private String signature = "";

    PartWriter(JsonOut out, ModelRequest request, Consumer<String> ignored) {
        this.out = out;
        this.ignored = ignored;
        this.insists = request.model().startsWith("gemini-") && !isOld(request.model());
        for (Message message : request.messages()) {
            for (Part part : message.parts()) {
                if (part instanceof Part.ToolCall call) {
                    names.put(call.id(), call.name());
                }
            }
        }
    }

    private static boolean isOld(String model) {
        return model.startsWith("gemini-1") || model.startsWith("gemini-2");
    }

    void message(Message message) {
        boolean called = false;
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolCall && insists && !called && signature.isEmpty()) {
                signature = UNSIGNED;
            }
            called |= part instanceof Part.ToolCall;
            part(part);
        }
        if (!signature.isEmpty()) {
            end(out.beginObject().name("text").text(""));
        }
        if (!message.name().isEmpty()) {
            ignored.accept("messages.name");
        }
        ignore(message.extras());
    }

    private void ignore(Extras extras) {
        extras.members().keySet().forEach(name -> ignored.accept("messages." + name));
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
                ignore(extras);
            }
            case Part.ToolResult result -> result(result);
            case Part.Image(Media media, String detail, Extras extras) -> {
                media(media, "");
                if (!detail.isEmpty()) {
                    ignored.accept("messages.detail");
                }
                ignore(extras);
            }
            case Part.Audio(Media media, String format, Extras extras) -> {
                media(media, "audio/" + format);
                ignore(extras);
            }
            case Part.File(Media media, String name, Extras extras) -> {
                media(media, "");
                if (!name.isEmpty()) {
                    ignored.accept("messages.filename");
                }
                ignore(extras);
            }
            case Part.Other(String type, Slice _) -> throw cannot("a part of type " + type);
        }
    }

    private void text(String text, Extras extras) {
        if (!text.isEmpty()) {
            end(out.beginObject().name("text").text(text));
        }
        ignore(extras);
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
            case Media.Url(String url) -> file(url);
            case Media.Reference(String id) -> file(id);
        }
        end(out);
    }

    private void file(String uri) {
        out.name("fileData").beginObject().name("fileUri").text(uri).endObject();
    }

    /// What a tool said is text under `output` or `error`; pictures in it stand beside that.
    private void result(Part.ToolResult result) {
        String name = names.get(result.callId());
        if (name == null) {
            throw Problem.invalid(
                            "a tool result answers the call '"
                                    + result.callId()
                                    + "', which is not in the conversation",
                            "messages")
                    .fix("send the assistant's message with that call before it");
        }
        StringBuilder text = new StringBuilder();
        List<Part> others = new ArrayList<>();
        for (Part part : result.content()) {
            if (part instanceof Part.Text(String piece, Extras _)) {
                text.append(piece);
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
        ignore(result.extras());
    }

    static Problem cannot(String what) {
        return Problem.invalid(what + " cannot be sent to this provider", "messages")
                .fix("leave it out, or name a model whose provider takes it");
    }
}
