package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether a disk has room for what is about to come: asked before, so that nobody waits an hour
/// for a refusal.
public final class Room {
    /// Left for everybody else on that disk.
    private static final long SPARE_BYTES = 64L << 20;

    private Room() {}

    /// @param what it is for, for the message
    /// @throws Problem `TOO_LARGE` with both numbers
    public static void require(Path folder, long bytes, String what) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (bytes > 0 && free - SPARE_BYTES < bytes) {
            throw Problem.tooLarge(
                            "%s needs %s more, and the disk has %s left"
                                    .formatted(what, text(bytes), text(Math.max(0, free))),
                            folder.toString())
                    .fix("remove models (backplane models remove NAME), or make room there");
        }
    }

    private static String text(long bytes) {
        return bytes < 1_000_000
                ? "%,d bytes".formatted(bytes)
                : bytes < 1_000_000_000
                        ? "%.1f MB".formatted(bytes / 1e6)
                        : "%.1f GB".formatted(bytes / 1e9);
    }
}
