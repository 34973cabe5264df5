package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Rotary positions of a configuration as GGUF has them: keys, and factors, which are tensors
/// there.
///
/// Configurations have `rope_theta` and `rope_scaling`, or both in `rope_parameters`. The meaning
/// is that of `modeling_rope_utils.py` in transformers.
///
/// | rope_type | |
/// |---|---|
/// | default | |
/// | linear, yarn, longrope (`su`) | as GGUF's |
/// | llama3 | factors, `rope_freqs.weight` |
/// | dynamic | as default: rates change beyond the trained length only, which is the longest here |
final class RopeKeys {
    private final Settings config;
    private final Settings scaling;
    private final Keys keys;
    private final long context;
    private final Map<String, float[]> factors = new LinkedHashMap<>();

    private RopeKeys(Settings config, Settings scaling, Keys keys) {
        this.config = config;
        this.scaling = scaling;
        this.keys = keys;
        this.context = config.integer("max_position_embeddings");
    }

    /// Writes keys for rotation of `width` numbers, and returns vectors of factors by name.
    static Map<String, float[]> put(Settings config, Keys keys, int width) {
        Optional<Settings> parameters = config.object("rope_parameters");
        parameters =
                parameters
                        .flatMap(all -> all.object("full_attention"))
                        .or(() -> config.object("rope_parameters"));
        Settings scaling = parameters.or(() -> config.object("rope_scaling")).orElse(config);
        double base =
                config.has("rope_theta")
                        ? config.real("rope_theta")
                        : scaling.real("rope_theta", 10_000);
        keys.real("rope.freq_base", base);
        keys.whole("rope.dimension_count", width);
        RopeKeys rope = new RopeKeys(config, scaling, keys);
        if (scaling != config) {
            rope.scaling(base, width);
        }
        return rope.factors;
    }

    private void scaling(double base, int width) {
        String type = scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
        switch (type) {
            case "default", "dynamic", "none" -> {}
            case "linear" -> {
                keys.text("rope.scaling.type", "linear");
                keys.real("rope.scaling.factor", scaling.real("factor"));
            }
            case "llama3" -> factors.put("rope_freqs.weight", llama3(base, width));
            case "yarn" -> yarn();
            case "longrope", "su" -> longRope(width);
            case String other ->
                    throw Problem.of(
                                    Problem.Kind.NOT_IMPLEMENTED,
                                    "rope_type '" + other + "'",
                                    config.source())
                            .fix("default, linear, dynamic, llama3, yarn and longrope are known");
        }
    }

    private double original() {
        String name = "original_max_position_embeddings";
        return scaling.real(name, config.real(name, context));
    }

    private void yarn() {
        double factor = scaling.real("factor");
        keys.text("rope.scaling.type", "yarn");
        keys.real("rope.scaling.factor", factor);
        keys.real("rope.scaling.original_context_length", original());
        keys.copyReal(scaling, "beta_fast", "rope.scaling.yarn_beta_fast");
        keys.copyReal(scaling, "beta_slow", "rope.scaling.yarn_beta_slow");
        keys.flag("rope.scaling.yarn_truncate", scaling.flag("truncate", true));
        double larger = magnitude(factor, 1);
        if (scaling.has("mscale") && scaling.has("mscale_all_dim")) {
            double all = scaling.real("mscale_all_dim");
            double own = magnitude(factor, scaling.real("mscale")) / magnitude(factor, all);
            if (keys.architecture().equals("deepseek2")) {
                keys.real("rope.scaling.yarn_log_multiplier", 0.1 * all);
                keys.real("rope.scaling.attn_factor", own);
            } else {
                keys.real("rope.scaling.attn_factor", own / larger);
            }
        } else if (scaling.has("attention_factor")) {
            keys.real("rope.scaling.attn_factor", scaling.real("attention_factor") / larger);
        }
    }

    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private void longRope(int width) {
        double original = original();
        double factor = scaling.real("factor", context / original);
        double otherwise = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
        keys.text("rope.scaling.type", "longrope");
        keys.real("rope.scaling.original_context_length", original);
        keys.real("rope.scaling.attn_factor", scaling.real("attention_factor", otherwise));
        for (String length : new String[] {"long", "short"}) {
            float[] numbers = scaling.reals(length + "_factor");
            if (numbers.length != width / 2) {
                throw Problem.invalid(
                                "%d numbers in '%s_factor'".formatted(numbers.length, length),
                                config.source())
                        .fix("use a configuration with %d".formatted(width / 2));
            }
            factors.put("rope_factors_%s.weight".formatted(length), numbers);
        }
    }

    /// Slow pairs are divided by the factor, fast ones kept, those between are in between.
    private float[] llama3(double base, int width) {
        double factor = scaling.real("factor");
        double low = scaling.real("low_freq_factor");
        double high = scaling.real("high_freq_factor");
        double original = original();
        float[] factors = new float[width / 2];
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(base, 2.0 * i / width);
            double smooth = (original / wavelength - low) / (high - low);
            if (wavelength < original / high) {
                factors[i] = 1;
            } else if (wavelength > original / low) {
                factors[i] = (float) factor;
            } else {
                factors[i] = (float) (1 / ((1 - smooth) / factor + smooth));
            }
        }
        return factors;
    }
}
