package dev.backplane.cli;

/// Takes the rows of one table and writes them in one format. A row may miss columns and have more
/// than the table knows; JSON formats write it as it is, the others by the table's columns.
sealed interface TableWriter permits HumanTable, TabTable, JsonTable, LineTable, IdentityTable {
    void row(Node.Fields row);

    /// A line for people that belongs to the row before it, so far indented; other formats have it
    /// in the row.
    default void remark(int indent, String text) {}

    /// Ends the table. `rest` goes into a JSON document beside the rows: totals, the cursor,
    /// whether the list is cut.
    void end(Node.Fields rest);
}
