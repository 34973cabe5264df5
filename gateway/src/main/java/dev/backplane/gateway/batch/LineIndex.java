package dev.backplane.gateway.batch;

import java.util.Arrays;

/// Where the requests of an input file are, by their position from 0. Sixteen bytes a request, so
/// that a batch can be held without its requests.
final class LineIndex {
    private long[] starts = new long[64];
    private int[] lengths = new int[64];
    private int[] numbers = new int[64];
    private int size;

    void add(long start, int length, long number) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            lengths = Arrays.copyOf(lengths, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        starts[size] = start;
        lengths[size] = length;
        numbers[size] = Math.toIntExact(number);
        size++;
    }

    int size() {
        return size;
    }

    /// Bytes before it in the file.
    long start(int position) {
        return starts[position];
    }

    int length(int position) {
        return lengths[position];
    }

    /// Of its line, from 1.
    long number(int position) {
        return numbers[position];
    }
}
