@NullMarked
package dev.backplane.bench.measure;

import org.jspecify.annotations.NullMarked;
