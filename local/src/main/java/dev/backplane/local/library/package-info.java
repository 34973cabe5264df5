/// The library: which models are on this machine, and where their bytes are.
///
/// ```
/// ROOT/manifests/HOST/NAMESPACE/MODEL/TAG     a name: JSON that lists a model's layers
/// ROOT/blobs/sha256-HEX                       a layer: its bytes, under their SHA-256
/// ROOT/partial/sha256-HEX[.parts]             a download, and which chunks of it are here
/// ROOT/files/HEX/NAME                         links to blobs for readers that go by a file's name
/// ```
///
/// The first two are Ollama's layout (ollama/ollama, `manifest/paths.go`, `manifest/layer.go`), so
/// that what a user pulled with Ollama is here without a copy, and what is here can be used there.
/// A library has one folder of its own, the first of a [Library], and may have others that it only
/// reads.
///
/// A layer has a media type that says what it is ([LayerKind]); names are like `llama3.2:1b`, which
/// stands for `registry.ollama.ai/library/llama3.2:1b` ([ModelName]).
///
/// | package | holds |
/// |---|---|
/// | `library` | names, manifests, folders; what a model is like ([ModelFacts]) |
/// | `library.pull` | bringing models from a registry or a hub |
/// | `library.surface` | Ollama's paths that read and change the library |
///
/// Invariants:
///
/// - L-1 A blob that has its name is whole: it was hashed before it was moved there.
/// - L-2 A manifest in the library's own folder names only blobs that are there.
/// - L-3 Nothing of a name or a digest reaches the file system before it was checked part by part.
/// - L-4 Folders of others are never written to.
@NullMarked
package dev.backplane.local.library;

import org.jspecify.annotations.NullMarked;
