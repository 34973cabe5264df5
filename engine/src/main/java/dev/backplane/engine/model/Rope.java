package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.util.Optional;

/// Rotary positions (Su et al., arXiv 2104.09864): pairs of a head's numbers are turned by angles
/// that grow with the position, each pair at its own rate.
///
/// | scaling | rates |
/// |---|---|
/// | none | base^(−2i / width) |
/// | linear | divided by a factor |
/// | yarn | slow ones divided, fast ones kept, a ramp between; what is turned is made larger |
/// | factors | divided by numbers of the file, `rope_freqs.weight` (Llama 3) |
/// | longrope | the same with `rope_factors_long.weight` or `_short`; made larger |
///
/// YaRN: Peng et al., arXiv 2309.00071. LongRoPE: Ding et al., arXiv 2402.13753; which of the two
/// lists of factors is taken goes by the longest context that requests may have. Where a file names
/// `yarn_log_multiplier`, what YaRN makes larger are the scores and not what is turned
/// ([#scoreFactor]); where it says that `yarn_truncate` is false, the ramp's ends are not rounded.
///
/// Holds the angles of one step, so it is for one thread; [#turn] may be called by many.
final class Rope {
    /// Which numbers are partners.
    enum Pairing {
        /// 2i and 2i + 1: files of `llama`, whose weights are permuted for it.
        NEIGHBOURS,
        /// i and i + width / 2.
        HALVES
    }

    private static final float BETA_FAST = 32;
    private static final float BETA_SLOW = 1;

    private final Pairing pairing;
    private final double[] rates;
    private final float magnitude;
    private final FloatArray cosine;
    private final FloatArray sine;

    private Rope(Arena arena, Pairing pairing, double[] rates, float magnitude, int rowsMax) {
        this.pairing = pairing;
        this.rates = rates;
        this.magnitude = magnitude;
        this.cosine = FloatArray.allocate(arena, rowsMax * rates.length);
        this.sine = FloatArray.allocate(arena, rowsMax * rates.length);
    }

    /// As the metadata says.
    ///
    /// @param contextMax positions of the longest request
    static Rope of(
            Metadata metadata,
            Hyperparameters sizes,
            Weights weights,
            Pairing pairing,
            int contextMax,
            Arena arena,
            int rowsMax) {
        String prefix = sizes.architecture() + ".rope.";
        int width =
                (int)
                        metadata.integer(
                                prefix + "dimension_count",
                                2,
                                sizes.headWidth(),
                                sizes.headWidth());
        double base = metadata.real(prefix + "freq_base", 10_000);
        double[] rates = rates(width, base);
        double original =
                metadata.real(prefix + "scaling.original_context_length", sizes.contextMax());
        divide(rates, weights, "rope_freqs.weight");
        divide(
                rates,
                weights,
                "rope_factors_%s.weight".formatted(contextMax > original ? "long" : "short"));
        Optional<String> scaling = metadata.findText(prefix + "scaling.type");
        double factor =
                metadata.real(prefix + "scaling.factor", metadata.real(prefix + "scale_linear", 1));
        return switch (scaling.orElse(factor == 1 ? "none" : "linear")) {
            case "none" -> new Rope(arena, pairing, rates, 1, rowsMax);
            case "linear" -> new Rope(arena, pairing, divided(rates, factor), 1, rowsMax);
            case "longrope" -> {
                double magnitude = metadata.real(prefix + "scaling.attn_factor", 1);
                yield new Rope(arena, pairing, rates, (float) magnitude, rowsMax);
            }
            case "yarn" -> yarn(metadata, sizes, pairing, rates, base, factor, arena, rowsMax);
            case String other ->
                    throw Problem.invalid(
                                    "rope scaling '%s'".formatted(other),
                                    "%s, key '%sscaling.type'".formatted(metadata.source(), prefix))
                            .fix("none, linear, yarn and longrope are understood");
        };
    }

    /// Plain rotation at a base, for layers that have another than the rest.
    static Rope plain(Arena arena, Pairing pairing, int width, double base, int rowsMax) {
        return new Rope(arena, pairing, rates(width, base), 1, rowsMax);
    }

