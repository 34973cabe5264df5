package dev.backplane.local.provider;

import dev.backplane.core.Meter;
import dev.backplane.engine.Engine;
import dev.backplane.engine.Generation;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/// What engines do, as metrics with the names that vLLM has for them (vllm-project/vllm,
/// vllm/v1/metrics/loggers.py), so that its dashboards work. Labels are the model's name and
/// `engine="0"`. Histograms have the buckets of this process, which are not vLLM's. Thread-safe.
final class EngineMetrics {
    private final Meter meter;
    private final Map<String, Engine> engines = new ConcurrentHashMap<>();

    EngineMetrics(Meter meter) {
        this.meter = meter;
    }

    private static String labels(String model) {
        return "model_name=\"%s\",engine=\"0\"".formatted(model.replaceAll("[\"\\\\\n]", "_"));
    }

    void loaded(String model, Engine engine) {
        engines.put(model, engine);
        gauge(
                "vllm:num_requests_running",
                "Number of requests in model execution batches",
                model,
                Engine.Stats::running);
        gauge(
                "vllm:num_requests_waiting",
                "Number of requests waiting to be processed",
                model,
                Engine.Stats::waiting);
        gauge(
                "vllm:kv_cache_usage_perc",
                "KV-cache usage, 1 means 100 percent usage",
                model,
                stats -> (double) stats.blocksUsed() / stats.blocks());
    }

    private void gauge(
            String name, String help, String model, ToDoubleFunction<Engine.Stats> value) {
        meter.gauge(
                name,
                help,
                labels(model),
                () -> {
                    Engine engine = engines.get(model);
                    return engine == null ? 0 : value.applyAsDouble(engine.stats());
                });
    }

    void unloaded(String model) {
        engines.remove(model);
    }

    /// The time between two tokens, or before the first.
    void token(String model, boolean first, long nanos) {
        meter.histogram(
                        first
                                ? "vllm:time_to_first_token_seconds"
                                : "vllm:inter_token_latency_seconds",
                        first
                                ? "Time to first token in seconds"
                                : "Time between two tokens in seconds",
                        labels(model))
                .recordNanos(nanos);
    }

    /// A request that ended well, or was given up.
    void finished(String model, Generation.End end, Generation.Phases phases, String reason) {
        count(model, "vllm:prompt_tokens_total", "Prompt tokens processed", end.promptTokens());
        count(
                model,
                "vllm:generation_tokens_total",
                "Generation tokens processed",
                end.answerTokens());
        count(
                model,
                "vllm:prefix_cache_queries_total",
                "Prefix cache queries, in tokens",
                end.promptTokens());
        count(
                model,
                "vllm:prefix_cache_hits_total",
                "Prefix cache hits, in tokens",
                end.cachedTokens());
        count(
                model,
                "vllm:num_preemptions_total",
                "Preemptions from the engine",
                end.preemptions());
        guesses(model, end.guesses());
        meter.counter(
                        "vllm:request_success_total",
                        "Requests that were processed",
                        labels(model) + ",finished_reason=\"" + reason + "\"")
                .increment();
        amount(model, "request_prompt_tokens", "Prompt tokens of a request", end.promptTokens());
        amount(
                model,
                "request_generation_tokens",
                "Generation tokens of a request",
                end.answerTokens());
        time(model, "e2e_request_latency", "whole", phases.arrivedNanos(), phases.endNanos());
        time(model, "request_queue_time", "WAITING", phases.arrivedNanos(), phases.begunNanos());
        time(model, "request_inference_time", "RUNNING", phases.begunNanos(), phases.endNanos());
        time(
                model,
                "request_prefill_time",
                "PREFILL",
                phases.begunNanos(),
                phases.firstTokenNanos());
        time(model, "request_decode_time", "DECODE", phases.firstTokenNanos(), phases.endNanos());
    }

    private void guesses(String model, Generation.Guesses guesses) {
        if (guesses.drafts() == 0) {
            return;
        }
        count(
                model,
                "vllm:spec_decode_num_drafts_total",
                "Number of spec decoding drafts",
                guesses.drafts());
        count(
                model,
                "vllm:spec_decode_num_draft_tokens_total",
                "Number of draft tokens",
                guesses.tokens());
        count(
                model,
                "vllm:spec_decode_num_accepted_tokens_total",
                "Number of accepted tokens",
                guesses.accepted());
        for (int position = 0; position < guesses.acceptedAt().size(); position++) {
            meter.counter(
                            "vllm:spec_decode_num_accepted_tokens_per_pos_total",
                            "Accepted tokens per draft position",
                            labels(model) + ",position=\"" + position + "\"")
                    .add(guesses.acceptedAt().get(position));
        }
    }

    private void count(String model, String name, String help, long amount) {
        meter.counter(name, help, labels(model)).add(amount);
    }

    private void amount(String model, String name, String help, long amount) {
        meter.amounts("vllm:" + name, help, labels(model)).record(amount);
    }

    private void time(String model, String name, String phase, long start, long end) {
        meter.histogram(
                        "vllm:" + name + "_seconds",
                        "Time of a request in seconds, phase " + phase,
                        labels(model))
                .recordNanos(Math.max(0, end - start));
    }
}
