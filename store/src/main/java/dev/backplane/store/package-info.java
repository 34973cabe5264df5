/// The trace database.
///
/// See ARCHITECTURE.md for the whole picture; [TraceStore] is what others see.
@NullMarked
package dev.backplane.store;

import org.jspecify.annotations.NullMarked;