    /// No rotation: for layers without positions.
    static Rope none(Arena arena) {
        return new Rope(arena, Pairing.HALVES, new double[0], 1, 0);
    }

    /// What scores are multiplied by where YaRN asks for it (DeepSeek): √ of it is 1 + multiplier ·
    /// ln factor.
    static double scoreFactor(Metadata metadata, String architecture) {
        String prefix = architecture + ".rope.scaling.";
        double multiplier = metadata.real(prefix + "yarn_log_multiplier", 0);
        double factor = metadata.real(prefix + "factor", 1);
        double root = factor <= 1 ? 1 : 1 + multiplier * Math.log(factor);
        return root * root;
    }

    /// Whether a model that GGUF has with partners of a rotation beside each other has them half a
    /// head apart: one that lies as Hugging Face's libraries saved it.
    static boolean isHalved(Metadata metadata, String architecture) {
        return metadata.flag(architecture + ".rope.halves", false);
    }

    private static double[] rates(int width, double base) {
        double[] rates = new double[width / 2];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = Math.pow(base, -2.0 * i / width);
        }
        return rates;
    }

    private static void divide(double[] rates, Weights weights, String name) {
        if (weights.has(name)) {
            FloatArray factors = weights.vector(name, rates.length);
            for (int i = 0; i < rates.length; i++) {
                rates[i] /= factors.get(i);
            }
        }
    }

    private static double[] divided(double[] rates, double factor) {
        double[] slower = rates.clone();
        for (int i = 0; i < slower.length; i++) {
            slower[i] /= factor;
        }
        return slower;
    }

    private static Rope yarn(
            Metadata metadata,
            Hyperparameters sizes,
            Pairing pairing,
            double[] rates,
            double base,
            double factor,
            Arena arena,
            int rowsMax) {
        String prefix = sizes.architecture() + ".rope.scaling.";
        double original = metadata.real(prefix + "original_context_length", sizes.contextMax());
        double fast = metadata.real(prefix + "yarn_beta_fast", BETA_FAST);
        double slow = metadata.real(prefix + "yarn_beta_slow", BETA_SLOW);
        double from = turns(rates.length, original, fast, base);
        double to = turns(rates.length, original, slow, base);
        boolean whole = metadata.flag(prefix + "yarn_truncate", true);
        double first = Math.max(0, whole ? Math.floor(from) : from);
        double last = Math.min(2 * rates.length - 1, whole ? Math.ceil(to) : to);
        double[] mixed = rates.clone();
        for (int i = 0; i < mixed.length; i++) {
            double ramp = Math.clamp((i - first) / Math.max(0.001, last - first), 0, 1);
            mixed[i] = rates[i] / factor * ramp + rates[i] * (1 - ramp);
        }
        double larger =
                metadata.has(prefix + "yarn_log_multiplier") ? 1 : 1 + 0.1 * Math.log(factor);
        double magnitude = metadata.real(prefix + "attn_factor", 1) * larger;
        return new Rope(arena, pairing, mixed, (float) magnitude, rowsMax);
    }

    /// The pair that turns so many times over the original context.
    private static double turns(int pairs, double context, double count, double base) {
        return pairs * Math.log(context / (count * 2 * Math.PI)) / Math.log(base);
    }

    /// Makes the angles of all rows.
    void prepare(Step step) {
        for (int row = 0; row < step.rows(); row++) {
            int at = row * rates.length;
            for (int i = 0; i < rates.length; i++) {
                double angle = step.position(row) * rates[i];
                cosine.set(at + i, (float) Math.cos(angle) * magnitude);
                sine.set(at + i, (float) Math.sin(angle) * magnitude);
            }
        }
    }

    /// Turns the head of a row that begins at `at`; numbers beyond the rotary width stay.
    void turn(Elementwise elementwise, FloatArray x, int at, int row) {
        if (rates.length == 0) {
            return;
        }
        int angles = row * rates.length;
        switch (pairing) {
            case NEIGHBOURS ->
                    elementwise.rotatePairs(x, at, cosine, sine, angles, 2 * rates.length);
            case HALVES -> elementwise.rotateHalves(x, at, cosine, sine, angles, 2 * rates.length);
        }
    }
}
