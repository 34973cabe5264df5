package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.parse.ThoughtFormat;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.text.grammar.Grammar;
import dev.backplane.text.grammar.GrammarMatcher;
import dev.backplane.text.grammar.TokenMasks;
import dev.backplane.text.tokenizer.Detokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The form that an answer must have: a JSON Schema, a regular expression, one of some texts, a
/// grammar, or a call that must be made. It is held to from the first token, or, where the prompt
/// has opened a thought, from the thought's end.
final class Form {
    /// Members of a request that say the form in other servers' ways.
    static final Set<String> FIELDS =
            Set.of(
                    "structured_outputs",
                    "guided_json",
                    "guided_regex",
                    "guided_choice",
                    "guided_grammar",
                    "grammar");

    private static final String WHERE = "response_format";

    private record Wanted(String key, Supplier<Grammar> grammar) {}

    private final LoadedModel model;
    private final ModelRequest request;
    private final CallContext context;

    Form(LoadedModel model, ModelRequest request, CallContext context) {
        this.model = model;
        this.request = request;
        this.context = context;
    }

    /// The masks, if there is a form; compiled unless they are known.
    ///
    /// @throws Problem when it is none, or cannot be held to
    Optional<TokenMasks> masks() {
        return wanted().map(wanted -> {
            if (model.tokenizer().specials().endOfGeneration().isEmpty()) {
                throw Problem.of(
                                Problem.Kind.UNSUPPORTED,
                                "the model names no token that ends an answer",
                                request.model())
                        .fix("ask without a form, or use another file of the model");
            }
            return model.masks(wanted.key, wanted.grammar);
        });
    }

    /// Of one answer.
    Constraint constraint(TokenMasks masks, Prompt prompt) {
        Constraint form = new Matching(masks.matcher());
        return prompt.thinking()
                ? new AfterThought(form, prompt.format().thoughts().orElseThrow())
                : form;
    }

    private Optional<Wanted> wanted() {
        List<Tool.Function> forced = ForcedCall.of(request);
        if (!forced.isEmpty()) {
            return Optional.of(schema(ForcedCall.schema(forced, context)));
        }
        Optional<Wanted> format = request.format().flatMap(this::format);
        return format.isPresent() ? format : other();
    }

    private Optional<Wanted> format(OutputFormat format) {
        return switch (format) {
            case OutputFormat.Text _ -> Optional.empty();
            case OutputFormat.JsonObject _ ->
                    Optional.of(new Wanted("object", Grammar::jsonObject));
            case OutputFormat.JsonSchema schema ->
                    Optional.of(schema(JsonTree.parse(schema.schema().text(), WHERE)));
            case OutputFormat.Other other ->
                    throw Problem.invalid("a form that is not known here", WHERE)
                            .fix("use json_schema or json_object");
        };
    }

    private static Wanted schema(JsonTree schema) {
        return new Wanted("schema " + Trees.text(schema), () -> Grammar.jsonSchema(schema, WHERE));
    }

    private Optional<Wanted> other() {
        Map<String, JsonTree> forms = new java.util.LinkedHashMap<>();
        for (String field : FIELDS) {
            Slice json = request.extras().get(field);
            if (json.isEmpty() || json.text().equals("null")) {
                continue;
            }
            JsonTree value = JsonTree.parse(json.text(), field);
            if (field.equals("structured_outputs")) {
                forms.putAll(Trees.fields(json, field));
            } else {
                forms.put(field.replace("guided_", ""), value);
            }
        }
        forms.values().removeIf(value -> value instanceof JsonTree.Nothing);
        List<Wanted> wanted = new ArrayList<>();
        forms.forEach((kind, value) -> wanted(kind, value).ifPresent(wanted::add));
        if (wanted.size() > 1) {
            throw Problem.invalid("several forms of an answer", "structured_outputs")
                    .fix("give one of " + String.join(", ", forms.keySet()));
        }
        return wanted.stream().findFirst();
    }

    private Optional<Wanted> wanted(String kind, JsonTree value) {
        return switch (kind) {
            case "json" ->
                    Optional.of(
                            schema(
                                    value instanceof JsonTree.Text(String text)
                                            ? JsonTree.parse(text, kind)
                                            : value));
            case "json_object" ->
                    value.equals(new JsonTree.Flag(true))
                            ? Optional.of(new Wanted("object", Grammar::jsonObject))
                            : Optional.empty();
            case "regex" -> {
                String text = text(value, kind);
                yield Optional.of(new Wanted("regex " + text, () -> Grammar.regex(text, kind)));
            }
            case "grammar" -> {
                String text = text(value, kind);
                yield Optional.of(new Wanted("grammar " + text, () -> Grammar.gbnf(text, kind)));
            }
            case "choice" -> {
                if (!(value instanceof JsonTree.Items(List<JsonTree> items)) || items.isEmpty()) {
                    throw Problem.invalid("no choices", kind).fix("give an array of texts");
                }
                List<String> texts = items.stream().map(item -> text(item, kind)).toList();
                yield Optional.of(
                        new Wanted(
                                "choice " + Trees.text(value), () -> Grammar.choice(texts, kind)));
            }
            default -> {
                context.ignored("structured_outputs." + kind);
                yield Optional.empty();
            }
        };
    }

    private static String text(JsonTree value, String where) {
        if (value instanceof JsonTree.Text(String text)) {
            return text;
        }
        throw Problem.invalid("%s, not a text".formatted(value.kind()), where).fix("give a text");
    }

    /// Follows a grammar.
    private final class Matching implements Constraint {
        private final GrammarMatcher matcher;

        Matching(GrammarMatcher matcher) {
            this.matcher = matcher;
        }

        @Override
        public void allowed(long[] allowed) {
            long[] mask = matcher.mask();
            System.arraycopy(mask, 0, allowed, 0, allowed.length);
        }

        @Override
        public int[] expected(int most) {
            return matcher.expected(most);
        }

        @Override
        public void accept(int token) {
            matcher.accept(token, model.bytes(token));
        }
    }

    /// Lets the model think first: anything but an end goes until the thought ends.
    private final class AfterThought implements Constraint {
        private final Constraint form;
        private final List<String> closes;
        private final Detokenizer detokenizer = model.tokenizer().detokenizer(false);
        private final StringBuilder tail = new StringBuilder();
        private boolean thinking = true;

        AfterThought(Constraint form, ThoughtFormat thoughts) {
            this.form = form;
            this.closes = thoughts.close();
        }

        @Override
        public void allowed(long[] allowed) {
            if (!thinking) {
                form.allowed(allowed);
                return;
            }
            Arrays.fill(allowed, -1);
            for (int end : model.tokenizer().specials().endOfGeneration()) {
                allowed[end >>> 6] &= ~(1L << end);
            }
        }

        @Override
        public int[] expected(int most) {
            return thinking ? new int[0] : form.expected(most);
        }

        @Override
        public void accept(int token) {
            if (!thinking) {
                form.accept(token);
                return;
            }
            tail.append(model.tokenizer().has(token) ? detokenizer.next(token) : "");
            thinking = closes.stream().noneMatch(close -> tail.indexOf(close) >= 0);
            int kept = closes.stream().mapToInt(String::length).max().orElse(0);
            tail.delete(0, Math.max(0, tail.length() - kept));
        }
    }
}
