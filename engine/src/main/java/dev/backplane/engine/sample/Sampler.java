package dev.backplane.engine.sample;

import dev.backplane.core.Problem;
import dev.backplane.engine.sample.TokenChoice.Candidate;
import dev.backplane.tensor.kernel.FloatArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Chooses the tokens of one request from logits. What is drawn depends on the seed and on the
/// token's number in the answer only: a request that starts over draws the same again.
///
/// For one thread.
public final class Sampler {
    private static final int WORD = Long.SIZE;
    private static final float FORBIDDEN = Float.NEGATIVE_INFINITY;

    /// Probability, relative to the likeliest, down to which candidates are sorted first; nearly
    /// always enough to reach top-p.
    private static final double FIRST_CUT = 1e-3;

    /// Below this all are sorted, but for typical-p, which less likely ones change nothing of.
    private static final double LAST_CUT = 1e-12;

    private final SamplingParameters parameters;
    private final Optional<Constraint> constraint;
    private final int promptLength;

    /// How often each token is in the answer; 0 for those that are in the prompt only.
    private final Map<Integer, Integer> counts = new HashMap<>();

    private final float[] logits;
    private final long[] allowed;
    private int[] candidates = new int[1_024];
    private long[] order = new long[1_024];

    /// @param vocabulary tokens that there are logits of
    public Sampler(
            SamplingParameters parameters,
            Optional<Constraint> constraint,
            int[] prompt,
            int vocabulary) {
        this.parameters = parameters;
        this.constraint = constraint;
        this.promptLength = prompt.length;
        logits = new float[vocabulary];
        allowed = new long[constraint.isPresent() ? Math.ceilDiv(vocabulary, WORD) : 0];
        for (int token : parameters.logitBias().keySet()) {
            if (token < 0 || token >= vocabulary) {
                throw Problem.invalid("there is no token " + token, "logit_bias")
                        .fix("give tokens from 0 to " + (vocabulary - 1));
            }
        }
        if (parameters.penalises()) {
            for (int token : prompt) {
                counts.put(token, 0);
            }
        }
    }

    /// Chooses the token that becomes number `index` of the request, prompt included.
    ///
    /// @param from the logits of all tokens, from `at` on
    public TokenChoice choose(FloatArray from, int at, int index) {
        from.get(at, logits, 0, logits.length);
        Report report = parameters.logprobs() < 0 ? Report.NONE : report(parameters.logprobs());
        constrain();
        bias();
        int token = parameters.temperature() == 0 ? likeliest() : draw(index - promptLength);
        constraint.ifPresent(each -> each.accept(token));
        if (parameters.penalises()) {
            counts.merge(token, 1, Integer::sum);
        }
        if (parameters.logprobs() < 0) {
            return new TokenChoice(token, 0, List.of());
        }
        float logprob = (float) (from.get(at + token) - report.logSum);
        return new TokenChoice(token, logprob, report.likeliest);
    }

    /// What the model thought of a token of the prompt before it came.
    ///
    /// @param from the logits of all tokens in its place, from `at` on
    /// @param count of the likeliest that are reported with it
    public TokenScore score(FloatArray from, int at, int token, int count) {
        from.get(at, logits, 0, logits.length);
        Report report = report(count);
        float own = logits[token];
        int rank = 0;
        for (float logit : logits) {
            if (logit >= own) {
                rank++;
            }
        }
        return new TokenScore(token, (float) (own - report.logSum), rank, report.likeliest);
    }

    private record Report(double logSum, List<Candidate> likeliest) {
        static final Report NONE = new Report(0, List.of());
    }

    private Report report(int most) {
        double max = logits[likeliest()];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        double logSum = max + Math.log(sum);
        int count = Math.min(most, logits.length);
        List<Candidate> likeliest = new ArrayList<>();
        int[] best = best(count);
        for (int i = 0; i < count; i++) {
            likeliest.add(new Candidate(best[i], (float) (logits[best[i]] - logSum)));
        }
        return new Report(logSum, List.copyOf(likeliest));
    }

    /// The likeliest `count`, by insertion: few.
    private int[] best(int count) {
        int[] best = new int[count];
        int found = 0;
        for (int token = 0; token < logits.length; token++) {
            if (found == count && (count == 0 || logits[token] <= logits[best[count - 1]])) {
                continue;
            }
            int place = found < count ? found++ : count - 1;
            while (place > 0 && logits[best[place - 1]] < logits[token]) {
                best[place] = best[place - 1];
                place--;
            }
            best[place] = token;
        }
        return best;
    }

    private void constrain() {
        if (constraint.isEmpty()) {
            return;
        }
        constraint.get().allowed(allowed);
        boolean any = false;
        for (int token = 0; token < logits.length; token++) {
            if ((allowed[token / WORD] >>> token % WORD & 1) == 0) {
                logits[token] = FORBIDDEN;
            } else {
                any = true;
            }
        }
        if (!any) {
            throw Problem.internal("the constraint allows no token", "sampling")
                    .fix("allow the end of the answer where nothing else may follow");
        }
    }

    private void bias() {
        parameters.logitBias().forEach((token, bias) -> logits[token] += bias);
        counts.forEach((token, count) -> {
            float logit = logits[token];
            float penalty = parameters.repetitionPenalty();
            logit = logit > 0 ? logit / penalty : logit * penalty;
            if (count > 0) {
                logit -= parameters.frequencyPenalty() * count + parameters.presencePenalty();
            }
            logits[token] = logit;
        });
    }

