package dev.backplane.gateway.json;

import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.OutputStream;

/// JSON where a line is a frame: in server-sent events and in NDJSON. Members that are passed on as
/// they came may be indented; outside strings a line end says no more than a blank, and inside them
/// JSON has none.
public final class OneLine {
    private OneLine() {}

    public static void write(Slice json, OutputStream out) throws IOException {
        int written = 0;
        for (int i = 0; i < json.length(); i++) {
            if (json.at(i) == '\n' || json.at(i) == '\r') {
                json.slice(written, i).writeTo(out);
                out.write(' ');
                written = i + 1;
            }
        }
        json.slice(written, json.length()).writeTo(out);
    }
}
