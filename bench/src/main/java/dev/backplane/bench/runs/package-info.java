/// The workload: runs of agents as they look in traces, made from a seed.
///
/// [dev.backplane.bench.runs.AgentRuns] is asked for run `index` of a
/// [dev.backplane.bench.runs.Profile] and answers with an [dev.backplane.bench.runs.AgentRun]:
/// spans that say what was done ([dev.backplane.bench.runs.AgentSpan.Work]) and know nothing of
/// wire formats. Messages are shared between the calls that carry them, as history is in a real
/// agent.
///
/// Data flow: seed and index → [dev.backplane.bench.runs.Dice] → `Scripts` (who calls whom) with
/// `Documents`, `Workspace` and `Grammar` (what they say) → `Lane` (when) → spans.
///
/// Invariants: the same seed, scale, profile and index give the same run, bit for bit; times are
/// relative to the run's start; a child ends before its parent; texts compress about as real ones
/// do (docs/benchmarks.md has the calibration).
@NullMarked
package dev.backplane.bench.runs;

import org.jspecify.annotations.NullMarked;
