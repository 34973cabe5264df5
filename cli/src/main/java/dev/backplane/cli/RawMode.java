package dev.backplane.cli;

import java.util.Optional;

/// A terminal that can hand over keys as they are typed, instead of lines.
@FunctionalInterface
interface RawMode {
    /// No such terminal.
    RawMode NONE = Optional::empty;

    /// @param rows 0 if unknown, as `columns`
    record Size(int rows, int columns) {}

    /// Keys come one by one, unseen, Ctrl-C as any other, until this is closed.
    interface Raw extends AutoCloseable {
        Size size();

        @Override
        void close();
    }

    /// Enters the mode, or answers empty where there is none.
    Optional<Raw> enter();
}
