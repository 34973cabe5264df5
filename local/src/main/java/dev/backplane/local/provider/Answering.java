package dev.backplane.local.provider;

import dev.backplane.core.Slice;
import dev.backplane.engine.Generation;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.text.grammar.TokenMasks;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// One call to a model that is in memory: its prompts go to the engine, all answers at once, and
/// are told one after the other as they come. Whoever stops listening stops the engine. For one
/// thread.
final class Answering {
    private final LoadedModel model;
    private final Adapter adapter;
    private final ModelRequest request;
    private final CallContext context;
    private final String salt;
    private final EngineMetrics metrics;
    private final Events events;
    private final Parameters parameters;
    private final long startNanos = System.nanoTime();
    private final List<Job> jobs = new ArrayList<>();
    private boolean started;
    private boolean firstToken;
    private long lastNanos = startNanos;
    private long outputBefore;

    /// Of the prompt that is answered, all but its first token.
    private List<TokenScore> scores = List.of();

    private record Job(int choice, Prompt prompt, boolean counted, Generation generation) {}

    /// @param adapter that the model answers with, which stays until [#run] has returned
    /// @param salt of prefixes that may be shared
    /// @param events told as it comes
    Answering(
            LoadedModel model,
            Adapter adapter,
            ModelRequest request,
            CallContext context,
            String salt,
            EngineMetrics metrics,
            Events events) {
        this.model = model;
        this.adapter = adapter;
        this.request = request;
        this.context = context;
        this.salt = salt;
        this.metrics = metrics;
        this.events = events;
        this.parameters = new Parameters(request, model);
    }

    /// @param loadNanos that the model took to be there
    void run(long loadNanos) throws IOException {
        List<Prompt> prompts = new Prompts(model, request, context).all();
        new IgnoredFields(request, context).report();
        try {
            submit(prompts);
            Sum sum = new Sum();
            int made = parameters.bestOf();
            BestOf best = new BestOf();
            for (Job job : jobs) {
                if (made == parameters.count()) {
                    answer(job, sum, events, Optional.empty());
                    continue;
                }
                best.begin();
                answer(job, sum, best, Optional.of(best));
                if ((job.choice + 1) % made == 0) {
                    int first = job.choice / made * parameters.count();
                    best.tell(first, parameters.count(), events);
                }
            }
            events.on(new Event.Used(sum.usage(loadNanos)));
        } finally {
            jobs.forEach(job -> job.generation.cancel());
            jobs.forEach(this::giveUp);
        }
    }

