package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;

/// One in-memory DuckDB that holds no data: queries read column files and callbacks. It is closed
/// to the outside before the first query: no file but under the folders given, no extension, no
/// setting can change but the memory limit. Thread-safe.
final class DuckDatabase implements AutoCloseable {
    private final DuckDBConnection root;
    private final RowFunction rows = new RowFunction();
    private final DuckFunctions functions = new DuckFunctions();
    private long memoryInUse;
    private long memoryLimit;

    DuckDatabase(SqlEngine.Options options) {
        try {
            Files.createDirectories(options.scratch());
            root = DuckDriver.open(true);
            rows.register(root);
            functions.register(root);
            shut(options);
        } catch (Exception e) {
            throw Problem.unavailable("DuckDB could not start", "SQL engine").causedBy(e);
        }
    }

    private void shut(SqlEngine.Options options) throws SQLException, IOException {
        String folders =
                Stream.concat(options.columnFolders().stream(), Stream.of(options.scratch()))
                        .map(DuckDatabase::folder)
                        .collect(Collectors.joining(", ", "[", "]"));
        List<String> settings =
                List.of(
                        "TimeZone = 'UTC'",
                        "autoinstall_known_extensions = false",
                        "autoload_known_extensions = false",
                        "allow_community_extensions = false",
                        "allow_persistent_secrets = false",
                        "parquet_metadata_cache = true",
                        "validate_external_file_cache = 'NO_VALIDATION'",
                        "temp_directory = " + SqlText.literal(options.scratch().toString()),
                        "max_temp_directory_size = '" + options.spillBytes() + "B'",
                        "allowed_directories = " + folders,
                        "enable_external_access = false",
                        "allowed_configs = ['memory_limit']",
                        "lock_configuration = true");
        try (Statement statement = root.createStatement()) {
            for (String setting : settings) {
                statement.execute("SET " + setting);
            }
        }
    }

    private static String folder(Path path) {
        return SqlText.literal(path.toAbsolutePath().normalize() + "/");
    }

    /// A session of its own: nothing set or made in it is seen by another.
    Connection connect() throws SQLException {
        return root.duplicate();
    }

    RowFunction rows() {
        return rows;
    }

    DuckFunctions functions() {
        return functions;
    }

    /// Adds a query's share to the limit that all running queries have together.
    synchronized void takeMemory(long bytes) throws SQLException {
        memoryInUse += bytes;
        if (memoryInUse != memoryLimit) {
            memoryLimit = memoryInUse;
            try (Statement statement = root.createStatement()) {
                statement.execute("SET memory_limit = '" + memoryLimit + "B'");
            }
        }
    }

    synchronized void giveMemory(long bytes) {
        memoryInUse -= bytes;
    }

    @Override
    public void close() {
        try {
            root.close();
        } catch (SQLException e) {
            throw Problem.internal("DuckDB could not close", "SQL engine").causedBy(e);
        }
    }
}
