package dev.backplane.gateway.response;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Passes on all but the first so many server-sent events, each of which ends with an empty line.
final class LaterFrames extends FilterOutputStream {
    private long before;
    private boolean lineEmpty;

    /// @param before how many not to pass on
    LaterFrames(OutputStream out, long before) {
        super(out);
        this.before = before;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        int end = offset + length;
        while (before > 0 && at < end) {
            boolean lineEnd = bytes[at] == '\n';
            if (lineEnd && lineEmpty) {
                before--;
            }
            lineEmpty = lineEnd;
            at++;
        }
        out.write(bytes, at, end - at);
    }
}
