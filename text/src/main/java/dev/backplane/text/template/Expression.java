package dev.backplane.text.template;

import java.util.List;
import java.util.Optional;

/// An expression of a template.
sealed interface Expression {
    Position position();

    record Constant(Value value, Position position) implements Expression {}

    record Name(String name, Position position) implements Expression {}

    record ListOf(List<Expression> items, Position position) implements Expression {}

    record TupleOf(List<Expression> items, Position position) implements Expression {}

    record DictOf(List<Expression> keys, List<Expression> values, Position position)
            implements Expression {}

    /// `object.name`.
    record Attribute(Expression object, String name, Position position) implements Expression {}

    /// `object[index]`.
    record Item(Expression object, Expression index, Position position) implements Expression {}

    /// `from:to:step`, as an index.
    record SliceOf(
            Optional<Expression> from,
            Optional<Expression> to,
            Optional<Expression> step,
            Position position)
            implements Expression {}

    record Call(Expression function, Arguments arguments, Position position)
            implements Expression {}

    /// `operand|name(arguments)`; without operand, what a block brings.
    record Filter(Optional<Expression> operand, String name, Arguments arguments, Position position)
            implements Expression {}

    /// `operand is name(arguments)`.
    record Test(Expression operand, String name, Arguments arguments, Position position)
            implements Expression {}

    record Unary(String operator, Expression operand, Position position) implements Expression {}

    record Binary(String operator, Expression left, Expression right, Position position)
            implements Expression {}

    /// Both are true, or either: the value that decided.
    record Logical(boolean both, Expression left, Expression right, Position position)
            implements Expression {}

    /// `a < b < c`: each operator with what is right of it.
    record Compare(
            Expression left, List<String> operators, List<Expression> rights, Position position)
            implements Expression {}

    record Concat(List<Expression> parts, Position position) implements Expression {}

    record Conditional(
            Expression test, Expression whenTrue, Optional<Expression> whenFalse, Position position)
            implements Expression {}

    record Keyword(String name, Expression value) {}

    /// What stands in the parentheses of a call.
    record Arguments(
            List<Expression> positional,
            List<Keyword> keywords,
            Optional<Expression> spread,
            Optional<Expression> spreadKeywords) {
        static final Arguments NONE =
                new Arguments(List.of(), List.of(), Optional.empty(), Optional.empty());
    }
}
