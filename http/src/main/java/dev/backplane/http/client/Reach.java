package dev.backplane.http.client;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// How far one comes with an address: its name, a connection, TLS. [HttpClient] says that a call
/// did not come through; this says where it stuck, for people who look for the reason.
///
/// A proxy between here and there is not known to either.
///
/// @param nameMillis to find the host's addresses; empty if that failed, as the others
/// @param connectMillis to connect to one of them
/// @param tlsMillis to agree on TLS; empty for `http` as well
/// @param failure of the step that failed
public record Reach(
        OptionalDouble nameMillis,
        OptionalDouble connectMillis,
        OptionalDouble tlsMillis,
        Optional<Problem> failure) {

    private static final class Attempt {
        private final URI uri;
        private final int patienceMillis;
        private final String where;
        private final int port;
        private OptionalDouble name = OptionalDouble.empty();
        private OptionalDouble connect = OptionalDouble.empty();
        private OptionalDouble tls = OptionalDouble.empty();

        Attempt(URI uri, Duration patience) {
            this.uri = uri;
            this.patienceMillis = Math.clamp(patience.toMillis(), 1, Integer.MAX_VALUE);
            this.port = uri.getPort() >= 0 ? uri.getPort() : isSecure() ? 443 : 80;
            this.where = uri.getHost() + ":" + port;
        }

        private boolean isSecure() {
            return uri.getScheme().equals("https");
        }

        Optional<Problem> run() {
            try (Socket socket = connect()) {
                if (isSecure()) {
                    handshake(socket);
                }
                return Optional.empty();
            } catch (IOException e) {
                return Optional.of(problem(e));
            }
        }

        private Socket connect() throws IOException {
            long start = System.nanoTime();
            InetAddress[] addresses = InetAddress.getAllByName(host(uri));
            name = OptionalDouble.of(millisSince(start));
            start = System.nanoTime();
            IOException failed = new ConnectException("no address");
            for (InetAddress address : addresses) {
                Socket socket = new Socket();
                try {
                    socket.connect(new InetSocketAddress(address, port), patienceMillis);
                    connect = OptionalDouble.of(millisSince(start));
                    return socket;
                } catch (IOException e) {
                    socket.close();
                    failed = e;
                }
            }
            throw failed;
        }

        private void handshake(Socket socket) throws IOException {
            long start = System.nanoTime();
            socket.setSoTimeout(patienceMillis);
            SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
            try (SSLSocket secured =
                    (SSLSocket) factory.createSocket(socket, host(uri), port, true)) {
                SSLParameters parameters = secured.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                secured.setSSLParameters(parameters);
                secured.startHandshake();
                tls = OptionalDouble.of(millisSince(start));
            }
        }

        private Problem problem(IOException e) {
            Problem problem =
                    switch (e) {
                        case UnknownHostException _ ->
                                unavailable("host is not known")
                                        .fix("check the host's name, and this machine's DNS");
                        case SocketTimeoutException _ ->
                                Problem.timeout("no answer within " + patienceMillis + " ms", where)
                                        .fix("check the address, and firewalls on the way");
                        case NoRouteToHostException _ ->
                                unavailable("no way leads to the host")
                                        .fix("check this machine's network");
                        case ConnectException _ ->
                                unavailable("connection refused")
                                        .fix("start the service, or check host and port");
                        case SSLException secure -> tlsProblem(secure);
                        default ->
                                unavailable("connection was closed")
                                        .fix("check that the address is that of the service");
                    };
            return problem.causedBy(e);
        }

        /// Messages of TLS may quote the other side, so their causes are told in words of our own.
        private Problem tlsProblem(SSLException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof CertPathBuilderException) {
                    return unavailable("certificate is of nobody that Java trusts")
                            .fix(
                                    "add its authority to a trust store and name that in"
                                            + " BACKPLANE_JAVA_OPTS:"
                                            + " -Djavax.net.ssl.trustStore=FILE");
                }
                if (cause instanceof CertificateException) {
                    return unavailable("certificate is not valid for this host, or out of date")
                            .fix("check the host's name in the address, and this machine's clock");
                }
            }
            return unavailable("TLS failed")
                    .fix("check whether the service speaks https or http at this port");
        }

        private Problem unavailable(String what) {
            return Problem.unavailable(what, where);
        }

        private static double millisSince(long startNanos) {
            return (System.nanoTime() - startNanos) / 1e6;
        }
    }

    /// Without the brackets of an IPv6 address.
    private static String host(URI uri) {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /// Tries it, and closes the connection again.
    ///
    /// @param uri absolute, `http` or `https`; its path is not asked for
    /// @param patience for each step; looking up the name has the system's own
    public static Reach of(URI uri, Duration patience) {
        Attempt attempt = new Attempt(uri, patience);
        Optional<Problem> failure = attempt.run();
        return new Reach(attempt.name, attempt.connect, attempt.tls, failure);
    }
}
