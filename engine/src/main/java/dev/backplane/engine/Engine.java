package dev.backplane.engine;

import dev.backplane.core.Problem;
import dev.backplane.engine.Generation.End;
import dev.backplane.engine.Generation.Failure;
import dev.backplane.engine.Generation.Reason;
import dev.backplane.engine.cache.BlockPool;
import dev.backplane.engine.model.Decoder;
import dev.backplane.engine.model.KeyValueCache;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.Step;
import dev.backplane.engine.sample.Sampler;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.schedule.Scheduler;
import dev.backplane.engine.schedule.Sequence;
import dev.backplane.engine.speculate.Speculation;
import dev.backplane.engine.speculate.SpeculationOptions;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// Answers requests with a model: many at once, token for token, on one thread of its own that does
/// nothing else and the machine's workers.
///
/// An answer's tokens depend on its request and the model only, not on what else is asked.
///
/// Safe for use by many threads.
public final class Engine implements AutoCloseable {
    /// Rows of prompts that give logits in a step, where they are asked for. More would have
    /// weights read less often, and take memory, asked for or not.
    public static final int SCORES_MAX = 32;

    private static final Duration RETRY = Duration.ofSeconds(1);

    /// @param runningMax requests that are computed together
    /// @param waitingMax requests that may wait beside them; one more is refused
    /// @param speculation what is guessed
    public record Options(int runningMax, int waitingMax, SpeculationOptions speculation) {
        /// Without guesses.
        public Options(int runningMax, int waitingMax) {
            this(runningMax, waitingMax, SpeculationOptions.OFF);
        }

        public Options {
            if (runningMax < 1 || waitingMax < 0) {
                throw new IllegalArgumentException("at least 1 request has to run");
            }
        }
    }

    /// What an engine has done and does; numbers but `blocksUsed`, `running` and `waiting` only
    /// grow.
    ///
    /// @param computedTokens of prompts and answers, repeated ones included
    /// @param cachedTokens of prompts that were in the cache
    /// @param draftTokens that were guessed and computed; `acceptedTokens` of them came true
    public record Stats(
            int running,
            int waiting,
            int blocks,
            int blocksUsed,
            long steps,
            long computedTokens,
            long answerTokens,
            long cachedTokens,
            long preemptions,
            long refused,
            long draftTokens,
            long acceptedTokens) {}

    private final Decoder decoder;
    private final Options options;
    private final int contextMax;
    private final BlockPool pool;
    private final Scheduler scheduler;
    private final Speculation speculation;
    private final Step step;
    private final FloatArray logits;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final BlockingQueue<Work> arrivals = new LinkedBlockingQueue<>();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final Map<Sequence, Work> works = new LinkedHashMap<>();
    private final Map<Sequence, Sampler> samplers = new LinkedHashMap<>();
    private final LongAdder steps = new LongAdder();
    private final LongAdder computedTokens = new LongAdder();
    private final LongAdder answerTokens = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder draftTokens = new LongAdder();
    private final LongAdder acceptedTokens = new LongAdder();
    private final Thread thread;
    private volatile Stats stats;
    private volatile boolean closed;

    private Engine(LocalModel model, Options options, Optional<LocalModel> draft) {
        this.decoder = model.decoder();
        this.options = options;
        this.contextMax = Math.min(model.contextMax(), model.cacheBlocks() * KeyValueCache.BLOCK);
        pool = new BlockPool(model.cacheBlocks(), !decoder.isRecurrent(), decoder::freed);
        // Rows of guesses that did not come true are taken back, which a state cannot be.
        SpeculationOptions guesses =
                decoder.isRecurrent() ? SpeculationOptions.OFF : options.speculation();
        int drafts = guesses.on() ? guesses.rowsMax() : 0;
        scheduler = new Scheduler(pool, options.runningMax(), drafts, SCORES_MAX);
        speculation = new Speculation(guesses, draft, options.runningMax());
        step = new Step(model.rowsMax());
        int outputs = Math.addExact(options.runningMax(), drafts + SCORES_MAX);
        int outputsMax = Math.min(model.rowsMax(), outputs);
        logits = FloatArray.allocate(arena, Math.multiplyExact(outputsMax, decoder.vocabulary()));
        stats = measured();
        thread = Thread.ofPlatform().daemon().name("engine").unstarted(this::work);
    }

    /// Starts. The model is the caller's, who closes it after the engine and uses it for nothing
    /// else until then.
    public static Engine start(LocalModel model, Options options) {
        return start(model, options, Optional.empty());
    }

