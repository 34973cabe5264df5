package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// DuckDB's errors as ours. Its messages look like this:
///
/// ```
/// Binder Error: Referenced column "nothing" not found in FROM clause!
/// Candidate bindings: "name", "bp_locator"
///
/// LINE 1: SELECT nothing FROM (SELECT … bp_json(…
/// ```
///
/// The class decides the kind. The first line is what went wrong, with our own functions in it
/// written as the columns they stand for. What it proposes becomes the fix. The place is that of
/// the query as it was rewritten: instead we name where the author's text has the thing that DuckDB
/// names.
final class DuckProblems {
    private static final Pattern OURS =
            Pattern.compile(
                    "(?:CAST\\()?bp_(?:json|text)\\(\\d+, (?:[^(),]+\\.)?bp_locator, (\\d+)\\)"
                            + "(?: AS \"?JSON\"?\\))?");

    /// What DuckDB advises in the first line: said by the fix, or not possible here.
    private static final Pattern ADVICE =
            Pattern.compile("\\. (You might need to add explicit type casts|Use TRY\\().*$");

    private static final Pattern NAME =
            Pattern.compile("\"([^\"]+)\"|[Ff]unction with name (\\S+)|types '([^'(]+)\\(");
    private static final Pattern CANDIDATES =
            Pattern.compile("Candidate (?:bindings|tables): (.*)");
    private static final Pattern MEANT = Pattern.compile("Did you mean \"([^\"]+)\"\\?");
    private static final Pattern SIGNATURE = Pattern.compile("(?m)^\t(\\S.*) -> ");
    private static final int SIGNATURES_MAX = 6;
    private static final int NAMES_MAX = 3;

    private DuckProblems() {}

    static Problem of(SQLException e, SqlLimits limits, SourceText source) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        int cut = message.indexOf('\n');
        String line = (cut < 0 ? message : message.substring(0, cut)).strip();
        int colon = line.indexOf(": ");
        String type = colon < 0 ? "" : line.substring(0, colon);
        String what = clean(line.substring(colon < 0 ? 0 : colon + 2));
        Problem problem =
                switch (type) {
                    case "Out of Memory Error" ->
                            Problem.of(
                                            Problem.Kind.LIMITED,
                                            "the query needs more than "
                                                    + limits.memoryBytes()
                                                    + " bytes of memory",
                                            source.name())
                                    .fix(
                                            "select fewer columns or rows, aggregate, add LIMIT,"
                                                    + " or unnest in the select list and not in"
                                                    + " FROM");
                    case "INTERRUPT Error" ->
                            Problem.timeout("the query was stopped", source.name());
                    case "Permission Error" ->
                            Problem.of(
                                            Problem.Kind.BLOCKED,
                                            "the query reaches outside the store",
                                            source.name())
                                    .fix("select from spans, traces, scores or messages");
                    case "IO Error" ->
                            Problem.unavailable("a column file could not be read", source.name())
                                    .fix("try again");
                    case "INTERNAL Error", "FATAL Error" ->
                            Problem.internal("DuckDB failed: " + what, source.name());
                    default ->
                            Problem.invalid(
                                            what.isEmpty() ? "the query failed" : what,
                                            place(line, source))
                                    .fix(fix(message));
                };
        return problem.causedBy(e);
    }

    private static String place(String line, SourceText source) {
        Matcher name = NAME.matcher(line);
        while (name.find()) {
            for (int group = 1; group <= name.groupCount(); group++) {
                String at = name.group(group) == null ? "" : source.at(name.group(group));
                if (!at.isEmpty() && !at.equals(source.name())) {
                    return at;
                }
            }
        }
        return source.name();
    }

    private static String fix(String message) {
        Optional<String> meant =
                first(MEANT, message)
                        .or(() -> first(CANDIDATES, message).map(DuckProblems::publicNames))
                        .filter(names -> !names.isBlank());
        if (meant.isPresent()) {
            return "did you mean " + meant.get() + "? DESCRIBE spans shows the columns";
        }
        if (message.contains("TIMESTAMP WITH TIME ZONE") && message.contains("cast")) {
            return "cast the one with a time zone: x::TIMESTAMP; the store's times are UTC";
        }
        List<String> signatures =
                SIGNATURE
                        .matcher(message)
                        .results()
                        .map(found -> found.group(1).replace(", /", ""))
                        .toList();
        if (!signatures.isEmpty() && signatures.size() <= SIGNATURES_MAX) {
            return "write " + String.join(" or ", signatures);
        }
        if (message.contains("must appear in the GROUP BY")) {
            return "add it to GROUP BY, write GROUP BY ALL, or take any_value(…) of it";
        }
        if (message.startsWith("Conversion Error")) {
            return "correct the value, or write TRY_CAST for NULL instead";
        }
        if (message.contains("ivision by zero")) {
            return "write nullif(divisor, 0), or TRY(…) for NULL instead";
        }
        return message.contains("No function matches")
                ? "cast the arguments (x::DOUBLE, x::VARCHAR); DESCRIBE spans shows the types"
                : "correct the query; DESCRIBE spans shows the columns";
    }

    /// Names in quotes and commas, without those that are ours alone.
    private static String publicNames(String names) {
        return List.of(names.split(", ")).stream()
                .map(name -> name.replace("\"", ""))
                .filter(name -> !name.contains("bp_"))
                .limit(NAMES_MAX)
                .collect(Collectors.joining(" or "));
    }

    private static Optional<String> first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static String clean(String text) {
        String named =
                OURS.matcher(ADVICE.matcher(text).replaceFirst(""))
                        .replaceAll(found ->
                                DuckFunctions.field(Integer.parseInt(found.group(1))).id());
        if (named.contains("bp_") || named.contains("read_parquet")) {
            return "the query failed in an expression over our tables";
        }
        boolean acronym = named.length() > 1 && Character.isUpperCase(named.charAt(1));
        String lower =
                named.isEmpty() || acronym
                        ? named
                        : Character.toLowerCase(named.charAt(0)) + named.substring(1);
        return lower.endsWith(".") || lower.endsWith("!")
                ? lower.substring(0, lower.length() - 1)
                : lower;
    }
}
