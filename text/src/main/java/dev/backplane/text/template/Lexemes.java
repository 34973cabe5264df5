package dev.backplane.text.template;

import dev.backplane.text.template.Lexeme.Kind;
import java.util.List;

/// Lexemes with a place among them.
final class Lexemes {
    private final List<Lexeme> list;
    private int at;

    Lexemes(List<Lexeme> list) {
        this.list = list;
    }

    Lexeme current() {
        return list.get(at);
    }

    Lexeme ahead(int count) {
        return list.get(Math.min(at + count, list.size() - 1));
    }

    Lexeme next() {
        Lexeme lexeme = current();
        at = Math.min(at + 1, list.size() - 1);
        return lexeme;
    }

    Lexeme expect(Kind kind) {
        if (current().kind() != kind) {
            throw unexpected(
                    switch (kind) {
                        case NAME -> "a name";
                        case BLOCK_END -> "'%}'";
                        case OUTPUT_END -> "'}}'";
                        case TEXT,
                                BLOCK_BEGIN,
                                OUTPUT_BEGIN,
                                STRING,
                                INTEGER,
                                REAL,
                                OPERATOR,
                                END ->
                                kind.name();
                    });
        }
        return next();
    }

    void expectOperator(String operator) {
        if (!skip(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    boolean skip(String operator) {
        if (current().is(Kind.OPERATOR, operator)) {
            next();
            return true;
        }
        return false;
    }

    boolean skipName(String name) {
        if (current().is(Kind.NAME, name)) {
            next();
            return true;
        }
        return false;
    }

    Refusal unexpected(String wanted) {
        return new Refusal(
                "expected %s, found %s".formatted(wanted, current().shown()), current().position());
    }
}
