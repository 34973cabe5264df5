package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// Probabilities of an answer's tokens in OpenAI's forms: that of chats, or that of completions,
/// which are lists beside each other and so are told at once when the answer is in one piece.
final class TokenLogprobs {
    private final LoadedModel model;
    private final boolean chat;
    private final boolean stream;
    private final int choice;
    private final Events events;
    private final List<TokenChoice> waiting = new ArrayList<>();

    /// The first token of a prompt that is repeated: nothing comes before it.
    private OptionalInt first = OptionalInt.empty();

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

    /// A prompt that is repeated before the answer, in the form of completions.
    ///
    /// @param scores of all its tokens but the first
    void prompt(int first, List<TokenScore> scores) throws IOException {
        this.first = OptionalInt.of(first);
        for (TokenScore score : scores) {
            waiting.add(new TokenChoice(score.token(), score.logprob(), score.likeliest()));
        }
        if (stream) {
            tell();
        }
    }

    void finish() throws IOException {
        if (!waiting.isEmpty() || first.isPresent()) {
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
        first = OptionalInt.empty();
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
        first.ifPresent(token -> out.text(text(token)));
        waiting.forEach(token -> out.text(text(token.token())));
        out.endArray().name("token_logprobs").beginArray();
        first.ifPresent(_ -> out.literal("null"));
        waiting.forEach(token -> out.literal(number(token.logprob())));
        out.endArray().name("top_logprobs").beginArray();
        first.ifPresent(_ -> out.literal("null"));
        waiting.forEach(token -> top(out, token));
        out.endArray().name("text_offset").beginArray();
        first.ifPresent(token -> offset(out, token));
        for (TokenChoice token : waiting) {
            offset(out, token.token());
        }
        out.endArray();
    }

    /// The token itself, and the likeliest; of several with the same text the likeliest.
    private void top(JsonOut out, TokenChoice token) {
        Map<String, Float> texts = new LinkedHashMap<>();
        token.likeliest().forEach(other -> texts.putIfAbsent(text(other.token()), other.logprob()));
        texts.putIfAbsent(text(token.token()), token.logprob());
        out.beginObject();
        texts.forEach((text, logprob) -> out.name(text).literal(number(logprob)));
        out.endObject();
    }

    private void offset(JsonOut out, int token) {
        out.literal("" + offset);
        offset += text(token).length();
    }

    /// JSON has no infinity.
    static String number(float logprob) {
        return Float.isFinite(logprob) ? Float.toString(logprob) : "-9999.0";
    }

    private String text(int token) {
        return text(model, token);
    }

    static String text(LoadedModel model, int token) {
        return new String(model.bytes(token), StandardCharsets.UTF_8);
    }
}
