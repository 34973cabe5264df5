package dev.backplane.server.auth;

import dev.backplane.core.Problem;
import dev.backplane.gateway.limit.Budget;
import dev.backplane.gateway.limit.Limits;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// The members of a key's object that limit it; what is not limited is left out.
public final class KeyLimitsJson {
    private final Set<String> models = new LinkedHashSet<>();
    private final List<Budget> budgets = new ArrayList<>();
    private OptionalLong requests = OptionalLong.empty();
    private OptionalLong tokens = OptionalLong.empty();
    private OptionalLong concurrency = OptionalLong.empty();

    KeyLimitsJson() {}

    /// Writes members into an object that has been begun.
    public static void write(JsonGenerator json, KeyLimits key) {
        list(json, "models", key.models().stream().sorted().toList());
        list(json, "budgets", key.limits().budgets().stream().map(Budget::text).toList());
        key.limits().requests().ifPresent(limit -> json.writeNumberProperty("rpm", limit));
        key.limits().tokens().ifPresent(limit -> json.writeNumberProperty("tpm", limit));
        key.limits()
                .concurrency()
                .ifPresent(limit -> json.writeNumberProperty("concurrency", limit));
    }

    private static void list(JsonGenerator json, String name, List<String> texts) {
        if (!texts.isEmpty()) {
            json.writeArrayPropertyStart(name);
            texts.forEach(json::writeString);
            json.writeEndArray();
        }
    }

    /// Takes one member, whose value the parser is at; passes over those of other things.
    void member(String name, JsonParser json) {
        switch (name) {
            case "models" -> models.addAll(texts(json));
            case "budgets" -> texts(json).forEach(text -> budgets.add(budget(text)));
            case "rpm" -> requests = OptionalLong.of(json.getLongValue());
            case "tpm" -> tokens = OptionalLong.of(json.getLongValue());
            case "concurrency" -> concurrency = OptionalLong.of(json.getLongValue());
            default -> json.skipChildren();
        }
    }

    private static List<String> texts(JsonParser json) {
        List<String> texts = new ArrayList<>();
        while (json.nextToken() == JsonToken.VALUE_STRING) {
            texts.add(json.getString());
        }
        return texts;
    }

    /// @throws Problem `INVALID` that says how a budget is written
    public static Budget budget(String text) {
        return Budget.parse(text)
                .orElseThrow(() ->
                        Problem.invalid("'" + text + "' is not a budget", "budgets")
                                .fix("write " + Budget.FORM));
    }

    KeyLimits limits() {
        return new KeyLimits(new Limits(requests, tokens, concurrency, budgets), models);
    }
}
