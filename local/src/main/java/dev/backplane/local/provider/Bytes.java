package dev.backplane.local.provider;

/// Sizes of memory for people.
final class Bytes {
    private Bytes() {}

    static String text(long bytes) {
        if (bytes >= 10L << 30) {
            return "%,d GiB".formatted(bytes + (1L << 29) >> 30);
        }
        return bytes >= 10L << 20
                ? "%,d MiB".formatted(bytes + (1L << 19) >> 20)
                : "%,d KiB".formatted(bytes + (1L << 9) >> 10);
    }
}
