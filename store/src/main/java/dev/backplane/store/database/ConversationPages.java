package dev.backplane.store.database;

import dev.backplane.core.Meter;
import dev.backplane.store.content.ContentId;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What earlier pages of conversations said, so that the next page need not walk the trace from its
/// start to know it: whoever pages on pays for the page alone. It is kept in memory, of the pages
/// read last, up to [#IDS_MAX] messages; who comes later, or asks for a page again, walks. A trace
/// that changes meanwhile does no harm: what was said before was said. Thread-safe.
final class ConversationPages {
    /// Some 80 bytes each.
    private static final int IDS_MAX = 200_000;

    /// @param from the position at which the next page begins
    record Page(String project, String trace, String under, int from) {}

    private final Map<Page, Set<ContentId>> known = new LinkedHashMap<>();
    private final Meter.Counter calls;
    private int ids;

    ConversationPages(Meter meter) {
        calls =
                meter.counter(
                        "backplane_store_conversation_calls_total",
                        "Model calls that were read for conversations");
    }

    /// What all pages before this one said; the caller's from now on.
    synchronized Optional<Set<ContentId>> take(Page page) {
        Optional<Set<ContentId>> found = Optional.ofNullable(known.remove(page));
        found.ifPresent(set -> ids -= set.size());
        return found;
    }

    /// Keeps what was said before a page, for whoever asks for it.
    ///
    /// @param said nobody changes it any more
    synchronized void keep(Page page, Set<ContentId> said) {
        take(page);
        known.put(page, said);
        ids += said.size();
        Iterator<Set<ContentId>> oldest = known.values().iterator();
        while (ids > IDS_MAX && oldest.hasNext()) {
            ids -= oldest.next().size();
            oldest.remove();
        }
    }

    /// Counts a call that was read.
    void read() {
        calls.add(1);
    }

    static Set<ContentId> nothing() {
        return new HashSet<>();
    }
}
