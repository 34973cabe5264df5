package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.model.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// `POST /rerank`, in the form that Jina, Cohere and vLLM share, and vLLM's `POST /score`.
///
/// | path | questions | texts |
/// |---|---|---|
/// | `/rerank` | `query` | `documents`: texts, or objects with a `text` |
/// | `/score` | `text_1` or `queries`: one, or one for each | `text_2` or `documents` |
///
/// `/rerank` answers with the best first, as many as `top_n` says, each with its text unless
/// `return_documents` is false.
public final class Rankings {
    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "query",
                    "documents",
                    "top_n",
                    "return_documents",
                    "text_1",
                    "text_2",
                    "queries");

    private final Ranking.Request request;
    private final int most;
    private final boolean withTexts;

    private Rankings(Ranking.Request request, int most, boolean withTexts) {
        this.request = request;
        this.most = most;
        this.withTexts = withTexts;
    }

    /// @throws Problem `INVALID` that names what is missing or wrong
    public static Rankings rerank(Slice body, String where) {
        Members members = Members.of(body, where);
        List<String> texts = texts(members, "documents", where);
        List<String> query = texts(members, "query", where);
        long most = members.integer("top_n").orElse(0);
        if (query.size() != 1 || most < 0) {
            throw Problem.invalid(most < 0 ? "top_n is negative" : "several queries", where)
                    .fix("send one query, and a top_n of at least 1 or none");
        }
        return new Rankings(
                request(members, query, texts, where),
                most == 0 ? texts.size() : (int) Math.min(most, texts.size()),
                !members.has("return_documents") || members.flag("return_documents"));
    }

    /// @throws Problem `INVALID` that names what is missing or wrong
    public static Ranking.Request score(Slice body, String where) {
        Members members = Members.of(body, where);
        String first = members.has("text_1") ? "text_1" : "queries";
        String second = members.has("text_2") ? "text_2" : "documents";
        List<String> questions = texts(members, first, where);
        List<String> texts = texts(members, second, where);
        if (questions.size() != 1 && questions.size() != texts.size()) {
            throw Problem.invalid(
                            "%,d texts against %,d".formatted(questions.size(), texts.size()),
                            where)
                    .fix("send one %s, or as many as there are in %s".formatted(first, second));
        }
        return request(members, questions, texts, where);
    }

    private static Ranking.Request request(
            Members members, List<String> questions, List<String> texts, String where) {
        String model = members.text("model");
        if (model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model");
        }
        Extras.Builder extras = new Extras.Builder();
        members.values()
                .forEach((name, json) -> {
                    if (!KNOWN.contains(name)) {
                        extras.put(name, json);
                    }
                });
        return new Ranking.Request(model, questions, texts, extras.build());
    }

    /// A text, an object with one, or an array of them.
    private static List<String> texts(Members members, String name, String where) {
        List<String> texts = new ArrayList<>();
        if (members.has(name)) {
            String at = where + ": " + name;
            JsonCursor.read(
                    members.raw(name),
                    at,
                    cursor -> {
                        if (cursor.isArray()) {
                            cursor.array(() -> texts.add(text(cursor, at)));
                        } else {
                            texts.add(text(cursor, at));
                        }
                        return texts;
                    });
        }
        if (texts.isEmpty()) {
            throw Problem.invalid(name + " is missing or empty", where)
                    .fix("send %s: a text or several".formatted(name));
        }
        return texts;
    }

    private static String text(JsonCursor cursor, String where) {
        if (!cursor.isObject()) {
            return cursor.text();
        }
        Members members = Members.of(cursor, where);
        if (!members.has("text")) {
            throw Problem.invalid("a document without text", where).fix("send its text");
        }
        return members.text("text");
    }

    public Ranking.Request request() {
        return request;
    }

    /// The best first.
    public Slice write(Ranking.Answer answer, String id) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id);
        out.name("model").text(answer.model());
        usage(out, answer.usage());
        out.name("results").beginArray();
        IntStream.range(0, answer.scores().size())
                .boxed()
                .sorted(Comparator.comparing(index -> -answer.scores().get(index)))
                .limit(most)
                .forEach(index -> {
                    out.beginObject().name("index").literal("" + index);
                    if (withTexts) {
                        out.name("document").beginObject().name("text");
                        out.text(request.texts().get(index)).endObject();
                    }
                    out.name("relevance_score").literal("" + answer.scores().get(index));
                    out.endObject();
                });
        return out.endArray().endObject().slice();
    }

    /// In the order of the texts.
    public static Slice writeScores(Ranking.Answer answer, String id, long createdSeconds) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id).name("object").text("list");
        out.name("created").literal("" + createdSeconds).name("model").text(answer.model());
        out.name("data").beginArray();
        for (int i = 0; i < answer.scores().size(); i++) {
            out.beginObject().name("index").literal("" + i).name("object").text("score");
            out.name("score").literal("" + answer.scores().get(i)).endObject();
        }
        out.endArray();
        usage(out, answer.usage());
        return out.endObject().slice();
    }

    private static void usage(JsonOut out, Usage usage) {
        out.name("usage").beginObject();
        out.name("prompt_tokens").literal("" + usage.input().orElse(0));
        out.name("total_tokens").literal("" + usage.total()).endObject();
    }

    /// For a provider that speaks it.
    ///
    /// @throws Problem `NOT_IMPLEMENTED` for several questions, which have no place in it
    public static Slice write(Ranking.Request request) {
        if (request.questions().size() > 1) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "several questions cannot be asked of a provider",
                            "model " + request.model())
                    .fix("send one text_1 for all of text_2");
        }
        JsonOut out = new JsonOut().beginObject().name("model").text(request.model());
        out.name("query").text(request.questions().getFirst()).name("documents");
        texts(out, request.texts());
        out.name("return_documents").literal("false");
        MessageWriter.extras(out, request.extras());
        return out.endObject().slice();
    }

    /// What was asked, for the span.
    public static Slice input(Ranking.Request request) {
        JsonOut out = new JsonOut().beginObject().name("queries");
        texts(out, request.questions());
        texts(out.name("documents"), request.texts());
        return out.endObject().slice();
    }

    private static void texts(JsonOut out, List<String> texts) {
        out.beginArray();
        texts.forEach(out::text);
        out.endArray();
    }

    /// What a provider answered: a score for each of so many texts.
    ///
    /// @throws Problem `UNAVAILABLE` if it is no such answer
    public static Ranking.Answer read(Slice body, int texts, String where) {
        try {
            Members members = Members.of(body, where);
            Double[] scores = new Double[texts];
            for (Slice json : members.array("results")) {
                Members result = Members.of(json, where);
                long index = result.integer("index").orElse(-1);
                if (index >= 0 && index < texts) {
                    scores[(int) index] = Double.valueOf(result.raw("relevance_score").text());
                }
            }
            Members usage = members.object("usage");
            long tokens = usage.integer("total_tokens").orElse(0);
            return new Ranking.Answer(members.text("model"), List.of(scores), Usage.of(tokens, 0));
        } catch (Problem | NumberFormatException | NullPointerException garbage) {
            throw Problem.unavailable("provider sent no ranking", where)
                    .fix("check that the model ranks texts")
                    .causedBy(garbage);
        }
    }
}
