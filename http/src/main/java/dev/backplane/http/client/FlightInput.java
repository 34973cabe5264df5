package dev.backplane.http.client;

import java.io.InputStream;
import java.util.Objects;

/// The body of a [Flight] as a stream.
final class FlightInput extends InputStream {
    private final Flight flight;

    FlightInput(Flight flight) {
        this.flight = flight;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        return length == 0 ? 0 : flight.read(bytes, offset, length);
    }

    @Override
    public void close() {
        flight.close();
    }
}
