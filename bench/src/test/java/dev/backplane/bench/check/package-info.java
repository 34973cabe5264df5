@NullMarked
package dev.backplane.bench.check;

import org.jspecify.annotations.NullMarked;
