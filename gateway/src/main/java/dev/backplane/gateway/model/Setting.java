package dev.backplane.gateway.model;

import java.util.Locale;

/// A knob of generation that more than one dialect has. Its value is kept as the JSON text that
/// came, so `0.70` stays `0.70`.
public enum Setting {
    MAX_TOKENS(Type.INTEGER),
    /// The same by OpenAI's newer name, which its reasoning models insist on; see
    /// [ModelRequest#maxTokens].
    MAX_COMPLETION_TOKENS(Type.INTEGER),
    TEMPERATURE(Type.NUMBER),
    TOP_P(Type.NUMBER),
    TOP_K(Type.INTEGER),
    MIN_P(Type.NUMBER),
    FREQUENCY_PENALTY(Type.NUMBER),
    PRESENCE_PENALTY(Type.NUMBER),
    REPETITION_PENALTY(Type.NUMBER),
    SEED(Type.INTEGER),
    /// How many answers; each is a choice.
    COUNT(Type.INTEGER),
    /// A flag in chat, a number in raw completions.
    LOGPROBS(Type.ANY),
    TOP_LOGPROBS(Type.INTEGER),
    /// Object of token id to number.
    LOGIT_BIAS(Type.OBJECT),
    /// `none`, `minimal`, `low`, `medium`, `high`, …
    REASONING_EFFORT(Type.TEXT),
    /// Tokens that may be spent on thinking.
    REASONING_BUDGET(Type.INTEGER),
    PARALLEL_TOOL_CALLS(Type.FLAG),
    SERVICE_TIER(Type.TEXT),
    /// `low`, `medium`, `high`: how long answers are to be.
    VERBOSITY(Type.TEXT),
    /// Requests that are likely to begin alike have one.
    PROMPT_CACHE_KEY(Type.TEXT),
    /// Stands for the end user where abuse is looked for.
    SAFETY_IDENTIFIER(Type.TEXT),
    /// Raw completions: what comes after the gap.
    SUFFIX(Type.TEXT),
    /// Raw completions: whether the prompt is repeated.
    ECHO(Type.FLAG);

    /// What its JSON must be.
    public enum Type {
        INTEGER("a whole number"),
        NUMBER("a number"),
        FLAG("true or false"),
        TEXT("a string"),
        OBJECT("an object"),
        ANY("a value");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        /// For people: what is allowed.
        public String text() {
            return text;
        }
    }

    private final Type type;

    Setting(Type type) {
        this.type = type;
    }

    public Type type() {
        return type;
    }

    /// In reports of what a provider was not told: OpenAI's name, which most clients know.
    public String id() {
        return switch (this) {
            case COUNT -> "n";
            case REASONING_BUDGET -> "thinking.budget_tokens";
            default -> name().toLowerCase(Locale.ROOT);
        };
    }
}
