/// Files that clients upload, and those that batches make: kept as objects, each project's apart.
///
/// ```
/// upload ─► a local file ─► data object ─► description (this is the moment from which it exists)
/// delete: description, then data      expiry: a marker in order of time, looked at by a thread
/// ```
///
/// | key | holds |
/// |---|---|
/// | `files/PROJECT/meta/ID.json` | a [StoredFile] |
/// | `files/PROJECT/data/ID` | its bytes |
/// | `file-expiry/SECONDS/PROJECT/ID` | nothing; there is one for each file that expires |
///
/// A request to a model may name a file by its id; [Inlining] puts its bytes there.
///
/// Ids grow with time ([OrderedIds]), so that the order of keys is that of creation and a list is
/// read from the keys. No object here ever changes. Data without a description (the process died in
/// between) is removed after a day ([FileStore#sweep]).
///
/// Invariants:
///
/// - K-1: what is described is there in full.
/// - K-2: a project is named with each access; an id of another project is as good as none.
/// - K-3: a file that somebody holds stays ([Holds]).
@NullMarked
package dev.backplane.gateway.file;

import org.jspecify.annotations.NullMarked;
