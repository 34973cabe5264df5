package dev.backplane.gateway.parse;

import java.util.List;

/// Finds markers in a stream of characters. It holds back what may be the beginning of one, and
/// nothing else. No marker is the beginning of another.
final class MarkerFinder {
    static final int NONE = -1;

    private final List<String> markers;
    private final String firsts;
    private final StringBuilder held = new StringBuilder();

    MarkerFinder(List<String> markers) {
        this.markers = List.copyOf(markers);
        StringBuilder begin = new StringBuilder();
        for (String marker : markers) {
            begin.append(marker.charAt(0));
            for (String other : markers) {
                if (other.startsWith(marker) && !other.equals(marker)) {
                    throw new IllegalArgumentException(
                            "marker " + marker + " begins marker " + other);
                }
            }
        }
        this.firsts = begin.toString();
    }

    /// Takes the next character.
    ///
    /// @param plain gets the characters that are now known to be in no marker
    /// @return the marker that is now complete, or [#NONE]
    int take(char next, StringBuilder plain) {
        if (held.isEmpty() && firsts.indexOf(next) < 0) {
            plain.append(next);
            return NONE;
        }
        held.append(next);
        while (!held.isEmpty()) {
            int marker = candidate();
            if (marker != NONE) {
                if (markers.get(marker).length() > held.length()) {
                    return NONE;
                }
                held.setLength(0);
                return marker;
            }
            plain.append(held.charAt(0));
            held.deleteCharAt(0);
        }
        return NONE;
    }

    private int candidate() {
        for (int i = 0; i < markers.size(); i++) {
            if (begins(markers.get(i))) {
                return i;
            }
        }
        return NONE;
    }

    private boolean begins(String marker) {
        if (marker.length() < held.length()) {
            return false;
        }
        for (int i = held.length() - 1; i >= 0; i--) {
            if (held.charAt(i) != marker.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    boolean holds() {
        return !held.isEmpty();
    }

    /// What is held back, which it then no longer is.
    String release() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }
}
