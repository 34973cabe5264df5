package dev.backplane.gateway.call;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/// The span of one call and those of its attempts, while they happen. Thread-safe.
final class CallSpan {
    private static final String ERROR_TYPE = "error.type";

    private final Origin origin;
    private final Recorder recorder;
    private final String trace;
    private final String span = id(8);
    private final Optional<Origin.Parent> parent;
    private final long startTime = now();
    private final long startNanos = System.nanoTime();
    private final SpanData.Builder data = SpanData.builder();
    private final List<Value.Attribute> attributes = new ArrayList<>();
    private final List<SpanEvent> attempts = new ArrayList<>();
    private Cost besides = Cost.ZERO;
    private boolean repeated;
    private Optional<Long> firstTokenNanos = Optional.empty();

    CallSpan(Origin origin, Recorder recorder, SpanKind kind, String operation, String model) {
        this.origin = origin;
        this.recorder = recorder;
        this.parent = origin.parent();
        this.trace = parent.map(Origin.Parent::trace).orElseGet(() -> id(16));
        data.put(Field.NAME, operation + " " + model);
        data.put(Field.KIND, kind.id());
        data.put(Field.START_TIME, startTime);
        data.put(Field.MODEL, model);
        data.put(Field.AGENT, origin.agent());
        data.put(Field.SESSION_ID, origin.session());
        data.put(Field.DIALECT, "native");
        parent.ifPresent(above -> data.put(Field.PARENT_ID, above.span()));
        if (!origin.tags().isEmpty()) {
            JsonOut tags = new JsonOut().beginArray();
            origin.tags().forEach(tags::text);
            data.put(Field.TAGS, Value.json(tags.endArray().slice()));
        }
        attribute("gen_ai.operation.name", operation);
        attribute("gen_ai.request.model", model);
        attribute("backplane.key", origin.key());
        attribute("backplane.request_id", origin.requestId());
        attribute("user_agent.original", cut(origin.userAgent()));
        origin.batch().ifPresent(this::batch);
    }

