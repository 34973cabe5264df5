package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.engine.Engine;
import dev.backplane.engine.embed.Embedder;
import dev.backplane.engine.embed.Pooling;
import dev.backplane.engine.embed.Ranker;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.gateway.parse.Formats;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.NamedAdapter;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.text.MarkedText;
import dev.backplane.text.grammar.Grammar;
import dev.backplane.text.grammar.TokenMasks;
import dev.backplane.text.grammar.TokenTrie;
import dev.backplane.text.template.ChatTemplate;
import dev.backplane.text.tokenizer.SpecialTokens;
import dev.backplane.text.tokenizer.Tokenizer;
import dev.backplane.text.tokenizer.TokenizerGguf;
import dev.backplane.text.tokenizer.TokenizerJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// A model in memory: its engine, and what stands between text and tokens. Any number of threads
/// may use one until it is closed.
final class LoadedModel implements AutoCloseable {
    /// Grammars whose masks are kept, the last used ones.
    private static final int GRAMMARS_KEPT = 16;

    private static final byte[] NO_TEXT = {};

    private final ModelFiles files;
    private final LoadPlan plan;
    private final LocalModel model;
    private final Optional<LocalModel> draft;
    private final Compute compute;
    private final Optional<Engine> engine;
    private final Optional<Embedder> embedder;
    private final Optional<Ranker> ranker;
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> template;
    private final Adapter own;
    private final ResidentAdapters adapters;
    private final ReplyFormat format;
    private final Map<String, TokenMasks> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private Optional<TokenTrie> trie = Optional.empty();

    private LoadedModel(
            ModelFiles files,
            LoadPlan plan,
            LocalModel model,
            Optional<LocalModel> draft,
            Compute compute,
            Optional<Engine> engine,
            Optional<Embedder> embedder,
            Optional<Ranker> ranker,
            Tokenizer tokenizer,
            Optional<ChatTemplate> template,
            Adapter own,
            ResidentAdapters adapters) {
        this.files = files;
        this.plan = plan;
        this.model = model;
        this.draft = draft;
        this.compute = compute;
        this.engine = engine;
        this.embedder = embedder;
        this.ranker = ranker;
        this.tokenizer = tokenizer;
        this.template = template;
        this.own = own;
        this.adapters = adapters;
        this.format =
                template.map(known -> Formats.ofTemplate(known.source())).orElse(ReplyFormat.PLAIN);
    }

    /// @param known whether requests may still ask for an adapter
    /// @param charge told of the memory of adapters beside what is planned, see [ResidentAdapters]
    /// @throws Problem when a file cannot be read, or not be computed
    static LoadedModel open(
            ModelFiles files,
            LoadPlan plan,
            LocalSettings settings,
            KernelGate gate,
            Predicate<NamedAdapter> known,
            LongConsumer charge) {
        checkAdapters(files);
        Compute compute = new Compute(settings.threads(), gate);
        Optional<LocalModel> opened = Optional.empty();
        Optional<LocalModel> draft = Optional.empty();
        Optional<Embedder> embedder = Optional.empty();
        Adapter own = Adapter.NONE;
        boolean done = false;
        try {
            LocalModel model =
                    LocalModel.open(files.weights(), compute, plan.options(), settings.tiles());
            opened = Optional.of(model);
            for (Path adapter : files.adapters()) {
                LongConsumer more = bytes -> charge.accept(bytes - plan.adapterBytes());
                own = model.adapter(files.name(), adapter, more);
            }
            Metadata metadata = model.file().metadata();
            Tokenizer tokenizer = tokenizer(files.weights(), model.file());
            Optional<ChatTemplate> template = template(files, metadata);
            Optional<Pooling> pooling = pooling(files, metadata);
            embedder = pooling.map(how -> new Embedder(model, how, settings.waitingMax()));
            Optional<Ranker> ranker =
                    embedder.filter(_ -> pooling.equals(Optional.of(Pooling.RANK)))
                            .map(states -> ranker(model, states, tokenizer));
            int vocabulary = model.decoder().vocabulary();
            if (plan.draft().isPresent() && embedder.isEmpty()) {
                LoadPlan small = plan.draft().get();
                draft =
                        DraftFile.of(files, settings)
                                .map(file -> file.open(small, compute, tokenizer, vocabulary));
            }
            Optional<Engine> engine =
                    embedder.isPresent()
                            ? Optional.empty()
                            : Optional.of(Engine.start(model, engine(settings), draft));
            done = true;
            return new LoadedModel(
                    files,
                    plan,
                    model,
                    draft,
                    compute,
                    engine,
                    embedder,
                    ranker,
                    tokenizer,
                    template,
                    own,
                    new ResidentAdapters(
                            (named, room) -> model.adapter(named.name(), named.path(), room),
                            known,
                            charge));
        } finally {
            if (!done) {
                draft.ifPresent(LocalModel::close);
                embedder.ifPresent(Embedder::close);
                own.close();
                opened.ifPresent(LocalModel::close);
                compute.close();
            }
        }
    }

