package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `doctor`: one row a check, everything that a bug report needs and no secret.
final class DoctorCommand {
    private static final long FREE_BYTES_LOW = 5_000_000_000L;
    private static final int CONNECT_MILLIS = 500;

    private final Terminal terminal;
    private final Output output;
    private final Optional<Agent> agent;
    private Optional<Problem.Kind> failed = Optional.empty();

    DoctorCommand(Terminal terminal, Output output, Optional<Agent> agent) {
        this.terminal = terminal;
        this.output = output;
        this.agent = agent;
    }

    int run(Invocation invocation) {
        Client client = Client.of(invocation, terminal, output, agent);
        TableWriter writer = output.table(LocalCommands.CHECKS, ListCommands.chosen(invocation));
        program(writer);
        java(writer);
        agent(writer);
        data(writer);
        boolean isRunning = server(writer, client);
        if (client.isDefaultAddress()) {
            ports(writer, isRunning);
        }
        writer.end(Node.fields("sound", failed.isEmpty()));
        return failed.map(Problem.Kind::exitCode).orElse(0);
    }

    private static void ok(TableWriter writer, String check, String detail) {
        row(writer, check, "ok", detail, "");
    }

    private static void warn(TableWriter writer, String check, String detail, String hint) {
        row(writer, check, "warn", detail, hint);
    }

    private void fail(
            TableWriter writer, String check, Problem.Kind kind, String detail, String hint) {
        row(writer, check, "fail", detail, hint);
        if (failed.isEmpty()) {
            failed = Optional.of(kind);
        }
    }

    private static void row(
            TableWriter writer, String check, String status, String detail, String hint) {
        writer.row(Node.fields("check", check, "status", status, "detail", detail, "hint", hint));
    }

    private static void program(TableWriter writer) {
        ok(
                writer,
                "program",
                "backplane %s on %s %s"
                        .formatted(
                                Version.current(),
                                System.getProperty("os.name"),
                                System.getProperty("os.arch")));
    }

    private static void java(TableWriter writer) {
        ok(
                writer,
                "java",
                "%s, %s, %d cores"
                        .formatted(
                                Runtime.version(),
                                System.getProperty("java.home"),
                                Runtime.getRuntime().availableProcessors()));
    }

    private void agent(TableWriter writer) {
        if (agent.isEmpty()) {
            ok(writer, "agent", "none detected: output is for people by default");
            return;
        }
        Agent found = agent.get();
        String told = "%s, told by %s".formatted(found.id(), found.signal());
        ok(
                writer,
                "agent",
                found.isSure()
                        ? told + ": output is for agents by default"
                        : told
                                + ", which people's terminals have too: requests are tagged, output"
                                + " is for people");
    }

    private void data(TableWriter writer) {
        String given = terminal.variable("BACKPLANE_DATA");
        Path data =
                given.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".backplane")
                        : Path.of(given);
        try {
            Path existing = data.toAbsolutePath();
            while (!Files.exists(existing) && existing.getParent() != null) {
                existing = existing.getParent();
            }
            long free = Files.getFileStore(existing).getUsableSpace();
            String detail = "%s, %s free".formatted(data, Units.bytes(free));
            if (!Files.isWritable(existing)) {
                fail(
                        writer,
                        "data",
                        Problem.Kind.CONFIG,
                        "cannot write to " + existing,
                        "change its owner, or choose another directory with BACKPLANE_DATA");
            } else if (free < FREE_BYTES_LOW) {
                warn(writer, "data", detail, "make room: the server refuses data on a full disk");
            } else {
                ok(writer, "data", Files.exists(data) ? detail : detail + ", not made yet");
            }
        } catch (IOException e) {
            fail(
                    writer,
                    "data",
                    Problem.Kind.CONFIG,
                    "cannot look at " + data + ": " + e.getMessage(),
                    "choose another directory with BACKPLANE_DATA");
        }
    }

    private boolean server(TableWriter writer, Client client) {
        try {
            Node.Fields health = client.ask("GET", "/health", Optional.empty());
            String version = health.text("version");
            String detail = "%s answers, version %s".formatted(client.url(), version);
            if (version.equals(Version.current())) {
                ok(writer, "server", detail);
            } else {
                warn(
                        writer,
                        "server",
                        detail + ", this program is " + Version.current(),
                        "restart the server, or bring both to one version");
            }
        } catch (Failure failure) {
            fail(writer, "server", failure.kind(), failure.message(), failure.hint());
            return false;
        }
        try {
            client.ask(
                    "GET",
                    Client.query(Client.path("traces"), java.util.Map.of("limit", "1")),
                    Optional.empty());
            ok(writer, "access", client.hasKey() ? "the API key may read" : "no key is needed");
        } catch (Failure failure) {
            fail(writer, "access", failure.kind(), failure.message(), failure.hint());
        }
        return true;
    }

    private static void ports(TableWriter writer, boolean isRunning) {
        record Port(int number, String use) {}
        List<Port> ports =
                List.of(
                        new Port(7700, "Backplane"),
                        new Port(4317, "OTLP over gRPC"),
                        new Port(4318, "OTLP over HTTP"));
        for (Port port : ports) {
            boolean isTaken = isTaken(port.number());
            String check = "port " + port.number();
            if (isTaken == isRunning) {
                ok(writer, check, (isTaken ? "open for " : "free for ") + port.use());
            } else if (isTaken) {
                warn(
                        writer,
                        check,
                        "taken by another program",
                        "stop it, or move " + port.use() + " with an option of backplane up");
            } else {
                warn(writer, check, "closed", port.use() + " is off or on another port");
            }
        }
    }

    private static boolean isTaken(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
