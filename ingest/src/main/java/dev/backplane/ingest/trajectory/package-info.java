/// Wire format to span events.
@NullMarked
package dev.backplane.ingest.trajectory;

import org.jspecify.annotations.NullMarked;
