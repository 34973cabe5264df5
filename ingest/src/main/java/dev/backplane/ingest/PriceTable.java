package dev.backplane.ingest;

import dev.backplane.core.Problem;
import java.nio.file.Path;

/// List prices of models.
public final class PriceTable {
    private PriceTable() {}

    /// The table that comes with the program.
    public static PriceTable bundled() {
        return new PriceTable();
    }

    /// An edited table.
    ///
    /// @throws Problem `CONFIG` if the file cannot be read or a line is malformed
    public static PriceTable load(Path file) {
        throw Problem.of(Problem.Kind.NOT_IMPLEMENTED, "price files", file.toString());
    }
}
