package dev.backplane.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Which addresses lead to this machine only. Apart from [HttpServer], because who asks before the
/// log is set up must not load a class that logs.
public final class Loopback {
    private Loopback() {}

    /// Whether only this machine can reach the host.
    public static boolean is(String host) {
        try {
            InetAddress[] addresses = InetAddress.getAllByName(host);
            return addresses.length > 0
                    && List.of(addresses).stream().allMatch(InetAddress::isLoopbackAddress);
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
