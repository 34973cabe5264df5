package dev.backplane.bench.report;

/// Where long work says how far it is. Called often, and by one thread at a time, though not always
/// the same one.
@FunctionalInterface
public interface Progress {
    Progress SILENT = (_, _, _) -> {};

    /// @param what being done now
    /// @param done units so far
    /// @param total units in all; 0 when that is not known
    void at(String what, long done, long total);

    /// A part was finished that is worth a line of its own, also where nobody watches: it is what
    /// remains when the work never gets to its report.
    ///
    /// @param sentence what was done and what came of it
    default void finished(String sentence) {}
}
