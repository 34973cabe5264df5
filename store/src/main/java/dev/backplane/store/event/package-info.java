/// Events as the store keeps them, and their fold.
///
/// [EventCodec] turns an event into bytes with *holes*: places where a ref to a content will stand
/// once the container has given it one. So the costly part is done before any lock is held, and the
/// same bytes serve log and segment. [Fold] makes a span of its events, and the shortest list of
/// events that still folds to the same span and takes further events in the same way.
///
/// Senders repeat what they are not sure of, so events carry a print ([Fingerprint]). What is
/// promised, whatever the store did between the two sends (a restart, a compaction, a merge of
/// segments):
///
/// - F-2: an insert equal to the one that the span stands on changes nothing: what was merged since
///   stays.
/// - F-3: what a merge or a feedback appends (comments) is appended once, however often it is sent;
///   only after 1,024 others with comments on the same span it is not known any more, and what a
///   later insert or delete took back may be said anew.
/// - F-4: every other field of a repeat is set again: a score that goes from 1 to 0 and back to 1
///   looks like a repeat, and what was sent last holds. Sent twice in a row it changes nothing.
///
/// The log keeps the print of every event. A segment keeps only prints without which a repeat would
/// do harm: of inserts that others were merged into, and of events with comments. The print of a
/// plain insert is made again from its bytes when a merge has come.
///
/// A span need not have a start: feedback, a payload or a row without times may come before the
/// report that says when it began, or without one. An absent start is absent (NULL, and left out of
/// every minimum). Where such a span has to stand somewhere all the same, in a list or in a
/// segment, it stands at the time of its latest event ([Rows#orderNanos]). The latest, because that
/// one is the same however far the events were simplified.
@NullMarked
package dev.backplane.store.event;

import org.jspecify.annotations.NullMarked;
