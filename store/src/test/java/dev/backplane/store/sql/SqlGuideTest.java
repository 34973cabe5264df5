package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Keeps `docs/sql.md` true: every query in it runs, and its tables are the columns there are.
class SqlGuideTest {
    private static final Path GUIDE = Path.of("../docs/sql.md");
    private static final Pattern BLOCK = Pattern.compile("(?s)```sql\n(.*?)```");
    private static final Pattern TABLE = Pattern.compile("(?s)\n### (\\w+)\n(.*?)(?=\n##)");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| ([^|]+) \\|");
    private static final SqlLimits LIMITS =
            new SqlLimits(Duration.ofSeconds(20), 1_000, 256L << 20);

    @TempDir static Path folder;
    private static SqlEngine engine;
    private static FakeView view;

    @BeforeAll
    static void open() throws IOException {
        view = Sample.view(folder);
        engine = SqlEngine.inProcess(SqlEngine.Options.of(folder, folder.resolve("scratch")));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @TestFactory
    Stream<DynamicTest> queriesRun() throws IOException {
        List<String> queries =
                BLOCK.matcher(Files.readString(GUIDE))
                        .results()
                        .flatMap(block -> Stream.of(block.group(1).split("\n\n")))
                        .toList();
        assertThat(queries).hasSizeGreaterThan(10);
        return queries.stream().map(sql -> DynamicTest.dynamicTest(sql, () -> run(sql)));
    }

    @TestFactory
    Stream<DynamicTest> tablesAreComplete() throws IOException {
        List<MatchResult> tables = TABLE.matcher(Files.readString(GUIDE)).results().toList();
        assertThat(tables)
                .extracting(found -> found.group(1))
                .containsExactlyInAnyOrderElementsOf(Tables.NAMES);
        return tables.stream()
                .map(found ->
                        DynamicTest.dynamicTest(
                                found.group(1),
                                () ->
                                        assertThat(described(found.group(2)))
                                                .isEqualTo(columns(found.group(1)))));
    }

    private static Map<String, String> described(String section) {
        Map<String, String> columns = new LinkedHashMap<>();
        ROW.matcher(section)
                .results()
                .forEach(row -> columns.put(row.group(1), row.group(2).strip()));
        return columns;
    }

    private static Map<String, String> columns(String table) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (List<Optional<Object>> row : run("describe " + table)) {
            columns.put(row.get(0).orElseThrow().toString(), row.get(1).orElseThrow().toString());
        }
        return columns;
    }

    private static List<List<Optional<Object>>> run(String sql) {
        List<List<Optional<Object>>> rows = new ArrayList<>();
        engine.execute(
                view,
                sql,
                LIMITS,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {}

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        return rows.add(cells);
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
        return rows;
    }
}
