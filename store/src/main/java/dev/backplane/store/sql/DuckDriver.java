package dev.backplane.store.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;

/// Opens DuckDB in this process.
///
/// The driver unpacks its library of some 70 MB into the temporary directory and has it deleted
/// when the JVM ends. After a `kill -9` nobody deletes it, and a disk fills with copies. Where a
/// file that is in use can be deleted, on Linux, its name is taken away as soon as it is loaded:
/// then the system frees it with the process, however that ends.
final class DuckDriver {
    private static final Path MAPPINGS = Path.of("/proc/self/maps");
    private static final String UNPACKED = "libduckdb_java";

    private DuckDriver() {}

    /// A new database in memory.
    ///
    /// @param streams whether results are read while the query runs
    static DuckDBConnection open(boolean streams) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("jdbc_stream_results", Boolean.toString(streams));
        DuckDBConnection database =
                DriverManager.getConnection("jdbc:duckdb:", properties)
                        .unwrap(DuckDBConnection.class);
        Library.unpacked().forEach(DuckDriver::delete);
        return database;
    }

    /// Looked for once: the driver loads it once.
    private static final class Library {
        private static final List<Path> FILES = find();

        static List<Path> unpacked() {
            return FILES;
        }

        private static List<Path> find() {
            if (!Files.isReadable(MAPPINGS)) {
                return List.of();
            }
            try (Stream<String> mappings = Files.lines(MAPPINGS)) {
                Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
                // The path is the rest of the line, from the only slash that can stand first in it.
                return mappings.filter(mapping -> mapping.indexOf('/') >= 0)
                        .map(mapping -> Path.of(mapping.substring(mapping.indexOf('/'))))
                        .filter(file -> file.getFileName().toString().startsWith(UNPACKED))
                        .filter(file -> temporary.equals(file.getParent()))
                        .distinct()
                        .toList();
            } catch (IOException e) {
                // Then the driver's own way has to do.
                return List.of();
            }
        }
    }

    private static void delete(Path library) {
        try {
            Files.deleteIfExists(library);
        } catch (IOException e) {
            System.getLogger(DuckDriver.class.getName())
                    .log(System.Logger.Level.DEBUG, "could not delete " + library, e);
        }
    }
}
