package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Expression.Arguments;
import dev.backplane.text.template.Expression.Keyword;
import dev.backplane.text.template.Lexeme.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads expressions, weakest operators first: `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`,
/// `* / // %`, `**`, signs, and what is written behind an operand.
final class ExpressionParser {
    private static final int DEPTH_MAX = 200;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final Lexemes lexemes;
    private int depth;

    /// Every name that was read.
    private Set<String> names = new HashSet<>();

    ExpressionParser(Lexemes lexemes) {
        this.lexemes = lexemes;
    }

    /// The names read since this was last called.
    Set<String> takeNames() {
        Set<String> taken = names;
        names = new HashSet<>();
        return taken;
    }

    void addNames(Set<String> more) {
        names.addAll(more);
    }

    static boolean isConstant(String name) {
        return switch (name) {
            case "true", "True", "false", "False", "none", "None" -> true;
            default -> false;
        };
    }

    /// An expression, or several with commas between, which are a tuple.
    Expression tuple() {
        return tuple(true);
    }

    /// The same where `if` does not belong to the expression.
    Expression tupleWithoutConditional() {
        return tuple(false);
    }

    private Expression tuple(boolean conditional) {
        Position position = lexemes.current().position();
        List<Expression> items = new ArrayList<>();
        items.add(conditional ? expression() : or());
        boolean isTuple = false;
        while (lexemes.skip(",")) {
            isTuple = true;
            Lexeme current = lexemes.current();
            if (current.kind() == Kind.BLOCK_END
                    || current.kind() == Kind.OUTPUT_END
                    || current.is(Kind.OPERATOR, ")")) {
                break;
            }
            items.add(conditional ? expression() : or());
        }
        return isTuple ? new Expression.TupleOf(items, position) : items.getFirst();
    }

