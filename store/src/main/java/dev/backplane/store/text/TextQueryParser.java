package dev.backplane.store.text;

import dev.backplane.core.Problem;
import dev.backplane.core.Wtf8;
import java.util.ArrayList;
import java.util.List;

/// Recursive descent over the syntax that [TextQuery] documents.
///
/// ```
/// or    := and { "OR" and }
/// and   := not { ["AND"] not }
/// not   := ("NOT" | "-") not | "(" or ")" | path ":" value | value
/// value := word ["*" | "~" [edits]] | quoted ["*"]
/// ```
///
/// Operators are in upper case, so that a pasted sentence is a query. A colon makes a path only
/// after something that begins with a letter or `_`, and not before `//`: times and URLs are words.
final class TextQueryParser {
    private static final int LENGTH_MAX = 4_096;
    private static final int DEPTH_MAX = 50;
    private static final int LEAVES_MAX = 128;

    private final String query;
    private int at;
    private int depth;
    private int leaves;

    TextQueryParser(String query) {
        this.query = query;
    }

    TextQuery parse() {
        if (query.length() > LENGTH_MAX) {
            throw problem("query of " + query.length() + " characters", LENGTH_MAX)
                    .fix("search for fewer words; at most " + LENGTH_MAX + " characters");
        }
        if (peek() == 0) {
            throw problem("empty query", 0).fix("write at least one word");
        }
        TextQuery result = or();
        if (peek() != 0) {
            throw problem("')' without '('", at).fix("remove it, or quote it");
        }
        return result;
    }

    private TextQuery or() {
        if (++depth > DEPTH_MAX) {
            throw problem("query nested more than " + DEPTH_MAX + " deep", at)
                    .fix("remove parentheses");
        }
        List<TextQuery> parts = new ArrayList<>();
        parts.add(and());
        while (keyword("OR")) {
            parts.add(and());
        }
        depth--;
        return parts.size() == 1 ? parts.getFirst() : new TextQuery.Or(parts);
    }

    private TextQuery and() {
        List<TextQuery> parts = new ArrayList<>();
        do {
            parts.add(not());
        } while (keyword("AND") || peek() != 0 && peek() != ')' && !isKeyword("OR"));
        return parts.size() == 1 ? parts.getFirst() : new TextQuery.And(parts);
    }

    private TextQuery not() {
        int start = skipSpace();
        boolean negative = false;
        while (keyword("NOT") || minus()) {
            negative = !negative;
        }
        TextQuery part = primary(start);
        return negative ? new TextQuery.Not(part) : part;
    }

    private boolean minus() {
        if (peek() != '-') {
            return false;
        }
        at++;
        if (at == query.length() || Character.isWhitespace(query.charAt(at))) {
            throw problem("'-' excludes nothing", at - 1)
                    .fix("write the excluded word directly behind it");
        }
        return true;
    }

    private TextQuery primary(int start) {
        char next = peek();
        if (next == 0 || next == ')' || isKeyword("AND") || isKeyword("OR")) {
            throw problem(next == 0 ? "query ends where a word must follow" : "word missing", at)
                    .fix("write a word, or quote AND, OR and NOT to search for them");
        }
        if (next == '(') {
            int open = at++;
            if (peek() == ')') {
                throw problem("nothing between parentheses", open).fix("remove them");
            }
            TextQuery inner = or();
            if (peek() != ')') {
                throw problem("'(' without ')'", open).fix("close it, or quote it");
            }
            at++;
            return inner;
        }
        if (++leaves > LEAVES_MAX) {
            throw problem("more than " + LEAVES_MAX + " words", start)
                    .fix("search for fewer words, or for a \"phrase\"");
        }
        if (next == '"') {
            String text = quoted();
            return words(text, take('*'), start);
        }
        return bare();
    }

    private TextQuery bare() {
        int start = at;
        while (at < query.length() && isBare(query.charAt(at))) {
            if (query.charAt(at) == ':' && isPath(start, at)) {
                String path = query.substring(start, at++);
                return path(path, start);
            }
            at++;
        }
        String word = query.substring(start, at);
        if (word.endsWith("*")) {
            return words(word.substring(0, word.length() - 1), true, start);
        }
        int tilde = word.indexOf('~');
        if (tilde > 0 && (tilde == word.length() - 1 || word.substring(tilde).matches("~\\d+"))) {
            return fuzzy(word.substring(0, tilde), word.substring(tilde + 1), start);
        }
        return words(word, false, start);
    }

