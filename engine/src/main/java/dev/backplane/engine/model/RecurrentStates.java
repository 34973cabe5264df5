package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.FloatArray;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What layers with a state keep of each request that runs: beside the cache, which has a place for
/// every position, one state for all.
///
/// A request's state belongs to the first block that the request holds: it begins, as zeros, with
/// position 0, and ends when that block is given back ([#free]), as it is when the request ends or
/// is set back. A state is of one position only, so no two requests may hold the same blocks: with
/// such layers, blocks are not shared ([Decoder#isRecurrent]).
///
/// Memory is taken when there are more requests than ever before, and kept: as many states as
/// requests ran at once. For one thread.
final class RecurrentStates {
    private static final class State {
        private final FloatArray[] layers;
        private int next;

        State(FloatArray[] layers) {
            this.layers = layers;
        }
    }

    private final Arena arena;
    private final int layers;
    private final int numbers;
    private final Map<Integer, State> byBlock = new HashMap<>();
    private final Deque<State> unused = new ArrayDeque<>();
    private final List<State> rows = new ArrayList<>();

    /// @param numbers of a layer
    RecurrentStates(Arena arena, int layers, int numbers) {
        this.arena = arena;
        this.layers = layers;
        this.numbers = numbers;
    }

    /// Finds the state of each row of a step.
    ///
    /// @throws IllegalStateException when a row does not follow the last one of its request
    void begin(Step step) {
        rows.clear();
        for (int row = 0; row < step.rows(); row++) {
            int block = step.table(row)[0];
            int position = step.position(row);
            if (position == 0) {
                byBlock.put(block, zeros(block));
            }
            State state = byBlock.get(block);
            if (state == null || state.next != position) {
                throw new IllegalStateException(
                        "position %d does not follow the state of its request".formatted(position));
            }
            state.next++;
            rows.add(state);
        }
    }

    private State zeros(int block) {
        State held = byBlock.get(block);
        if (held == null) {
            held = unused.isEmpty() ? allocate() : unused.pop();
        }
        for (FloatArray layer : held.layers) {
            layer.segment().fill((byte) 0);
        }
        held.next = 0;
        return held;
    }

    private State allocate() {
        FloatArray[] states = new FloatArray[layers];
        for (int i = 0; i < layers; i++) {
            states[i] = FloatArray.allocate(arena, numbers);
        }
        return new State(states);
    }

    /// States of a layer for each row of the step.
    void of(int layer, FloatArray[] states) {
        for (int row = 0; row < rows.size(); row++) {
            states[row] = rows.get(row).layers[layer];
        }
    }

    /// The block is nobody's any more.
    void free(int block) {
        State state = byBlock.remove(block);
        if (state != null) {
            unused.push(state);
        }
    }
}
