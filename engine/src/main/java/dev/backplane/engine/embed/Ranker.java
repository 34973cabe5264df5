package dev.backplane.engine.embed;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.gguf.ModelFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Says how well texts answer questions, by a decoder that was trained to say yes or no to that
/// (Zhang et al., "Qwen3 Embedding", arXiv 2506.05176): of the two words after a prompt, how
/// probable the first is against the other.
///
/// ```
/// prompt ─► Embedder ─► last state h ─► 1 / (1 + e^(−h·(yes − no)))
/// ```
///
/// `yes` and `no` are rows of the model's head: those of the two words, or, in files that were made
/// for ranking, the two rows of `cls.output.weight`.
///
/// Safe for use by many threads.
public final class Ranker {
    private static final String CLASSES = "cls.output.weight";

    private final Embedder embedder;
    private final float[] difference;

    private Ranker(Embedder embedder, float[] difference) {
        this.embedder = embedder;
        this.difference = difference;
    }

    /// @param embedder of the model, by [Pooling#RANK]
    /// @param yes the token that says so, where the file has no classes; `no` the other
    /// @throws Problem when there is neither
    public static Ranker of(
            LocalModel model, Embedder embedder, Optional<Integer> yes, Optional<Integer> no) {
        ModelFile file = model.file();
        Optional<Tensor> classes = file.find(CLASSES);
        if (classes.isPresent()) {
            if (classes.get().shape().rows() != 2
                    || classes.get().shape().columns() != embedder.width()) {
                throw Problem.of(
                                Problem.Kind.NOT_IMPLEMENTED,
                                "tensor %s is no two classes".formatted(classes.get()),
                                file.source())
                        .fix("use a reranker that says yes or no");
            }
            return new Ranker(embedder, difference(classes.get(), 0, 1));
        }
        if (yes.isEmpty() || no.isEmpty()) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "the words yes and no are no tokens of the model",
                            file.source())
                    .fix("use a reranker that says yes or no");
        }
        Tensor head = file.find("output.weight").orElseGet(() -> file.tensor("token_embd.weight"));
        return new Ranker(embedder, difference(head, yes.get(), no.get()));
    }

    private static float[] difference(Tensor rows, int yes, int no) {
        float[] one = new float[(int) rows.shape().columns()];
        float[] other = new float[one.length];
        rows.decodeRow(yes, one, 0);
        rows.decodeRow(no, other, 0);
        for (int i = 0; i < one.length; i++) {
            one[i] -= other[i];
        }
        return one;
    }

    /// A score from 0 to 1 for each prompt, which ends where the word would come.
    ///
    /// @param cancelled whether nobody wants them any more; asked before each step
    /// @throws Problem as [Embedder#embed]
    public List<Double> scores(List<int[]> prompts, BooleanSupplier cancelled) {
        List<Double> scores = new ArrayList<>();
        for (double[] state : embedder.states(prompts, cancelled)) {
            double sum = 0;
            for (int i = 0; i < difference.length; i++) {
                sum += state[i] * difference[i];
            }
            scores.add(1 / (1 + Math.exp(-sum)));
        }
        return scores;
    }
}
