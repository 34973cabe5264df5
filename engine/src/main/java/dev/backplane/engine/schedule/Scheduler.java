package dev.backplane.engine.schedule;

import dev.backplane.engine.cache.BlockPool;
import dev.backplane.engine.model.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides what each step computes. In this order, until the step's rows are used up:
///
/// 1. sequences that run, as they came: each the tokens that it lacks. One that needs a block when
///    none is free sets back one that came after it, or itself if it is the last: of the user whose
///    sequence came last the one with the highest priority number, of equals the last. It gives up
///    its blocks and starts over later;
/// 2. sequences that wait, by fairness ([FairQueue]), if nothing was set back: each holds the
///    blocks of its beginning that are in the cache, and gets what rows are left, if blocks are
///    free, one kept for each that runs.
///
/// Beside the last token that a sequence lacks, its drafts are computed, as far as rows are left
/// when each that runs has its own, and without setting back any other. One that wants logits
/// within its prompt gets no more rows than there may be such logits in a step.
///
/// A long prompt thus takes several steps, beside which others go on. The sequence that came first
/// always gets on, since each is admitted only if the whole cache has room for it.
///
/// Invariant: between steps a sequence waits, runs, or is done; only those that run hold blocks.
/// For one thread.
public final class Scheduler {
    private final BlockPool pool;
    private final int runningMax;
    private final int draftsMax;
    private final int scoresMax;
    private final FairQueue waiting = new FairQueue();
    private final List<Sequence> running = new ArrayList<>();
    private final List<Sequence> outputs = new ArrayList<>();
    private long preemptions;
    private long cachedTokens;
    private int draftsLeft;
    private int scoresLeft;

    /// @param runningMax sequences that may run at once
    /// @param draftsMax drafts that a step may have, of all sequences together
    /// @param scoresMax rows of prompts that may give logits in a step; at least one
    public Scheduler(BlockPool pool, int runningMax, int draftsMax, int scoresMax) {
        this.pool = pool;
        this.runningMax = runningMax;
        this.draftsMax = draftsMax;
        this.scoresMax = scoresMax;
    }

    /// @throws IllegalArgumentException when the whole cache is too small for it
    public void add(Sequence sequence) {
        if (sequence.blocksMax() > pool.size()) {
            throw new IllegalArgumentException("the cache is too small for the sequence");
        }
        waiting.add(sequence);
    }

    public int waiting() {
        return waiting.size();
    }

    public int running() {
        return running.size();
    }

    /// How often a sequence was set back, ever.
    public long preemptions() {
        return preemptions;
    }

    /// Tokens that did not have to be computed because they were in the cache, ever.
    public long cachedTokens() {
        return cachedTokens;
    }

    /// Fills a step, which was cleared. It is empty when nothing runs or waits.
    public void plan(Step step) {
        outputs.clear();
        boolean preempted = false;
        long known = 0;
        for (Sequence sequence : running) {
            known += sequence.missing();
        }
        draftsLeft = Math.clamp(step.rowsMax() - known, 0, draftsMax);
        scoresLeft = scoresMax;
        int place = 0;
        while (place < running.size() && step.rows() < step.rowsMax()) {
            Sequence sequence = running.get(place);
            int count = count(sequence, step);
            if (count == 0) {
                place++;
                continue;
            }
            boolean there = true;
            while (there && sequence.blocksFor(count) > pool.free()) {
                Sequence victim = victim(place);
                preempt(victim);
                preempted = true;
                there = victim != sequence;
            }
            if (there) {
                schedule(sequence, count, step.with(sequence.adapter()));
                place++;
            }
        }
        while (!preempted && step.rows() < step.rowsMax() && running.size() < runningMax) {
            Optional<Sequence> next = waiting.peek();
            if (next.isEmpty() || !begin(next.get(), step)) {
                break;
            }
        }
    }

    /// Who gives up its blocks, of those from a place on.
    private Sequence victim(int from) {
        Sequence victim = running.getLast();
        for (int i = running.size() - 2; i >= from; i--) {
            Sequence other = running.get(i);
            if (other.user().equals(victim.user()) && other.priority() > victim.priority()) {
                victim = other;
            }
        }
        return victim;
    }

    private void preempt(Sequence sequence) {
        running.remove(sequence);
        sequence.preempt(pool);
        waiting.addFirst(sequence);
        preemptions++;
    }

    private boolean begin(Sequence sequence, Step step) {
        sequence.holdCached(pool);
        int count = count(sequence, step);
        if (count == 0 || sequence.blocksFor(count) + running.size() > pool.free()) {
            sequence.release(pool);
            return false;
        }
        cachedTokens += sequence.computed();
        waiting.begin(sequence);
        running.add(sequence);
        schedule(sequence, count, step.with(sequence.adapter()));
        return true;
    }

    /// Tokens of a sequence that a step has rows and logits for.
    private int count(Sequence sequence, Step step) {
        int rows = Math.min(sequence.missing(), step.rowsMax() - step.rows());
        return sequence.within(rows, scoresLeft);
    }

    private void schedule(Sequence sequence, int count, Step step) {
        boolean catchesUp = count == sequence.missing();
        int guesses = catchesUp ? guesses(sequence, count) : 0;
        draftsLeft -= guesses;
        int first = sequence.computed();
        int scores = 0;
        for (int i = first; i < first + count; i++) {
            scores += sequence.isScored(i) ? 1 : 0;
        }
        scoresLeft -= scores;
        sequence.schedule(count, guesses, scores, pool);
        for (int i = first; i < first + count + guesses; i++) {
            boolean output = catchesUp && i >= first + count - 1 || sequence.isScored(i);
            step.add(sequence.token(i), i, sequence.table(), output);
        }
        if (catchesUp || scores > 0) {
            outputs.add(sequence);
        }
    }

    /// Drafts for which there are rows, and blocks that nobody who runs needs now.
    private int guesses(Sequence sequence, int count) {
        int guesses = Math.min(sequence.drafts(), draftsLeft);
        int needed = sequence.blocksFor(count);
        while (guesses > 0 && sequence.blocksFor(count + guesses) > needed) {
            if (sequence.blocksFor(count + guesses) + running.size() <= pool.free()) {
                break;
            }
            guesses--;
        }
        return guesses;
    }

    /// Sequences that the step that was planned last gives logits for, in their order: of each
    /// those of its prompt ([Sequence#scored]), and if it caught up, one more than drafts
    /// ([Sequence#drafted]).
    public List<Sequence> outputs() {
        return outputs;
    }

    /// The step that was planned last is computed.
    public void advance() {
        for (Sequence sequence : running) {
            waiting.charge(sequence, sequence.scheduled() + sequence.drafted());
            sequence.advance(pool);
        }
    }

    /// Sequences that run and lack one token only: guesses at the next ones are of use.
    public List<Sequence> caughtUp() {
        return running.stream().filter(sequence -> sequence.missing() == 1).toList();
    }

    /// The token that was appended last to a sequence is the draft that was computed for its place.
    public void accept(Sequence sequence) {
        sequence.accept(pool);
    }

    /// All drafts were looked at.
    public void forgetDrafts() {
        running.forEach(Sequence::forgetDrafts);
    }

    /// Takes out a sequence, wherever it is, and frees its blocks. Not between [#plan] and
    /// [#advance].
    public void remove(Sequence sequence) {
        if (waiting.remove(sequence)) {
            return;
        }
        if (running.remove(sequence)) {
            sequence.release(pool);
            waiting.end(sequence);
        }
    }
}
