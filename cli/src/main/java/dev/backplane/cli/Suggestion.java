package dev.backplane.cli;

import java.util.Collection;
import java.util.Optional;

/// "Did you mean": the closest of the known words.
final class Suggestion {
    private static final int LENGTH_MAX = 64;

    private Suggestion() {}

    /// The known word that is fewest edits away, if that is few enough for its length: a third of
    /// it, and at least one. A word that continues the typed one counts as one edit.
    static Optional<String> closest(String typed, Collection<String> known) {
        if (typed.length() > LENGTH_MAX) {
            return Optional.empty();
        }
        String best = "";
        int fewest = Integer.MAX_VALUE;
        for (String word : known) {
            boolean isContinued = typed.length() >= 2 && word.startsWith(typed);
            int edits = isContinued ? 1 : distance(typed, word);
            if (edits < fewest && edits <= Math.max(1, word.length() / 3)) {
                best = word;
                fewest = edits;
            }
        }
        return best.isEmpty() ? Optional.empty() : Optional.of(best);
    }

    /// Edits of one letter, a swap of neighbours counting once (optimal string alignment).
    static int distance(String a, String b) {
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int fewest =
                        Math.min(
                                edits[i - 1][j - 1] + same,
                                Math.min(edits[i - 1][j], edits[i][j - 1]) + 1);
                boolean isSwapped =
                        i > 1
                                && j > 1
                                && a.charAt(i - 1) == b.charAt(j - 2)
                                && a.charAt(i - 2) == b.charAt(j - 1);
                edits[i][j] = isSwapped ? Math.min(fewest, edits[i - 2][j - 2] + 1) : fewest;
            }
        }
        return edits[a.length()][b.length()];
    }
}
