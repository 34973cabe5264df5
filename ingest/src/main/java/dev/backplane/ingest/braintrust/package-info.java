/// Braintrust's `logs3` rows to span events (braintrust-sdk `logger` and its generated types).
///
/// | row | here |
/// |---|---|
/// | `project_id` | the project, when the sender's key allows it |
/// | experiment, dataset, prompt session, log, `id` | which row it is ([RowKey]) |
/// | `root_span_id`, `span_id` of the first write | the span's key; both default to the row's id |
/// | those of later writes | not looked at: a row stays where it is |
/// | first write, no `_is_merge` | INSERT: replaces |
/// | `_is_merge` | MERGE: deep, within `_merge_paths`, then `_array_delete` |
/// | `_is_merge` with nothing but scores, expected, comment, tags | FEEDBACK: may come first |
/// | `comment` with the `origin` of another row | FEEDBACK on that row |
/// | `_object_delete: true` | DELETE |
/// | `span_attributes.name`, `.type` | NAME, KIND |
/// | `metrics.start`, `.end` (seconds), else `created` | START_TIME, END_TIME |
/// | other `metrics` | METRICS, and tokens, cost, time to first token |
/// | `metadata` | METADATA, and model, provider, session, user |
/// | the rest (`id`, `context`, `origin`, `span_attributes`…) | EXTRA, as it came |
///
/// That a merge keeps times, parents and ids is the rule of the fields themselves
/// ([dev.backplane.core.Field.Merge]).
@NullMarked
package dev.backplane.ingest.braintrust;

import org.jspecify.annotations.NullMarked;
