/// Load and queries with clocks beside them.
///
/// [dev.backplane.bench.measure.IngestBenchmark] sends requests that were made beforehand and
/// watches a sample of them become visible; [dev.backplane.bench.measure.QueryBenchmark] asks what
/// users ask; [dev.backplane.bench.measure.Generator] writes the workload to files for other
/// systems.
///
/// Invariants: nothing is generated while a clock runs; every latency is kept, so quantiles are
/// exact; a refused request voids the measurement instead of making it look faster.
@NullMarked
package dev.backplane.bench.measure;

import org.jspecify.annotations.NullMarked;
