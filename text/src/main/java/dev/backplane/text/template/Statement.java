package dev.backplane.text.template;

import java.util.List;
import java.util.Optional;

/// A statement of a template, or text between statements.
sealed interface Statement {
    Position position();

    record Text(String text, Position position) implements Statement {}

    record Output(Expression value, Position position) implements Statement {}

    record If(
            Expression test, List<Statement> whenTrue, List<Statement> whenFalse, Position position)
            implements Statement {}

    record For(
            Target target,
            Expression items,
            Optional<Expression> condition,
            List<Statement> body,
            List<Statement> otherwise,
            boolean recursive,
            Position position)
            implements Statement {}

    record Break(Position position) implements Statement {}

    record Continue(Position position) implements Statement {}

    record Set(Target target, Expression value, Position position) implements Statement {}

    /// `{% set name | filters %} … {% endset %}`.
    record SetBlock(
            Target target, Optional<Expression> filter, List<Statement> body, Position position)
            implements Statement {}

    /// @param uses names that the body reads; of interest are `caller`, `varargs` and `kwargs`
    record Macro(
            String name,
            List<String> parameters,
            List<Expression> defaults,
            List<Statement> body,
            java.util.Set<String> uses,
            Position position)
            implements Statement {}

    /// `{% call(parameters) function(…) %} … {% endcall %}`: the body is `caller` to the function.
    record CallBlock(Macro caller, Expression call, Position position) implements Statement {}

    record FilterBlock(Expression filter, List<Statement> body, Position position)
            implements Statement {}

    record With(
            List<Target> targets, List<Expression> values, List<Statement> body, Position position)
            implements Statement {}

    /// `{% generation %} … {% endgeneration %}`: what the model itself wrote, a mark for training.
    record Generation(List<Statement> body, Position position) implements Statement {}

    /// What can be assigned to.
    sealed interface Target {}

    record NameTarget(String name) implements Target {}

    record AttributeTarget(String object, String name, Position position) implements Target {}

    record TupleTarget(List<Target> targets, Position position) implements Target {}
}
