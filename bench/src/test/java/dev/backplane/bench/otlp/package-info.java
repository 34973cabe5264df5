@NullMarked
package dev.backplane.bench.otlp;

import org.jspecify.annotations.NullMarked;
