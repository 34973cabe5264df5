package dev.backplane.text.template;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Function;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Namespace;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.TypeError;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model's chat template: it makes the text that the model reads out of a conversation.
///
/// The language is Jinja as Hugging Face's `transformers` sets it up (immutable sandbox,
/// `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `generation`, its own `tojson`,
/// `strftime_now`, `raise_exception`), without what needs other templates. What comes out is
/// marked: trusted is what the template itself wrote, the special tokens it was given, and the
/// names of the known roles.
///
/// Work, nesting and the size of every value are bounded. Immutable; any number of threads may
/// render.
public final class ChatTemplate {
    /// Longer sources are refused: the longest in use has a tenth of this.
    public static final int SOURCE_LENGTH_MAX = 1 << 20;

    private static final int RANGE_MAX = 100_000;

    private final String source;
    private final String name;
    private final List<Statement> body;

    private ChatTemplate(String source, String name, List<Statement> body) {
        this.source = source;
        this.name = name;
        this.body = body;
    }

    /// @param name of the template, for messages
    /// @throws Problem that names line and column when the template cannot be read
    public static ChatTemplate parse(String source, String name) {
        if (source.length() > SOURCE_LENGTH_MAX) {
            throw Problem.tooLarge(
                            "a chat template of %,d characters".formatted(source.length()), name)
                    .fix("at most %,d are accepted".formatted(SOURCE_LENGTH_MAX));
        }
        try {
            return new ChatTemplate(source, name, new Parser(new Lexer(source).run()).run());
        } catch (Refusal e) {
            throw problem(e, name);
        } catch (StackOverflowError e) {
            throw tooDeep(name);
        }
    }

    private static Problem problem(Refusal refusal, String name) {
        return Problem.invalid(refusal.what(), "%s, %s".formatted(name, refusal.position()))
                .fix(refusal.fix());
    }

    private static Problem tooDeep(String name) {
        return Problem.invalid("a chat template that nests too deep", name)
                .fix("use another template");
    }

    public String source() {
        return source;
    }

    /// The template's own text, in which a tokenizer finds the markers that are not special tokens.
    public MarkedText markup() {
        return MarkedText.trusted(source);
    }

    /// What a template is given.
    ///
    /// @param messages an array of messages as in OpenAI's chat, content as a string or parts
    /// @param tools an array of tools, if there are any
    /// @param generationPrompt whether the text ends where the model's turn begins
    /// @param specialTokens texts by name, such as `bos_token`
    /// @param variables anything else, such as `enable_thinking`; untrusted
    /// @param now what `strftime_now` tells
    public record Input(
            JsonTree messages,
            Optional<JsonTree> tools,
            boolean generationPrompt,
            Map<String, String> specialTokens,
            Map<String, JsonTree> variables,
            ZonedDateTime now) {
        public Input {
            specialTokens = Map.copyOf(specialTokens);
            variables = new LinkedHashMap<>(variables);
        }
    }

    /// The text for a conversation.
    ///
    /// @throws Problem when the template refuses the conversation or cannot do with it
    public MarkedText render(Input input) {
        try {
            return new Renderer().render(body, globals(input));
        } catch (Refusal e) {
            throw problem(e, name);
        } catch (StackOverflowError e) {
            throw tooDeep(name);
        }
    }

    private Scope globals(Input input) {
        Scope builtIn = new Scope();
        builtIn.set("range", new Function("range", ChatTemplate::range));
        builtIn.set("dict", new Function("dict", ChatTemplate::dict));
        builtIn.set("namespace", new Function("namespace", ChatTemplate::namespace));
        builtIn.set("joiner", new Function("joiner", ChatTemplate::joiner));
        builtIn.set("raise_exception", new Function("raise_exception", this::raise));
        builtIn.set(
                "strftime_now",
                new Function(
                        "strftime_now",
                        arguments ->
                                Value.text(
                                        Strftime.format(
                                                Methods.string(arguments.get(0, "format")),
                                                input.now()))));
        Scope scope = builtIn.inner();
        input.variables().forEach((key, value) -> scope.set(key, JsonValues.of(value, false)));
        input.specialTokens().forEach((key, text) -> scope.set(key, Value.text(text)));
        scope.set("messages", JsonValues.ofMessages(input.messages()));
        scope.set(
                "tools",
                input.tools().map(tools -> JsonValues.of(tools, false)).orElse(Value.NONE));
        scope.set("add_generation_prompt", Value.of(input.generationPrompt()));
        return scope.inner();
    }

    private static Value range(CallArguments arguments) {
        List<Value> bounds = arguments.positional();
        if (bounds.isEmpty() || bounds.size() > 3) {
            throw new TypeError("range takes 1 to 3 arguments");
        }
        long from = bounds.size() == 1 ? 0 : Operators.toInt(bounds.get(0));
        long to = Operators.toInt(bounds.get(bounds.size() == 1 ? 0 : 1));
        long step = bounds.size() == 3 ? Operators.toInt(bounds.get(2)) : 1;
        if (step == 0) {
            throw new TypeError("range step must not be zero");
        }
        List<Value> values = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (values.size() >= RANGE_MAX) {
                throw new TypeError("a range of more than %,d".formatted(RANGE_MAX));
            }
            values.add(Int.of(i));
        }
        return Seq.list(values);
    }

    private static Value dict(CallArguments arguments) {
        Dict dict = new Dict();
        if (!arguments.positional().isEmpty()) {
            Value first = arguments.positional().getFirst();
            List<Value> pairs =
                    first instanceof Dict given ? given.items() : Operators.items(first);
            for (Value pair : pairs) {
                List<Value> parts = Operators.items(pair);
                if (parts.size() != 2) {
                    throw new TypeError("dict needs pairs");
                }
                dict.put(parts.get(0), parts.get(1));
            }
        }
        arguments.keywords().forEach((key, value) -> dict.put(Value.text(key), value));
        return dict;
    }

    private static Value namespace(CallArguments arguments) {
        Namespace namespace = new Namespace();
        Dict members = (Dict) dict(arguments);
        for (Value key : members.keys()) {
            members.get(key).ifPresent(value -> namespace.set(Methods.string(key), value));
        }
        return namespace;
    }

    private static Value joiner(CallArguments arguments) {
        Value separator = arguments.find(0, "sep").orElse(Value.text(", "));
        boolean[] used = {false};
        return new Function(
                "joiner",
                _ -> {
                    Value result = used[0] ? separator : Value.EMPTY_TEXT;
                    used[0] = true;
                    return result;
                });
    }

    private Value raise(CallArguments arguments) {
        String message = PythonText.str(arguments.get(0, "message")).text();
        String shown = message.length() > 500 ? message.substring(0, 500) : message;
        throw Problem.invalid("the chat template refuses the conversation: " + shown, name)
                .fix("change the messages or tools as the template asks");
    }
}
