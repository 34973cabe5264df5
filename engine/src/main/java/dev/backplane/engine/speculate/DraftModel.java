package dev.backplane.engine.speculate;

import dev.backplane.engine.cache.BlockPool;
import dev.backplane.engine.model.Decoder;
import dev.backplane.engine.model.KeyValueCache;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.Step;
import dev.backplane.engine.schedule.Sequence;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// A small model that says what a large one is likely to say (Leviathan et al., arXiv 2211.17192):
/// its likeliest tokens, one after the other for all requests at once.
///
/// It has a cache of its own, in which a request's tokens are computed as they become known, at
/// most a step of them at a time: a long prompt is guessed about only when the small model has read
/// it, and nothing waits for that. A request for which the cache has no room is not guessed about.
///
/// For one thread.
final class DraftModel implements AutoCloseable {
    private static final int BLOCK = KeyValueCache.BLOCK;

    /// Powers below e to this are left out: those of a vocabulary of 2¹⁸ tokens change the sum, at
    /// least 1, by less than 2⁻²⁴.
    private static final float NEGLIGIBLE = -30;

    /// What of a request is in the cache.
    private static final class Reading {
        private int[] tokens = new int[BLOCK];
        private int[] table = new int[1];
        private int computed;
        private int blocks;
    }

    private final Decoder decoder;
    private final BlockPool pool;
    private final Step step;
    private final int contextMax;
    private final int outputsMax;
    private final FloatArray logits;
    private final float[] row;
    private final Map<Sequence, Reading> readings = new IdentityHashMap<>();

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    /// @param model the caller's, who closes it afterwards
    /// @param runningMax requests that may run at once
    DraftModel(LocalModel model, int runningMax) {
        decoder = model.decoder();
        pool = new BlockPool(model.cacheBlocks());
        step = new Step(model.rowsMax());
        contextMax = model.contextMax();
        outputsMax = Math.min(runningMax, model.rowsMax());
        logits = FloatArray.allocate(arena, Math.multiplyExact(outputsMax, decoder.vocabulary()));
        row = new float[decoder.vocabulary()];
    }

    /// Adds guesses to drafts, as long as they are likely enough.
    void propose(List<Draft> drafts, double least) {
        List<Draft> open = new ArrayList<>();
        step.clear();
        for (Draft draft : drafts) {
            if (!draft.full() && draft.length() < contextMax && open.size() < outputsMax) {
                if (catchUp(draft)) {
                    open.add(draft);
                }
            }
        }
        Map<Draft, Double> likely = new IdentityHashMap<>();
        while (step.rows() > 0) {
            decoder.run(step, logits);
            step.clear();
            List<Draft> more = new ArrayList<>();
            for (int i = 0; i < open.size(); i++) {
                Draft draft = open.get(i);
                logits.get(i * row.length, row, 0, row.length);
                int token = likeliest();
                double chance = likely.getOrDefault(draft, 1.0) * probability(token);
                likely.put(draft, chance);
                if (draft.add(token, chance, least) && read(draft, reading(draft), 1)) {
                    more.add(draft);
                }
            }
            open = more;
        }
    }

    private Reading reading(Draft draft) {
        return readings.computeIfAbsent(draft.sequence(), _ -> new Reading());
    }

    /// Puts what is missing of a request into the step.
    ///
    /// @return whether it is all there then, and its logits come
    private boolean catchUp(Draft draft) {
        Reading reading = reading(draft);
        int same = 0;
        int most = Math.min(reading.computed, draft.length() - 1);
        while (same < most && reading.tokens[same] == draft.token(same)) {
            same++;
        }
        reading.computed = same;
        int missing = draft.length() - same;
        int room = step.rowsMax() - step.rows();
        return room > 0 && read(draft, reading, Math.min(missing, room)) && missing <= room;
    }

    /// Puts so many tokens into the step; false when there is no room for them.
    private boolean read(Draft draft, Reading reading, int count) {
        int end = reading.computed + count;
        int blocks = Math.ceilDiv(end, BLOCK);
        if (end > contextMax || blocks - reading.blocks > pool.free()) {
            return false;
        }
        if (blocks > reading.table.length) {
            reading.table = Arrays.copyOf(reading.table, 2 * blocks);
        }
        while (reading.blocks < blocks) {
            reading.table[reading.blocks++] = pool.take();
        }
        if (end > reading.tokens.length) {
            reading.tokens = Arrays.copyOf(reading.tokens, 2 * end);
        }
        for (int i = reading.computed; i < end; i++) {
            reading.tokens[i] = draft.token(i);
            step.add(draft.token(i), i, reading.table, i == draft.length() - 1);
        }
        reading.computed = end;
        return true;
    }

    private int likeliest() {
        int best = 0;
        for (int token = 1; token < row.length; token++) {
            if (row[token] > row[best]) {
                best = token;
            }
        }
        return best;
    }

    private double probability(int token) {
        double sum = 0;
        for (float logit : row) {
            float less = logit - row[token];
            sum += less < NEGLIGIBLE ? 0 : Math.exp(less);
        }
        return 1 / sum;
    }

    /// A request is done.
    void forget(Sequence sequence) {
        Reading reading = readings.remove(sequence);
        while (reading != null && reading.blocks > 0) {
            pool.release(reading.table[--reading.blocks]);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
