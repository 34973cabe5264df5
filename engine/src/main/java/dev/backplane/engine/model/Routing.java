package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import java.util.Optional;

/// Which experts a row asks, and with which shares of the answer.
///
/// The router's logits become scores; of those, with a bias where there is one, the best are
/// chosen, perhaps among the best groups only; and the shares come from scores without the bias.
///
/// | architecture | scores | shares |
/// |---|---|---|
/// | Mixtral, Qwen 3 | softmax of all | divided by their sum |
/// | gpt-oss | logits | softmax of those that are chosen |
/// | DeepSeek V2 | softmax of all | as they are, times a factor |
/// | DeepSeek V3, Cohere 2, Nemotron-H | sigmoid | divided by their sum, times a factor |
///
/// The choice of groups is that of DeepSeek V2 (arXiv 2405.04434: a group counts by its best
/// expert) for softmax, and of V3 (arXiv 2412.19437: by its best two) for sigmoid.
///
/// @param logitBias added to logits
/// @param choiceBias added to scores for the choice
/// @param used how many experts are asked for a row
/// @param groups of experts; 1 for none
/// @param groupsUsed among which experts are chosen
/// @param normed whether shares are divided by their sum
/// @param factor of shares
record Routing(
        Scores scores,
        Optional<FloatArray> logitBias,
        Optional<FloatArray> choiceBias,
        int used,
        int groups,
        int groupsUsed,
        boolean normed,
        float factor) {
    /// How logits become scores.
    enum Scores {
        SOFTMAX,
        SIGMOID,
        SOFTMAX_OF_CHOSEN
    }

    /// Below this, shares are not divided by their sum but by this: the smallest normal float of 16
    /// bits.
    private static final float SUM_MIN = 0x1p-14f;

    private static final float OUT = Float.NEGATIVE_INFINITY;

    /// The softmax of all, those with the most asked; their shares add up to one.
    static Routing softmax(int used) {
        return new Routing(Scores.SOFTMAX, Optional.empty(), Optional.empty(), used, 1, 1, true, 1);
    }

    /// Replaces the `count` logits of a row by shares; 0 is for experts that are not asked.
    ///
    /// @param choice room for twice as many numbers
    void share(Elementwise elementwise, FloatArray x, int at, int count, float[] choice) {
        logitBias.ifPresent(bias -> elementwise.add(x, at, bias, 0, count));
        switch (scores) {
            case SOFTMAX -> elementwise.softmax(x, at, count);
            case SIGMOID -> {
                for (int i = at; i < at + count; i++) {
                    x.set(i, (float) (1 / (1 + Math.exp(-x.get(i)))));
                }
            }
            case SOFTMAX_OF_CHOSEN -> {}
        }
        for (int i = 0; i < count; i++) {
            choice[i] = x.get(at + i) + (choiceBias.isPresent() ? choiceBias.get().get(i) : 0);
        }
        if (groups > 1) {
            keepGroups(choice, count);
        }
        keep(x, at, count, choice);
    }

    /// Of equal ones, the first are better.
    private void keep(FloatArray x, int at, int count, float[] choice) {
        float sum = 0;
        float best = OUT;
        for (int kept = 0; kept < used; kept++) {
            int next = largest(choice, 0, count);
            if (next < 0) {
                break;
            }
            best = kept == 0 ? x.get(at + next) : best;
            choice[next] = Float.NaN;
            sum +=
                    scores == Scores.SOFTMAX_OF_CHOSEN
                            ? (float) Math.exp(x.get(at + next) - best)
                            : x.get(at + next);
        }
        for (int i = 0; i < count; i++) {
            float score = x.get(at + i);
            float share = 0;
            if (Float.isNaN(choice[i])) {
                share =
                        scores == Scores.SOFTMAX_OF_CHOSEN
                                ? (float) Math.exp(score - best) / sum
                                : normed ? score / Math.max(sum, SUM_MIN) : score;
            }
            x.set(at + i, share * factor);
        }
    }

    /// Strikes out all but the best groups, whose values are kept behind the scores meanwhile.
    private void keepGroups(float[] choice, int count) {
        int size = count / groups;
        for (int group = 0; group < groups; group++) {
            int from = group * size;
            int first = largest(choice, from, from + size);
            float value = first < 0 ? OUT : choice[first];
            if (scores == Scores.SIGMOID && first >= 0) {
                choice[first] = Float.NaN;
                int second = largest(choice, from, from + size);
                choice[first] = value;
                value += second < 0 ? 0 : choice[second];
            }
            choice[count + group] = value;
        }
        for (int kept = 0; kept < groupsUsed; kept++) {
            int next = largest(choice, count, count + groups);
            if (next < 0) {
                break;
            }
            choice[next] = Float.NaN;
        }
        for (int i = 0; i < count; i++) {
            if (!Float.isNaN(choice[count + Math.min(i / size, groups - 1)])) {
                choice[i] = OUT;
            }
        }
    }

    /// The index of the first of the largest numbers, or −1 where none is above −∞.
    private static int largest(float[] numbers, int from, int to) {
        int largest = -1;
        float value = OUT;
        for (int i = from; i < to; i++) {
            if (numbers[i] > value) {
                value = numbers[i];
                largest = i;
            }
        }
        return largest;
    }
}
