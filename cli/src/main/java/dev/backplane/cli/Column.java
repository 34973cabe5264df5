package dev.backplane.cli;

/// One output column of a command.
///
/// @param id the key in JSON and the header for agents
/// @param isBrief shown to people without asking; machines get every column
record Column(String id, Unit unit, boolean isBrief, String summary) {
    static Column of(String id, Unit unit, String summary) {
        return new Column(id, unit, true, summary);
    }

    /// A column that people see only with `--columns`.
    static Column more(String id, Unit unit, String summary) {
        return new Column(id, unit, false, summary);
    }
}
