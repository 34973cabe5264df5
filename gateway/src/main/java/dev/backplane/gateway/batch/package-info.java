/// Many requests in a file, answered in their own time: OpenAI's batches.
///
/// ```
/// input file ─► Input: every line checked ─► BatchRun ─► LineCalls ─► Endpoint (the call path)
///                                                            │ answer
///      output and error file ◄─ Outcome ◄─ Journal ◄─ Results┘ durable, then counted
/// ```
///
/// | key | holds |
/// |---|---|
/// | `batches/PROJECT/ID.json` | a [Batch] ([BatchJson]); changed at each new status |
/// | `batch-results/PROJECT/ID/NUMBER` | its results while it runs ([Journal]) |
/// | `batch-active/PROJECT/ID` | nothing; there is one for each batch that has not ended |
///
/// A batch has a thread, which does whatever its status asks for, and a thread for each request
/// under way. Places for calls are shared by all batches; a request that waits for its time has
/// none, and its line is not in memory. Each request is a call as any client's, of the key that
/// made the batch: limits, budgets, routes and spans are those of the call path. Its span names the
/// batch, the `custom_id` and the line, and is in a session that is called as the batch, unless the
/// client named another.
///
/// Invariants:
///
/// - B-1: a request whose result is in the journal is not asked again. One that was under way when
///   the process ended is: at most as many requests as there are places are asked twice.
/// - B-2: in the files of a batch that has ended each request is exactly once; nothing of a batch
///   that was cancelled or has expired is left out.
/// - B-3: a step may be done again from its beginning, whenever the process dies.
@NullMarked
package dev.backplane.gateway.batch;

import org.jspecify.annotations.NullMarked;
