package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Content;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Runs the files under `sql/*.test` over [Sample], in DuckDB's sqllogictest form:
///
/// ```
/// query [rowsort]
/// SELECT …
/// ----
/// cell<TAB>cell
///
/// statement ok | error | error KIND | error KIND part of the message
/// SELECT …
/// ```
///
/// A case ends with an empty line; `#` starts a comment; NULL is `NULL`.
class SqlFilesTest {
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

    private record Case(int line, String head, String sql, List<String> rows) {}

    @TestFactory
    Stream<DynamicContainer> files() throws IOException {
        Path root = Path.of("src/test/resources/sql");
        try (Stream<Path> files = Files.list(root)) {
            return files
                    .sorted()
                    .map(file ->
                            DynamicContainer.dynamicContainer(
                                    file.getFileName().toString(),
                                    cases(file).stream()
                                            .map(each ->
                                                    DynamicTest.dynamicTest(
                                                            each.line() + " " + each.sql(),
                                                            () -> check(each)))))
                    .toList()
                    .stream();
        }
    }

    private static List<Case> cases(Path file) {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            lines.add("");
            List<Case> cases = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).isBlank() || lines.get(i).startsWith("#")) {
                    continue;
                }
                int start = i;
                List<String> sql = new ArrayList<>();
                List<String> rows = new ArrayList<>();
                boolean result = false;
                for (i++; !lines.get(i).isBlank(); i++) {
                    if (lines.get(i).equals("----")) {
                        result = true;
                    } else {
                        (result ? rows : sql).add(lines.get(i));
                    }
                }
                cases.add(new Case(start + 1, lines.get(start), String.join("\n", sql), rows));
            }
            return cases;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void check(Case test) {
        String[] head = test.head().split(" ", 4);
        if (head[0].equals("query")) {
            List<String> rows = new ArrayList<>(run(test.sql()));
            if (test.head().endsWith("rowsort")) {
                rows.sort(Comparator.naturalOrder());
            }
            assertThat(rows).isEqualTo(test.rows());
        } else if (test.head().equals("statement ok")) {
            run(test.sql());
        } else if (head[0].equals("statement") && head[1].equals("error")) {
            Problem problem =
                    org.junit.jupiter.api.Assertions.assertThrows(
                            Problem.class, () -> run(test.sql()));
            if (head.length > 2) {
                assertThat(problem.kind().name()).as("%s", problem).isEqualTo(head[2]);
            }
            if (head.length > 3) {
                assertThat(problem.getMessage()).contains(head[3]);
            }
            assertThat(problem.fix()).isNotEmpty();
            assertThat(problem.getMessage()).doesNotContain(folder.toString());
        } else {
            throw new AssertionError("line " + test.line() + ": unknown " + test.head());
        }
    }

    static List<String> run(String sql) {
        List<String> rows = new ArrayList<>();
        SqlLimits limits = new SqlLimits(Duration.ofSeconds(20), 1_000, 256L << 20);
        engine.execute(
                view,
                sql,
                limits,
                new SqlSink() {
                    @Override
                    public void columns(List<Column> columns) {
                        assertThat(columns).extracting(Column::name).doesNotContain("bp_locator");
                    }

                    @Override
                    public boolean row(List<Optional<Object>> cells) {
                        rows.add(
                                cells.stream()
                                        .map(SqlFilesTest::text)
                                        .collect(Collectors.joining("\t")));
                        return true;
                    }

                    @Override
                    public void end(boolean truncated) {}
                });
        return rows;
    }

    private static String text(Optional<?> cell) {
        return switch (cell.isPresent() ? cell.get() : "NULL") {
            case Content content -> content.read(1 << 20).text();
            case List<?> list ->
                    list.stream()
                            .map(each -> text((Optional<?>) each))
                            .collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                    map.entrySet().stream()
                            .map(e -> e.getKey() + "=" + text((Optional<?>) e.getValue()))
                            .collect(Collectors.joining(", ", "{", "}"));
            case Object value -> value.toString().replace("\n", "\\n");
        };
    }
}
