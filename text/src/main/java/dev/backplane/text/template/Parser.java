package dev.backplane.text.template;

import dev.backplane.text.template.Lexeme.Kind;
import dev.backplane.text.template.Statement.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads statements; [ExpressionParser] reads what is in them. Source of the grammar:
/// jinja2/parser.py (3.1), with the extensions `loopcontrols` and Hugging Face's `generation`.
final class Parser {
    private static final int DEPTH_MAX = 100;

    private final Lexemes lexemes;
    private final ExpressionParser expressions;
    private int depth;
    private int loops;

    Parser(List<Lexeme> list) {
        lexemes = new Lexemes(list);
        expressions = new ExpressionParser(lexemes);
    }

    List<Statement> run() {
        List<Statement> body = body(Set.of());
        if (lexemes.current().kind() != Kind.END) {
            throw lexemes.unexpected("a statement");
        }
        return body;
    }

    /// Statements up to a tag of one of these names, which is left, or to the end.
    private List<Statement> body(Set<String> ends) {
        if (++depth > DEPTH_MAX) {
            throw new Refusal(
                    "blocks nested more than " + DEPTH_MAX + " deep", lexemes.current().position());
        }
        List<Statement> body = new ArrayList<>();
        while (true) {
            Lexeme lexeme = lexemes.current();
            switch (lexeme.kind()) {
                case TEXT -> {
                    body.add(new Statement.Text(lexeme.text(), lexeme.position()));
                    lexemes.next();
                }
                case OUTPUT_BEGIN -> {
                    lexemes.next();
                    body.add(new Statement.Output(expressions.tuple(), lexeme.position()));
                    lexemes.expect(Kind.OUTPUT_END);
                }
                case BLOCK_BEGIN -> {
                    Lexeme name = lexemes.ahead(1);
                    if (name.kind() == Kind.NAME && ends.contains(name.text())) {
                        depth--;
                        return body;
                    }
                    lexemes.next();
                    body.add(statement());
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw new Refusal(
                                "a block that does not end: expected '%s'"
                                        .formatted(
                                                String.join(
                                                        "' or '", ends.stream().sorted().toList())),
                                lexeme.position());
                    }
                    depth--;
                    return body;
                }
            }
        }
    }

    private Statement statement() {
        Lexeme tag = lexemes.expect(Kind.NAME);
        Position position = tag.position();
        return switch (tag.text()) {
            case "if" -> ifStatement(position);
            case "for" -> forStatement(position);
            case "set" -> setStatement(position);
            case "macro" -> macro(position);
            case "call" -> callBlock(position);
            case "with" -> with(position);
            case "filter" -> {
                Expression filter = expressions.filters(Optional.empty());
                yield new Statement.FilterBlock(filter, block("endfilter"), position);
            }
            case "generation" -> new Statement.Generation(block("endgeneration"), position);
            case "break", "continue" -> {
                if (loops == 0) {
                    throw new Refusal("'" + tag.text() + "' outside of a loop", position);
                }
                lexemes.expect(Kind.BLOCK_END);
                yield tag.text().equals("break")
                        ? new Statement.Break(position)
                        : new Statement.Continue(position);
            }
            default -> throw new Refusal("unknown tag '" + tag.text() + "'", position);
        };
    }

    /// The end of the tag, the body, and its end tag.
    private List<Statement> block(String end) {
        lexemes.expect(Kind.BLOCK_END);
        List<Statement> body = body(Set.of(end));
        endTag();
        return body;
    }

    private void endTag() {
        lexemes.expect(Kind.BLOCK_BEGIN);
        lexemes.expect(Kind.NAME);
        lexemes.expect(Kind.BLOCK_END);
    }

    private Statement ifStatement(Position position) {
        Expression test = expressions.expression();
        lexemes.expect(Kind.BLOCK_END);
        List<Statement> whenTrue = body(Set.of("elif", "else", "endif"));
        lexemes.expect(Kind.BLOCK_BEGIN);
        Lexeme end = lexemes.expect(Kind.NAME);
        List<Statement> whenFalse = List.of();
        switch (end.text()) {
            case "elif" -> {
                if (++depth > DEPTH_MAX) {
                    throw new Refusal("an 'if' of too many branches", end.position());
                }
                whenFalse = List.of(ifStatement(end.position()));
                depth--;
            }
            case "else" -> whenFalse = block("endif");
            default -> lexemes.expect(Kind.BLOCK_END);
        }
        return new Statement.If(test, whenTrue, whenFalse, position);
    }

    private Statement forStatement(Position position) {
        Target target = target("in");
        lexemes.expectName("in");
        Expression items = expressions.tupleWithoutConditional();
        Optional<Expression> condition = Optional.empty();
        if (lexemes.skipName("if")) {
            condition = Optional.of(expressions.expression());
        }
        boolean recursive = lexemes.skipName("recursive");
        lexemes.expect(Kind.BLOCK_END);
        loops++;
        List<Statement> body = body(Set.of("else", "endfor"));
        loops--;
        lexemes.expect(Kind.BLOCK_BEGIN);
        List<Statement> otherwise = List.of();
        if (lexemes.expect(Kind.NAME).text().equals("else")) {
            otherwise = block("endfor");
        } else {
            lexemes.expect(Kind.BLOCK_END);
        }
        return new Statement.For(target, items, condition, body, otherwise, recursive, position);
    }

    private Statement setStatement(Position position) {
        Target target = target("");
        if (lexemes.skip("=")) {
            Expression value = expressions.tuple();
            lexemes.expect(Kind.BLOCK_END);
            return new Statement.Set(target, value, position);
        }
        Optional<Expression> filter =
                lexemes.current().is(Kind.OPERATOR, "|")
                        ? Optional.of(expressions.pipes(Optional.empty()))
                        : Optional.empty();
        return new Statement.SetBlock(target, filter, block("endset"), position);
    }

    /// One target, or several with commas between; stops before the name `end`.
    private Target target(String end) {
        List<Target> targets = new ArrayList<>();
        Position position = lexemes.current().position();
        boolean tuple = false;
        do {
            Lexeme lexeme = lexemes.current();
            boolean ends =
                    lexeme.kind() == Kind.BLOCK_END
                            || lexeme.is(Kind.OPERATOR, "=")
                            || lexeme.is(Kind.OPERATOR, ")")
                            || !end.isEmpty() && lexeme.is(Kind.NAME, end);
            if (ends && tuple) {
                break;
            }
            targets.add(singleTarget());
            tuple |= lexemes.current().is(Kind.OPERATOR, ",");
        } while (lexemes.skip(","));
        return tuple ? new Statement.TupleTarget(targets, position) : targets.getFirst();
    }

    private Target singleTarget() {
        if (lexemes.skip("(")) {
            if (++depth > DEPTH_MAX) {
                throw lexemes.unexpected("a name");
            }
            Target inner = target("");
            depth--;
            lexemes.expectOperator(")");
            return inner;
        }
        Lexeme name = lexemes.expect(Kind.NAME);
        if (lexemes.skip(".")) {
            Lexeme attribute = lexemes.expect(Kind.NAME);
            return new Statement.AttributeTarget(name.text(), attribute.text(), name.position());
        }
        if (ExpressionParser.isConstant(name.text())) {
            throw new Refusal("'" + name.text() + "' cannot be assigned to", name.position());
        }
        return new Statement.NameTarget(name.text());
    }

    private Statement.Macro macro(Position position) {
        String name = lexemes.expect(Kind.NAME).text();
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        signature(parameters, defaults);
        return macro(name, parameters, defaults, "endmacro", position);
    }

    private Statement.Macro macro(
            String name,
            List<String> parameters,
            List<Expression> defaults,
            String end,
            Position position) {
        int outerLoops = loops;
        Set<String> outerNames = expressions.takeNames();
        loops = 0;
        List<Statement> body = block(end);
        loops = outerLoops;
        Set<String> uses = expressions.takeNames();
        expressions.addNames(outerNames);
        expressions.addNames(uses);
        return new Statement.Macro(name, parameters, defaults, body, uses, position);
    }

    private void signature(List<String> parameters, List<Expression> defaults) {
        lexemes.expectOperator("(");
        while (!lexemes.current().is(Kind.OPERATOR, ")")) {
            if (!parameters.isEmpty()) {
                lexemes.expectOperator(",");
            }
            parameters.add(lexemes.expect(Kind.NAME).text());
            if (lexemes.skip("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw lexemes.unexpected("a default after one");
            }
        }
        lexemes.next();
    }

    private Statement callBlock(Position position) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (lexemes.current().is(Kind.OPERATOR, "(")) {
            signature(parameters, defaults);
        }
        Expression call = expressions.expression();
        if (!(call instanceof Expression.Call)) {
            throw new Refusal("a call block without a call", position);
        }
        Statement.Macro caller = macro("caller", parameters, defaults, "endcall", position);
        return new Statement.CallBlock(caller, call, position);
    }

    private Statement with(Position position) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (lexemes.current().kind() != Kind.BLOCK_END) {
            if (!targets.isEmpty()) {
                lexemes.expectOperator(",");
            }
            targets.add(singleTarget());
            lexemes.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Statement.With(targets, values, block("endwith"), position);
    }
}
