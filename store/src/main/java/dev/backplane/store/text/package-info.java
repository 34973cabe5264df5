/// Full text over the contents of a container, each of which is stored and indexed once, however
/// many spans refer to it.
///
/// A [TextQuery] is parsed from what a person typed. Its leaves are evaluated over contents by a
/// [TextIndex] (sealed, one file, written by [TextIndexBuilder]) or a [FreshTextIndex] (in memory,
/// sees an addition at once); the caller carries the results from contents to spans and combines
/// them there with [TextQuery#evaluate].
///
/// Invariant: for every leaf and content, both indexes say what [TextMatcher] says, which reads the
/// content. All of them cut words with the same cursor.
@NullMarked
package dev.backplane.store.text;

import org.jspecify.annotations.NullMarked;
