/// The agent-trace benchmark: a workload anyone can make again from a seed, the load and queries
/// that use it, and a checker that kills the server and looks for what it lost.
///
/// ```
/// runs (what agents do) → otlp (bytes) → measure (ingest, query)  → report
///                                      → check (kill -9, oracle) ↗
/// ```
///
/// The module knows `core` and speaks to the server over sockets only; no other module but the
/// command line depends on it, and tests, for which [dev.backplane.bench.SyntheticChatModel] writes
/// a small model with all that a conversation takes. [dev.backplane.bench.BenchCommands] is its one
/// entrance.
@NullMarked
package dev.backplane.bench;

import org.jspecify.annotations.NullMarked;