    private void batch(Origin.InBatch batch) {
        attribute("backplane.batch", batch.id());
        attribute("backplane.batch_custom_id", cut(batch.customId()));
        attributes.add(new Value.Attribute("backplane.batch_line", Value.of(batch.line())));
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(text.length(), 300));
    }

    private static long now() {
        Instant time = Instant.now();
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    private static String id(int bytes) {
        byte[] random = new byte[bytes];
        ThreadLocalRandom.current().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /// For the provider.
    String traceparent() {
        return "00-" + trace + "-" + span + "-01";
    }

    String trace() {
        return trace;
    }

    String id() {
        return span;
    }

    synchronized void attribute(String name, String text) {
        if (!text.isEmpty()) {
            attributes.add(new Value.Attribute(name, Value.text(text)));
        }
    }

    synchronized void put(Field field, String text) {
        data.put(field, text);
    }

    synchronized void content(Field field, Slice json) {
        recorder.content().apply(json).ifPresent(kept -> data.put(field, Value.json(kept)));
    }

    /// What was asked of the answer, an object: a schema tells as much as a prompt, and is kept as
    /// one. The name is OpenInference's.
    synchronized void demands(Slice json) {
        if (json.length() > "{}".length()) {
            recorder.content()
                    .apply(json)
                    .ifPresent(kept -> attribute("llm.invocation_parameters", kept.text()));
        }
    }

    synchronized void firstToken() {
        if (firstTokenNanos.isEmpty()) {
            firstTokenNanos = Optional.of(System.nanoTime());
        }
    }

    /// The answer is one that was given before: nobody made it now, so it cost no tokens.
    synchronized void repeated() {
        repeated = true;
        attribute("backplane.cache", "hit");
    }

    synchronized void usage(Usage usage) {
        if (repeated) {
            return;
        }
        put(data, usage);
    }

    static void put(SpanData.Builder data, Usage usage) {
        count(data, Field.INPUT_TOKENS, usage.input());
        count(data, Field.OUTPUT_TOKENS, usage.output());
        count(data, Field.CACHED_TOKENS, usage.cached());
        count(data, Field.CACHE_WRITE_TOKENS, usage.cacheWrite());
        count(data, Field.REASONING_TOKENS, usage.reasoning());
    }

    private static void count(SpanData.Builder data, Field field, OptionalLong count) {
        count.ifPresent(value -> data.put(field, value));
    }

    /// Those of a call. One that answered, or that its client left, is told by the call's span if
    /// it is the only one.
    synchronized void attempts(List<Tried> tried) {
        boolean only = tried.size() == 1 && tried.getFirst().end() != Tried.End.FAILED;
        if (only) {
            return;
        }
        tried.forEach(this::attempt);
        tried.stream()
                .filter(Tried::hedge)
                .forEach(hedge -> attribute("backplane.hedge", hedge.end().id()));
    }

    private void attempt(Tried tried) {
        boolean failed = tried.end() == Tried.End.FAILED;
        SpanData.Builder attempt =
                SpanData.builder()
                        .put(Field.NAME, "attempt " + tried.target().name())
                        .put(Field.KIND, SpanKind.OTHER.id())
                        .put(Field.PARENT_ID, span)
                        .put(Field.START_TIME, tried.startTime())
                        .put(Field.END_TIME, tried.endTime())
                        .put(Field.STATUS, failed ? "error" : "ok")
                        .put(Field.DIALECT, "native");
        List<Value.Attribute> more = new ArrayList<>();
        more.add(new Value.Attribute("backplane.end", Value.text(tried.end().id())));
        if (failed) {
            tried.problem().ifPresent(why -> attempt.put(Field.ERROR, why.getMessage()));
            tried.problem()
                    .ifPresent(why ->
                            more.add(new Value.Attribute(ERROR_TYPE, Value.text(why.kind().id()))));
        }
        if (tried.hedge()) {
            more.add(new Value.Attribute("backplane.hedge", Value.text("true")));
        }
        if (tried.isBesides()) {
            besides(tried, more);
        }
        attempt.put(Field.ATTRIBUTES, new Value.Attributes(more));
        attempts.add(
                SpanEvent.insert(new SpanKey(origin.project(), trace, id(8)), attempt.build()));
    }

    /// What a provider told of the time of an attempt.
    synchronized void phases(List<CallContext.Phase> phases) {
        for (CallContext.Phase phase : phases) {
            List<Value.Attribute> counts = new ArrayList<>();
            phase.counts()
                    .forEach((name, count) ->
                            counts.add(new Value.Attribute(name, Value.of(count))));
            SpanData.Builder span =
                    SpanData.builder()
                            .put(Field.NAME, phase.name())
                            .put(Field.KIND, SpanKind.OTHER.id())
                            .put(Field.PARENT_ID, this.span)
                            .put(Field.START_TIME, startTime + phase.startNanos() - startNanos)
                            .put(Field.END_TIME, startTime + phase.endNanos() - startNanos)
                            .put(Field.STATUS, "ok")
                            .put(Field.DIALECT, "native")
                            .put(Field.ATTRIBUTES, new Value.Attributes(counts));
            attempts.add(
                    SpanEvent.insert(new SpanKey(origin.project(), trace, id(8)), span.build()));
        }
    }

    /// As attributes, because the cost is in that of the call, and a tree's cost is a sum.
    private void besides(Tried tried, List<Value.Attribute> attributes) {
        Cost cost = recorder.cost(tried.target().model(), tried.usage());
        if (cost.tokens() > 0) {
            attributes.add(new Value.Attribute("backplane.tokens", Value.of(cost.tokens())));
            attributes.add(new Value.Attribute("backplane.cost", Value.of(cost.dollars())));
        }
    }

    /// What attempts cost that did not answer.
    synchronized void besides(Cost cost) {
        besides = cost;
    }

    static long time() {
        return now();
    }

    /// What the call cost so far as is known.
    synchronized OptionalDouble price() {
        return recorder.prices().cost(data, startTime);
    }

    synchronized String model() {
        return data.build().text(Field.MODEL);
    }

    /// Writes it all.
    ///
    /// @param error empty if the call went well
    /// @param type of the error, one of few words
    synchronized void end(String error, String type) {
        attribute(ERROR_TYPE, type);
        data.put(Field.END_TIME, startTime + System.nanoTime() - startNanos);
        data.put(Field.STATUS, error.isEmpty() ? "ok" : "error");
        data.put(Field.ERROR, error);
        firstTokenNanos.ifPresent(first ->
                data.put(Field.TIME_TO_FIRST_TOKEN_MS, Value.of((first - startNanos) / 1e6)));
        OptionalDouble price = price();
        if (price.isPresent() || besides.nanoDollars() > 0) {
            data.put(Field.COST, Value.of(price.orElse(0) + besides.dollars()));
        }
        data.put(Field.ATTRIBUTES, new Value.Attributes(attributes));
        List<SpanEvent> events = new ArrayList<>(attempts);
        events.add(SpanEvent.insert(new SpanKey(origin.project(), trace, span), data.build()));
        recorder.write(events, origin.requestId());
    }
}
