/// Ollama's paths that read and change the library: `/api/tags`, `show`, `pull`, `push`, `create`,
/// `copy`, `delete` and `blobs`.
///
/// Long work tells how it goes in lines of JSON, as Ollama's does. Until the first of them has
/// left, a failure is an answer with its status; after that it is the last line, `{"error":…}`,
/// with `kind` and `hint` beside it for our own command line.
@NullMarked
package dev.backplane.local.library.surface;

import org.jspecify.annotations.NullMarked;
