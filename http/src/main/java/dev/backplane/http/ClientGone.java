package dev.backplane.http;

import java.io.IOException;

/// The other side closed, reset or stalled the connection: there is nobody to answer.
public final class ClientGone extends IOException {
    private static final long serialVersionUID = 1;

    public ClientGone(String what, Throwable cause) {
        super(what, cause);
    }

    public ClientGone(String what) {
        super(what);
    }
}
