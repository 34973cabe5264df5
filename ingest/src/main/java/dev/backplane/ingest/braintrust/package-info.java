/// Wire format to span events.
@NullMarked
package dev.backplane.ingest.braintrust;

import org.jspecify.annotations.NullMarked;
