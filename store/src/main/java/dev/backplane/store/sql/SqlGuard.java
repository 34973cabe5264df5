package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// What a query may be made of, before DuckDB sees it.
///
/// Text first: DuckDB's parser recurses, and a deep enough text ends the process (measured on
/// 2.0.0: 5,000 open brackets, or 5,000 tables joined by commas, on a default stack). So the text
/// is walked once for its size, the depth of its brackets and the number of its tokens.
///
/// Then the tree: functions, table functions and node classes not on a list are refused. The lists
/// are allow lists, reviewed by hand from DuckDB's own catalog, so that a function that a later
/// version brings is refused until somebody looked at it.
final class SqlGuard {
    static final int TEXT_LENGTH_MAX = 1 << 20;
    static final int BRACKET_DEPTH_MAX = 150;
    static final int TOKENS_MAX = 50_000;

    private static final Set<String> FUNCTIONS = read("functions.txt");
    private static final Set<String> TABLE_FUNCTIONS =
            Set.of("unnest", "range", "generate_series", "json_each", "json_tree");
    private static final Set<String> EXPRESSION_CLASSES =
            Set.of(
                    "BETWEEN",
                    "CASE",
                    "CAST",
                    "COLUMN_REF",
                    "COMPARISON",
                    "CONJUNCTION",
                    "CONSTANT",
                    "FUNCTION",
                    "LAMBDA",
                    "LAMBDA_REF",
                    "OPERATOR",
                    "POSITIONAL_REFERENCE",
                    "STAR",
                    "SUBQUERY",
                    "TYPE",
                    "WINDOW");

    private SqlGuard() {}

