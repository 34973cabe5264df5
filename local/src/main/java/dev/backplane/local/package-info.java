/// Local models: from a name to an answer.
///
/// ```
/// name ─► ModelSource ─► ModelFiles ─► provider (loads, keeps, answers) ─► engine
///           ├ files of the configuration
///           └ library: what was pulled
/// ```
///
/// | package | holds | may know |
/// |---|---|---|
/// | `local` | what a model is made of, and who knows: [ModelSource], [ModelFiles] | |
/// | `library` | the store of models that were pulled or made here | `local` |
/// | `provider` | models that are loaded, and how they answer the gateway | `local` |
@NullMarked
package dev.backplane.local;

import org.jspecify.annotations.NullMarked;
