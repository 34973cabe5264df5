package dev.backplane.gateway.call;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKind;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Rankings;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.Presence;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// Answers requests by way of providers, and leaves a span for each. Thread-safe; a call belongs to
/// the thread that makes it and ends when that thread is interrupted.
public final class Gateway {
    private volatile RouteTable routes;
    private final Recorder recorder;
    private final Guard guard;
    private final Retries retries;
    private final Admission admission;
    private final AnswerCache cache;
    private final FileReferences files;

    /// @param cache of answers to requests that repeat
    /// @param files that requests may refer to
    public Gateway(
            RouteTable routes,
            Recorder recorder,
            Guard guard,
            Retries retries,
            Limiter limiter,
            AnswerCache cache,
            FileReferences files) {
        this.routes = routes;
        this.recorder = recorder;
        this.guard = guard;
        this.retries = retries;
        this.admission = new Admission(limiter, recorder);
        this.cache = cache;
        this.files = files;
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
        return allows(origin.key(), model);
    }

    /// Whether calls with the key of this id may.
    public boolean allows(String key, String model) {
        return admission.allows(key, model);
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
        describe(asked, span);
        Delivery delivery = new Delivery(origin, guard, events, span);
        Ending ending = new Ending();
        RouteTable table = routes;
        Optional<Admission.Admitted> admitted = Optional.empty();
        Optional<Attempts> attempts = Optional.empty();
        boolean repeated = false;
        try {
            List<Target> targets = table.find(asked.model()).targets();
            admitted =
                    Optional.of(
                            admission.admit(
                                    origin,
                                    asked.model(),
                                    asked.user(),
                                    targets,
                                    Admission.bytes(input, tools),
                                    Admission.outputTokens(asked)));
            ModelRequest request = guarded(origin, asked);
            attempts =
                    Optional.of(attempts(span, origin, table, request.model(), request.stream()));
            Outcome outcome =
                    cache.enabled()
                            ? cached(span, origin, attempts.get(), request, delivery)
                            : ask(attempts.get(), request, delivery);
            repeated = outcome.repeated();
            ending.well();
            return outcome;
        } catch (Problem problem) {
            ending.failed(problem);
            throw problem;
        } catch (IOException gone) {
            ending.left();
            throw gone;
        } finally {
            Answer answer = delivery.answer();
            Slice output = answer(span, answer);
            // A repeat was paid for by whoever asked first.
            boolean made = !repeated && delivery.told();
            Usage usage = repeated ? Usage.UNKNOWN : usage(answer, attempts);
            span.usage(usage);
            Cost besides = attempts.map(Attempts::besides).orElse(Cost.ZERO);
            span.besides(besides);
            admitted.ifPresent(
                    call -> admission.settle(call, span, usage, made, output.length(), besides));
            span.end(ending.error, ending.type);
        }
    }

    /// What is asked of the answer, for the span.
    private static void describe(ModelRequest asked, CallSpan span) {
        asked.settings()
                .forEach((setting, json) ->
                        span.attribute(
                                "gen_ai.request." + setting.name().toLowerCase(Locale.ROOT),
                                json.text()));
        span.demands(ChatRequestWriter.demands(asked));
    }

    /// How a call ended, for its span.
    private static final class Ending {
        private String error = "failed unexpectedly";
        private String type = Problem.Kind.INTERNAL.id();

        void well() {
            error = "";
            type = "";
        }

        void failed(Problem problem) {
            error = problem.getMessage();
            type = problem.kind().id();
        }

        void left() {
            error = "client went away";
            type = "cancelled";
        }
    }

    /// What the answer says that it took, or, if it broke off before that, what was counted.
    private static Usage usage(Answer answer, Optional<Attempts> attempts) {
        Usage said = answer.usage();
        return said.input().isPresent() || said.output().isPresent()
                ? said
                : attempts.map(Attempts::counted).orElse(Usage.UNKNOWN).withoutOutput();
    }

    private Attempts attempts(
            CallSpan span, Origin origin, RouteTable table, String model, boolean stream) {
        return new Attempts(span, recorder, retries, table.find(model), origin, stream);
    }

    private Outcome cached(
            CallSpan span,
            Origin origin,
            Attempts attempts,
            ModelRequest request,
            Delivery delivery)
            throws IOException {
        String key = AnswerCache.key(origin.project(), request);
        Optional<List<Event>> known = cache.find(key);
        if (known.isEmpty()) {
            Recording recording = new Recording(delivery);
            Outcome outcome = ask(attempts, request, recording);
            cache.put(key, recording.events());
            return outcome;
        }
        span.repeated();
        Outcome repeat = new Outcome(span.trace(), "cache", List.of(), true);
        origin.listener().answers(repeat);
        for (Event event : known.get()) {
            delivery.on(event);
        }
        return repeat;
    }

