package dev.backplane.engine.embed;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.KeyValueCache;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.Step;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/// Makes vectors of texts with a decoder or encoder that was trained for it: the states after its
/// last norm, pooled and of length 1. Inputs of a request are computed together as far as the cache
/// has room.
///
/// Safe for use by many threads. One computes at a time, in the order they came; a request that
/// takes long gives its turn away between batches of inputs.
public final class Embedder implements AutoCloseable {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /// Steps of a batch, unless one input takes more: how long others wait for the turn.
    private static final int BATCH_STEPS = 16;

    /// An input under way.
    private static final class Input {
        private final int[] tokens;
        private final int[] table;
        private final double[] sum;
        private int computed;
        private int answered;

        Input(int[] tokens, int firstBlock, int width) {
            this.tokens = tokens;
            this.table = new int[blocks(tokens)];
            for (int i = 0; i < table.length; i++) {
                table[i] = firstBlock + i;
            }
            this.sum = new double[width];
        }

        static int blocks(int[] tokens) {
            return Math.ceilDiv(tokens.length, KeyValueCache.BLOCK);
        }
    }

    private final LocalModel model;
    private final Pooling pooling;
    private final int waitingMax;
    private final int contextMax;
    private final int width;
    private final Step step;
    private final FloatArray states;
    private final float[] row;
    private final Turns turns = new Turns();
    private final AtomicInteger asking = new AtomicInteger();
    private boolean closed;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    /// @param model the caller's, who closes it afterwards and uses it for nothing else until then
    /// @param waitingMax requests that may wait for the one that is computed
    /// @throws Problem when it keeps states, which embeddings have no use for and none to free
    public Embedder(LocalModel model, Pooling pooling, int waitingMax) {
        if (model.decoder().isRecurrent()) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "embeddings by a model with states",
                            model.file().source())
                    .fix("use a model of attention only, or leave out pooling");
        }
        this.model = model;
        this.pooling = pooling;
        this.waitingMax = waitingMax;
        int most = Math.min(model.contextMax(), model.cacheBlocks() * KeyValueCache.BLOCK);
        contextMax = model.decoder().isWhole() ? Math.min(most, model.rowsMax()) : most;
        width = model.decoder().sizes().width();
        step = new Step(model.rowsMax());
        states = FloatArray.allocate(arena, Math.multiplyExact(model.rowsMax(), width));
        row = new float[width];
    }

    /// Numbers of a vector.
    public int width() {
        return width;
    }

    /// Tokens that an input may have.
    public int contextMax() {
        return contextMax;
    }

    /// A vector for each input, of length 1.
    ///
    /// @param inputs of one token at least
    /// @param cancelled whether nobody wants them any more; asked while it waits and before each
    ///   step. What it throws ends the request.
    /// @throws Problem `INVALID` for an input that does not fit, or has unknown tokens;
    ///   `UNAVAILABLE` when too many wait, or when it was cancelled
    public List<float[]> embed(List<int[]> inputs, BooleanSupplier cancelled) {
        return states(inputs, cancelled).stream().map(sum -> unit(sum, width)).toList();
    }

    /// The same of whatever length: sums of the states that are pooled.
    List<double[]> states(List<int[]> inputs, BooleanSupplier cancelled) {
        inputs.forEach(this::check);
        if (asking.incrementAndGet() > 1 + waitingMax) {
            asking.decrementAndGet();
            throw Problem.unavailable("%,d requests wait".formatted(waitingMax), "embeddings")
                    .fix("send it again later")
                    .retryAfter(RETRY);
        }
        try {
            return compute(inputs, cancelled);
        } finally {
            asking.decrementAndGet();
        }
    }

    private void check(int[] tokens) {
        if (tokens.length == 0) {
            throw Problem.invalid("an input without tokens", "input").fix("give some text");
        }
        if (tokens.length > contextMax) {
            throw Problem.invalid(
                            "the input has %,d tokens, the context holds %,d"
                                    .formatted(tokens.length, contextMax),
                            "input")
                    .fix("cut at least %,d tokens".formatted(tokens.length - contextMax));
        }
        for (int token : tokens) {
            if (token < 0 || token >= model.decoder().vocabulary()) {
                throw Problem.invalid("there is no token " + token, "input")
                        .fix("give tokens from 0 to " + (model.decoder().vocabulary() - 1));
            }
        }
    }

    private List<double[]> compute(List<int[]> inputs, BooleanSupplier cancelled) {
        List<double[]> sums = new ArrayList<>();
        int next = 0;
        while (next < inputs.size()) {
            List<Input> together = new ArrayList<>();
            int blocks = 0;
            long rows = 0;
            while (next < inputs.size()
                    && rows < (long) BATCH_STEPS * step.rowsMax()
                    && blocks + Input.blocks(inputs.get(next)) <= model.cacheBlocks()) {
                Input input = new Input(inputs.get(next++), blocks, width);
                blocks += input.table.length;
                rows += input.tokens.length;
                together.add(input);
            }
            turns.take(cancelled);
            try {
                run(together, cancelled);
            } finally {
                turns.give();
            }
            together.forEach(input -> sums.add(input.sum));
        }
        return sums;
    }

    private void run(List<Input> inputs, BooleanSupplier cancelled) {
        if (closed) {
            throw Problem.unavailable("the model was closed", "embeddings").fix("send it again");
        }
        int first = 0;
        while (first < inputs.size()) {
            if (cancelled.getAsBoolean()) {
                throw Turns.cancelled();
            }
            step.clear();
            step.giveStates(true);
            int last = first;
            while (last < inputs.size() && hasRoom(inputs.get(last))) {
                add(inputs.get(last));
                if (inputs.get(last).computed == inputs.get(last).tokens.length) {
                    last++;
                }
            }
            model.decoder().run(step, states);
            collect(inputs.subList(first, Math.min(inputs.size(), last + 1)));
            first = last;
        }
    }

    /// An encoder takes inputs as a whole.
    private boolean hasRoom(Input input) {
        int rows = model.decoder().isWhole() ? input.tokens.length : 1;
        return step.rows() + rows <= step.rowsMax();
    }

    private void add(Input input) {
        while (input.computed < input.tokens.length && step.rows() < step.rowsMax()) {
            int at = input.computed++;
            step.add(input.tokens[at], at, input.table, wanted(input, at));
        }
    }

    private boolean wanted(Input input, int at) {
        return switch (pooling) {
            case MEAN -> true;
            case CLS -> at == 0;
            case LAST, RANK -> at == input.tokens.length - 1;
        };
    }

    /// Adds up the states that the step gave, which stand in the order of its rows.
    private void collect(List<Input> inputs) {
        int state = 0;
        for (Input input : inputs) {
            for (int at = input.answered; at < input.computed; at++) {
                if (wanted(input, at)) {
                    states.get(state++ * width, row, 0, width);
                    for (int i = 0; i < width; i++) {
                        input.sum[i] += row[i];
                    }
                }
            }
            input.answered = input.computed;
        }
    }

    /// A sum has the direction of a mean, and the length goes.
    private static float[] unit(double[] numbers, int count) {
        double squares = 0;
        for (int i = 0; i < count; i++) {
            squares += numbers[i] * numbers[i];
        }
        double factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
        float[] vector = new float[count];
        for (int i = 0; i < count; i++) {
            vector[i] = (float) (factor * numbers[i]);
        }
        return vector;
    }

    /// The first numbers of a vector, as one of length 1: what is left of vectors that were trained
    /// to be cut (Kusupati et al., arXiv 2205.13147).
    ///
    /// @throws IndexOutOfBoundsException when it has not so many
    public static float[] shortened(float[] vector, int count) {
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = vector[i];
        }
        return unit(numbers, count);
    }

    /// Requests that are under way fail.
    @Override
    public void close() {
        turns.take(() -> false);
        try {
            closed = true;
            arena.close();
        } finally {
            turns.give();
        }
    }
}
