package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.util.Optional;

/// From queries, and the keys and values of a cache, to sums of values: what all kinds of attention
/// have in common.
///
/// A *line* is a head of queries of a row. The lines of a request that one head of keys serves go
/// over the cache together, some dozens at a time: its blocks are brought from memory and made
/// floats once for all of them. This is done in chunks of positions, whose scores become shares
/// while those of later chunks are not known yet (FlashAttention, Dao et al., arXiv 2205.14135):
///
/// ```
/// for each chunk of 128 positions:  scores of all lines ─► powers, and what earlier sums shrink by
///                                                      ─► values added up by them
/// ```
///
/// Invariant: what a line gets depends on its own positions only. Chunks begin at fixed positions,
/// sums are in the order of positions, and what a line does not see has the weight 0; so it does
/// not matter which lines go together.
final class PagedAttention {
    /// What a row sees, and how.
    ///
    /// @param scale of scores
    /// @param window positions that are seen, the last included; 0 for all
    /// @param sinks a score for each head of queries, which takes its share and gives nothing
    record Sight(float scale, int window, Optional<FloatArray> sinks) {}

    private static final int BLOCK = KeyValueCache.BLOCK;
    private static final int CHUNK = 8 * BLOCK;

    /// Positions whose floats are there at a time.
    private static final int PAIR = 2 * BLOCK;

    private static final int TOGETHER = Elementwise.TOGETHER;
    private static final int LINES_MAX = 64;

    /// A worker's.
    private static final class Scratch {
        private final int[] firsts = new int[LINES_MAX];
        private final int[] lasts = new int[LINES_MAX];
        private final FloatArray queries;
        private final FloatArray keys;
        private final FloatArray values;
        private final FloatArray scores;
        private final FloatArray states;
        private final FloatArray sums;

        Scratch(Arena arena, int width, int valueWidth) {
            queries = FloatArray.allocate(arena, LINES_MAX * width);
            keys = FloatArray.allocate(arena, PAIR * width);
            values = FloatArray.allocate(arena, PAIR * valueWidth);
            scores = FloatArray.allocate(arena, LINES_MAX * CHUNK);
            states = FloatArray.allocate(arena, LINES_MAX * 2);
            sums = FloatArray.allocate(arena, LINES_MAX * valueWidth);
        }
    }

    private final Compute compute;
    private final KeyValueCache cache;
    private final int heads;
    private final int group;
    private final int width;
    private final int valueWidth;
    private final Scratch[] scratches;

    /// Pieces of the step: lines of one request, counted from its first row.
    private final int[] pieceRows;

    private final int[] pieceFirsts;
    private final int[] pieceCounts;

    /// @param heads of queries
    /// @param valueWidth numbers of a value
    PagedAttention(
            Compute compute,
            KeyValueCache cache,
            Arena arena,
            int rowsMax,
            int heads,
            int valueWidth) {
        this.compute = compute;
        this.cache = cache;
        this.heads = heads;
        this.group = heads / cache.heads();
        this.width = cache.width();
        this.valueWidth = valueWidth;
        this.scratches = new Scratch[compute.pool().size()];
        for (int i = 0; i < scratches.length; i++) {
            scratches[i] = new Scratch(arena, width, valueWidth);
        }
        int pieces = rowsMax * group;
        this.pieceRows = new int[pieces];
        this.pieceFirsts = new int[pieces];
        this.pieceCounts = new int[pieces];
    }

    /// Makes queries of a step's rows what they get of values, in layer number `layer`.
    ///
    /// @param lasts of each row the last position that it sees
    /// @param queries of all heads, rows after each other; a head's values begin where its query
    ///   did
    void run(Sight sight, int layer, Step step, int[] lasts, FloatArray queries) {
        int pieces = cut(step);
        int items = pieces * cache.heads();
        compute.pool()
                .run((worker, workers) -> {
                    for (int i = worker; i < items; i += workers) {
                        int piece = i / cache.heads();
                        int head = i % cache.heads();
                        attend(sight, layer, step, lasts, queries, piece, head, scratches[worker]);
                    }
                });
    }

    /// Cuts the rows of each request into pieces, of which there is one for each worker at least
    /// where there are lines enough.
    ///
    /// @return how many
    private int cut(Step step) {
        int rows = step.rows();
        int share = Math.ceilDiv(rows * heads, compute.pool().size());
        int most = Math.min(LINES_MAX, Math.ceilDiv(share, TOGETHER) * TOGETHER);
        int pieces = 0;
        int row = 0;
        while (row < rows) {
            int begin = row;
            while (row < rows && step.isOneRequest(begin, row)) {
                row++;
            }
            int lines = (row - begin) * group;
            for (int first = 0; first < lines; first += most) {
                pieceRows[pieces] = begin;
                pieceFirsts[pieces] = first;
                pieceCounts[pieces] = Math.min(most, lines - first);
                pieces++;
            }
        }
        return pieces;
    }