    private boolean isPath(int start, int colon) {
        int first = query.codePointAt(start);
        boolean named = colon > start && (Character.isLetter(first) || first == '_');
        return named
                && colon + 1 < query.length()
                && (isBare(query.charAt(colon + 1)) || query.charAt(colon + 1) == '"')
                && !query.startsWith("//", colon + 1);
    }

    private TextQuery path(String path, int start) {
        String value;
        boolean prefix;
        if (query.charAt(at) == '"') {
            value = quoted();
            prefix = take('*');
        } else {
            int from = at;
            while (at < query.length() && isBare(query.charAt(at))) {
                at++;
            }
            prefix = query.charAt(at - 1) == '*';
            value = query.substring(from, prefix ? at - 1 : at);
        }
        if (Wtf8.encode(value).length > TextQuery.Path.VALUE_BYTES_MAX) {
            throw problem("value of path '" + path + "' is too long to be indexed", start)
                    .fix(
                            "search for it as a \"phrase\", or for its beginning with *;"
                                    + " values have at most "
                                    + TextQuery.Path.VALUE_BYTES_MAX
                                    + " bytes");
        }
        return new TextQuery.Path(path, value, prefix);
    }

    private TextQuery fuzzy(String text, String edits, int start) {
        List<String> words = WordCursor.words(text);
        if (words.size() != 1) {
            throw problem("'~' needs one word before it", start)
                    .fix("write ~ directly behind a word of letters and digits");
        }
        if (!edits.isEmpty() && !edits.equals("1") && !edits.equals("2")) {
            throw problem("'~" + edits + "' is too fuzzy", start).fix("use ~1 or ~2");
        }
        return new TextQuery.Fuzzy(words.getFirst(), edits.equals("2") ? 2 : 1);
    }

    private TextQuery words(String text, boolean prefix, int start) {
        List<String> words = WordCursor.words(text);
        if (words.isEmpty()) {
            throw problem("no letter or digit to search for", start)
                    .fix("punctuation and symbols are not indexed; write a word");
        }
        if (words.size() > 1) {
            return new TextQuery.Phrase(words, prefix);
        }
        String word = words.getFirst();
        return prefix ? new TextQuery.Prefix(word) : new TextQuery.Word(word);
    }

    /// The text between quotes; `\"` and `\\` stand for the character.
    private String quoted() {
        int open = at++;
        StringBuilder text = new StringBuilder();
        while (at < query.length()) {
            char c = query.charAt(at++);
            if (c == '"') {
                return text.toString();
            }
            if (c == '\\' && at < query.length() && "\"\\".indexOf(query.charAt(at)) >= 0) {
                c = query.charAt(at++);
            }
            text.append(c);
        }
        throw problem("quote is not closed", open).fix("add '\"' at the end of the phrase");
    }

    private boolean take(char c) {
        boolean there = at < query.length() && query.charAt(at) == c;
        at += there ? 1 : 0;
        return there;
    }

    private boolean keyword(String keyword) {
        boolean there = isKeyword(keyword);
        at += there ? keyword.length() : 0;
        return there;
    }

    private boolean isKeyword(String keyword) {
        skipSpace();
        int end = at + keyword.length();
        return query.startsWith(keyword, at)
                && (end == query.length()
                        || Character.isWhitespace(query.charAt(end))
                        || "()\"".indexOf(query.charAt(end)) >= 0);
    }

    private static boolean isBare(char c) {
        return !Character.isWhitespace(c) && "()\"".indexOf(c) < 0;
    }

    private int skipSpace() {
        while (at < query.length() && Character.isWhitespace(query.charAt(at))) {
            at++;
        }
        return at;
    }

    /// The next character that is no space, 0 at the end.
    private char peek() {
        skipSpace();
        return at < query.length() ? query.charAt(at) : 0;
    }

    private static Problem problem(String what, int index) {
        return Problem.invalid(what, "text query, column " + (index + 1));
    }
}
