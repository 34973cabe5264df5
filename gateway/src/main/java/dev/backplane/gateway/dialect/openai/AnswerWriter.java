package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes whole answers to chats and to completions.
public final class AnswerWriter {
    private AnswerWriter() {}

    /// `chat.completion`.
    ///
    /// @param id of the answer, ours where the provider gave none
    public static Slice chat(Answer answer, String id, String model) {
        JsonOut out = begin(answer, "chat.completion", id, model);
        for (Answer.Choice choice : answer.choices()) {
            out.beginObject().name("index").literal("" + choice.index());
            out.name("message");
            message(out, choice);
            end(out, choice);
        }
        return end(out, answer);
    }

    /// `text_completion`.
    public static Slice completion(Answer answer, String id, String model) {
        JsonOut out = begin(answer, "text_completion", id, model);
        for (Answer.Choice choice : answer.choices()) {
            out.beginObject().name("index").literal("" + choice.index());
            out.name("text").text(choice.text());
            MessageWriter.extras(out, choice.extras());
            end(out, choice);
        }
        return end(out, answer);
    }

    /// The choices' messages alone, a JSON array: the form in which spans hold answers.
    public static Slice messages(Answer answer) {
        JsonOut out = new JsonOut().beginArray();
        answer.choices().forEach(choice -> message(out, choice));
        return out.endArray().slice();
    }

    private static void message(JsonOut out, Answer.Choice choice) {
        List<Part> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (Part part : choice.parts()) {
            if (part instanceof Part.Text(String piece, Extras _)) {
                text.append(piece);
            } else {
                parts.add(part);
            }
        }
        if (!text.isEmpty()) {
            parts.addFirst(new Part.Text(text.toString()));
        }
        MessageWriter.whole(out, "the client").messages(List.of(inChat(choice, parts)));
    }

    private static Message inChat(Answer.Choice choice, List<Part> parts) {
        List<Part> whole =
                parts.stream()
                        .map(part -> part instanceof Part.ToolCall call ? inChat(call) : part)
                        .toList();
        return new Message(Message.Role.ASSISTANT, whole, "", choice.extras());
    }

    private static Part inChat(Part.ToolCall call) {
        if (!call.extras().get(CustomCall.TYPE).equals(CustomCall.CUSTOM)) {
            return call;
        }
        JsonOut out = new JsonOut().beginObject().name("id").text(call.id());
        out.name(CustomCall.TYPE).json(CustomCall.CUSTOM).name("custom").beginObject();
        out.name("name").text(call.name()).name("input").text(call.arguments()).endObject();
        return new Part.Other("custom", out.endObject().slice());
    }

    private static JsonOut begin(Answer answer, String object, String id, String model) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id);
        out.name("object").text(object);
        out.name("created").literal("" + answer.createdSeconds());
        out.name("model").text(model);
        return out.name("choices").beginArray();
    }

    private static void end(JsonOut out, Answer.Choice choice) {
        out.name("logprobs");
        if (choice.logprobs().isEmpty()) {
            out.literal("null");
        } else {
            out.json(choice.logprobs());
        }
        out.name("finish_reason").text(Names.word(choice.reason(), choice.word()));
        out.endObject();
    }

    private static Slice end(JsonOut out, Answer answer) {
        out.endArray();
        usage(answer.usage()).ifPresent(usage -> out.name("usage").json(usage));
        MessageWriter.extras(out, answer.extras());
        return out.endObject().slice();
    }

    static Optional<Slice> usage(Usage usage) {
        if (usage.input().isEmpty() && usage.output().isEmpty()) {
            return Optional.empty();
        }
        JsonOut out = new JsonOut().beginObject();
        out.name("prompt_tokens").literal("" + usage.input().orElse(0));
        out.name("completion_tokens").literal("" + usage.output().orElse(0));
        out.name("total_tokens").literal("" + usage.total());
        boolean cache = usage.cached().isPresent() || usage.cacheWrite().isPresent();
        if (cache && !has(usage, "prompt_tokens_details")) {
            out.name("prompt_tokens_details").beginObject();
            out.name("cached_tokens").literal("" + usage.cached().orElse(0));
            usage.cacheWrite()
                    .ifPresent(written -> out.name("cache_write_tokens").literal("" + written));
            out.endObject();
        }
        if (usage.reasoning().isPresent() && !has(usage, "completion_tokens_details")) {
            out.name("completion_tokens_details").beginObject();
            out.name("reasoning_tokens").literal("" + usage.reasoning().getAsLong()).endObject();
        }
        MessageWriter.extras(out, usage.extras());
        return Optional.of(out.endObject().slice());
    }

    private static boolean has(Usage usage, String name) {
        return usage.extras().members().containsKey(name);
    }
}
