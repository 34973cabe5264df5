package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class DuckDriverTest {
    /// What is mapped and has no name any more, the kernel marks so.
    @Test
    @EnabledOnOs(OS.LINUX)
    void theUnpackedLibraryIsInUseAndHasNoName() throws Exception {
        try (var database = DuckDriver.open(false);
                var statement = database.createStatement();
                var rows = statement.executeQuery("select 42")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(42);
        }
        assertThat(mapped()).isNotEmpty().allMatch(library -> library.endsWith(" (deleted)"));
    }

    private static List<String> mapped() throws IOException {
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            return mappings.filter(mapping -> mapping.contains("/libduckdb_java")).toList();
        }
    }
}
