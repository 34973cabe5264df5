/// Bringing models from elsewhere, and sending them there.
///
/// ```
/// name ─► Hub.plan ─► layers that are missing ─► Transfers ─► Download ─► blob
///           │  OllamaRegistry: a manifest           │           ranges, several at a time,
///           │  HuggingFace: files of a repository   │           written where they belong
///           └─ Fetch: redirects, tokens, refusals   └ one for a digest, however many wait for it
///
/// name ─► Pushes ─► layers that the registry lacks ─► Upload ─► manifest
/// ```
///
/// Invariants:
///
/// - P-1 A file gets its name when its SHA-256 was found to be right, and not before.
/// - P-2 A chunk counts as here when its bytes were forced to the disk; so a download goes on where
///   it stopped, whatever stopped it.
/// - P-3 A token goes to the host that it is of, and is left out when that host sends elsewhere.
/// - P-4 What is asked is a host that is allowed ([Hosts]); where that sends, nothing of this
///   machine or of its network answers.
/// - P-5 Memory is bounded by streams times a buffer, whatever a file's size.
@NullMarked
package dev.backplane.local.library.pull;

import org.jspecify.annotations.NullMarked;