    private static Outcome ask(Attempts attempts, ModelRequest request, Events events)
            throws IOException {
        return attempts.run(
                () -> Beginning.of(request),
                (target, context, said) ->
                        target.provider()
                                .generate(request.withModel(target.model()), context, said),
                events);
    }

    private static Slice input(ModelRequest request) {
        return switch (request.input()) {
            case Input.Chat chat -> ChatRequestWriter.messages(chat, request.dialect());
            case Input.Raw(List<Input.Prompt> prompts) -> Completions.prompts(prompts);
        };
    }

    private ModelRequest guarded(Origin origin, ModelRequest asked) {
        ModelRequest request = guard.input(origin, files.resolve(origin, asked));
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
        return output;
    }

    /// Vectors; as [#generate].
    public Embedding.Answer embed(Origin origin, Embedding.Request asked) throws IOException {
        return whole(
                origin,
                new Whole<>(
                        SpanKind.EMBEDDING,
                        "embeddings",
                        asked.model(),
                        asked.user(),
                        Completions.prompts(asked.inputs()),
                        () -> asked.inputs().hashCode(),
                        (target, context) ->
                                target.provider().embed(asked.withModel(target.model()), context),
                        Embedding.Answer::model,
                        Embedding.Answer::usage));
    }

    /// How well texts answer questions; as [#generate].
    public Ranking.Answer rank(Origin origin, Ranking.Request asked) throws IOException {
        return whole(
                origin,
                new Whole<>(
                        SpanKind.RETRIEVER,
                        "rerank",
                        asked.model(),
                        "",
                        Rankings.input(asked),
                        () -> asked.texts().hashCode(),
                        (target, context) ->
                                target.provider().rank(asked.withModel(target.model()), context),
                        Ranking.Answer::model,
                        Ranking.Answer::usage));
    }

    /// A call whose answer comes in one piece.
    ///
    /// @param input as the span has it
    /// @param beginning that calls which begin alike have in common
    /// @param name of the model that answered
    private record Whole<A>(
            SpanKind kind,
            String operation,
            String model,
            String user,
            Slice input,
            LongSupplier beginning,
            BiFunction<Target, CallContext, A> asking,
            Function<A, String> name,
            Function<A, Usage> usage) {}

    private <A> A whole(Origin origin, Whole<A> call) throws IOException {
        CallSpan span = new CallSpan(origin, recorder, call.kind, call.operation, call.model);
        origin.listener().began(span.trace(), span.id());
        span.put(Field.USER_ID, call.user);
        span.content(Field.INPUT, call.input);
        Ending ending = new Ending();
        RouteTable table = routes;
        Optional<Admission.Admitted> admitted = Optional.empty();
        List<A> answers = new ArrayList<>();
        Usage usage = Usage.UNKNOWN;
        try {
            Attempts attempts = attempts(span, origin, table, call.model, false);
            admitted =
                    Optional.of(
                            admission.admit(
                                    origin,
                                    call.model,
                                    call.user,
                                    table.find(call.model).targets(),
                                    call.input.length(),
                                    0));
            attempts.run(
                    call.beginning,
                    (target, context, _) -> answers.add(call.asking.apply(target, context)),
                    _ -> {});
            A answer = answers.getLast();
            span.put(Field.MODEL, call.name.apply(answer));
            usage = call.usage.apply(answer);
            span.usage(usage);
            ending.well();
            return answer;
        } catch (Problem problem) {
            ending.failed(problem);
            throw problem;
        } catch (IOException gone) {
            ending.left();
            throw gone;
        } finally {
            if (admitted.isPresent()) {
                admission.settle(admitted.get(), span, usage, ending.error.isEmpty(), 0, Cost.ZERO);
            }
            span.end(ending.error, ending.type);
        }
    }

    /// How many tokens the request would take as input, by the first target that can tell. Nothing
    /// is made, and no span is left.
    public long countTokens(Origin origin, ModelRequest asked) {
        ModelRequest request = guarded(origin, asked);
        Optional<Problem> last = Optional.empty();
        Route route = routes.find(request.model());
        for (Target target : route.plan(ThreadLocalRandom.current(), () -> Beginning.of(request))) {
            CallContext context =
                    new CallContext("", target.timeouts().clocks(false), origin.caller());
            try (Presence.Watch _ = origin.presence().whenGone(context::cancel)) {
                return target.provider().countTokens(request.withModel(target.model()), context);
            } catch (Problem problem) {
                last = Optional.of(problem);
                if (!retries.otherTarget(problem) || origin.presence().gone()) {
                    break;
                }
            }
        }
        throw last.orElseThrow();
    }
}
