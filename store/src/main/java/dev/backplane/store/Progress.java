package dev.backplane.store;

/// Told about long work after every small step of it, by the working thread: it has to be quick.
/// What it throws ends the work, which has changed nothing yet.
@FunctionalInterface
public interface Progress {
    Progress NONE = (_, _, _) -> {};

    /// @param step what is being done, a short present participle
    /// @param total 0 while unknown
    void at(String step, long done, long total);
}
