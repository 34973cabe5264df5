package dev.backplane.store.log;

/// A request to forget what was accepted before it.
///
/// @param trace one trace's id; or empty for all of the project
/// @param version of the request
/// @param idleSince an expired trace goes only if its log file has no event of it from this version
///   on: somebody may add to it while it is being found idle. `Long.MAX_VALUE` where that does not
///   matter
public record Erasure(String project, String trace, long version, long idleSince) {
    static Erasure deletion(String project, String trace) {
        return new Erasure(project, trace, 0, Long.MAX_VALUE);
    }

    static Erasure expiry(String project, String trace, long idleSince) {
        return new Erasure(project, trace, 0, idleSince);
    }

    Erasure at(long newVersion) {
        return new Erasure(project, trace, newVersion, idleSince);
    }
}
