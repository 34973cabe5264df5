/// AWS Bedrock's Converse API (botocore, `bedrock-runtime/2023-09-30/service-2.json`), spoken to
/// providers only.
///
/// ```
/// ModelRequest ─► ConverseWriter ─► POST /model/NAME/converse[-stream]
/// Events ◄─ ConverseReader ◄─ one JSON answer, or a JSON payload for each event of the stream
/// ```
///
/// | ours | theirs |
/// |---|---|
/// | system, developer messages | `system` |
/// | tool results | `toolResult` in a `user` message; messages of one role in a row are one |
/// | `cache_control` beside a part or tool | a `cachePoint` after it |
/// | input tokens | `inputTokens` and those read from and written to the cache |
///
/// Fields that only some families of models take go into `additionalModelRequestFields`, and only
/// for those families.
@NullMarked
package dev.backplane.gateway.dialect.bedrock;

import org.jspecify.annotations.NullMarked;
