package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Streams an answer to where it is wanted, in constant memory.
final class Download {
    private static final int CHUNK_BYTES = 1 << 16;

    private Download() {}

    /// To stdout as it is.
    static void toOutput(InputStream answer, Screen screen, Client client) {
        try (InputStream in = answer) {
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                screen.write(chunk, 0, length);
            }
        } catch (IOException e) {
            throw client.broken(e);
        }
        screen.flush();
    }

    /// To a file, which is there whole or not at all.
    ///
    /// @return the bytes written
    static long toFile(InputStream answer, String file, Output output, Client client) {
        Path target = Path.of(file);
        Path part = Path.of(file + ".part");
        long written = 0;
        try (InputStream in = answer;
                Progress progress = output.progress("writing " + file)) {
            try (OutputStream out = create(part)) {
                byte[] chunk = new byte[CHUNK_BYTES];
                for (int length = read(in, chunk, client);
                        length >= 0;
                        length = read(in, chunk, client)) {
                    out.write(chunk, 0, length);
                    written += length;
                    progress.bytes(written, 0);
                }
            }
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            return written;
        } catch (IOException e) {
            discard(part);
            throw cannotWrite(file, e);
        } catch (Failure failure) {
            discard(part);
            throw failure;
        }
    }

    private static OutputStream create(Path part) throws IOException {
        return Files.newOutputStream(part);
    }

    private static int read(InputStream in, byte[] chunk, Client client) {
        try {
            return in.read(chunk);
        } catch (IOException e) {
            throw client.broken(e);
        }
    }

    private static void discard(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException _) {
            // The failure that led here is the one to report.
        }
    }

    private static Failure cannotWrite(String file, IOException e) {
        return Failure.of(
                        Problem.Kind.INTERNAL,
                        "cannot write the file",
                        "cannot write %s: %s".formatted(file, e))
                .hint("check the directory, its permissions and the free space");
    }
}
