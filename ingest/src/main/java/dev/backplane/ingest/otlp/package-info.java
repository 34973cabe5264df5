/// Wire format to span events.
@NullMarked
package dev.backplane.ingest.otlp;

import org.jspecify.annotations.NullMarked;
