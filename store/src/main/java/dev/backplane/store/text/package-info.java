/// Full text.
@NullMarked
package dev.backplane.store.text;

import org.jspecify.annotations.NullMarked;
