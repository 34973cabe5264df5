/// Wire format to span events.
@NullMarked
package dev.backplane.ingest.ndjson;

import org.jspecify.annotations.NullMarked;