    /// Starts.
    ///
    /// @param draft a small model with the same tokens, for guesses; used and closed as the model
    ///   is
    /// @throws Problem when it knows other tokens, or cannot take rows back
    public static Engine start(LocalModel model, Options options, Optional<LocalModel> draft) {
        if (model.decoder().isWhole()) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "an encoder makes no answers",
                            model.file().source())
                    .fix("use it for embeddings");
        }
        draft.ifPresent(small -> checkDraft(model.decoder(), small.decoder()));
        Engine engine = new Engine(model, options, draft);
        engine.thread.start();
        return engine;
    }

    private static void checkDraft(Decoder model, Decoder draft) {
        if (draft.vocabulary() != model.vocabulary()) {
            throw Problem.invalid(
                            "the draft model knows %,d tokens, the model %,d"
                                    .formatted(draft.vocabulary(), model.vocabulary()),
                            "speculation")
                    .fix("use a draft model with the model's tokenizer");
        }
        if (draft.isRecurrent()) {
            throw Problem.invalid(
                            "the draft model has a state that cannot be set back", "speculation")
                    .fix("use a draft model of attention only");
        }
    }

    /// Positions that a request may have, prompt and answer together.
    public int contextMax() {
        return contextMax;
    }

    /// Takes a request into the queue.
    ///
    /// @throws Problem `INVALID` when prompt and answer do not fit the context, naming the numbers;
    ///   `UNAVAILABLE`, with a time to come back, when too many wait or the engine is closed
    public Generation submit(GenerationRequest request) {
        check(request);
        if (closed) {
            throw closedProblem();
        }
        if (unfinished.incrementAndGet() > options.runningMax + options.waitingMax) {
            unfinished.decrementAndGet();
            refused.increment();
            throw Problem.unavailable(
                            "%,d requests run and %,d wait"
                                    .formatted(options.runningMax, options.waitingMax),
                            "engine")
                    .fix("send it again later")
                    .retryAfter(RETRY);
        }
        int lengthMax = request.prompt().length + request.tokensMax();
        Sequence sequence =
                new Sequence(
                                request.prompt(),
                                lengthMax,
                                request.user(),
                                request.priority(),
                                request.adapter().salt(request.salt()))
                        .with(request.adapter());
        if (request.promptLogprobs() >= 0) {
            sequence.scoringPrompt();
        }
        Work work = new Work(request, sequence);
        arrivals.add(work);
        if (closed && arrivals.remove(work)) {
            throw closedProblem();
        }
        return work.generation();
    }

    private static Problem closedProblem() {
        return Problem.unavailable("the engine is closed", "engine").fix("start it again");
    }

    private void check(GenerationRequest request) {
        int length = request.prompt().length;
        if (length == 0 || request.tokensMax() < 1) {
            throw Problem.invalid("a prompt of %d tokens".formatted(length), "prompt")
                    .fix("give at least one token, and ask for at least one");
        }
        for (int token : request.prompt()) {
            if (token < 0 || token >= decoder.vocabulary()) {
                throw Problem.invalid("there is no token " + token, "prompt")
                        .fix("give tokens from 0 to " + (decoder.vocabulary() - 1));
            }
        }
        if (length >= contextMax) {
            throw Problem.invalid(
                            "the prompt has %,d tokens, the context holds %,d, answer included"
                                    .formatted(length, contextMax),
                            "prompt")
                    .fix("leave out at least %,d tokens".formatted(length - contextMax + 1));
        }
        if (request.tokensMax() > contextMax - length) {
            throw Problem.invalid(
                            ("a prompt of %,d tokens and an answer of %,d do not fit the context of"
                                            + " %,d")
                                    .formatted(length, request.tokensMax(), contextMax),
                            "max_tokens")
                    .fix("ask for at most %,d tokens".formatted(contextMax - length));
        }
    }

    /// As of the end of the last step.
    public Stats stats() {
        return stats;
    }

    private Stats measured() {
        return new Stats(
                scheduler.running(),
                scheduler.waiting() + arrivals.size(),
                pool.size(),
                pool.size() - pool.free(),
                steps.sum(),
                computedTokens.sum(),
                answerTokens.sum(),
                scheduler.cachedTokens(),
                scheduler.preemptions(),
                refused.sum(),
                draftTokens.sum(),
                acceptedTokens.sum());
    }

    private void work() {
        try {
            while (!closed) {
                receive();
                dropCancelled();
                step();
                stats = measured();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            List<Work> late = new ArrayList<>();
            arrivals.drainTo(late);
            late.forEach(work -> works.put(work.sequence(), work));
            failAll(closedProblem());
        }
    }

    /// Takes what has arrived; waits for something when there is nothing to do.
    private void receive() throws InterruptedException {
        List<Work> arrived = new ArrayList<>();
        if (works.isEmpty()) {
            arrived.add(arrivals.take());
        }
        arrivals.drainTo(arrived);
        for (Work work : arrived) {
            works.put(work.sequence(), work);
            try {
                GenerationRequest request = work.request();
                samplers.put(
                        work.sequence(),
                        new Sampler(
                                request.sampling(),
                                request.constraint(),
                                request.prompt(),
                                decoder.vocabulary()));
                scheduler.add(work.sequence());
                speculation.begin(work.sequence(), request.constraint());
            } catch (Problem problem) {
                finish(work, new Failure(problem));
            }
        }
    }

    private void dropCancelled() {
        for (Work work : List.copyOf(works.values())) {
            if (work.generation().cancelled()) {
                end(work, Reason.CANCELLED);
            }
        }
    }

    private void step() {
        step.clear();
        try {
            speculation.propose(scheduler.caughtUp());
            scheduler.plan(step);
            if (step.rows() == 0) {
                return;
            }
            noteBegun();
            long start = System.nanoTime();
            decoder.run(step, logits);
            if (step.rows() == step.outputCount()) {
                speculation.noteStep(step.rows(), System.nanoTime() - start);
            }
        } catch (RuntimeException e) {
            failAll(Problem.internal("a step failed", "engine").causedBy(e));
            return;
        }
        scheduler.advance();
        steps.increment();
        computedTokens.add(step.rows());
        int row = 0;
        for (Sequence sequence : List.copyOf(scheduler.outputs())) {
            int drafted = sequence.drafted();
            boolean caughtUp = sequence.caughtUp();
            int scored = sequence.scored();
            Work work = works.get(sequence);
            Sampler sampler = samplers.get(sequence);
            if (work != null && sampler != null) {
                score(work, sampler, row);
                if (caughtUp) {
                    choose(work, sampler, row + scored, drafted);
                }
            }
            row += scored + (caughtUp ? 1 + drafted : 0);
        }
        scheduler.forgetDrafts();
    }

    /// Says what the prompt's rows from `row` on thought of the tokens after them.
    private void score(Work work, Sampler sampler, int row) {
        Sequence sequence = work.sequence();
        int count = work.request().promptLogprobs();
        for (int i = 0; i < sequence.scored(); i++) {
            int token = sequence.token(sequence.firstScored() + i);
            work.score(sampler.score(logits, (row + i) * decoder.vocabulary(), token, count));
        }
    }

    /// Chooses a token, and as long as it is the one that was guessed, the next.
    private void choose(Work work, Sampler sampler, int row, int drafted) {
        int accepted = 0;
        if (drafted > 0) {
            work.guessed(drafted);
            draftTokens.add(drafted);
        }
        while (choose(work, sampler, (row + accepted) * decoder.vocabulary(), accepted, drafted)) {
            accepted++;
        }
        if (drafted > 0) {
            speculation.note(work.sequence(), drafted, accepted);
        }
    }

    private void noteBegun() {
        long now = System.nanoTime();
        works.values().forEach(work -> work.begun(now));
    }

    /// Returns whether the token was the draft number `number`, and the answer goes on.
    private boolean choose(Work work, Sampler sampler, int at, int number, int drafted) {
        Sequence sequence = work.sequence();
        TokenChoice choice;
        try {
            choice = sampler.choose(logits, at, sequence.length());
        } catch (Problem problem) {
            finish(work, new Failure(problem));
            return false;
        }
        int token = choice.token();
        boolean guessed = number < drafted && sequence.draft(number) == token;
        sequence.append(token);
        answerTokens.increment();
        if (guessed) {
            scheduler.accept(sequence);
            work.accepted(number);
            acceptedTokens.increment();
        }
        work.token(choice);
        if (work.request().stops().contains(token)) {
            end(work, Reason.STOP);
            return false;
        }
        if (sequence.full()) {
            end(work, Reason.LENGTH);
            return false;
        }
        return guessed;
    }

    private void end(Work work, Reason reason) {
        Sequence sequence = work.sequence();
        finish(
                work,
                new End(
                        reason,
                        sequence.promptLength(),
                        sequence.cached(),
                        sequence.length() - sequence.promptLength(),
                        sequence.preemptions(),
                        work.guesses()));
    }

    private void finish(Work work, Generation.Event event) {
        scheduler.remove(work.sequence());
        works.remove(work.sequence());
        speculation.end(work.sequence());
        samplers.remove(work.sequence());
        unfinished.decrementAndGet();
        work.end(event);
    }

    private void failAll(Problem problem) {
        for (Work work : List.copyOf(works.values())) {
            finish(work, new Failure(problem));
        }
    }

    /// Ends what is under way, with a failure, and the thread. Returns when it has ended.
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        speculation.close();
        arena.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