    /// Of equal ones the first.
    private int likeliest() {
        int best = 0;
        for (int token = 1; token < logits.length; token++) {
            if (logits[token] > logits[best]) {
                best = token;
            }
        }
        return best;
    }

    private int draw(int number) {
        double max = logits[likeliest()];
        double total = 0;
        for (float logit : logits) {
            total += weight(logit, max);
        }
        int count = keep(max, total);
        double target = uniform(parameters.seed(), number) * sum(count, max);
        for (int i = 0; i < count - 1; i++) {
            target -= weight(logits[candidates[i]], max);
            if (target < 0) {
                return candidates[i];
            }
        }
        return candidates[count - 1];
    }

    private double weight(float logit, double max) {
        return Math.exp((logit - max) / parameters.temperature());
    }

    /// −log of a probability.
    private double surprise(float logit, double max, double logTotal) {
        return logTotal - (logit - max) / parameters.temperature();
    }

    /// Puts those that top-k, top-p and min-p leave into `candidates`, likeliest first if there is
    /// anything to leave out, and returns how many they are.
    private int keep(double max, double total) {
        int topK = parameters.topK();
        if (parameters.typicalP() < 1) {
            int count = collect(LAST_CUT, max, true);
            int kept = typical(topK > 0 ? Math.min(topK, count) : count, max);
            return narrow(kept, max, sum(kept, max));
        }
        boolean all = topK == 0 && parameters.topP() == 1 && parameters.minP() == 0;
        if (all) {
            return collect(0, max, false);
        }
        double cut = FIRST_CUT;
        while (true) {
            int count = collect(cut, max, true);
            if (count >= topK || cut == 0) {
                int kept = narrow(count, max, total);
                if (kept < count || topK > 0 || cut == 0 || cut <= parameters.minP()) {
                    return kept;
                }
            }
            cut = cut > LAST_CUT ? cut * FIRST_CUT : 0;
        }
    }

    private double sum(int count, double max) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += weight(logits[candidates[i]], max);
        }
        return sum;
    }

    /// Of the first `count` candidates keeps those whose surprise is nearest to the expected one,
    /// in their order, and returns how many they are.
    private int typical(int count, double max) {
        double total = sum(count, max);
        double logTotal = Math.log(total);
        double expected = 0;
        for (int i = 0; i < count; i++) {
            float logit = logits[candidates[i]];
            expected += weight(logit, max) / total * surprise(logit, max, logTotal);
        }
        for (int i = 0; i < count; i++) {
            double surprise = surprise(logits[candidates[i]], max, logTotal);
            float distance = (float) Math.abs(surprise - expected);
            order[i] = (long) sortable(distance) << 32 | i;
        }
        Arrays.sort(order, 0, count);
        int kept = 0;
        double sum = 0;
        while (kept < count && sum < parameters.typicalP()) {
            sum += weight(logits[candidates[(int) order[kept++]]], max) / total;
        }
        int[] places = new int[kept];
        for (int i = 0; i < kept; i++) {
            places[i] = (int) order[i];
        }
        Arrays.sort(places);
        for (int i = 0; i < kept; i++) {
            candidates[i] = candidates[places[i]];
        }
        return kept;
    }

    /// How many of the first `count` candidates are left, if there are no more than those.
    private int narrow(int count, double max, double total) {
        int most = parameters.topK() > 0 ? Math.min(count, parameters.topK()) : count;
        double base = total;
        if (parameters.topK() > 0) {
            base = 0;
            for (int i = 0; i < most; i++) {
                base += weight(logits[candidates[i]], max);
            }
        }
        double sum = 0;
        for (int i = 0; i < most; i++) {
            double weight = weight(logits[candidates[i]], max);
            if (i > 0 && (weight < parameters.minP() || sum >= parameters.topP() * base)) {
                return i;
            }
            sum += weight;
        }
        return most;
    }

    /// Those at least `cut` times as likely as the likeliest, and allowed.
    private int collect(double cut, double max, boolean sorted) {
        int count = 0;
        for (int token = 0; token < logits.length; token++) {
            if (logits[token] == FORBIDDEN || cut > 0 && weight(logits[token], max) < cut) {
                continue;
            }
            if (count == candidates.length) {
                candidates = Arrays.copyOf(candidates, 2 * count);
                order = Arrays.copyOf(order, 2 * count);
            }
            order[count] = (long) ~sortable(logits[token]) << 32 | token;
            candidates[count++] = token;
        }
        if (sorted) {
            Arrays.sort(order, 0, count);
            for (int i = 0; i < count; i++) {
                candidates[i] = (int) order[i];
            }
        }
        return count;
    }

    /// An int that is ordered as floats are.
    private static int sortable(float value) {
        int bits = Float.floatToIntBits(value);
        return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
    }

    /// A number from 0 up to 1, by SplitMix64 (Steele et al., "Fast splittable pseudorandom number
    /// generators").
    private static double uniform(long seed, int number) {
        long z = mix(seed) + (number + 1) * 0x9E37_79B9_7F4A_7C15L;
        return (mix(z) >>> 11) * 0x1p-53;
    }

    private static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }
}