    Expression expression() {
        if (++depth > DEPTH_MAX) {
            throw new Refusal(
                    "expressions nested more than " + DEPTH_MAX + " deep",
                    lexemes.current().position());
        }
        Expression value = or();
        while (lexemes.current().is(Kind.NAME, "if")) {
            Position position = lexemes.next().position();
            Expression test = or();
            Optional<Expression> otherwise =
                    lexemes.skipName("else") ? Optional.of(expression()) : Optional.empty();
            value = new Expression.Conditional(test, value, otherwise, position);
        }
        depth--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (lexemes.current().is(Kind.NAME, "or")) {
            Position position = lexemes.next().position();
            left = new Expression.Logical(false, left, and(), position);
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (lexemes.current().is(Kind.NAME, "and")) {
            Position position = lexemes.next().position();
            left = new Expression.Logical(true, left, not(), position);
        }
        return left;
    }

    private Expression not() {
        int count = 0;
        Position position = lexemes.current().position();
        while (lexemes.current().is(Kind.NAME, "not")) {
            lexemes.next();
            count++;
        }
        Expression value = compare();
        for (int i = 0; i < Math.min(count, 2 - count % 2); i++) {
            value = new Expression.Unary("not", value, position);
        }
        return value;
    }

    private Expression compare() {
        Expression left = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> rights = new ArrayList<>();
        Position position = lexemes.current().position();
        while (true) {
            Lexeme lexeme = lexemes.current();
            if (lexeme.kind() == Kind.OPERATOR && COMPARISONS.contains(lexeme.text())) {
                lexemes.next();
                operators.add(lexeme.text());
            } else if (lexeme.is(Kind.NAME, "in")) {
                lexemes.next();
                operators.add("in");
            } else if (lexeme.is(Kind.NAME, "not") && lexemes.ahead(1).is(Kind.NAME, "in")) {
                lexemes.next();
                lexemes.next();
                operators.add("not in");
            } else {
                break;
            }
            rights.add(sum());
        }
        return operators.isEmpty()
                ? left
                : new Expression.Compare(left, operators, rights, position);
    }

    private Expression sum() {
        Expression left = concat();
        while (lexemes.current().is(Kind.OPERATOR, "+")
                || lexemes.current().is(Kind.OPERATOR, "-")) {
            Lexeme operator = lexemes.next();
            left = new Expression.Binary(operator.text(), left, concat(), operator.position());
        }
        return left;
    }

    private Expression concat() {
        Expression first = product();
        if (!lexemes.current().is(Kind.OPERATOR, "~")) {
            return first;
        }
        Position position = lexemes.current().position();
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (lexemes.skip("~")) {
            parts.add(product());
        }
        return new Expression.Concat(parts, position);
    }

    private Expression product() {
        Expression left = power();
        while (lexemes.current().kind() == Kind.OPERATOR
                && Set.of("*", "/", "//", "%").contains(lexemes.current().text())) {
            Lexeme operator = lexemes.next();
            left = new Expression.Binary(operator.text(), left, power(), operator.position());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (lexemes.current().is(Kind.OPERATOR, "**")) {
            Position position = lexemes.next().position();
            left = new Expression.Binary("**", left, unary(true), position);
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Lexeme sign = lexemes.current();
        Expression value;
        if (sign.is(Kind.OPERATOR, "-") || sign.is(Kind.OPERATOR, "+")) {
            if (++depth > DEPTH_MAX) {
                throw new Refusal("too many signs", sign.position());
            }
            lexemes.next();
            value = new Expression.Unary(sign.text(), unary(false), sign.position());
            depth--;
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilters ? filtersAndTests(value) : value;
    }

    private Expression primary() {
        Lexeme lexeme = lexemes.current();
        Position position = lexeme.position();
        switch (lexeme.kind()) {
            case NAME -> {
                lexemes.next();
                names.add(lexeme.text());
                return isConstant(lexeme.text())
                        ? new Expression.Constant(constant(lexeme.text()), position)
                        : new Expression.Name(lexeme.text(), position);
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (lexemes.current().kind() == Kind.STRING) {
                    text.append(lexemes.next().text());
                }
                MarkedText marked = MarkedText.trusted(text.toString());
                return new Expression.Constant(new Value.Str(marked), position);
            }
            case INTEGER -> {
                lexemes.next();
                return new Expression.Constant(
                        new Value.Int(new BigInteger(lexeme.text())), position);
            }
            case REAL -> {
                lexemes.next();
                return new Expression.Constant(
                        new Value.Real(Double.parseDouble(lexeme.text())), position);
            }
            case OPERATOR -> {
                if (lexemes.skip("(")) {
                    Expression inner =
                            lexemes.current().is(Kind.OPERATOR, ")")
                                    ? new Expression.TupleOf(List.of(), position)
                                    : tuple();
                    lexemes.expectOperator(")");
                    return inner;
                }
                if (lexemes.skip("[")) {
                    return new Expression.ListOf(items("]"), position);
                }
                if (lexemes.skip("{")) {
                    return dict(position);
                }
            }
            case TEXT, BLOCK_BEGIN, BLOCK_END, OUTPUT_BEGIN, OUTPUT_END, END -> {}
        }
        throw lexemes.unexpected("an expression");
    }

    private static Value constant(String name) {
        return switch (name) {
            case "true", "True" -> Value.TRUE;
            case "false", "False" -> Value.FALSE;
            default -> Value.NONE;
        };
    }

    private List<Expression> items(String end) {
        List<Expression> items = new ArrayList<>();
        while (!lexemes.skip(end)) {
            if (!items.isEmpty()) {
                lexemes.expectOperator(",");
                if (lexemes.skip(end)) {
                    break;
                }
            }
            items.add(expression());
        }
        return items;
    }

    private Expression dict(Position position) {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!lexemes.skip("}")) {
            if (!keys.isEmpty()) {
                lexemes.expectOperator(",");
                if (lexemes.skip("}")) {
                    break;
                }
            }
            keys.add(expression());
            lexemes.expectOperator(":");
            values.add(expression());
        }
        return new Expression.DictOf(keys, values, position);
    }

    private Expression postfix(Expression operand) {
        Expression value = operand;
        while (true) {
            Position position = lexemes.current().position();
            if (lexemes.skip(".")) {
                Lexeme name = lexemes.next();
                value =
                        switch (name.kind()) {
                            case NAME -> new Expression.Attribute(value, name.text(), position);
                            case INTEGER ->
                                    new Expression.Item(
                                            value,
                                            new Expression.Constant(
                                                    new Value.Int(new BigInteger(name.text())),
                                                    name.position()),
                                            position);
                            case TEXT,
                                    BLOCK_BEGIN,
                                    BLOCK_END,
                                    OUTPUT_BEGIN,
                                    OUTPUT_END,
                                    STRING,
                                    REAL,
                                    OPERATOR,
                                    END ->
                                    throw new Refusal(
                                            "expected a name, found " + name.shown(),
                                            name.position());
                        };
            } else if (lexemes.skip("[")) {
                value = new Expression.Item(value, subscript(position), position);
            } else if (lexemes.current().is(Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments(), position);
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Position position) {
        List<Expression> parts = new ArrayList<>();
        while (!lexemes.skip("]")) {
            if (!parts.isEmpty()) {
                lexemes.expectOperator(",");
            }
            parts.add(sliceOrIndex(position));
        }
        return parts.size() == 1 ? parts.getFirst() : new Expression.TupleOf(parts, position);
    }

    private Expression sliceOrIndex(Position position) {
        Optional<Expression> from = Optional.empty();
        if (!lexemes.current().is(Kind.OPERATOR, ":")) {
            Expression index = expression();
            if (!lexemes.current().is(Kind.OPERATOR, ":")) {
                return index;
            }
            from = Optional.of(index);
        }
        lexemes.next();
        Optional<Expression> to = sliceBound();
        Optional<Expression> step = lexemes.skip(":") ? sliceBound() : Optional.empty();
        return new Expression.SliceOf(from, to, step, position);
    }

    private Optional<Expression> sliceBound() {
        Lexeme current = lexemes.current();
        boolean empty =
                current.is(Kind.OPERATOR, ":")
                        || current.is(Kind.OPERATOR, "]")
                        || current.is(Kind.OPERATOR, ",");
        return empty ? Optional.empty() : Optional.of(expression());
    }

    private Expression filtersAndTests(Expression operand) {
        Expression value = operand;
        while (true) {
            Lexeme current = lexemes.current();
            if (current.is(Kind.OPERATOR, "|")) {
                value = pipes(Optional.of(value));
            } else if (current.is(Kind.NAME, "is")) {
                value = test(value);
            } else if (current.is(Kind.OPERATOR, "(")) {
                value = new Expression.Call(value, arguments(), current.position());
            } else {
                return value;
            }
        }
    }

    /// `| name | name …`.
    Expression pipes(Optional<Expression> operand) {
        lexemes.expectOperator("|");
        return filters(operand);
    }

    /// `name | name …`, the first without its bar.
    Expression filters(Optional<Expression> operand) {
        Optional<Expression> value = operand;
        do {
            Lexeme name = lexemes.expect(Kind.NAME);
            StringBuilder full = new StringBuilder(name.text());
            while (lexemes.skip(".")) {
                full.append('.').append(lexemes.expect(Kind.NAME).text());
            }
            Arguments arguments =
                    lexemes.current().is(Kind.OPERATOR, "(") ? arguments() : Arguments.NONE;
            value =
                    Optional.of(
                            new Expression.Filter(
                                    value, full.toString(), arguments, name.position()));
        } while (lexemes.skip("|"));
        return value.orElseThrow();
    }

    private Expression test(Expression operand) {
        Position position = lexemes.next().position();
        boolean negated = lexemes.skipName("not");
        Lexeme name = lexemes.expect(Kind.NAME);
        Arguments arguments = Arguments.NONE;
        Lexeme current = lexemes.current();
        if (current.is(Kind.OPERATOR, "(")) {
            arguments = arguments();
        } else if (beginsOperand(current)) {
            Expression argument = postfix(primary());
            arguments =
                    new Arguments(List.of(argument), List.of(), Optional.empty(), Optional.empty());
        }
        Expression test = new Expression.Test(operand, name.text(), arguments, position);
        return negated ? new Expression.Unary("not", test, position) : test;
    }

    private boolean beginsOperand(Lexeme lexeme) {
        return switch (lexeme.kind()) {
            case NAME -> {
                if (lexeme.text().equals("is")) {
                    throw new Refusal("a test after a test", lexeme.position());
                }
                yield !Set.of("else", "or", "and", "if", "not", "in").contains(lexeme.text());
            }
            case STRING, INTEGER, REAL -> true;
            case OPERATOR -> lexeme.text().equals("[") || lexeme.text().equals("{");
            case TEXT, BLOCK_BEGIN, BLOCK_END, OUTPUT_BEGIN, OUTPUT_END, END -> false;
        };
    }

    private Arguments arguments() {
        lexemes.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        List<Keyword> keywords = new ArrayList<>();
        Optional<Expression> spread = Optional.empty();
        Optional<Expression> spreadKeywords = Optional.empty();
        boolean first = true;
        while (!lexemes.skip(")")) {
            if (!first) {
                lexemes.expectOperator(",");
                if (lexemes.skip(")")) {
                    break;
                }
            }
            first = false;
            if (lexemes.skip("**")) {
                spreadKeywords = Optional.of(expression());
            } else if (lexemes.skip("*")) {
                spread = Optional.of(expression());
            } else if (lexemes.current().kind() == Kind.NAME
                    && lexemes.ahead(1).is(Kind.OPERATOR, "=")) {
                String name = lexemes.next().text();
                lexemes.next();
                keywords.add(new Keyword(name, expression()));
            } else if (!keywords.isEmpty() || spread.isPresent() || spreadKeywords.isPresent()) {
                throw lexemes.unexpected("a named argument");
            } else {
                positional.add(expression());
            }
        }
        return new Arguments(positional, keywords, spread, spreadKeywords);
    }
}
