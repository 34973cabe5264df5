package dev.backplane.store.column;

import java.util.Arrays;
import java.util.BitSet;

/// Makes a [Column] of values that come in any order of rows; a row that nothing was said of has
/// none. Not thread-safe.
public sealed interface ColumnBuilder {
    Column build();

    /// @param dictionaryBytes the most that texts may take
    static ColumnBuilder of(FilterColumn column, int rows, long dictionaryBytes) {
        return switch (column.kind()) {
            case TEXT -> new Texts(rows, dictionaryBytes);
            case WHOLE, TIME -> new Wholes(rows);
            case REAL -> new Reals(rows);
            case PRESENCE -> new Marks(rows);
        };
    }

    /// Of [FilterColumn.Kind#TEXT].
    final class Texts implements ColumnBuilder {
        private final TextColumn.Builder builder;
        private boolean fits = true;

        private Texts(int rows, long dictionaryBytes) {
            builder = new TextColumn.Builder(rows, dictionaryBytes);
        }

        public void set(int row, String text) {
            fits = fits && builder.set(row, text);
        }

        @Override
        public Column build() {
            return fits ? builder.build() : new Column.Absent();
        }
    }

    /// Of [FilterColumn.Kind#WHOLE] and [FilterColumn.Kind#TIME].
    final class Wholes implements ColumnBuilder {
        private final long[] values;
        private boolean fits = true;

        private Wholes(int rows) {
            values = new long[rows];
            Arrays.fill(values, FilterColumn.NO_NUMBER);
        }

        public void set(int row, long value) {
            fits &= value != FilterColumn.NO_NUMBER;
            values[row] = value;
        }

        @Override
        public Column build() {
            return fits ? WholeColumn.of(values) : new Column.Absent();
        }
    }

    /// Of [FilterColumn.Kind#REAL].
    final class Reals implements ColumnBuilder {
        private final double[] values;
        private boolean fits = true;

        private Reals(int rows) {
            values = new double[rows];
            Arrays.fill(values, Double.NaN);
        }

        public void set(int row, double value) {
            fits &= !Double.isNaN(value);
            values[row] = value;
        }

        @Override
        public Column build() {
            return fits ? new RealColumn(values) : new Column.Absent();
        }
    }

    /// Of [FilterColumn.Kind#PRESENCE].
    final class Marks implements ColumnBuilder {
        private final BitSet present = new BitSet();
        private final int rows;

        private Marks(int rows) {
            this.rows = rows;
        }

        public void set(int row) {
            present.set(row);
        }

        @Override
        public Column build() {
            return new Presences(present, rows);
        }
    }
}
