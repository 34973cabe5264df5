/// Datasets: named lists of examples of a project, made from spans, that outlive them.
///
/// ```
/// span ─► ChatMessages ─► DatasetRow ─► DatasetStore ─► dataset-rows/{project}/{id}/{object}
///         (OpenAI's form)  (a copy)        │             JSON lines, about a MiB an object
///                                          └──────────► datasets/{project}/{name}.json
///                                                        which rows stand in which object
/// ```
///
/// A row is a copy of what was said, in one form whoever said it, with the ids of the span that it
/// came from: whoever trains or tests on it does not depend on retention. What people add (a better
/// answer, a note) stands beside what was said and replaces nothing.
///
/// Invariants:
///
/// - DS-1: the index names each row once, and each object that it names is complete. Objects are
///   written before the index names them and never change; so a reader of an index can read all of
///   it, unless somebody changed the dataset meanwhile, and then the new index says where the rows
///   are.
/// - DS-2: a change is durable when it is answered, and of two at once neither is lost: the index
///   is replaced by conditional write, on the state that the change was made from.
/// - DS-3: the same span is in a dataset once, because a row's id is made of its ids.
///
/// An object that no index names is what a process left that died in a change; it goes with its
/// dataset. Memory is bounded by an object and an index:
/// [dev.backplane.server.dataset.DatasetStore].
@NullMarked
package dev.backplane.server.dataset;

import org.jspecify.annotations.NullMarked;
