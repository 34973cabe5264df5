package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Expression.Arguments;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Function;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Gives expressions their values. For one rendering.
///
/// Work is counted in steps: one for every expression and statement, and one for so many characters
/// or items that come out. A template that takes more than [#STEPS_MAX] is stopped.
final class Evaluator {
    static final int STEPS_MAX = 10_000_000;
    static final int CHARACTERS_PER_STEP = 8;

    /// Strings and lists above these are refused, so that doubling ends.
    private static final int CHARACTERS_MAX = 1 << 24;

    private static final int ITEMS_MAX = 1 << 20;

    private int steps;

    void step(Position position, int count) {
        steps += count;
        if (steps > STEPS_MAX) {
            throw new Refusal(
                    "a template that takes more than %,d steps".formatted(STEPS_MAX), position);
        }
    }

    Value value(Expression expression, Scope scope) {
        step(expression.position(), 1);
        try {
            return charged(evaluate(expression, scope), expression.position());
        } catch (TypeError e) {
            throw new Refusal(e.what(), expression.position());
        }
    }

    private Value charged(Value value, Position position) {
        int size =
                switch (value) {
                    case Str(MarkedText text, boolean _) -> text.length() - CHARACTERS_MAX;
                    case Seq(Seq.Kind _, List<Value> values) -> values.size() - ITEMS_MAX;
                    default -> 0;
                };
        if (size > 0) {
            throw new Refusal(
                    "a value of more than %,d characters or %,d items"
                            .formatted(CHARACTERS_MAX, ITEMS_MAX),
                    position);
        }
        return value;
    }

