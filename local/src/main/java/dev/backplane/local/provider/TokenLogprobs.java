package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Probabilities of an answer's tokens in OpenAI's forms: that of chats, or that of completions,
/// which are lists beside each other and so are told at once when the answer is in one piece.
final class TokenLogprobs {
    private final LoadedModel model;
    private final boolean chat;
    private final boolean stream;
    private final int choice;
    private final Events events;
    private final List<TokenChoice> waiting = new ArrayList<>();
    private int offset;

    TokenLogprobs(LoadedModel model, boolean chat, boolean stream, int choice, Events events) {
        this.model = model;
        this.chat = chat;
        this.stream = stream;
        this.choice = choice;
        this.events = events;
    }

    void token(TokenChoice token) throws IOException {
        waiting.add(token);
        if (chat || stream) {
            tell();
        }
    }

    void finish() throws IOException {
        if (!waiting.isEmpty()) {
            tell();
        }
    }

    private void tell() throws IOException {
        JsonOut out = new JsonOut().beginObject();
        if (chat) {
            chat(out);
        } else {
            completion(out);
        }
        waiting.clear();
        events.on(new Event.Logprobs(choice, out.endObject().slice()));
    }

    private void chat(JsonOut out) {
        out.name("content").beginArray();
        for (TokenChoice token : waiting) {
            out.beginObject();
            one(out, token.token(), token.logprob());
            out.name("top_logprobs").beginArray();
            for (TokenChoice.Candidate other : token.likeliest()) {
                out.beginObject();
                one(out, other.token(), other.logprob());
                out.endObject();
            }
            out.endArray().endObject();
        }
        out.endArray();
    }

    private void one(JsonOut out, int token, float logprob) {
        out.name("token").text(text(token)).name("logprob").literal(number(logprob));
        out.name("bytes").beginArray();
        for (byte value : model.bytes(token)) {
            out.literal("" + (value & 0xFF));
        }
        out.endArray();
    }

    private void completion(JsonOut out) {
        out.name("tokens").beginArray();
        waiting.forEach(token -> out.text(text(token.token())));
        out.endArray().name("token_logprobs").beginArray();
        waiting.forEach(token -> out.literal(number(token.logprob())));
        out.endArray().name("top_logprobs").beginArray();
        for (TokenChoice token : waiting) {
            out.beginObject();
            for (TokenChoice.Candidate other : token.likeliest()) {
                out.name(text(other.token())).literal(number(other.logprob()));
            }
            out.endObject();
        }
        out.endArray().name("text_offset").beginArray();
        for (TokenChoice token : waiting) {
            out.literal("" + offset);
            offset += text(token.token()).length();
        }
        out.endArray();
    }

    /// JSON has no infinity.
    private static String number(float logprob) {
        return Float.isFinite(logprob) ? Float.toString(logprob) : "-9999.0";
    }

    private String text(int token) {
        return new String(model.bytes(token), StandardCharsets.UTF_8);
    }
}
