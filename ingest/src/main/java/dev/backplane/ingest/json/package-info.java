/// JSON by the byte: finding the parts of a text without decoding or copying them.
///
/// The cursors of [dev.backplane.core.Json] decode; they are right where values are needed. A store
/// that gives back what it got needs the *text* of a value: the exact bytes of one message of an
/// array, one field of a row. [dev.backplane.ingest.json.JsonBytes] checks a text once against RFC
/// 8259 and hands out slices of it; [dev.backplane.core.JsonOut] puts slices together again.
@NullMarked
package dev.backplane.ingest.json;

import org.jspecify.annotations.NullMarked;
