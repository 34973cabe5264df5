package dev.backplane.store.column;

/// The values of one column of a part, by row. Immutable.
public sealed interface Column
        permits Column.Absent, TextColumn, WholeColumn, RealColumn, Presences {
    /// In memory, about.
    long bytes();

    /// Binds a test of the column's kind.
    BlockFilter bind(ValueFilter test);

    /// Stands for a column that is not here: it was not read yet, or is not kept because its texts
    /// are too many or too long or a number is one that stands for none.
    record Absent() implements Column {
        @Override
        public long bytes() {
            return 16;
        }

        /// A filter that cannot be asked.
        @Override
        public BlockFilter bind(ValueFilter test) {
            return (_, _, _) -> {
                throw new IllegalStateException("a column that is not here");
            };
        }
    }

    static IllegalArgumentException mismatch(ValueFilter test) {
        return new IllegalArgumentException("a column of another kind than " + test);
    }
}
