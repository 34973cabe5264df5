package dev.backplane.store;

/// Told about long work as it goes; called from the working thread, at most a few times a second.
@FunctionalInterface
public interface Progress {
    Progress NONE = (_, _, _) -> {};

    /// @param step what is being done, a short present participle
    /// @param total 0 while unknown
    void at(String step, long done, long total);
}
