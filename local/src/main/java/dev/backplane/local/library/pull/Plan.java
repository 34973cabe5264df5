package dev.backplane.local.library.pull;

import dev.backplane.core.Slice;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.Manifest;
import java.util.List;
import java.util.Optional;

/// What there is to fetch for a name.
///
/// @param parts that the model will consist of, in their order
/// @param manifest of a registry, kept as it is; without one it is made of the parts
record Plan(List<Part> parts, Optional<Manifest> manifest) {
    Plan {
        parts = List.copyOf(parts);
    }

    /// One of them.
    sealed interface Part {
        /// Bytes whose digest the other side names, so that they can be fetched in pieces.
        record Blob(Layer layer, Access source) implements Part {}

        /// A small file whose digest nobody names.
        ///
        /// @param gitId SHA-1 of the file as git counts it, or empty
        record Small(String name, LayerKind kind, long size, String gitId, Access source)
                implements Part {}

        /// Bytes that are here already.
        record Text(LayerKind kind, Slice bytes) implements Part {}
    }
}