    private static Set<String> read(String name) {
        Set<String> names = new HashSet<>();
        try (InputStream in = SqlGuard.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("--")) {
                    names.addAll(Set.of(line.isBlank() ? new String[0] : line.split(" ")));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Set.copyOf(names);
    }

    static Set<String> functions() {
        return FUNCTIONS;
    }

    static void checkFunction(String name, Supplier<String> where) {
        if (!FUNCTIONS.contains(name.toLowerCase(Locale.ROOT))) {
            String near = nearest(name.toLowerCase(Locale.ROOT));
            throw Problem.of(
                            Problem.Kind.BLOCKED,
                            "function " + show(name) + " is not allowed",
                            where.get())
                    .fix(
                            (near.isEmpty() ? "" : "did you mean " + near + "? ")
                                    + "use DuckDB's functions on values; none that reaches outside"
                                    + " the query or makes much out of little");
        }
    }

    /// The function on the list that the name was probably meant to be, or nothing.
    private static String nearest(String name) {
        return FUNCTIONS.stream()
                .filter(known -> distance(name, known) <= Math.min(2, known.length() / 4))
                .min(
                        Comparator.comparingInt((String known) -> distance(name, known))
                                .thenComparing(Comparator.naturalOrder()))
                .orElse("");
    }

    /// Letters to insert, delete or change; 3 when it is more than 2 or the name is very long.
    private static int distance(String left, String right) {
        if (Math.abs(left.length() - right.length()) > 2) {
            return 3;
        }
        int[] above = IntStream.rangeClosed(0, right.length()).toArray();
        for (int i = 1; i <= left.length(); i++) {
            int[] row = new int[right.length() + 1];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int change = left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(above[j - 1] + change, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return Math.min(3, above[right.length()]);
    }

    static void checkTableFunction(String name, Supplier<String> where) {
        if (!TABLE_FUNCTIONS.contains(name.toLowerCase(Locale.ROOT))) {
            throw Problem.of(
                            Problem.Kind.BLOCKED,
                            "table function " + show(name) + " is not allowed",
                            where.get())
                    .fix(
                            "select from spans, traces, scores, messages, or unnest, range,"
                                    + " generate_series, json_each, json_tree");
        }
    }

    /// Where a row stands is for us alone.
    static void checkNames(JsonNode tree, Function<JsonNode, String> where) {
        if (tree.path("class").asString("").equals("COLUMN_REF")) {
            for (JsonNode name : tree.path("column_names")) {
                if (name.asString().equalsIgnoreCase(RowFunction.LOCATOR)) {
                    throw Problem.invalid(
                                    "there is no column " + name.asString(), where.apply(tree))
                            .fix("DESCRIBE spans shows the columns");
                }
            }
        }
        tree.forEach(child -> checkNames(child, where));
    }

    static void checkExpressionClass(String name, Supplier<String> where) {
        if (!EXPRESSION_CLASSES.contains(name)) {
            String what =
                    "PARAMETER".equals(name) ? "a parameter" : show(name.toLowerCase(Locale.ROOT));
            throw Problem.invalid(
                            "the query holds " + what + ", which is not supported", where.get())
                    .fix("write the value into the query");
        }
    }

    /// A name for an error message: cut, without control characters.
    static String show(String name) {
        String clean = name.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 60 ? clean : clean.substring(0, 60) + "…";
    }

    /// Refuses text that is too much for the parser.
    static void checkText(SourceText source) {
        String sql = source.text();
        if (sql.length() > TEXT_LENGTH_MAX) {
            throw Problem.tooLarge("query of " + sql.length() + " characters", source.name())
                    .fix("send at most " + TEXT_LENGTH_MAX + " characters");
        }
        if (sql.indexOf('\0') >= 0) {
            throw refused(
                    source, "the query holds a NUL character", sql.indexOf('\0'), "remove it");
        }
        int depth = 0;
        int tokens = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            checkQuoted(source, i);
            int end = endOfQuoted(sql, i);
            if (end > i) {
                i = end - 1;
            } else if (c == '(' || c == '[' || c == '{') {
                depth++;
            } else if (c == ')' || c == ']' || c == '}') {
                depth--;
            }
            boolean inWord = i > 0 && isWord(c) && isWord(sql.charAt(i - 1));
            if (!Character.isWhitespace(c) && !inWord) {
                tokens++;
            }
            if (depth > BRACKET_DEPTH_MAX) {
                throw refused(
                        source,
                        "brackets are nested too deeply",
                        i,
                        "nest at most " + BRACKET_DEPTH_MAX + " deep");
            }
            if (tokens > TOKENS_MAX) {
                throw refused(
                        source,
                        "the query has too many parts",
                        i,
                        "write at most " + TOKENS_MAX + " words, numbers and symbols");
            }
        }
    }

    static boolean isWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private static Problem refused(SourceText source, String what, int index, String fix) {
        return Problem.invalid(what, source.at(index)).fix(fix);
    }

    /// Refuses forms whose end could be read in two ways, so that nothing hides in them.
    private static void checkQuoted(SourceText source, int i) {
        String sql = source.text();
        char c = sql.charAt(i);
        if (c == '\'' || c == '"') {
            int end = sql.indexOf(c, i + 1);
            if (end < 0) {
                throw refused(source, "a quote is not closed", i, "close it with " + c);
            }
            boolean escape = i > 0 && (sql.charAt(i - 1) | 0x20) == 'e';
            if (escape && c == '\'' && sql.charAt(end - 1) == '\\') {
                throw refused(
                        source, "an escaped quote in an E string", end, "double the quote instead");
            }
        } else if (sql.startsWith("$$", i)) {
            throw refused(source, "dollar quoting is not supported", i, "use single quotes");
        } else if (sql.startsWith("/*", i)) {
            int end = sql.indexOf("*/", i + 2);
            int nested = sql.indexOf("/*", i + 2);
            if (end < 0 || nested >= 0 && nested < end) {
                throw refused(source, "a comment is not closed or nested", i, "close it with */");
            }
        }
    }

    /// The index after the string, quoted name or comment that starts at `i`; `i` if none does.
    static int endOfQuoted(String sql, int i) {
        char c = sql.charAt(i);
        if (c == '\'' || c == '"') {
            return after(sql, sql.indexOf(c, i + 1), 1);
        }
        if (sql.startsWith("/*", i)) {
            return after(sql, sql.indexOf("*/", i + 2), 2);
        }
        int end = i;
        if (sql.startsWith("--", i)) {
            while (end < sql.length() && sql.charAt(end) != '\n' && sql.charAt(end) != '\r') {
                end++;
            }
        }
        return end;
    }

    private static int after(String sql, int found, int length) {
        return found < 0 ? sql.length() : found + length;
    }
}
