package dev.backplane.engine.model;

import java.util.Arrays;
import java.util.Objects;

/// The rows that a decoder computes at once: any number of any requests, each a token at a
/// position, in any order that has a request's earlier positions before its later ones. Some are to
/// give logits.
///
/// A row reaches its request's keys and values by a table of block numbers; those of earlier
/// positions were computed in earlier steps, or stand earlier in this one. For one thread.
public final class Step {
    private final int[] tokens;
    private final int[] positions;
    private final int[][] tables;
    private final int[] outputs;
    private final Adapter[] adapters;
    private Adapter adapter = Adapter.NONE;
    private boolean states;
    private int rows;
    private int outputCount;

    /// For at most `rowsMax` rows.
    public Step(int rowsMax) {
        tokens = new int[rowsMax];
        positions = new int[rowsMax];
        tables = new int[rowsMax][];
        outputs = new int[rowsMax];
        adapters = new Adapter[rowsMax];
    }

    public void clear() {
        // Whoever closes an adapter relies on nobody having it any more.
        Arrays.fill(adapters, 0, rows, Adapter.NONE);
        adapter = Adapter.NONE;
        states = false;
        rows = 0;
        outputCount = 0;
    }

    /// Whether the rows that are to give logits give the states that logits are made of instead: as
    /// many numbers as the model is wide.
    public void giveStates(boolean instead) {
        states = instead;
    }

    boolean givesStates() {
        return states;
    }

    /// The rows that are added from now on are computed with this adapter.
    public Step with(Adapter other) {
        adapter = other;
        return this;
    }

    /// Adds a row.
    ///
    /// @param table blocks of the request; block `i` holds positions 16 i to 16 i + 15
    /// @param output whether its logits are wanted
    /// @throws IndexOutOfBoundsException when there are as many rows as it was made for
    public void add(int token, int position, int[] table, boolean output) {
        Objects.checkIndex(rows, tokens.length);
        tokens[rows] = token;
        positions[rows] = position;
        tables[rows] = table;
        adapters[rows] = adapter;
        if (output) {
            outputs[outputCount++] = rows;
        }
        rows++;
    }

    public int rows() {
        return rows;
    }

    public int rowsMax() {
        return tokens.length;
    }

    /// Rows that are to give logits.
    public int outputCount() {
        return outputCount;
    }

    int token(int row) {
        return tokens[row];
    }

    int position(int row) {
        return positions[row];
    }

    int[] table(int row) {
        return tables[row];
    }

    /// Whether two rows have the same table, and not only one of the same blocks.
    @SuppressWarnings("ReferenceEquality") // it is the request's own
    boolean isOneRequest(int row, int other) {
        return tables[row] == tables[other];
    }

    Adapter adapter(int row) {
        return adapters[row];
    }

    /// The row that gives the logits number `index`.
    int output(int index) {
        return outputs[index];
    }
}
