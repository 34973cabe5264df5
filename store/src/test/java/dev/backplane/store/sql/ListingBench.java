package dev.backplane.store.sql;

import com.sun.management.OperatingSystemMXBean;
import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.SpanRow;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Measures lists and queries over a view of a million spans in ten parts and 5,000 fresh rows. Not
/// a test: run its `main` with a folder that it may fill.
final class ListingBench {
    private static final int PARTS = 10;
    private static final int PART_ROWS = 100_000;

    private final FakeView view;
    private final SqlEngine engine;
    private final Listing listing;

    private ListingBench(Path folder) throws IOException {
        Files.createDirectories(folder);
        view =
                new FakeView(
                        "p",
                        (locator, _) ->
                                SpanData.builder()
                                        .put(
                                                Field.OUTPUT,
                                                Value.json("{\"x\":" + locator % 1000 + "}"))
                                        .build());
        Rows rows = new Rows(1);
        long start = Rows.START;
        for (int part = 0; part < PARTS; part++) {
            List<SpanRow> sealed = new ArrayList<>(rows.many("p", start, 200_000_000L, PART_ROWS));
            start = sealed.getLast().startNanos();
            sealed.sort(
                    Comparator.<SpanRow, String>comparing(row -> row.key().trace())
                            .thenComparingLong(SpanRow::startNanos));
            view.part(folder, sealed);
        }
        view.fresh(rows.many("p", start, 200_000_000L, 5_000));
        engine = SqlEngine.inProcess(SqlEngine.Options.of(folder, folder.resolve("scratch")));
        listing = new Listing(engine);
    }

    public static void main(String[] arguments) throws IOException {
        ListingBench bench = new ListingBench(Path.of(arguments[0]));
        for (int round = 0; round < 2; round++) {
            bench.round();
        }
        bench.engine.close();
    }

    private void round() {
        String trace = view.fresh().getFirst().key().trace();
        measure("empty query", () -> sql("select 1"));
        measure("spans, newest 50", () -> spans("", 50));
        measure("spans, kind = llm", () -> spans("kind = 'llm'", 50));
        measure(
                "spans, rare filter (1 in 20,000)",
                () -> spans("output_tokens = 7 and reasoning_tokens = 9", 50));
        measure("spans, filter that nothing meets", () -> spans("model = 'none'", 50));
        measure("traces, newest 50", () -> traces("", 50));
        measure("traces, failed tool", () -> traces("kind = 'tool' and status = 'error'", 50));
        measure("one trace", () -> listing.trace(view, trace));
        measure(
                "sql: group by model",
                () ->
                        sql(
                                "select model, count(*), sum(input_tokens),"
                                        + " approx_quantile(duration_ms, 0.95) from spans"
                                        + " group by model"));
        long before = view.payloadReads.get();
        measure(
                "sql: bare payload, top 10",
                () -> sql("select input, output from spans order by start_time desc limit 10"));
        System.out.println("payload reads a run " + (view.payloadReads.get() - before) / 30);
        before = view.payloadReads.get();
        measure(
                "sql: payload in expression, top 10",
                () -> sql("select output->>'x' from spans order by start_time desc limit 10"));
        System.out.println("payload reads a run " + (view.payloadReads.get() - before) / 30);
        measure(
                "sql: count traces",
                () -> sql("select count(*) from traces where error_count > 2"));
        measure(
                "sql: one trace",
                () -> sql("select * from spans where trace_id = '" + trace + "'"));
    }

    private void spans(String filter, int limit) {
        listing.spans(view, query(filter, limit), _ -> true);
    }

    private void traces(String filter, int limit) {
        listing.traces(view, query(filter, limit), _ -> true);
    }

    private static ListQuery query(String filter, int limit) {
        return new ListQuery("p", filter, OptionalLong.empty(), OptionalLong.empty(), "", limit);
    }

    private void sql(String sql) {
        engine.execute(
                view,
                sql,
                new SqlLimits(Duration.ofSeconds(60), 10_000, 1L << 30),
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        return true;
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
    }

    private static void measure(String name, Runnable run) {
        OperatingSystemMXBean system =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long cpu = system.getProcessCpuTime();
        long[] nanos = new long[30];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            run.run();
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        double cpuMillis = (system.getProcessCpuTime() - cpu) / 1e6 / nanos.length;
        System.out.printf(
                "%-40s p50 %7.1f ms   p95 %7.1f ms   cpu %7.1f ms%n",
                name,
                nanos[nanos.length / 2] / 1e6,
                nanos[nanos.length * 19 / 20] / 1e6,
                cpuMillis);
    }
}