    private void attend(
            Sight sight,
            int layer,
            Step step,
            int[] lasts,
            FloatArray queries,
            int piece,
            int head,
            Scratch scratch) {
        int lines = pieceCounts[piece];
        int first = Integer.MAX_VALUE;
        int last = 0;
        for (int line = 0; line < lines; line++) {
            int row = row(piece, line);
            int seen = sight.window == 0 ? 0 : Math.max(0, lasts[row] + 1 - sight.window);
            scratch.firsts[line] = seen;
            scratch.lasts[line] = lasts[row];
            first = Math.min(first, seen);
            last = Math.max(last, lasts[row]);
            scratch.queries.set(line * width, queries, place(piece, head, line), width);
            start(sight, scratch, line, head * group + (pieceFirsts[piece] + line) % group);
        }
        int padded = padded(lines);
        for (int i = 0; i < padded * valueWidth; i++) {
            scratch.sums.set(i, 0);
        }
        for (int i = lines * CHUNK; i < padded * CHUNK; i++) {
            scratch.scores.set(i, 0);
        }
        int[] table = step.table(pieceRows[piece]);
        for (int begin = first / CHUNK * CHUNK; begin <= last; begin += CHUNK) {
            int from = Math.max(first, begin);
            int end = Math.min(last + 1, begin + CHUNK);
            score(sight, layer, table, head, lines, from, end, scratch);
            share(lines, from, end, scratch);
            add(layer, table, head, padded, from, end, scratch);
        }
        for (int line = 0; line < lines; line++) {
            int sum = line * valueWidth;
            float factor = 1 / scratch.states.get(2 * line + 1);
            compute.elementwise().scale(scratch.sums, sum, factor, valueWidth);
            queries.set(place(piece, head, line), scratch.sums, sum, valueWidth);
        }
    }

    private int row(int piece, int line) {
        return pieceRows[piece] + (pieceFirsts[piece] + line) / group;
    }

    /// Where the query of a line is.
    private int place(int piece, int head, int line) {
        int of = head * group + (pieceFirsts[piece] + line) % group;
        return (row(piece, line) * heads + of) * width;
    }

    private static void start(Sight sight, Scratch scratch, int line, int head) {
        boolean sinks = sight.sinks.isPresent();
        float max = sinks ? sight.sinks.get().get(head) : Float.NEGATIVE_INFINITY;
        scratch.states.set(2 * line, max);
        scratch.states.set(2 * line + 1, sinks ? 1 : 0);
    }

    /// Sums of several lines do not wait for each other; so a few lines have others of weight 0
    /// beside them.
    private static int padded(int lines) {
        return lines == 1 ? 1 : Math.ceilDiv(lines, TOGETHER) * TOGETHER;
    }

    /// Scores of positions from `from` to before `end`, of one chunk.
    private void score(
            Sight sight,
            int layer,
            int[] table,
            int head,
            int lines,
            int from,
            int end,
            Scratch scratch) {
        int position = from / BLOCK * BLOCK;
        while (position < end) {
            int blocks = 0;
            int at = position % CHUNK;
            while (blocks < PAIR / BLOCK && position < end) {
                int to = blocks * BLOCK * width;
                cache.keys(layer, table[position / BLOCK], head, scratch.keys, to);
                position += BLOCK;
                blocks++;
            }
            for (int line = 0; line < lines; line += TOGETHER) {
                compute.elementwise()
                        .columnProducts(
                                scratch.queries,
                                line * width,
                                width,
                                Math.min(TOGETHER, lines - line),
                                scratch.keys,
                                0,
                                blocks,
                                width,
                                sight.scale,
                                scratch.scores,
                                line * CHUNK + at,
                                CHUNK);
            }
        }
    }

    /// Makes scores powers, and has sums follow.
    private void share(int lines, int from, int end, Scratch scratch) {
        Elementwise elementwise = compute.elementwise();
        int begin = from / CHUNK * CHUNK;
        for (int line = 0; line < lines; line++) {
            int first = Math.clamp(scratch.firsts[line], from, end);
            int after = Math.clamp(scratch.lasts[line] + 1, first, end);
            int at = line * CHUNK - begin;
            for (int position = from; position < first; position++) {
                scratch.scores.set(at + position, 0);
            }
            for (int position = after; position < end; position++) {
                scratch.scores.set(at + position, 0);
            }
            if (first < after) {
                FloatArray scores = scratch.scores;
                int state = 2 * line;
                float factor =
                        elementwise.softmaxPiece(
                                scores, at + first, after - first, scratch.states, state);
                if (factor != 1) {
                    elementwise.scale(scratch.sums, line * valueWidth, factor, valueWidth);
                }
            }
        }
    }

    private void add(
            int layer, int[] table, int head, int padded, int from, int end, Scratch scratch) {
        int first = from;
        while (first < end) {
            int begin = first / BLOCK * BLOCK;
            int after = Math.min(end, begin + PAIR);
            for (int position = begin; position < after; position += BLOCK) {
                int block = table[position / BLOCK];
                int to = (position - begin) * valueWidth;
                cache.values(layer, block, head, valueWidth, scratch.keys, scratch.values, to);
            }
            for (int line = 0; line < padded; line += TOGETHER) {
                compute.elementwise()
                        .addRows(
                                scratch.scores,
                                line * CHUNK + first % CHUNK,
                                CHUNK,
                                Math.min(TOGETHER, padded - line),
                                after - first,
                                scratch.values,
                                (first - begin) * valueWidth,
                                scratch.sums,
                                line * valueWidth,
                                valueWidth,
                                valueWidth);
            }
            first = after;
        }
    }
}