    private Value evaluate(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Constant(Value value, Position _) -> value;
            case Expression.Name(String name, Position _) -> scope.get(name);
            case Expression.ListOf(List<Expression> items, Position _) ->
                    Seq.list(values(items, scope));
            case Expression.TupleOf(List<Expression> items, Position _) ->
                    new Seq(Seq.Kind.TUPLE, values(items, scope));
            case Expression.DictOf dict -> dict(dict, scope);
            case Expression.Attribute(Expression object, String name, Position _) ->
                    Members.attribute(value(object, scope), name);
            case Expression.Item item -> item(item, scope);
            case Expression.SliceOf _ -> throw new TypeError("a slice outside of brackets");
            case Expression.Call call -> call(call, arguments(call.arguments(), scope), scope);
            case Expression.Filter filter ->
                    filter(
                            filter,
                            filter.operand()
                                    .map(operand -> value(operand, scope))
                                    .orElse(new Undefined("what the filter works on")),
                            scope);
            case Expression.Test(Expression operand, String name, Arguments given, Position _) ->
                    Value.of(Tests.test(name, value(operand, scope), arguments(given, scope)));
            case Expression.Unary(String operator, Expression operand, Position _) -> {
                Value value = value(operand, scope);
                yield switch (operator) {
                    case "not" -> Value.of(!Value.isTrue(value));
                    case "-" -> Operators.negate(value);
                    default -> Operators.positive(value);
                };
            }
            case Expression.Binary(
                            String operator,
                            Expression left,
                            Expression right,
                            Position at) ->
                    made(Operators.binary(operator, value(left, scope), value(right, scope)), at);
            case Expression.Logical(
                            boolean both,
                            Expression left,
                            Expression right,
                            Position _) -> {
                Value value = value(left, scope);
                yield Value.isTrue(value) == both ? value(right, scope) : value;
            }
            case Expression.Compare compare -> Value.of(holds(compare, scope));
            case Expression.Concat(List<Expression> parts, Position position) -> {
                MarkedText.Builder builder = new MarkedText.Builder();
                for (Expression part : parts) {
                    builder.append(PythonText.str(value(part, scope)));
                }
                yield made(new Str(builder.build()), position);
            }
            case Expression.Conditional conditional -> {
                if (Value.isTrue(value(conditional.test(), scope))) {
                    yield value(conditional.whenTrue(), scope);
                }
                yield conditional
                        .whenFalse()
                        .map(otherwise -> value(otherwise, scope))
                        .orElse(new Undefined("the value of an 'if' without 'else'"));
            }
        };
    }

    /// Counts what was newly made.
    private Value made(Value value, Position position) {
        switch (value) {
            case Str(MarkedText text, boolean _) ->
                    step(position, text.length() / CHARACTERS_PER_STEP);
            case Seq(Seq.Kind _, List<Value> values) ->
                    step(position, values.size() / CHARACTERS_PER_STEP);
            default -> {}
        }
        return value;
    }

    private List<Value> values(List<Expression> expressions, Scope scope) {
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Value dict(Expression.DictOf dict, Scope scope) {
        Dict result = new Dict();
        for (int i = 0; i < dict.keys().size(); i++) {
            result.put(value(dict.keys().get(i), scope), value(dict.values().get(i), scope));
        }
        return result;
    }

    private Value item(Expression.Item item, Scope scope) {
        Value object = value(item.object(), scope);
        if (item.index() instanceof Expression.SliceOf slice) {
            return made(
                    Operators.slice(
                            object,
                            slice.from().map(bound -> value(bound, scope)),
                            slice.to().map(bound -> value(bound, scope)),
                            slice.step().map(bound -> value(bound, scope))),
                    item.position());
        }
        return Members.item(object, value(item.index(), scope));
    }

    private boolean holds(Expression.Compare compare, Scope scope) {
        Value left = value(compare.left(), scope);
        for (int i = 0; i < compare.operators().size(); i++) {
            Value right = value(compare.rights().get(i), scope);
            boolean holds =
                    switch (compare.operators().get(i)) {
                        case "==" -> Operators.areEqual(left, right);
                        case "!=" -> !Operators.areEqual(left, right);
                        case "<" -> Operators.order(left, right) < 0;
                        case "<=" -> Operators.order(left, right) <= 0;
                        case ">" -> Operators.order(left, right) > 0;
                        case ">=" -> Operators.order(left, right) >= 0;
                        case "in" -> Operators.contains(right, left);
                        default -> !Operators.contains(right, left);
                    };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private CallArguments arguments(Arguments given, Scope scope) {
        List<Value> positional = values(given.positional(), scope);
        Map<String, Value> keywords = new LinkedHashMap<>();
        given.keywords()
                .forEach(keyword -> keywords.put(keyword.name(), value(keyword.value(), scope)));
        given.spread()
                .ifPresent(spread -> positional.addAll(Operators.items(value(spread, scope))));
        if (given.spreadKeywords().isPresent()) {
            if (!(value(given.spreadKeywords().get(), scope) instanceof Dict dict)) {
                throw new TypeError("a mapping is needed after **");
            }
            for (Value key : dict.keys()) {
                dict.get(key).ifPresent(value -> keywords.put(Methods.string(key), value));
            }
        }
        return new CallArguments(positional, keywords);
    }

    private Value call(Expression.Call call, CallArguments arguments, Scope scope) {
        Value function = value(call.function(), scope);
        return switch (function) {
            case Function callable -> made(callable.body().call(arguments), call.position());
            case Value.Loop loop when loop.recursion.isPresent() ->
                    made(loop.recursion.get().body().call(arguments), call.position());
            case Undefined(String what) -> throw new TypeError(what + " is undefined");
            default ->
                    throw new TypeError(
                            "'%s' cannot be called".formatted(Value.typeName(function)));
        };
    }

    /// The call of a call block, whose body the function may call.
    Value callWith(Expression.Call call, Function caller, Scope scope) {
        CallArguments given = arguments(call.arguments(), scope);
        Map<String, Value> keywords = new LinkedHashMap<>(given.keywords());
        keywords.put("caller", caller);
        return call(call, new CallArguments(given.positional(), keywords), scope);
    }

    private Value filter(Expression.Filter filter, Value operand, Scope scope) {
        try {
            return made(
                    Filters.apply(filter.name(), operand, arguments(filter.arguments(), scope)),
                    filter.position());
        } catch (TypeError e) {
            throw new Refusal("%s: %s".formatted(filter.name(), e.what()), filter.position());
        }
    }

    /// What a chain of filters makes of a block's text.
    Value filtered(Expression expression, Value text, Scope scope) {
        Expression.Filter filter = (Expression.Filter) expression;
        Value operand = filter.operand().map(inner -> filtered(inner, text, scope)).orElse(text);
        return filter(filter, operand, scope);
    }
}
