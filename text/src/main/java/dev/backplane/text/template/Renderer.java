package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Statement.Target;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Function;
import dev.backplane.text.template.Value.Loop;
import dev.backplane.text.template.Value.Namespace;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Runs the statements of a template. For one rendering.
///
/// Loops, macros and blocks that capture have scopes of their own; `if` has none, as in Jinja.
final class Renderer {
    private static final int CALLS_MAX = 60;

    /// What a statement says about those after it.
    private enum Flow {
        NEXT,
        CONTINUE,
        BREAK
    }

    private final Evaluator evaluator = new Evaluator();
    private MarkedText.Builder out = new MarkedText.Builder();
    private int calls;

    MarkedText render(List<Statement> body, Scope scope) {
        run(body, scope);
        return out.build();
    }

    private Flow run(List<Statement> body, Scope scope) {
        for (Statement statement : body) {
            Flow flow;
            try {
                flow = run(statement, scope);
            } catch (TypeError e) {
                throw new Refusal(e.what(), statement.position());
            }
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope) {
        evaluator.step(statement.position(), 1);
        switch (statement) {
            case Statement.Text(String text, Position position) -> {
                evaluator.step(position, text.length() / Evaluator.CHARACTERS_PER_STEP);
                out.append(text, true);
            }
            case Statement.Output(Expression value, Position position) -> {
                MarkedText text = PythonText.str(evaluator.value(value, scope));
                evaluator.step(position, text.length() / Evaluator.CHARACTERS_PER_STEP);
                out.append(text);
            }
            case Statement.If conditional -> {
                boolean holds = Value.isTrue(evaluator.value(conditional.test(), scope));
                return run(holds ? conditional.whenTrue() : conditional.whenFalse(), scope);
            }
            case Statement.For loop -> loop(loop, scope, Optional.empty(), 0);
            case Statement.Break _ -> {
                return Flow.BREAK;
            }
            case Statement.Continue _ -> {
                return Flow.CONTINUE;
            }
            case Statement.Set(Target target, Expression value, Position _) ->
                    assign(target, evaluator.value(value, scope), scope);
            case Statement.SetBlock set -> {
                Value text = new Str(capture(set.body(), scope.inner()));
                assign(
                        set.target(),
                        set.filter()
                                .map(filter -> evaluator.filtered(filter, text, scope))
                                .orElse(text),
                        scope);
            }
            case Statement.Macro macro -> scope.set(macro.name(), macro(macro, scope));
            case Statement.CallBlock(Statement.Macro caller, Expression call, Position _) ->
                    out.append(
                            PythonText.str(
                                    evaluator.callWith(
                                            (Expression.Call) call, macro(caller, scope), scope)));
            case Statement.FilterBlock(Expression filter, List<Statement> body, Position _) ->
                    out.append(
                            PythonText.str(
                                    evaluator.filtered(
                                            filter, new Str(capture(body, scope.inner())), scope)));
            case Statement.With with -> {
                Scope inner = scope.inner();
                for (int i = 0; i < with.targets().size(); i++) {
                    assign(
                            with.targets().get(i),
                            evaluator.value(with.values().get(i), scope),
                            inner);
                }
                return run(with.body(), inner);
            }
            case Statement.Generation(List<Statement> body, Position _) -> run(body, scope.inner());
        }
        return Flow.NEXT;
    }

    private MarkedText capture(List<Statement> body, Scope scope) {
        MarkedText.Builder before = out;
        out = new MarkedText.Builder();
        try {
            run(body, scope);
            return out.build();
        } finally {
            out = before;
        }
    }

    private void loop(Statement.For statement, Scope scope, Optional<Value> given, int depth) {
        Value source = given.isPresent() ? given.get() : evaluator.value(statement.items(), scope);
        List<Value> items = Operators.items(source);
        if (statement.condition().isPresent()) {
            List<Value> chosen = new ArrayList<>();
            for (Value item : items) {
                Scope inner = scope.inner();
                assign(statement.target(), item, inner);
                if (Value.isTrue(evaluator.value(statement.condition().get(), inner))) {
                    chosen.add(item);
                }
            }
            items = chosen;
        }
        if (items.isEmpty()) {
            run(statement.otherwise(), scope.inner());
            return;
        }
        Optional<Function> recursion =
                statement.recursive()
                        ? Optional.of(
                                new Function(
                                        "loop",
                                        arguments -> again(statement, scope, arguments, depth + 1)))
                        : Optional.empty();
        Loop loop = new Loop(items, depth, recursion);
        for (int i = 0; i < items.size(); i++) {
            evaluator.step(statement.position(), 1);
            loop.index = i;
            Scope inner = scope.inner();
            inner.set("loop", loop);
            assign(statement.target(), items.get(i), inner);
            if (run(statement.body(), inner) == Flow.BREAK) {
                break;
            }
        }
    }

    private Value again(Statement.For statement, Scope scope, CallArguments arguments, int depth) {
        enter(statement.position());
        MarkedText.Builder before = out;
        out = new MarkedText.Builder();
        try {
            loop(statement, scope, Optional.of(arguments.get(0, "iterable")), depth);
            return new Str(out.build());
        } finally {
            out = before;
            calls--;
        }
    }

    private void enter(Position position) {
        if (++calls > CALLS_MAX) {
            calls--;
            throw new Refusal("macros called more than %d deep".formatted(CALLS_MAX), position);
        }
    }

    private void assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Statement.NameTarget(String name) -> scope.set(name, value);
            case Statement.AttributeTarget(String object, String name, Position position) -> {
                if (!(scope.get(object) instanceof Namespace namespace)) {
                    throw new Refusal(
                            "'%s' is no namespace, so that it has no members to set"
                                    .formatted(object),
                            position);
                }
                namespace.set(name, value);
            }
            case Statement.TupleTarget(List<Target> targets, Position position) -> {
                if (value instanceof Undefined) {
                    throw new TypeError("cannot unpack an undefined value");
                }
                List<Value> values = Operators.items(value);
                if (values.size() != targets.size()) {
                    throw new Refusal(
                            "cannot unpack %d values into %d names"
                                    .formatted(values.size(), targets.size()),
                            position);
                }
                for (int i = 0; i < values.size(); i++) {
                    assign(targets.get(i), values.get(i), scope);
                }
            }
        }
    }

    private Function macro(Statement.Macro macro, Scope scope) {
        return new Function(macro.name(), arguments -> call(macro, scope, arguments));
    }

    private Value call(Statement.Macro macro, Scope outer, CallArguments arguments) {
        List<String> parameters = macro.parameters();
        Map<String, Value> keywords = new HashMap<>(arguments.keywords());
        Scope scope = outer.inner();
        int withoutDefault = parameters.size() - macro.defaults().size();
        enter(macro.position());
        try {
            for (int i = 0; i < parameters.size(); i++) {
                String name = parameters.get(i);
                Value named = keywords.remove(name);
                if (i < arguments.positional().size()) {
                    if (named != null) {
                        throw new TypeError("two values for the argument '" + name + "'");
                    }
                    scope.set(name, arguments.positional().get(i));
                } else if (named != null) {
                    scope.set(name, named);
                } else if (i >= withoutDefault) {
                    Expression otherwise = macro.defaults().get(i - withoutDefault);
                    scope.set(name, evaluator.value(otherwise, scope));
                } else {
                    scope.set(name, new Undefined("parameter '" + name + "'"));
                }
            }
            bindRest(macro, arguments, keywords, scope);
            return new Str(capture(macro.body(), scope));
        } finally {
            calls--;
        }
    }

    private static void bindRest(
            Statement.Macro macro,
            CallArguments arguments,
            Map<String, Value> keywords,
            Scope scope) {
        Set<String> uses = macro.uses();
        Value caller = keywords.get("caller");
        if (uses.contains("caller")) {
            keywords.remove("caller");
            scope.set("caller", caller == null ? new Undefined("no caller defined") : caller);
        }
        int given = arguments.positional().size();
        int known = Math.min(given, macro.parameters().size());
        if (uses.contains("varargs")) {
            scope.set(
                    "varargs",
                    new Value.Seq(
                            Value.Seq.Kind.TUPLE, arguments.positional().subList(known, given)));
        } else if (given > known) {
            throw new TypeError(
                    "macro '%s' takes not more than %d arguments".formatted(macro.name(), known));
        }
        if (uses.contains("kwargs")) {
            Value.Dict dict = new Value.Dict();
            keywords.forEach((name, value) -> dict.put(Value.text(name), value));
            scope.set("kwargs", dict);
        } else if (!keywords.isEmpty()) {
            throw new TypeError(
                    "macro '%s' takes no argument '%s'"
                            .formatted(macro.name(), keywords.keySet().iterator().next()));
        }
    }
}
