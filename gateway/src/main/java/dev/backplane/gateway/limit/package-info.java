/// Who may use how much: models, rates, calls at a time, budgets.
///
/// ```
///  call ─► Limiter.admit ── refused ─► Problem: which limit, how much was used, when it is free
///              │ reserves the estimate with every subject of the call, or with none
///              ▼
///           Ticket ─► the provider ─► Ticket.settle(what it was) ─► a number, kept in the span
/// ```
///
/// A call has up to four kinds of [Subject]: its key, its user, its model and its tags. Each that
/// has [Limits] has an account. [Rules] say which limits are in force; they may change at any time,
/// what was used stays.
///
/// Nothing here reads a file: [Limiter#balances] is what has to survive, and whoever keeps it gives
/// it back with [Limiter#restore]. Between two such snapshots the spans of calls are the log: each
/// settlement has a number that only grows, a snapshot names the last one that it holds, and those
/// after it are charged again from their spans ([Limiter#replay]).
///
/// Invariants:
///
/// - B-1: what is reserved and what was used never exceed a limit together. Only a call that used
///   more than it reserved can pass it, and then nothing is admitted until it has room again.
/// - B-2: a call is admitted by all of its subjects or leaves no trace in any.
/// - B-3: in no 60 seconds are more requests or tokens admitted than the limit of a minute.
/// - B-4: every ticket is settled once, whatever became of the call.
@NullMarked
package dev.backplane.gateway.limit;

import org.jspecify.annotations.NullMarked;
