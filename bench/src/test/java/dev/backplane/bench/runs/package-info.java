@NullMarked
package dev.backplane.bench.runs;

import org.jspecify.annotations.NullMarked;
