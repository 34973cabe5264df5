package dev.backplane.local.library;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The models of the library for those who load them.
public final class LibraryModels implements ModelSource {
    private static final System.Logger LOG = System.getLogger(LibraryModels.class.getName());

    private final Library library;

    public LibraryModels(Library library) {
        this.library = library;
    }

    @Override
    public Optional<ModelFiles> find(String name) {
        return library.find(name).map(this::files);
    }

    /// Those that can be loaded: of the others it is said why when somebody asks for them.
    @Override
    public List<ModelFiles> models() {
        List<ModelFiles> models = new ArrayList<>();
        for (StoredModel model : library.list()) {
            try {
                models.add(files(model));
            } catch (Problem notForUs) {
                LOG.log(System.Logger.Level.DEBUG, "{0}", notForUs.getMessage());
            }
        }
        return models;
    }

    private ModelFiles files(StoredModel model) {
        String name = model.name().toString();
        return new ModelFiles(
                name,
                library.weights(model),
                model.digest().hex(),
                model.manifest().size(),
                model.modified().getEpochSecond(),
                Optional.empty(),
                model.text(LayerKind.SYSTEM),
                model.text(LayerKind.MESSAGES).map(text -> JsonTree.parse(text, name)),
                parameters(model, name),
                adapters(model));
    }

    private static Map<String, JsonTree> parameters(StoredModel model, String name) {
        return model.text(LayerKind.PARAMETERS)
                .map(text -> JsonTree.parse(text, "parameters of " + name))
                .filter(JsonTree.Fields.class::isInstance)
                .map(fields -> ((JsonTree.Fields) fields).values())
                .orElse(Map.of());
    }

    private static List<Path> adapters(StoredModel model) {
        return model.manifest().layers(LayerKind.ADAPTER).stream().map(model::path).toList();
    }
}
