/// SQL over the store.
@NullMarked
package dev.backplane.store.sql;

import org.jspecify.annotations.NullMarked;
