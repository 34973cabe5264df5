package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.engine.embed.Embedder;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/// Answers a request for embeddings. An input that is too long is refused, unless the request says
/// that it may be cut: `truncate: true`, as Ollama's clients have it, or `truncate_prompt_tokens`,
/// as vLLM's, −1 for what the context holds.
final class Vectors {
    private static final int INPUTS_MAX = 2_048;
    private static final String TRUNCATE = "truncate";
    private static final String TRUNCATE_TOKENS = "truncate_prompt_tokens";
    private static final Set<String> UNDERSTOOD =
            Set.of(TRUNCATE, TRUNCATE_TOKENS, "keep_alive", "encoding_format");

    private final LoadedModel model;
    private final Embedder embedder;
    private final Embedding.Request request;
    private final CallContext context;
    private final Patience patience;

    Vectors(LoadedModel model, Embedding.Request request, CallContext context) {
        this.model = model;
        this.embedder = model.embedder();
        this.request = request;
        this.context = context;
        this.patience = new Patience(context, request.model());
    }

    /// @throws Problem `INVALID` for what cannot be answered, before anything is computed;
    ///   `TIMEOUT`
    Embedding.Answer answer() {
        int size = size();
        boolean base64 = base64();
        List<int[]> inputs = inputs();
        request.extras().members().keySet().stream()
                .filter(name -> !UNDERSTOOD.contains(name))
                .forEach(context::ignored);
        List<Slice> vectors = new ArrayList<>();
        for (float[] vector : embedder.embed(inputs, patience)) {
            float[] asked = size == vector.length ? vector : Embedder.shortened(vector, size);
            vectors.add(base64 ? base64(asked) : numbers(asked));
        }
        long tokens = inputs.stream().mapToLong(input -> input.length).sum();
        return new Embedding.Answer(request.model(), vectors, Usage.of(tokens, 0), Extras.NONE);
    }

    private int size() {
        String asked = request.dimensions().text();
        if (asked.isEmpty()) {
            return embedder.width();
        }
        if (asked.matches("[0-9]{1,9}")) {
            int size = Integer.parseInt(asked);
            if (size >= 1 && size <= embedder.width()) {
                return size;
            }
        }
        throw Problem.invalid("vectors of %s numbers are asked for".formatted(asked), "dimensions")
                .fix("ask for 1 to %,d".formatted(embedder.width()));
    }

    private boolean base64() {
        return switch (request.format()) {
            case "", "float" -> false;
            case "base64" -> true;
            default ->
                    throw Problem.invalid(
                                    "'%s' is not known".formatted(request.format()),
                                    "encoding_format")
                            .fix("use float or base64");
        };
    }

    private List<int[]> inputs() {
        if (request.inputs().size() > INPUTS_MAX) {
            throw Problem.invalid("%,d inputs".formatted(request.inputs().size()), "input")
                    .fix("send at most %,d at once".formatted(INPUTS_MAX));
        }
        OptionalInt cut = cut();
        List<int[]> all = new ArrayList<>();
        int shorter = 0;
        for (Input.Prompt input : request.inputs()) {
            int[] tokens =
                    switch (input) {
                        case Input.Prompt.Text(String text) -> model.rawPrompt(text, true);
                        case Input.Prompt.Tokens(Slice json) ->
                                Tokens.read(json, model.vocabulary());
                    };
            String where = "input[%d]".formatted(all.size());
            if (tokens.length == 0) {
                throw Problem.invalid("the input is empty", where).fix("give some text");
            }
            int[] left = cut.isPresent() ? cut(tokens, cut.getAsInt()) : fitting(tokens, where);
            shorter += left.length < tokens.length ? 1 : 0;
            all.add(left);
        }
        if (shorter > 0) {
            context.ignored(
                    "input.tokens_beyond_%d_in_%d_of_%d"
                            .formatted(cut.getAsInt(), shorter, all.size()));
        }
        return all;
    }

    /// How many tokens are to be left, if the request says that there may be fewer.
    private OptionalInt cut() {
        String tokens = request.extras().get(TRUNCATE_TOKENS).text();
        if (!tokens.isEmpty() && !tokens.equals("null")) {
            int most = tokens.matches("-1|[0-9]{1,9}") ? Integer.parseInt(tokens) : 0;
            if (most == 0 || most > embedder.contextMax()) {
                throw Problem.invalid("'%s'".formatted(tokens), TRUNCATE_TOKENS)
                        .fix("give 1 to %,d, or -1".formatted(embedder.contextMax()));
            }
            return OptionalInt.of(most < 0 ? embedder.contextMax() : most);
        }
        boolean asked = request.extras().get(TRUNCATE).text().equals("true");
        return asked ? OptionalInt.of(embedder.contextMax()) : OptionalInt.empty();
    }

    /// A token that ends every text of the model still does.
    private int[] cut(int[] tokens, int most) {
        if (tokens.length <= most) {
            return tokens;
        }
        int[] left = java.util.Arrays.copyOf(tokens, most);
        int last = tokens[tokens.length - 1];
        if (most > 1 && model.tokenizer().has(last) && model.tokenizer().isSpecial(last)) {
            left[most - 1] = last;
        }
        return left;
    }

    private int[] fitting(int[] tokens, String where) {
        int excess = tokens.length - embedder.contextMax();
        if (excess <= 0) {
            return tokens;
        }
        String remedy =
                request.dialect() == DialectId.OLLAMA
                        ? "truncate"
                        : TRUNCATE + " or " + TRUNCATE_TOKENS;
        throw TooLong.problem(tokens.length, embedder.contextMax(), request.model(), where)
                .fix("cut at least %,d tokens, or send %s".formatted(excess, remedy));
    }

    private static Slice numbers(float[] vector) {
        JsonOut out = new JsonOut().beginArray();
        for (float number : vector) {
            out.literal(Float.toString(number));
        }
        return out.endArray().slice();
    }

    private static Slice base64(float[] vector) {
        ByteBuffer bytes =
                ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : vector) {
            bytes.putFloat(number);
        }
        String text = Base64.getEncoder().encodeToString(bytes.array());
        return new JsonOut().text(text).slice();
    }
}
