package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.sql.SQLException;

/// DuckDB's errors as ours. Its messages start with a class (`Binder Error: …`); what follows the
/// first line shows the rewritten query and is left out.
final class DuckProblems {
    private DuckProblems() {}

    static Problem of(SQLException e, SqlLimits limits) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        int cut = message.indexOf('\n');
        String line = (cut < 0 ? message : message.substring(0, cut)).strip();
        int colon = line.indexOf(": ");
        String type = colon < 0 ? "" : line.substring(0, colon);
        String what = decapitalised(line.substring(colon < 0 ? 0 : colon + 2));
        Problem problem =
                switch (type) {
                    case "Out of Memory Error" ->
                            Problem.of(
                                            Problem.Kind.LIMITED,
                                            "the query needs more than "
                                                    + limits.memoryBytes()
                                                    + " bytes of memory",
                                            "SQL")
                                    .fix("select fewer columns or rows, aggregate, or add LIMIT");
                    case "INTERRUPT Error" -> Problem.timeout("the query was stopped", "SQL");
                    case "Permission Error" ->
                            Problem.of(
                                            Problem.Kind.BLOCKED,
                                            "the query reaches outside the store",
                                            "SQL")
                                    .fix("select from spans, traces, scores or messages");
                    case "IO Error" ->
                            Problem.unavailable("a column file could not be read", "SQL")
                                    .fix("try again");
                    case "INTERNAL Error", "FATAL Error" ->
                            Problem.internal("DuckDB failed: " + what, "SQL");
                    default ->
                            Problem.invalid(what.isEmpty() ? "the query failed" : what, "SQL")
                                    .fix("correct the query; DESCRIBE spans shows the columns");
                };
        return problem.causedBy(e);
    }

    private static String decapitalised(String text) {
        boolean acronym = text.length() > 1 && Character.isUpperCase(text.charAt(1));
        String lower =
                text.isEmpty() || acronym
                        ? text
                        : Character.toLowerCase(text.charAt(0)) + text.substring(1);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
