package dev.backplane.store.content;

/// Refs as plain ints: see the package description.
public final class Refs {
    public static final int NONE = -1;

    private Refs() {}

    public static int leaf(int number) {
        return number << 1;
    }

    public static int sequence(int number) {
        return number << 1 | 1;
    }

    public static boolean isSequence(int ref) {
        return (ref & 1) != 0;
    }

    /// The leaf's or sequence's number.
    public static int number(int ref) {
        return ref >>> 1;
    }
}
