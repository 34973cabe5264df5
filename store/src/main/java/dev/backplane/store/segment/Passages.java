package dev.backplane.store.segment;

import dev.backplane.core.Slice;
import dev.backplane.store.text.Shape;

/// How stored bytes are read as text.
public final class Passages {
    private Passages() {}

    /// JSON where it begins as JSON does.
    public static Shape shape(Slice bytes) {
        boolean json =
                !bytes.isEmpty()
                        && (bytes.at(0) == '{' || bytes.at(0) == '[' || bytes.at(0) == '"');
        return json ? Shape.JSON : Shape.TEXT;
    }
}