    private static Engine.Options engine(LocalSettings settings) {
        return new Engine.Options(
                settings.runningMax(), settings.waitingMax(), settings.speculation());
    }

    /// How states become a vector, of a model that is there for that: as the configuration says, or
    /// the file.
    private static Optional<Pooling> pooling(ModelFiles files, Metadata metadata) {
        if (files.parameters().get("pooling") instanceof JsonTree.Text(String id)) {
            return Pooling.byId(id);
        }
        String architecture = metadata.text("general.architecture");
        long number = metadata.integer(architecture + ".pooling_type", 0, 100, 0);
        if (number == 0 && architecture.equals("bert")) {
            return Optional.of(Pooling.MEAN);
        }
        if (number != 0 && Pooling.byNumber(number).isEmpty()) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "pooling of type %d".formatted(number),
                            metadata.source())
                    .fix("use a model of mean, first, last or rank pooling");
        }
        return Pooling.byNumber(number);
    }

    private static Ranker ranker(LocalModel model, Embedder states, Tokenizer tokenizer) {
        return Ranker.of(model, states, word(tokenizer, "yes"), word(tokenizer, "no"));
    }

    /// The token of a word, if it is one.
    private static Optional<Integer> word(Tokenizer tokenizer, String word) {
        int[] ids = tokenizer.encode(word, false);
        return ids.length == 1 ? Optional.of(ids[0]) : Optional.empty();
    }

    private static void checkAdapters(ModelFiles files) {
        if (files.adapters().size() > 1) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "model '%s' has %d adapters"
                                    .formatted(files.name(), files.adapters().size()),
                            files.weights().toString())
                    .fix("make one adapter of them, or a model for each");
        }
    }

    private static Optional<ChatTemplate> template(ModelFiles files, Metadata metadata) {
        String where = "chat template of " + files.name();
        return files.template()
                .or(() -> metadata.findText("tokenizer.chat_template"))
                .map(source -> ChatTemplate.parse(source, where));
    }

    private static Tokenizer tokenizer(Path path, ModelFile file) {
        if (Files.isDirectory(path)) {
            return TokenizerJson.readFolder(path);
        }
        if (!TokenizerGguf.isIn(file.metadata())) {
            throw Problem.of(Problem.Kind.UNSUPPORTED, "no tokenizer", file.source())
                    .fix("use a file that has its tokenizer with it");
        }
        return TokenizerGguf.read(file.metadata());
    }

    ModelFiles files() {
        return files;
    }

    LoadPlan plan() {
        return plan;
    }

    /// The use of an adapter: the one that is named, or the model's own where it has one.
    ///
    /// @throws Problem when it cannot be loaded
    ResidentAdapters.Use adapter(Optional<NamedAdapter> named) {
        if (named.isEmpty()) {
            return adapters.use(own);
        }
        if (!files.adapters().isEmpty()) {
            throw Problem.invalid(
                            "model '%s' has an adapter of its own".formatted(files.name()),
                            "adapter '%s'".formatted(named.get().name()))
                    .fix("name the model without its adapter as the base");
        }
        return adapters.use(named.get());
    }

    ResidentAdapters adapters() {
        return adapters;
    }

    /// @throws Problem `INVALID` when the model is one for embeddings
    Engine engine() {
        return engine.orElseThrow(() ->
                Problem.invalid(
                                "model '%s' makes %s, no answers"
                                        .formatted(
                                                files.name(),
                                                ranker.isPresent() ? "rankings" : "embeddings"),
                                "model")
                        .fix("ask it for embeddings, or another model for an answer"));
    }

    /// Whoever answers; none in a model for embeddings.
    Optional<Engine> findEngine() {
        return engine;
    }

    /// Whoever judges texts; none in a model for vectors or answers.
    Optional<Ranker> ranker() {
        return ranker;
    }

    /// @throws Problem `INVALID` when the model is one for answers, or for ranking
    Embedder embedder() {
        if (ranker.isPresent()) {
            throw Problem.invalid(
                            "model '%s' ranks texts, and makes no vectors".formatted(files.name()),
                            "model")
                    .fix("ask it to rerank, or another model for embeddings");
        }
        return embedder.orElseThrow(() ->
                Problem.invalid(
                                "model '%s' makes answers, no embeddings".formatted(files.name()),
                                "model")
                        .fix(
                                "use a model for embeddings or a reranker, or say pooling in its"
                                        + " configuration"));
    }

    /// Positions that a request may have.
    int contextMax() {
        return engine.map(Engine::contextMax)
                .or(() -> embedder.map(Embedder::contextMax))
                .orElseThrow();
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    Metadata metadata() {
        return model.file().metadata();
    }

    /// How the model writes thoughts and calls.
    ReplyFormat format() {
        return format;
    }

    /// @throws Problem when it has none
    ChatTemplate template() {
        return template.orElseThrow(() ->
                Problem.of(
                                Problem.Kind.UNSUPPORTED,
                                "model '%s' has no chat template".formatted(files.name()),
                                files.weights().toString())
                        .fix(
                                "send a prompt to /v1/completions, or name a file with a template"
                                        + " in the model's configuration"));
    }

    /// The tokens around text, by the names that templates have for them.
    Map<String, String> specialTexts() {
        SpecialTokens specials = tokenizer.specials();
        Map<String, String> texts = new LinkedHashMap<>();
        put(texts, "bos_token", specials.begin());
        put(texts, "eos_token", specials.end());
        put(texts, "unk_token", specials.unknown());
        put(texts, "pad_token", specials.padding());
        return texts;
    }

    private void put(Map<String, String> texts, String name, OptionalInt token) {
        if (token.isPresent()) {
            texts.put(name, tokenizer.piece(token.getAsInt()));
        }
    }

    /// The tokens of a text that a client wrote as a prompt: control tokens in it are meant.
    ///
    /// @param around whether the model's tokens go around it
    int[] rawPrompt(String text, boolean around) {
        int[] ids = tokenizer.encode(text, around);
        boolean twice =
                ids.length > 1
                        && ids[0] == ids[1]
                        && tokenizer.specials().begin().equals(OptionalInt.of(ids[0]));
        return twice ? java.util.Arrays.copyOfRange(ids, 1, ids.length) : ids;
    }

    /// The tokens of a text that the template wrote.
    int[] encode(MarkedText text) {
        return tokenizer.encode(text, tokenizer.controls(text), false);
    }

    /// A token's own text; empty for ids that only fill up the vocabulary.
    byte[] bytes(int token) {
        return tokenizer.has(token) ? tokenizer.bytes(token) : NO_TEXT;
    }

    /// Masks of a grammar, made when it is not known yet.
    ///
    /// @param key that stands for the grammar
    TokenMasks masks(String key, Supplier<Grammar> grammar) {
        synchronized (grammars) {
            TokenMasks known = grammars.get(key);
            if (known != null) {
                return known;
            }
        }
        TokenMasks made = new TokenMasks(grammar.get(), trie());
        synchronized (grammars) {
            grammars.put(key, made);
            if (grammars.size() > GRAMMARS_KEPT) {
                grammars.remove(grammars.keySet().iterator().next());
            }
        }
        return made;
    }

    private synchronized TokenTrie trie() {
        if (trie.isEmpty()) {
            int[] ends =
                    tokenizer.specials().endOfGeneration().stream()
                            .mapToInt(Integer::intValue)
                            .toArray();
            trie =
                    Optional.of(
                            TokenTrie.of(
                                    model.decoder().vocabulary(),
                                    token -> tokenizer.isSpecial(token) ? NO_TEXT : bytes(token),
                                    ends));
        }
        return trie.get();
    }

    int vocabulary() {
        return model.decoder().vocabulary();
    }

    /// Ends what is being answered, with a failure.
    @Override
    public void close() {
        engine.ifPresent(Engine::close);
        draft.ifPresent(LocalModel::close);
        embedder.ifPresent(Embedder::close);
        adapters.close();
        own.close();
        model.close();
        compute.close();
    }
}
