/// The checker: does the server keep its promises when it dies?
///
/// ```
/// Writer ──events──► server (Subject) ◄── kill -9
///    │ what was acknowledged                │ restart
///    ▼                                      ▼
/// Oracle ◄──────── compare ────────────── Reader ──► Findings
/// ```
///
/// [dev.backplane.bench.check.CrashCheck] runs the rounds,
/// [dev.backplane.bench.check.FullDiskCheck] takes the disk's room away instead;
/// [dev.backplane.bench.check.ChildServer] is the real subject, and tests put broken servers in its
/// place to see that the checker catches them.
///
/// Invariant: a span has one writer, and a writer one request on its way; so for each span at most
/// one event is uncertain, and what a read may return is one of two states.
@NullMarked
package dev.backplane.bench.check;

import org.jspecify.annotations.NullMarked;
