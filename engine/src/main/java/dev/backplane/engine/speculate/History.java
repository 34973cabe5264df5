package dev.backplane.engine.speculate;

import java.util.Arrays;

/// The last tokens of a text or of many, and what came after the same ones before.
///
/// ```
/// tokens   ring of `capacity`, −1 between texts
/// earlier  ring: the last place before with the same three tokens up to it (by hash)
/// heads    hash of three tokens ─► the last place that ends with them
/// ```
///
/// Chains of equal hashes lead from the latest place to earlier ones, as in LZ77 compressors; a
/// place is compared backwards to see how long it agrees with what is to be continued. Those that
/// agree longest vote for each next token, so that a guess has a probability: what a suffix tree
/// gives (Oliaro et al., "SuffixDecoding", arXiv 2411.04975) in 8 bytes a token and with forgetting
/// for free. Finding takes at most [#PLACES_MAX] places of [#MATCH_MAX] tokens.
///
/// For one thread.
final class History {
    /// Tokens that have to agree.
    static final int MATCH_MIN = 3;

    static final int MATCH_MAX = 32;
    static final int PLACES_MAX = 24;
    private static final int GAP = -1;
    private static final int NONE = -1;

    /// Places beyond this begin anew: everything is forgotten.
    private static final int PLACE_MAX = Integer.MAX_VALUE - 1;

    private final int[] tokens;
    private final int[] earlier;
    private final int[] heads;
    private int count;
    private int run;

    private final int[] places = new int[PLACES_MAX];

    /// Tokens that those of `places` agree in.
    private int agreed;

    /// @param capacity tokens that are remembered; a power of two
    History(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity must be a power of 2");
        }
        tokens = new int[capacity];
        earlier = new int[capacity];
        heads = new int[capacity];
        Arrays.fill(heads, NONE);
    }

    void add(int token) {
        if (count == PLACE_MAX) {
            count = 0;
            run = 0;
            Arrays.fill(heads, NONE);
        }
        int place = count++;
        int slot = place & tokens.length - 1;
        tokens[slot] = token;
        run = token == GAP ? 0 : run + 1;
        if (run >= MATCH_MIN) {
            int hash = hash(at(place - 2), at(place - 1), token);
            earlier[slot] = heads[hash];
            heads[hash] = place;
        }
    }

    /// What follows is another text.
    void gap() {
        if (run > 0) {
            add(GAP);
        }
    }

    private int at(int place) {
        return tokens[place & tokens.length - 1];
    }

    private int hash(int first, int second, int third) {
        int mixed = (first * 0x9E37_79B1 + second) * 0x85EB_CA77 + third;
        mixed = (mixed ^ mixed >>> 15) * 0xC2B2_AE3D;
        return (mixed ^ mixed >>> 13) & heads.length - 1;
    }

    /// Whether the token of a place is still there.
    private boolean holds(int place) {
        return place >= 0 && place >= count - tokens.length;
    }

    /// Whether a place can be the end of tokens that agree.
    private boolean kept(int place) {
        return place >= MATCH_MIN - 1 && place > count - tokens.length + MATCH_MIN;
    }

    /// Adds to a draft what came after its end before, as long as it is likely enough.
    ///
    /// @param least probability of what is still guessed
    void propose(Draft draft, double least) {
        int found = find(draft);
        double likely = 1;
        for (int ahead = 1; found > 0; ahead++) {
            int next = vote(found, ahead);
            int agreeing = 0;
            for (int i = 0; i < found; i++) {
                int place = places[i] + ahead;
                if (place < count && at(place) == next) {
                    places[agreeing++] = places[i];
                }
            }
            likely *= agreeing / (found + 1.0 / agreed);
            if (next == GAP || !draft.add(next, likely, least)) {
                return;
            }
            found = agreeing;
        }
    }

    /// Collects the places that agree longest with the end of the draft, the latest first.
    private int find(Draft draft) {
        int length = draft.length();
        if (length < MATCH_MIN) {
            return 0;
        }
        int hash = hash(draft.token(length - 3), draft.token(length - 2), draft.token(length - 1));
        int best = MATCH_MIN;
        int found = 0;
        int place = heads[hash];
        for (int i = 0; i < PLACES_MAX && kept(place); i++) {
            int match = place == count - 1 ? 0 : match(draft, place);
            if (match > best) {
                best = match;
                found = 0;
            }
            if (match == best) {
                places[found++] = place;
            }
            place = earlier[place & tokens.length - 1];
        }
        agreed = best;
        return found;
    }

    private int match(Draft draft, int place) {
        int most = Math.min(MATCH_MAX, draft.length());
        int match = 0;
        while (match < most
                && holds(place - match)
                && at(place - match) == draft.token(draft.length() - 1 - match)) {
            match++;
        }
        return match;
    }

    /// The token that most places have so far ahead; of equals the latest place's.
    private int vote(int found, int ahead) {
        int best = GAP;
        int most = 0;
        for (int i = 0; i < found; i++) {
            int place = places[i] + ahead;
            int token = place < count ? at(place) : GAP;
            int votes = 0;
            for (int j = i; j < found; j++) {
                int other = places[j] + ahead;
                votes += other < count && at(other) == token ? 1 : 0;
            }
            if (votes > most && token != GAP) {
                most = votes;
                best = token;
            }
        }
        return best;
    }
}
