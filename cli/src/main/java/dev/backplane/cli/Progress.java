package dev.backplane.cli;

import java.util.Optional;

/// One line on stderr that is written over as work goes on; redrawn at most ten times a second.
/// Shows nothing without a terminal. For use by one thread.
final class Progress implements AutoCloseable {
    private static final long REDRAW_NANOS = 100_000_000;
    private static final int BAR = 24;

    private final String label;
    private final Optional<Screen> screen;
    private final long startNanos = System.nanoTime();
    private long drawnNanos = startNanos - REDRAW_NANOS;
    private boolean isDrawn;
    private long firstBytes = -1;

    Progress(String label, Optional<Screen> screen) {
        this.label = label;
        this.screen = screen;
    }

    /// Bytes done of a total; a total of 0 means that it is not known. What was done before the
    /// first call says nothing about the speed.
    void bytes(long done, long total) {
        if (firstBytes < 0) {
            firstBytes = done;
        }
        if (!isDue()) {
            return;
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        double perSecond = (done - firstBytes) / seconds;
        String rate =
                seconds < 0.2 || perSecond <= 0
                        ? ""
                        : "  " + Units.bytes(perSecond) + "/s" + left(total - done, perSecond);
        if (total <= 0) {
            draw(Units.bytes(done) + rate);
            return;
        }
        int filled = (int) Math.min(BAR, done * BAR / total);
        draw(
                "[%s%s] %d %%  %s"
                                .formatted(
                                        "=".repeat(filled),
                                        " ".repeat(BAR - filled),
                                        Math.min(100, done * 100 / total),
                                        Units.bytes(done))
                        + rate);
    }

    /// How long the rest takes at that speed.
    private static String left(long bytes, double perSecond) {
        double millis = bytes / perSecond * 1_000;
        return bytes <= 0 || millis < 1_000
                ? ""
                : "  "
                        + Units.duration(Math.max(1_000, Math.rint(millis / 1_000) * 1_000))
                        + " left";
    }

    void text(String state) {
        if (isDue()) {
            draw(DisplayText.line(state));
        }
    }

    private boolean isDue() {
        return screen.isPresent() && System.nanoTime() - drawnNanos >= REDRAW_NANOS;
    }

    private void draw(String state) {
        screen.ifPresent(target -> {
            int room = target.columns() == 0 ? 79 : target.columns() - 1;
            String line = DisplayText.cut(label + "  " + state, room, target.ellipsis());
            target.print("\r\u001b[K" + line);
            target.flush();
            isDrawn = true;
            drawnNanos = System.nanoTime();
        });
    }

    @Override
    public void close() {
        clear();
    }

    /// Wipes the line, so that something else can be said.
    void clear() {
        if (isDrawn) {
            isDrawn = false;
            screen.ifPresent(target -> {
                target.print("\r\u001b[K");
                target.flush();
            });
        }
    }
}
