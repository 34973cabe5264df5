@NullMarked
package dev.backplane.bench.report;

import org.jspecify.annotations.NullMarked;