    /// An answer that nobody heard to its end is over, and counts as what was made of it.
    private void giveUp(Job job) {
        job.generation.awaitEnd();
        try {
            Optional<Generation.Event> left = job.generation.next(Duration.ZERO);
            while (left.isPresent()) {
                if (left.get() instanceof Generation.End end) {
                    metrics.finished(model.files().name(), end, job.generation.phases(), "abort");
                }
                left = job.generation.next(Duration.ZERO);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void submit(List<Prompt> prompts) throws IOException {
        Form form = new Form(model, request, context);
        Optional<TokenMasks> masks = form.masks();
        int count = parameters.bestOf();
        for (Prompt prompt : prompts) {
            for (int i = 0; i < count; i++) {
                Optional<Constraint> constraint =
                        masks.map(known -> form.constraint(known, prompt));
                int room = model.engine().contextMax() - prompt.tokens().length;
                Generation generation =
                        model.engine()
                                .submit(
                                        new GenerationRequest(
                                                prompt.tokens(),
                                                parameters.tokensMax(room),
                                                stopTokens(),
                                                parameters.sampling(jobs.size()),
                                                constraint,
                                                user(),
                                                parameters.priority(),
                                                salt,
                                                i == 0 ? parameters.promptLogprobs() : -1,
                                                adapter));
                jobs.add(new Job(jobs.size(), prompt, i == 0, generation));
                context.closing(generation::cancel);
            }
        }
    }

    /// Turns are counted by key, which clients cannot choose; without one by what they call a user.
    private String user() {
        String key = context.caller().key();
        return key.isEmpty() ? request.user() : key;
    }

    private Set<Integer> stopTokens() {
        boolean ignored = request.extras().get("ignore_eos").text().equals("true");
        return ignored ? Set.of() : parameters.stopTokens();
    }

    /// @param to told of the answer
    /// @param best told of its tokens, where it has to be among the best
    private void answer(Job job, Sum sum, Events to, Optional<BestOf> best) throws IOException {
        Reply reply =
                new Reply(
                        job.choice,
                        model,
                        job.prompt,
                        request,
                        parameters.stops(),
                        parameters.logprobs(),
                        to);
        boolean scored = job.counted && parameters.promptLogprobs() >= 0;
        if (!scored) {
            prompt(job, reply, to);
        }
        boolean stopped = false;
        while (true) {
            switch (next(job.generation)) {
                case Generation.PromptScores known -> {
                    scores = known.scores();
                    prompt(job, reply, to);
                }
                case Generation.Token token -> {
                    if (stopped) {
                        continue;
                    }
                    start();
                    timed();
                    if (parameters.echoesOnly()) {
                        continue;
                    }
                    best.ifPresent(answers -> answers.token(token.choice()));
                    boolean end = stopTokens().contains(token.choice().token());
                    stopped = reply.token(token.choice(), end);
                    context.counted(
                            Usage.of(
                                    sum.input + job.prompt.tokens().length,
                                    outputBefore + reply.tokens()));
                    if (stopped) {
                        job.generation.cancel();
                    }
                }
                case Generation.End end -> {
                    end(job, reply, end, stopped, sum);
                    return;
                }
                case Generation.Failure failure -> throw failure.problem();
            }
        }
    }

    /// What an answer says of its prompt; a chat says it once for all answers, see [#start].
    private void prompt(Job job, Reply reply, Events to) throws IOException {
        if (parameters.echoes()) {
            start();
            reply.prompt(job.prompt.tokens(), scores(Math.max(0, parameters.logprobs())));
        }
        if (reportsPrompt() && !(request.input() instanceof Input.Chat)) {
            start();
            to.on(new Event.Other(job.choice, PromptLogprobs.FIELD, promptLogprobs()));
        }
    }

    private boolean reportsPrompt() {
        return parameters.promptLogprobsAsked() >= 0;
    }

    private Slice promptLogprobs() {
        return PromptLogprobs.json(model, scores(parameters.promptLogprobsAsked()));
    }

    /// With so many of the likeliest tokens: what else the request asks for may need more.
    private List<TokenScore> scores(int count) {
        return scores.stream().map(score -> score.limited(count)).toList();
    }

    private void end(Job job, Reply reply, Generation.End end, boolean stopped, Sum sum)
            throws IOException {
        boolean cancelled = end.reason() == Generation.Reason.CANCELLED && !stopped;
        boolean length = end.reason() == Generation.Reason.LENGTH || parameters.echoesOnly();
        FinishReason reason = length && !stopped ? FinishReason.LENGTH : FinishReason.STOP;
        String word = cancelled ? "abort" : reason == FinishReason.LENGTH ? "length" : "stop";
        metrics.finished(model.files().name(), end, job.generation.phases(), word);
        phases(job, end, reply.tokens());
        if (cancelled) {
            throw Residents.cancelled();
        }
        start();
        reply.finish(reason);
        sum.add(job, end, reply);
        outputBefore += reply.tokens();
    }

    private Generation.Event next(Generation generation) {
        long now = System.nanoTime();
        long total = context.timeouts().total().toNanos() - (now - startNanos);
        boolean waiting = !firstToken || !request.stream();
        long phase =
                waiting
                        ? context.timeouts().first().toNanos() - (now - startNanos)
                        : context.timeouts().idle().toNanos();
        try {
            return generation
                    .next(Duration.ofNanos(Math.max(0, Math.min(total, phase))))
                    .orElseThrow(() -> Patience.late(request.model()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Residents.cancelled();
        }
    }

    private void timed() {
        long now = System.nanoTime();
        metrics.token(model.files().name(), !firstToken, now - lastNanos);
        firstToken = true;
        lastNanos = now;
    }

    private void start() throws IOException {
        if (!started) {
            started = true;
            Extras.Builder extras = new Extras.Builder();
            if (reportsPrompt() && request.input() instanceof Input.Chat) {
                extras.put(PromptLogprobs.FIELD, promptLogprobs());
            }
            long seconds = System.currentTimeMillis() / 1_000;
            events.on(new Event.Started("", request.model(), seconds, extras.build()));
        }
    }

    private void phases(Job job, Generation.End end, int tokens) {
        Generation.Phases phases = job.generation.phases();
        phase("queue", phases.arrivedNanos(), phases.begunNanos(), Map.of());
        phase(
                "prefill",
                phases.begunNanos(),
                phases.firstTokenNanos(),
                Map.of(
                        "gen_ai.usage.input_tokens", (long) end.promptTokens(),
                        "backplane.cached_tokens", (long) end.cachedTokens()));
        phase(
                "decode",
                phases.firstTokenNanos(),
                phases.endNanos(),
                Map.of(
                        "gen_ai.usage.output_tokens", (long) tokens,
                        "backplane.preemptions", (long) end.preemptions(),
                        "backplane.draft_tokens", (long) end.guesses().tokens(),
                        "backplane.accepted_tokens", (long) end.guesses().accepted()));
    }

    private void phase(String name, long start, long end, Map<String, Long> counts) {
        context.phase(new CallContext.Phase("engine " + name, start, end, counts));
    }

    /// What all answers of the call took.
    private final class Sum {
        private long input;
        private long cached;
        private long output;
        private long reasoning;
        private long promptNanos;
        private long answerNanos;

        void add(Job job, Generation.End end, Reply reply) {
            if (job.counted) {
                input += end.promptTokens();
                cached += end.cachedTokens();
            }
            output += reply.tokens();
            reasoning += reply.reasoningTokens();
            Generation.Phases phases = job.generation.phases();
            promptNanos += phases.firstTokenNanos() - phases.begunNanos();
            answerNanos += phases.endNanos() - phases.firstTokenNanos();
        }

        /// Ollama's clients are told how long what took.
        Usage usage(long loadNanos) {
            Extras.Builder extras = new Extras.Builder();
            if (request.dialect() == DialectId.OLLAMA) {
                put(extras, "load_duration", loadNanos);
                put(extras, "prompt_eval_duration", promptNanos);
                put(extras, "eval_duration", answerNanos);
            }
            return new Usage(
                    OptionalLong.of(input),
                    OptionalLong.of(output),
                    OptionalLong.of(cached),
                    OptionalLong.empty(),
                    request.input() instanceof Input.Chat
                            ? OptionalLong.of(reasoning)
                            : OptionalLong.empty(),
                    extras.build());
        }

        private static void put(Extras.Builder extras, String name, long nanos) {
            extras.put(name, Slice.of(Long.toString(nanos)));
        }
    }
}
