/// What benchmarks tell: progress while they run, a report when they are done.
@NullMarked
package dev.backplane.bench.report;

import org.jspecify.annotations.NullMarked;
