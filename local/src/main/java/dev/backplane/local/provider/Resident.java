package dev.backplane.local.provider;

import dev.backplane.local.ModelFiles;

/// A model in memory, for lists.
///
/// @param bytes of memory, as planned
/// @param context positions that a request may have
/// @param requests that use it now
/// @param until when it goes if nobody uses it, a time; or that it stays
public record Resident(
        ModelFiles files, State state, long bytes, int context, int requests, String until) {
    public enum State {
        LOADING,
        LOADED
    }
}
