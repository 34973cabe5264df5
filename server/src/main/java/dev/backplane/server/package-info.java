/// The process: configuration, wiring, life and death.
///
/// ```
/// Config → Backplane: object store → registry, auth ─┐
///                     trace store ───────────────────┼─► Routes → HttpServer (7700, 4317, 4318)
///                     budget, prices, meter ─────────┘
/// ```
///
/// Everything is made once, here, by constructors, and closed in the opposite order: first the
/// sockets, when running requests have ended, then the store. Whatever is killed in between loses
/// nothing, because what was acknowledged is in the object store.
///
/// Two things change while it runs: [dev.backplane.server.ConfigWatch] takes keys, providers,
/// models and limits of calls from a changed file, and [dev.backplane.server.Ledger] keeps what
/// budgets have used.
@NullMarked
package dev.backplane.server;

import org.jspecify.annotations.NullMarked;
