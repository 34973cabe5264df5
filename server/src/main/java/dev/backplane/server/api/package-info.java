/// The surfaces: each class translates between one part of the HTTP or gRPC API and the store.
///
/// ```
/// request → Routes (authorize: Caller) → surface → ingest decoder → Intake (quota, count) → store
///                                               └──────────────── reads ─────────────────► store
/// ```
///
/// A surface owns no state. Bodies that a decoder wants whole are read under the one
/// [IngestBudget]; everything else streams. Answers stream as well: rows leave as the store finds
/// them, and a failure after the first bytes have left cuts the answer off.
@NullMarked
package dev.backplane.server.api;

import org.jspecify.annotations.NullMarked;
