/// Local models: from a name to an answer.
///
/// | package | holds |
/// |---|---|
/// | `library` | which models there are: pulled ones and files of the configuration |
/// | `provider` | models that are loaded, and the provider of the gateway that they answer through |
@NullMarked
package dev.backplane.local;

import org.jspecify.annotations.NullMarked;
