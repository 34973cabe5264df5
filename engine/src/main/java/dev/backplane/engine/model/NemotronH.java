package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Nemotron-H (NVIDIA, arXiv 2504.03624) and Nemotron 3 with experts: a layer is one of three, a
/// state ([StateSpace]), attention without positions, or feed-forward with squared ReLU.
///
/// ```
/// x = embedding
/// for each layer:  x += state(norm(x)), attention(norm(x)) or feedForward(norm(x))
/// logits = output · norm(x)
/// ```
///
/// The file's arrays say which: a layer without heads of keys and without feed-forward has a state.
final class NemotronH implements Decoder {
    /// What a layer does, with its number among those that do the same.
    private sealed interface Work {
        record State(int number, StateSpace.Layer layer) implements Work {}

        record Attention(int number, SelfAttention.Layer layer) implements Work {}

        record Forward(FeedForward.Layer layer) implements Work {}
    }

    private record Layer(FloatArray norm, Work work) {}

    private final Hyperparameters sizes;
    private final Compute compute;
    private final Ends ends;
    private final StateSpace stateSpace;
    private final RecurrentStates states;
    private final SelfAttention attention;
    private final FeedForward feedForward;
    private final List<Layer> layers = new ArrayList<>();
    private final FloatArray[] rowStates;
    private final FloatArray stream;
    private final FloatArray normed;
    private final FloatArray answer;

    private NemotronH(Loading loading) {
        sizes = loading.sizes();
        compute = loading.compute();
        refuseLatentExperts(loading);
        StateSpace.Widths widths = StateSpace.Widths.of(loading.metadata(), sizes);
        Hyperparameters.Kinds kinds = Hyperparameters.Kinds.of(loading.metadata(), sizes);
        Rope none = Rope.none(loading.arena());
        int stateLayers = 0;
        int attentionLayers = 0;
        for (int i = 0; i < sizes.layers(); i++) {
            Weights weights = loading.weights().layer(i);
            Work work =
                    kinds.attends(i)
                            ? new Work.Attention(
                                    attentionLayers++, attention(loading, weights, none))
                            : kinds.inner(i) > 0
                                    ? new Work.Forward(forward(loading, weights, kinds.inner(i)))
                                    : new Work.State(
                                            stateLayers++,
                                            StateSpace.load(loading, widths, weights));
            layers.add(new Layer(weights.vector("attn_norm.weight", sizes.width()), work));
        }
        ends = loading.ends();
        stateSpace = new StateSpace(loading, widths);
        states = new RecurrentStates(loading.arena(), stateLayers, widths.stateNumbers());
        attention = loading.attention();
        int inner = loading.integer("expert_feed_forward_length", 0);
        int innerMax = Math.max(kinds.innerMax(), Math.max(inner, loading.sharedInner(inner)));
        feedForward = loading.feedForward(FeedForward.Activation.SILU, innerMax);
        rowStates = new FloatArray[loading.rowsMax()];
        int floats = loading.rowsMax() * sizes.width();
        stream = FloatArray.allocate(loading.arena(), floats);
        normed = FloatArray.allocate(loading.arena(), floats);
        answer = FloatArray.allocate(loading.arena(), floats);
    }

    static Decoder load(Loading loading) {
        return new NemotronH(loading);
    }

    private static void refuseLatentExperts(Loading loading) {
        if (loading.integer("moe_latent_size", 0) > 0) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "experts of a latent row are not known",
                            loading.metadata().source())
                    .fix("use a model of this family without moe_latent_size");
        }
    }

    private static SelfAttention.Layer attention(Loading loading, Weights weights, Rope none) {
        Hyperparameters sizes = loading.sizes();
        weights.refuse("attn_q.bias");
        return new SelfAttention.Layer(
                weights.matrix("attn_q.weight", sizes.queryWidth(), sizes.width()),
                weights.matrix("attn_k.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_v.weight", sizes.keyWidth(), sizes.width()),
                weights.matrix("attn_output.weight", sizes.width(), sizes.queryWidth()),
                Optional.empty(),
                Optional.empty(),
                none,
                loading.attentionScale(),
                0,
                weights.findVector("attn_output.bias", sizes.width()),
                Optional.empty());
    }

    private static FeedForward.Layer forward(Loading loading, Weights weights, int inner) {
        int width = loading.sizes().width();
        if (loading.experts() == 0) {
            weights.refuse("ffn_up.bias");
            return new FeedForward.Squared(
                    weights.matrix("ffn_up.weight", inner, width),
                    weights.matrix("ffn_down.weight", width, inner));
        }
        int count = loading.experts();
        int each = loading.integer("expert_feed_forward_length", 0);
        WeightMatrix[] ups = weights.matrices("ffn_up_exps.weight", count, each, width);
        WeightMatrix[] downs = weights.matrices("ffn_down_exps.weight", count, width, each);
        FeedForward.Part[] experts = new FeedForward.Part[count];
        for (int i = 0; i < count; i++) {
            experts[i] = new FeedForward.Squared(ups[i], downs[i]);
        }
        int shared = loading.sharedInner(each);
        return new FeedForward.Experts(
                weights.matrix("ffn_gate_inp.weight", count, width),
                loading.routing(weights, Routing.Scores.SIGMOID),
                experts,
                shared == 0
                        ? Optional.empty()
                        : Optional.of(
                                new FeedForward.Squared(
                                        weights.matrix("ffn_up_shexp.weight", shared, width),
                                        weights.matrix("ffn_down_shexp.weight", width, shared))),
                1);
    }

    @Override
    public Hyperparameters sizes() {
        return sizes;
    }

    @Override
    public int vocabulary() {
        return ends.vocabulary();
    }

    @Override
    public boolean isRecurrent() {
        return true;
    }

    @Override
    public void freed(int block) {
        states.free(block);
    }

    @Override
    public void run(Step step, FloatArray logits) {
        ends.embed(step, 1, stream);
        states.begin(step);
        Elementwise elementwise = compute.elementwise();
        for (Layer layer : layers) {
            for (int row = 0; row < step.rows(); row++) {
                int at = row * sizes.width();
                elementwise.rmsNorm(
                        stream, at, layer.norm, sizes.epsilon(), normed, at, sizes.width());
            }
            switch (layer.work) {
                case Work.State(int number, StateSpace.Layer state) -> {
                    states.of(number, rowStates);
                    stateSpace.run(state, rowStates, step.rows(), normed, answer);
                }
                case Work.Attention(int number, SelfAttention.Layer attends) ->
                        attention.run(attends, number, step, normed, answer);
                case Work.Forward(FeedForward.Layer forward) ->
                        feedForward.run(forward, normed, step.rows(), answer);
            }
            elementwise.add(stream, 0, answer, 0, step.rows() * sizes.width());
        }
        ends.logits(step, stream, logits);
    }
}
