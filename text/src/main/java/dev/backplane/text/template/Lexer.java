package dev.backplane.text.template;

import dev.backplane.text.template.Lexeme.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Cuts a template's source into lexemes.
///
/// White space around tags goes as in Jinja with `trim_blocks` and `lstrip_blocks`, which is how
/// chat templates are rendered everywhere:
///
/// - one newline at the very end of the source goes; every kind of newline becomes `\n`;
/// - before `{%` and `{#`, spaces go if nothing else is before them on the line; `{%+` keeps them;
/// - after `%}` and `#}`, one newline goes; `+%}` keeps it;
/// - `{%-`, `{{-`, `{#-` take all white space before them, `-%}`, `-}}`, `-#}` all after.
///
/// Source: jinja2/lexer.py (3.1).
final class Lexer {
    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
        "}", ">", "<", "=", ".", ":", "|", ",", ";"
    };

    private final String source;
    private final List<Lexeme> lexemes = new ArrayList<>();
    private int at;

    /// Whether the text at `at` stands at the beginning of a line, though no newline is before it
    /// because a tag took it.
    private boolean lineStarts = true;

    private int line = 1;
    private int column = 1;
    private int counted;

    Lexer(String source) {
        String unix = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    }

    List<Lexeme> run() {
        while (at < source.length()) {
            int tag = nextTag();
            text(at, tag);
            if (tag == source.length()) {
                at = tag;
                break;
            }
            at = tag;
            char kind = source.charAt(at + 1);
            switch (kind) {
                case '#' -> comment();
                case '%' -> {
                    if (!raw()) {
                        tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
                    }
                }
                default -> tag(Kind.OUTPUT_BEGIN, Kind.OUTPUT_END, "}}");
            }
        }
        add(Kind.END, "", source.length());
        return lexemes;
    }

    private int nextTag() {
        int tag = source.indexOf('{', at);
        while (tag >= 0 && tag + 1 < source.length()) {
            char next = source.charAt(tag + 1);
            if (next == '%' || next == '{' || next == '#') {
                return tag;
            }
            tag = source.indexOf('{', tag + 1);
        }
        return source.length();
    }

    private char sign(int index) {
        char sign = index < source.length() ? source.charAt(index) : ' ';
        return sign == '-' || sign == '+' ? sign : ' ';
    }

    /// The text before a tag, less what the tag takes of it.
    private void text(int from, int tag) {
        int to = tag;
        if (tag < source.length()) {
            char sign = sign(tag + 2);
            if (sign == '-') {
                while (to > from && Texts.isSpace(source.charAt(to - 1))) {
                    to--;
                }
            } else if (sign != '+' && source.charAt(tag + 1) != '{') {
                int newline = source.lastIndexOf('\n', tag - 1);
                int begin = newline >= from ? newline + 1 : from;
                boolean blank = true;
                for (int i = begin; i < tag; i++) {
                    blank &= Texts.isSpace(source.charAt(i));
                }
                if (blank && (newline >= from || lineStarts)) {
                    to = begin;
                }
            }
        }
        if (to > from) {
            add(Kind.TEXT, source.substring(from, to), from);
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at + 2);
        if (end < 0) {
            throw new Refusal("a comment that does not end", position(at));
        }
        endTag(end, true);
    }

    /// `{% raw %} … {% endraw %}`.
    private boolean raw() {
        int name = skipSpace(at + 2 + (sign(at + 2) == ' ' ? 0 : 1));
        if (!source.startsWith("raw", name)) {
            return false;
        }
        int end = skipSpace(name + 3);
        boolean strips = end < source.length() && source.charAt(end) == '-';
        if (!source.startsWith("%}", strips ? end + 1 : end)) {
            return false;
        }
        int begin = at;
        int from = (strips ? end + 1 : end) + 2;
        from = strips ? skipSpace(from) : from;
        int tag = source.indexOf("{%", from);
        while (tag >= 0) {
            int inner = skipSpace(tag + 2 + (sign(tag + 2) == ' ' ? 0 : 1));
            int close = skipSpace(inner + 6);
            if (source.startsWith("endraw", inner)) {
                int mark = close + (sign(close) == ' ' ? 0 : 1);
                if (source.startsWith("%}", mark)) {
                    lineStarts = false;
                    text(from, tag);
                    endTag(mark, true);
                    return true;
                }
            }
            tag = source.indexOf("{%", tag + 2);
        }
        throw new Refusal("a raw block that does not end", position(begin));
    }

    private int skipSpace(int from) {
        int index = from;
        while (index < source.length() && Texts.isSpace(source.charAt(index))) {
            index++;
        }
        return index;
    }

    /// Steps over an end mark of two characters and what it takes of the text after it.
    private void endTag(int mark, boolean trims) {
        char sign = source.charAt(mark - 1);
        at = mark + 2;
        if (sign == '-') {
            at = skipSpace(at);
        } else if (trims && sign != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        lineStarts = source.charAt(at - 1) == '\n';
    }

    private void tag(Kind begin, Kind end, String mark) {
        add(begin, "", at);
        int start = at;
        at += 2 + (sign(at + 2) == ' ' ? 0 : 1);
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            at = skipSpace(at);
            if (at >= source.length()) {
                throw new Refusal("a tag that does not end", position(start));
            }
            int close = closing(mark, open.isEmpty());
            if (close >= 0) {
                add(end, "", close);
                endTag(close, end == Kind.BLOCK_END);
                return;
            }
            lexeme(open);
        }
    }

    /// Where the tag's end mark stands, if it is next; its sign belongs to it.
    private int closing(String mark, boolean balanced) {
        if (!balanced) {
            return -1;
        }
        if (source.startsWith(mark, at)) {
            return at;
        }
        boolean signed = source.charAt(at) == '-' || source.charAt(at) == '+' && mark.equals("%}");
        return signed && source.startsWith(mark, at + 1) ? at + 1 : -1;
    }

    private void lexeme(Deque<Character> open) {
        char c = source.charAt(at);
        if (c == '\'' || c == '"') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (c == '_' || Character.isUnicodeIdentifierStart(source.codePointAt(at))) {
            int from = at;
            while (at < source.length()
                    && Character.isUnicodeIdentifierPart(source.codePointAt(at))) {
                at += Character.charCount(source.codePointAt(at));
            }
            add(Kind.NAME, source.substring(from, at), from);
        } else {
            operator(open);
        }
    }

    private void operator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                char c = operator.charAt(0);
                if (c == '(' || c == '[' || c == '{') {
                    open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
                } else if (c == ')' || c == ']' || c == '}') {
                    if (open.isEmpty() || open.pop() != c) {
                        throw new Refusal("unexpected '" + c + "'", position(at));
                    }
                }
                add(Kind.OPERATOR, operator, at);
                at += operator.length();
                return;
            }
        }
        throw new Refusal(
                "unexpected character U+%04X".formatted(source.codePointAt(at)), position(at));
    }

    private void string(char quote) {
        int from = at++;
        StringBuilder value = new StringBuilder();
        while (at < source.length() && source.charAt(at) != quote) {
            if (source.charAt(at) == '\\' && at + 1 < source.length()) {
                escape(value);
            } else {
                value.append(source.charAt(at++));
            }
        }
        if (at >= source.length()) {
            throw new Refusal("a string that does not end", position(from));
        }
        at++;
        add(Kind.STRING, value.toString(), from);
    }

    /// Python's escapes; what is none stays as it is.
    private void escape(StringBuilder value) {
        char c = source.charAt(at + 1);
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits > 0) {
            String hex = source.substring(at + 2, Math.min(source.length(), at + 2 + digits));
            if (!hex.matches("[0-9a-fA-F]{" + digits + "}")
                    || Long.parseLong(hex, 16) > Character.MAX_CODE_POINT) {
                throw new Refusal("an escape without its digits", position(at));
            }
            value.appendCodePoint(Integer.parseInt(hex, 16));
            at += 2 + digits;
            return;
        }
        if (c >= '0' && c <= '7') {
            int end = at + 1;
            int number = 0;
            while (end < Math.min(source.length(), at + 4)
                    && source.charAt(end) >= '0'
                    && source.charAt(end) <= '7') {
                number = number * 8 + source.charAt(end++) - '0';
            }
            value.append((char) number);
            at = end;
            return;
        }
        int index = "nrtbfav\\'\"\n".indexOf(c);
        if (index < 0) {
            value.append('\\').append(c);
        } else if (c != '\n') {
            value.append("\n\r\t\b\f\u0007\u000b\\'\"".charAt(index));
        }
        at += 2;
    }

    private void number() {
        int from = at;
        if (source.startsWith("0x", at) || source.startsWith("0X", at)) {
            at += 2;
            takeWhile("0123456789abcdefABCDEF_");
            String digits = source.substring(from + 2, at).replace("_", "");
            if (digits.isEmpty()) {
                throw new Refusal("a number without digits", position(from));
            }
            add(Kind.INTEGER, new java.math.BigInteger(digits, 16).toString(), from);
            return;
        }
        takeWhile("0123456789_");
        boolean real = false;
        if (at + 1 < source.length()
                && source.charAt(at) == '.'
                && Character.isDigit(source.charAt(at + 1))) {
            real = true;
            at++;
            takeWhile("0123456789_");
        }
        if (at < source.length() && (source.charAt(at) == 'e' || source.charAt(at) == 'E')) {
            int digits = at + 1;
            if (digits < source.length() && "+-".indexOf(source.charAt(digits)) >= 0) {
                digits++;
            }
            if (digits < source.length() && Character.isDigit(source.charAt(digits))) {
                real = true;
                at = digits;
                takeWhile("0123456789_");
            }
        }
        String text = source.substring(from, at).replace("_", "");
        if (text.length() > 400) {
            throw new Refusal("a number of more than 400 digits", position(from));
        }
        add(real ? Kind.REAL : Kind.INTEGER, text, from);
    }

    private void takeWhile(String characters) {
        while (at < source.length() && characters.indexOf(source.charAt(at)) >= 0) {
            at++;
        }
    }

    private void add(Kind kind, String text, int from) {
        Position position = position(from);
        lexemes.add(new Lexeme(kind, text, position.line(), position.column()));
    }

    /// Positions are asked for in ascending order, all but those of errors.
    private Position position(int index) {
        if (index < counted) {
            int lines = 1;
            int start = 0;
            for (int i = 0; i < index; i++) {
                if (source.charAt(i) == '\n') {
                    lines++;
                    start = i + 1;
                }
            }
            return new Position(lines, source.codePointCount(start, index) + 1);
        }
        for (; counted < index; counted++) {
            char c = source.charAt(counted);
            if (c == '\n') {
                line++;
                column = 1;
            } else if (!Character.isLowSurrogate(c)) {
                column++;
            }
        }
        return new Position(line, column);
    }
}
