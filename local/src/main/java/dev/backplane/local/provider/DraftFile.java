package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.speculate.SpeculationOptions.Method;
import dev.backplane.local.ModelFiles;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.text.tokenizer.Tokenizer;
import dev.backplane.text.tokenizer.TokenizerGguf;
import java.nio.file.Path;
import java.util.Optional;

/// The small model that guesses what a model says: the file that the model's configuration names as
/// its draft, where engines are to guess by one. Its tokens have to be the model's.
record DraftFile(Path path) {
    /// Of a model, if it has one and it is to be used.
    static Optional<DraftFile> of(ModelFiles files, LocalSettings settings) {
        boolean wanted = settings.speculation().method() == Method.DRAFT;
        return wanted && files.parameters().get("draft_model") instanceof JsonTree.Text(String path)
                ? Optional.of(new DraftFile(Path.of(path)))
                : Optional.empty();
    }

    /// Opens it for a model with this tokenizer.
    ///
    /// @throws Problem when its tokens are others, naming the first that differs
    LocalModel open(LoadPlan plan, Compute compute, Tokenizer tokenizer, int vocabulary) {
        try (GgufModel file = GgufModel.open(path)) {
            check(TokenizerGguf.read(file.metadata()), tokenizer, vocabulary);
        }
        return LocalModel.open(path, compute, plan.options());
    }

    private void check(Tokenizer own, Tokenizer tokenizer, int vocabulary) {
        for (int token = 0; token < vocabulary; token++) {
            String one = own.has(token) ? own.piece(token) : "";
            String other = tokenizer.has(token) ? tokenizer.piece(token) : "";
            if (!one.equals(other)) {
                throw Problem.invalid(
                                "token %,d is '%s' in the draft model and '%s' in the model"
                                        .formatted(token, one, other),
                                path.toString())
                        .fix("use a draft model with the model's tokenizer");
            }
        }
    }
}
