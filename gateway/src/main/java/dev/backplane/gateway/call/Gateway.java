package dev.backplane.gateway.call;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/// Answers requests by way of providers, and leaves a span for each. Thread-safe; a call belongs to
/// the thread that makes it and ends when that thread is interrupted.
public final class Gateway {
    private volatile RouteTable routes;
    private final Recorder recorder;
    private final Guard guard;
    private final Retries retries;
    private final Timeouts timeouts;
    private final Admission admission;
    private final AnswerCache cache;

    /// @param cache of answers to requests that repeat
    public Gateway(
            RouteTable routes,
            Recorder recorder,
            Guard guard,
            Retries retries,
            Timeouts timeouts,
            Limiter limiter,
            AnswerCache cache) {
        this.routes = routes;
        this.recorder = recorder;
        this.guard = guard;
        this.retries = retries;
        this.timeouts = timeouts;
        this.admission = new Admission(limiter, recorder.prices());
        this.cache = cache;
    }

    public RouteTable routes() {
        return routes;
    }

    /// Other routes for calls that begin from now on; those that run keep their target.
    public void routes(RouteTable changed) {
        routes = changed;
    }

    /// Whether a call may ask for the model.
    public boolean allows(Origin origin, String model) {
        return admission.allows(origin, model);
    }

    /// What became of a call, for headers and the end of the answer.
    ///
    /// @param target that answered
    /// @param ignored fields of the request that it was not told
    /// @param repeated whether it is the answer to an earlier request that was the same
    public record Outcome(String trace, String target, List<String> ignored, boolean repeated) {
        public Outcome {
            ignored = List.copyOf(ignored);
        }
    }

    /// Answers; when this returns or throws, the span is written.
    ///
    /// @param events the client, told events as they come
    /// @throws Problem why there is no answer; if `events` was told anything, it broke off
    /// @throws IOException of `events`: the client has gone
    public Outcome generate(Origin origin, ModelRequest asked, Events events) throws IOException {
        boolean chat = asked.input() instanceof Input.Chat;
        CallSpan span =
                new CallSpan(
                        origin,
                        recorder,
                        SpanKind.LLM,
                        chat ? "chat" : "text_completion",
                        asked.model());
        origin.listener().began(span.trace(), span.id());
        span.put(Field.USER_ID, asked.user());
        span.attribute("backplane.dialect", asked.dialect().id());
        Slice input = input(asked);
        Slice tools = ChatRequestWriter.tools(asked.tools());
        span.content(Field.INPUT, input);
        if (!asked.tools().isEmpty()) {
            span.content(Field.TOOLS, tools);
        }
        asked.settings()
                .forEach((setting, json) ->
                        span.attribute(
                                "gen_ai.request." + setting.name().toLowerCase(Locale.ROOT),
                                json.text()));
        Delivery delivery = new Delivery(origin, guard, events, span);
        String error = "failed unexpectedly";
        Optional<Admission.Admitted> admitted = Optional.empty();
        boolean repeated = false;
        RouteTable table = routes;
        try {
            admitted =
                    Optional.of(
                            admission.admit(
                                    origin,
                                    asked.model(),
                                    asked.user(),
                                    table.find(asked.model()).targets(),
                                    Admission.bytes(input, tools),
                                    Admission.outputTokens(asked)));
            ModelRequest request = guarded(origin, asked);
            Outcome outcome =
                    cache.enabled()
                            ? cached(span, origin, table, request, delivery)
                            : ask(span, table, request, delivery, delivery);
            repeated = outcome.repeated();
            error = "";
            return outcome;
        } catch (Problem problem) {
            error = problem.getMessage();
            throw problem;
        } catch (IOException gone) {
            error = "client went away";
            throw gone;
        } finally {
            Answer answer = delivery.answer();
            Slice output = answer(span, answer);
            // A repeat was paid for by whoever asked first.
            boolean made = !repeated && delivery.told();
            Usage usage = repeated ? Usage.UNKNOWN : answer.usage();
            admitted.ifPresent(call -> admission.settle(call, span, usage, made, output.length()));
            span.end(error);
        }
    }

    private Outcome cached(
            CallSpan span, Origin origin, RouteTable table, ModelRequest request, Delivery delivery)
            throws IOException {
        table.find(request.model());
        String key = AnswerCache.key(origin.project(), request);
        Optional<List<Event>> known = cache.find(key);
        if (known.isEmpty()) {
            Recording recording = new Recording(delivery);
            Outcome outcome = ask(span, table, request, delivery, recording);
            cache.put(key, recording.events());
            return outcome;
        }
        span.repeated();
        for (Event event : known.get()) {
            delivery.on(event);
        }
        return new Outcome(span.trace(), "cache", List.of(), true);
    }

    private Outcome ask(
            CallSpan span, RouteTable table, ModelRequest request, Delivery delivery, Events events)
            throws IOException {
        return attempts(
                span,
                table.find(request.model()),
                () -> Beginning.of(request),
                delivery::told,
                (target, context) ->
                        target.provider()
                                .generate(request.withModel(target.model()), context, events));
    }

    private static Slice input(ModelRequest request) {
        return switch (request.input()) {
            case Input.Chat(List<Message> messages) ->
                    ChatRequestWriter.messages(messages, request.dialect());
            case Input.Raw(List<Input.Prompt> prompts) -> Completions.prompts(prompts);
        };
    }

    private ModelRequest guarded(Origin origin, ModelRequest asked) {
        ModelRequest request = guard.input(origin, asked);
        request = guard.toolDefinitions(origin, request);
        return guard.toolResults(origin, request);
    }

