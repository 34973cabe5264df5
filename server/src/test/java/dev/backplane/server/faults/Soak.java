package dev.backplane.server.faults;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.backplane.server.TestServer;
import dev.backplane.server.faults.FaultyModel.Connection;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// A program, no test of the suite: how soon a provider hears that a client has gone, and what is
/// left of very many streams that fail and are left at random. Server, clients and provider are in
/// this one process, so the counts are of all three. Needs Linux.
///
/// ```
/// java -cp CLASSPATH dev.backplane.server.faults.Soak [STREAMS [SECONDS]]
/// ```
final class Soak implements AutoCloseable {
    private static final int LATENCIES = 200;
    private static final List<Fault> FAULTS =
            Arrays.stream(Fault.values())
                    .filter(fault -> fault != Fault.EVENT_WITHOUT_AN_END)
                    .toList();

    private final FaultyModel model = new FaultyModel();
    private final Map<String, FaultyModel.Script> scripts = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Long>> ends = new ConcurrentHashMap<>();
    private final Path data = Files.createTempDirectory("backplane-soak-");
    private final TestServer server;
    private final LongAdder well = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder left = new LongAdder();
    private final LongAdder wrong = new LongAdder();

    private Soak() throws IOException {
        model.plays(connection -> {
            try {
                Optional.ofNullable(scripts.get(connection.trace()))
                        .orElseThrow(() -> new IOException("nobody asked"))
                        .play(connection);
            } finally {
                long end = System.nanoTime();
                Optional.ofNullable(ends.get(connection.trace()))
                        .ifPresent(told -> told.complete(end));
            }
        });
        server = new TestServer(data, FaultTableTest.yaml(model));
    }

