package dev.backplane.cli;

import java.util.Locale;

/// One output column of a command.
///
/// @param id the key in JSON and the header for agents
/// @param label the header for people
/// @param isBrief shown to people without asking; machines get every column
record Column(String id, String label, Unit unit, boolean isBrief, String summary) {
    static Column of(String id, Unit unit, String summary) {
        return new Column(id, label(id), unit, true, summary);
    }

    /// A column that people see only with `--columns`.
    static Column more(String id, Unit unit, String summary) {
        return new Column(id, label(id), unit, false, summary);
    }

    Column labelled(String given) {
        return new Column(id, given, unit, isBrief, summary);
    }

    private static String label(String id) {
        return id.toUpperCase(Locale.ROOT).replace('_', ' ');
    }
}
