package dev.backplane.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/// One answer of a model with what is known about it.
///
/// @param model that the provider says it is
/// @param finish `stop`, `length`, `content_filter`, …; `cancelled` if the user stopped it
/// @param usage as OpenAI has it, or empty
/// @param firstMillis from the request to the first piece of the answer, or -1
/// @param millis from the request to the end
/// @param trace that the call's span is in, or the empty string
record ChatAnswer(
        String model,
        String text,
        String reasoning,
        String finish,
        Node.Fields usage,
        double firstMillis,
        double millis,
        String trace,
        String span) {
    static final String CANCELLED = "cancelled";

    long inputTokens() {
        return usage.count("prompt_tokens");
    }

    long outputTokens() {
        return usage.count("completion_tokens");
    }

    /// Made after the first, or 0 where that says nothing.
    double tokensPerSecond() {
        double writing = millis - firstMillis;
        return firstMillis < 0 || outputTokens() < 2 || writing < 1
                ? 0
                : (outputTokens() - 1) / writing * 1_000;
    }

    /// Without what was said. Times are rounded to a tenth of a millisecond.
    Map<String, Node> facts(String session) {
        Map<String, Node> facts = new LinkedHashMap<>();
        facts.put("model", Node.of(model));
        facts.put("finish_reason", Node.of(finish));
        if (!usage.values().isEmpty()) {
            facts.put("input_tokens", Node.of(inputTokens()));
            facts.put("output_tokens", Node.of(outputTokens()));
            detail("prompt_tokens_details", "cached_tokens", facts);
            detail("completion_tokens_details", "reasoning_tokens", facts);
        }
        if (firstMillis >= 0) {
            facts.put("time_to_first_token_ms", tenths(firstMillis));
        }
        facts.put("duration_ms", tenths(millis));
        facts.put("session_id", Node.of(session));
        facts.put("trace_id", Node.of(trace));
        facts.put("span_id", Node.of(span));
        return facts;
    }

    private void detail(String object, String name, Map<String, Node> facts) {
        if (usage.get(object) instanceof Node.Fields details
                && details.get(name) instanceof Node.Number number) {
            facts.put(name, number);
        }
    }

    private static Node tenths(double number) {
        return new Node.Number(Double.toString(Math.round(number * 10) / 10.0));
    }
}