    public static void main(String[] arguments) throws Exception {
        int streams = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2_000;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 180;
        try (Soak soak = new Soak()) {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                for (Waiting waiting : Waiting.values()) {
                    soak.latencies(version, waiting);
                }
            }
            soak.run("warm", streams, Math.min(seconds, 30));
            soak.run("measured", streams, seconds);
        }
    }

    private static HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).build();
    }

    private HttpRequest request(Client client, String name, boolean stream, String trace) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.backplane.port() + client.path))
                .header("traceparent", "00-" + trace + "-00000000000000aa-01")
                .POST(HttpRequest.BodyPublishers.ofString(client.body(name, stream)))
                .build();
    }

    private static String trace() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    // ---- how soon a provider hears that a client has gone

    private enum Waiting {
        STREAM_THAT_HAS_BEGUN,
        STREAM_THAT_IS_SILENT,
        ANSWER_IN_ONE_PIECE
    }

    private void latencies(HttpClient.Version version, Waiting waiting) throws Exception {
        List<Double> millis = new ArrayList<>();
        try (HttpClient http = client(version)) {
            for (int i = 0; i < LATENCIES; i++) {
                String trace = trace();
                CompletableFuture<Long> told = new CompletableFuture<>();
                CompletableFuture<Boolean> asked = new CompletableFuture<>();
                ends.put(trace, told);
                scripts.put(
                        trace,
                        connection -> {
                            if (waiting == Waiting.STREAM_THAT_HAS_BEGUN) {
                                connection.head();
                                connection.chunk(connection.language().first());
                            }
                            asked.complete(true);
                            connection.awaitEnd();
                        });
                boolean stream = waiting != Waiting.ANSWER_IN_ONE_PIECE;
                CompletableFuture<HttpResponse<String>> answer =
                        http.sendAsync(
                                request(Client.CHAT, "openai-plain/m-" + waiting, stream, trace),
                                HttpResponse.BodyHandlers.ofString());
                asked.get(20, TimeUnit.SECONDS);
                Thread.sleep(5);
                long start = System.nanoTime();
                answer.cancel(true);
                millis.add((told.get(20, TimeUnit.SECONDS) - start) / 1e6);
                scripts.remove(trace);
                ends.remove(trace);
            }
        }
        millis.sort(null);
        System.out.printf(
                "%s, %s: closed to seen by the provider, ms p50 %.1f p99 %.1f most %.1f (%d)%n",
                version,
                waiting,
                millis.get(LATENCIES / 2),
                millis.get(LATENCIES * 99 / 100),
                millis.getLast(),
                LATENCIES);
    }

    // ---- what is left

    private void run(String name, int streams, int seconds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Thread> callers = new ArrayList<>();
        try (HttpClient http = client(HttpClient.Version.HTTP_1_1)) {
            for (int i = 0; i < streams; i++) {
                Random random = new Random(i);
                callers.add(
                        Thread.startVirtualThread(() -> {
                            while (System.nanoTime() < end) {
                                call(http, random);
                            }
                        }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
        }
        model.awaitNoConnection();
        Thread.sleep(1_000);
        System.gc();
        System.gc();
        System.out.printf(
                "%s: %d streams at once, %d s: whole %d, failed as told %d, left %d, wrong %d;"
                        + " sockets %d, platform threads %d, threads in a call %d, heap MB %d%n",
                name,
                streams,
                seconds,
                well.sum(),
                failed.sum(),
                left.sum(),
                wrong.sum(),
                sockets(),
                Thread.getAllStackTraces().size(),
                threadsInCalls(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1_000_000);
    }

    /// A fault, or a stream of 3 to 12 seconds, of which a quarter is left in the middle.
    private void call(HttpClient http, Random random) {
        Optional<Fault> fault =
                random.nextInt(4) == 0
                        ? Optional.of(FAULTS.get(random.nextInt(FAULTS.size())))
                        : Optional.empty();
        Client client = Client.values()[random.nextInt(Client.values().length)];
        String trace = trace();
        int tokens = 6 + random.nextInt(18);
        scripts.put(
                trace,
                fault.map(given -> given.script).orElse(connection -> slowly(connection, tokens)));
        String provider =
                random.nextBoolean() || client == Client.COMPLETIONS ? "openai" : "anthropic";
        String clocks = fault.map(given -> given.clocks).orElse("plain");
        boolean stream = fault.map(given -> given.stream).orElse(true);
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(
                        request(
                                client,
                                provider + "-" + clocks + "/m" + random.nextInt(),
                                stream,
                                trace),
                        HttpResponse.BodyHandlers.ofString());
        try {
            boolean leaves = random.nextInt(4) == 0;
            HttpResponse<String> whole =
                    answer.get(leaves ? random.nextInt(3_000) : 120_000, TimeUnit.MILLISECONDS);
            check(fault, client, whole);
        } catch (TimeoutException leave) {
            answer.cancel(true);
            left.increment();
        } catch (ExecutionException | InterruptedException | AssertionError e) {
            wrong.increment();
            System.err.println(fault + " " + client + " " + e);
        } finally {
            scripts.remove(trace);
        }
    }

    private void check(Optional<Fault> fault, Client client, HttpResponse<String> answer) {
        if (fault.flatMap(given -> given.kind).isEmpty()) {
            client.checkStream(answer.body());
            well.increment();
        } else if (fault.get().begun) {
            client.checkBrokenStream(answer.body(), fault.get().kind.get());
            failed.increment();
        } else {
            client.checkError(answer.body(), fault.get().kind.get());
            failed.increment();
        }
    }

    private static void slowly(Connection connection, int tokens)
            throws IOException, InterruptedException {
        connection.head();
        connection.chunk(connection.language().first());
        for (int i = 0; i < tokens; i++) {
            Thread.sleep(500);
            connection.chunk(connection.language().more());
        }
        connection.chunk(connection.language().last());
        connection.lastChunk();
    }

    private static long sockets() throws IOException {
        long count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                try {
                    count += Files.readSymbolicLink(file).toString().startsWith("socket:") ? 1 : 0;
                } catch (IOException closed) {
                    // That of the listing itself, or one that has just been closed.
                }
            }
        }
        return count;
    }

    private long threadsInCalls() throws IOException {
        Path dump = data.resolve("threads-" + UUID.randomUUID() + ".txt");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        return Arrays.stream(Files.readString(dump).split("\n\n"))
                .filter(thread ->
                        thread.contains("dev.backplane.gateway")
                                || thread.contains("dev.backplane.http.client"))
                .count();
    }

    @Override
    public void close() throws IOException {
        server.close();
        model.close();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