    /// @return what came, as the span has it
    private static Slice answer(CallSpan span, Answer answer) {
        Slice output = answer.choices().isEmpty() ? Slice.EMPTY : AnswerWriter.messages(answer);
        if (output.length() > 0) {
            span.content(Field.OUTPUT, output);
        }
        span.put(Field.MODEL, answer.model());
        span.attribute("gen_ai.response.id", answer.id());
        for (Answer.Choice choice : answer.choices()) {
            span.attribute(
                    "gen_ai.response.finish_reason",
                    choice.finished()
                            ? choice.reason().name().toLowerCase(Locale.ROOT)
                            : "cut_off");
        }
        span.usage(answer.usage());
        return output;
    }

    /// Vectors; as [#generate].
    public Embedding.Answer embed(Origin origin, Embedding.Request asked) throws IOException {
        CallSpan span =
                new CallSpan(origin, recorder, SpanKind.EMBEDDING, "embeddings", asked.model());
        origin.listener().began(span.trace(), span.id());
        span.put(Field.USER_ID, asked.user());
        Slice input = Completions.prompts(asked.inputs());
        span.content(Field.INPUT, input);
        String error = "failed unexpectedly";
        Optional<Admission.Admitted> admitted = Optional.empty();
        Embedding.Answer[] answer = new Embedding.Answer[1];
        Usage usage = Usage.UNKNOWN;
        try {
            Route route = routes.find(asked.model());
            admitted =
                    Optional.of(
                            admission.admit(
                                    origin,
                                    asked.model(),
                                    asked.user(),
                                    route.targets(),
                                    input.length(),
                                    0));
            attempts(
                    span,
                    route,
                    () -> asked.inputs().hashCode(),
                    () -> false,
                    (target, context) ->
                            answer[0] =
                                    target.provider()
                                            .embed(asked.withModel(target.model()), context));
            span.put(Field.MODEL, answer[0].model());
            usage = answer[0].usage();
            span.usage(usage);
            error = "";
            return answer[0];
        } catch (Problem problem) {
            error = problem.getMessage();
            throw problem;
        } finally {
            if (admitted.isPresent()) {
                admission.settle(admitted.get(), span, usage, error.isEmpty(), 0);
            }
            span.end(error);
        }
    }

    /// How many tokens the request would take as input, by the first target that can tell. Nothing
    /// is made, and no span is left.
    public long countTokens(Origin origin, ModelRequest asked) {
        ModelRequest request = guarded(origin, asked);
        Optional<Problem> last = Optional.empty();
        Route route = routes.find(request.model());
        for (Target target : route.plan(ThreadLocalRandom.current(), () -> Beginning.of(request))) {
            try {
                return target.provider()
                        .countTokens(
                                request.withModel(target.model()), new CallContext("", timeouts));
            } catch (Problem problem) {
                last = Optional.of(problem);
                if (!retries.otherTarget(problem)) {
                    break;
                }
            }
        }
        throw last.orElseThrow();
    }

    private interface Attempt {
        void run(Target target, CallContext context) throws IOException;
    }

    private interface Told {
        boolean anything();
    }

    /// Tries targets until one has answered, or the client has heard something.
    private Outcome attempts(
            CallSpan span, Route route, LongSupplier beginning, Told told, Attempt attempt)
            throws IOException {
        Optional<Problem> last = Optional.empty();
        int total = 0;
        for (Target target : route.plan(ThreadLocalRandom.current(), beginning)) {
            for (int failed = 0;
                    failed < retries.perTarget() && total < retries.total();
                    failed++) {
                if (failed > 0) {
                    pause(last.flatMap(Problem::retryAfter), failed);
                }
                if (!target.breaker().enter()) {
                    break;
                }
                total++;
                try {
                    return attempt(span, target, attempt, total > 1);
                } catch (Problem problem) {
                    last = Optional.of(problem);
                    if (told.anything()
                            || !retries.otherTarget(problem)
                            || Thread.currentThread().isInterrupted()) {
                        throw problem;
                    }
                    if (!retries.sameTarget(problem)) {
                        break;
                    }
                }
            }
        }
        throw last.orElseGet(() ->
                Problem.unavailable("every target of the model keeps failing", route.model())
                        .fix("try again in a while"));
    }

    private Outcome attempt(CallSpan span, Target target, Attempt attempt, boolean again)
            throws IOException {
        CallContext context = new CallContext(span.traceparent(), timeouts);
        long start = CallSpan.time();
        span.put(Field.PROVIDER, target.provider().name());
        boolean judged = false;
        try {
            attempt.run(target, context);
            target.breaker().succeeded();
            judged = true;
            if (again) {
                span.attempt(target.name(), start, Optional.empty());
            }
            List<String> ignored = context.ignored();
            span.attribute("backplane.ignored_fields", String.join(",", ignored));
            return new Outcome(span.trace(), target.name(), ignored, false);
        } catch (Problem problem) {
            if (retries.blames(problem) && !Thread.currentThread().isInterrupted()) {
                target.breaker().failed();
                judged = true;
            }
            span.attempt(target.name(), start, Optional.of(problem));
            throw problem;
        } finally {
            if (!judged) {
                target.breaker().abandoned();
            }
        }
    }

    private void pause(Optional<Duration> asked, int failed) {
        Duration drawn = retries.delay(failed, ThreadLocalRandom.current());
        Duration delay = asked.filter(least -> least.compareTo(drawn) > 0).orElse(drawn);
        try {
            Thread.sleep(delay);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Problem.of(Problem.Kind.UNAVAILABLE, "call was cancelled", "gateway")
                    .causedBy(interrupted);
        }
    }
}
