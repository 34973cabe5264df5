package dev.backplane.local.provider;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Capabilities;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.ModelSource;
import dev.backplane.local.NamedAdapter;
import dev.backplane.local.OpenedModels;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.KernelGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The provider whose models run in this process.
public final class LocalModels implements Provider, InProcess {
    /// The name that clients put before a model's, where it is not plain.
    public static final String NAME = "backplane";

    private final OpenedModels opened = new OpenedModels();
    private final ModelSource source;
    private final PrefixSharing prefixes;
    private final EngineMetrics metrics;
    private final AdapterNames names;
    private final Residents residents;

    /// @param gate which kernels to rely on; asked once, when the first model is loaded
    public LocalModels(
            ModelSource known, LocalSettings settings, Supplier<KernelGate> gate, Meter meter) {
        this.source = ModelSource.of(List.of(known, opened));
        this.names = new AdapterNames(source);
        this.prefixes = settings.prefixes();
        this.metrics = new EngineMetrics(meter);
        this.residents =
                new Residents(source, settings, gate, InstantSource.system(), metrics, names::has);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Set.of(), true);
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events)
            throws IOException {
        Optional<Duration> keepAlive = KeepAlive.of(request.extras());
        String salt = prefixes.salt(context.caller(), request.extras().get(PrefixSharing.FIELD));
        long start = System.nanoTime();
        Optional<NamedAdapter> named = names.find(request.model());
        String base = named.map(NamedAdapter::base).orElse(request.model());
        try (Residents.Lease lease = residents.lease(base, keepAlive, context::closing);
                ResidentAdapters.Use use = lease.model().adapter(named)) {
            long loadNanos = System.nanoTime() - start;
            LoadedModel model = lease.model();
            Adapter adapter = use.adapter();
            if (request.stream()) {
                new Answering(model, adapter, request, context, salt, metrics, events)
                        .run(loadNanos);
                return;
            }
            List<Event> all = new ArrayList<>();
            new Answering(model, adapter, request, context, salt, metrics, all::add).run(loadNanos);
            for (Event event : all) {
                events.on(event);
            }
        }
    }

    @Override
    public long countTokens(ModelRequest request, CallContext context) {
        try (Residents.Lease lease = lease(request.model(), Optional.empty(), context)) {
            return new Prompts(lease.model(), request, context).tokens().length;
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        Optional<Duration> keepAlive = KeepAlive.of(request.extras());
        try (Residents.Lease lease =
                residents.lease(request.model(), keepAlive, context::closing)) {
            return new Vectors(lease.model(), request, context).answer();
        }
    }

    @Override
    public Ranking.Answer rank(Ranking.Request request, CallContext context) {
        Optional<Duration> keepAlive = KeepAlive.of(request.extras());
        try (Residents.Lease lease =
                residents.lease(request.model(), keepAlive, context::closing)) {
            return new Ranks(lease.model(), request, context).answer();
        }
    }

    @Override
    public List<ModelInfo> models(CallContext context) {
        List<ModelInfo> models = new ArrayList<>();
        source.models()
                .forEach(files ->
                        models.add(new ModelInfo(files.name(), files.modifiedSeconds(), NAME)));
        names.all()
                .forEach(adapter ->
                        models.add(new ModelInfo(adapter.name(), adapter.createdSeconds(), NAME)));
        return models;
    }

    @Override
    public void openModel(String name, String path) {
        Path file = file(path, "path").toAbsolutePath();
        if (source.find(name).isPresent() || names.find(name).isPresent()) {
            throw OpenedModels.taken(name);
        }
        try (ModelFile head = LocalModel.file(file)) {
            long bytes = head.specs().stream().mapToLong(TensorSpec::bytes).sum();
            opened.add(ModelFiles.of(name, file, bytes, System.currentTimeMillis() / 1_000));
        }
    }

    @Override
    public void closeModel(String name) {
        opened.remove(name);
        residents.unload(name);
    }

    @Override
    public void loadAdapter(String name, String path, String base, CallContext context) {
        names.check(name);
        String model = base.isEmpty() ? onlyModel() : base;
        if (names.find(model).isPresent()) {
            throw Problem.invalid("'%s' is an adapter itself".formatted(model), "base_model_name")
                    .fix("name the model that it changes");
        }
        try (Residents.Lease lease = lease(model, Optional.empty(), context)) {
            NamedAdapter adapter =
                    new NamedAdapter(
                            name,
                            lease.model().files().name(),
                            file(path, "lora_path"),
                            System.currentTimeMillis() / 1_000);
            // It is known before its use ends, or is gone with that.
            try (ResidentAdapters.Use _ = lease.model().adapter(Optional.of(adapter))) {
                names.add(adapter);
            }
        }
    }

    /// A file or folder: whatever else could be opened may never come to an end.
    private static Path file(String path, String where) {
        try {
            Path file = Path.of(path);
            if (Files.isRegularFile(file) || Files.isDirectory(file)) {
                return file;
            }
            if (Files.notExists(file)) {
                throw Problem.notFound("there is no file or folder '%s'".formatted(path), where)
                        .fix("name a GGUF file or a folder on the server");
            }
        } catch (InvalidPathException e) {
            throw Problem.invalid("not a path: " + e.getReason(), where)
                    .fix("name a GGUF file or a folder on the server");
        }
        throw Problem.invalid("'%s' is neither a file nor a folder".formatted(path), where)
                .fix("name a GGUF file or a folder on the server");
    }

    private String onlyModel() {
        List<String> models = source.models().stream().map(ModelFiles::name).toList();
        List<String> there = residents.list().stream().map(Loaded::model).toList();
        List<String> candidates = models.size() == 1 ? models : there;
        if (candidates.size() != 1) {
            throw Problem.invalid("base_model_name is missing", "base_model_name")
                    .fix("name the model that the adapter changes, one of " + models);
        }
        return candidates.getFirst();
    }

    @Override
    public void unloadAdapter(String name) {
        names.remove(name);
        residents.dropUnknownAdapters();
    }

    @Override
    public Optional<InProcess> inProcess() {
        return Optional.of(this);
    }

    @Override
    public List<Loaded> loaded() {
        return residents.list();
    }

    @Override
    public void load(String model, Extras extras, CallContext context) {
        lease(model, KeepAlive.of(extras), context).close();
    }

    /// The use of a model, or of the one that an adapter changes.
    private Residents.Lease lease(String name, Optional<Duration> keepAlive, CallContext context) {
        String base = names.find(name).map(NamedAdapter::base).orElse(name);
        return residents.lease(base, keepAlive, context::closing);
    }

    @Override
    public boolean unload(String model) {
        String base = names.find(model).map(NamedAdapter::base).orElse(model);
        return residents.unload(fullName(base));
    }

    /// As it is listed, where it is known by a shorter one.
    private String fullName(String name) {
        try {
            return source.find(name).map(ModelFiles::name).orElse(name);
        } catch (Problem unusable) {
            return name;
        }
    }

    @Override
    public Tokens tokenize(ModelRequest request, CallContext context) {
        try (Residents.Lease lease = lease(request.model(), Optional.empty(), context)) {
            LoadedModel model = lease.model();
            int[] ids = new Prompts(model, request, context).tokens();
            return new Tokens(
                    ids,
                    Arrays.stream(ids).mapToObj(model.tokenizer()::piece).toList(),
                    model.contextMax());
        }
    }

    @Override
    public String detokenize(String model, int[] tokens, CallContext context) {
        try (Residents.Lease lease = lease(model, Optional.empty(), context)) {
            return lease.model().tokenizer().decode(tokens, false);
        }
    }

    @Override
    public void close() {
        residents.close();
    }
}
