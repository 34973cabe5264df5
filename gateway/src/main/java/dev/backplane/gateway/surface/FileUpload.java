package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.Purpose;
import dev.backplane.http.Multipart;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The form of an upload: its file, written to disk as it comes, and its fields, which stand before
/// or behind the file (openai-openapi, `CreateFileRequest`). For one thread.
///
/// A lifetime is `expires_after[anchor]` and `expires_after[seconds]`, as OpenAI's libraries write
/// nested fields. Other fields are passed over.
final class FileUpload implements AutoCloseable {
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int FIELD_BYTES_MAX = 1_024;
    private static final int NAME_CHARS_MAX = 255;
    private static final String ANCHOR = "expires_after[anchor]";
    private static final String SECONDS = "expires_after[seconds]";

    private final Path content;
    private final long bytesMax;
    private final Map<String, String> fields = new HashMap<>();
    private Optional<String> filename = Optional.empty();

    private FileUpload(Path content, long bytesMax) {
        this.content = content;
        this.bytesMax = bytesMax;
    }

    /// Reads the whole form.
    ///
    /// @param directory for the file, until this is closed
    /// @throws Problem `TOO_LARGE` with the limit; `INVALID` for a form that is none or has no file
    static FileUpload read(Multipart form, Path directory, long bytesMax) throws IOException {
        FileUpload upload = new FileUpload(temporary(directory), bytesMax);
        try {
            for (Optional<Multipart.Part> part = form.next();
                    part.isPresent();
                    part = form.next()) {
                upload.part(part.get());
            }
            if (upload.filename.isEmpty()) {
                throw Problem.invalid("form has no file", "file")
                        .fix("send the file as the field file, as curl -F file=@NAME does");
            }
            return upload;
        } catch (IOException | RuntimeException failed) {
            upload.close();
            throw failed;
        }
    }

    private static Path temporary(Path directory) {
        try {
            return Files.createTempFile(Files.createDirectories(directory), "upload-", ".part");
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private void part(Multipart.Part part) throws IOException {
        if (!part.name().equals("file")) {
            fields.put(part.name(), part.text(FIELD_BYTES_MAX));
            return;
        }
        if (filename.isPresent()) {
            throw Problem.invalid("form has two files", "file").fix("upload one at a time");
        }
        filename = Optional.of(name(part.filename().orElse("")));
        long left = bytesMax;
        byte[] block = new byte[BLOCK_BYTES];
        InputStream in = part.body();
        try (OutputStream out = open()) {
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                left -= count;
                if (left < 0) {
                    throw tooLarge(bytesMax);
                }
                write(out, block, count);
            }
        }
    }

    static Problem tooLarge(long bytesMax) {
        return Problem.tooLarge("file has more than " + bytesMax + " bytes", "file")
                .fix("upload it in parts as several files, or raise limits.file_bytes");
    }

    /// Without directories, and what cannot be shown.
    private static String name(String sent) {
        String last = sent.substring(Math.max(sent.lastIndexOf('/'), sent.lastIndexOf('\\')) + 1);
        String shown = last.replaceAll("\\p{Cntrl}", "").strip();
        int end = Math.min(shown.length(), NAME_CHARS_MAX);
        boolean splits = end < shown.length() && Character.isLowSurrogate(shown.charAt(end));
        return shown.isEmpty() ? "file" : shown.substring(0, splits ? end - 1 : end);
    }

    private OutputStream open() {
        try {
            return Files.newOutputStream(content);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// A full disk is our failure, not that of the client's connection.
    private static void write(OutputStream out, byte[] block, int count) {
        try {
            out.write(block, 0, count);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("file could not be written", "file")
                .fix("check the disk of the data directory")
                .causedBy(e);
    }

    /// What is complete now.
    Path content() {
        return content;
    }

    /// @param otherwise lifetime of files of that purpose if the form says nothing, in seconds
    /// @throws Problem `INVALID`
    FileStore.Draft draft(Function<Purpose, OptionalLong> otherwise) {
        Purpose purpose =
                Purpose.byId(fields.getOrDefault("purpose", ""))
                        .filter(Purpose.ofUploads()::contains)
                        .orElseThrow(FileUpload::noPurpose);
        OptionalLong life = life();
        return new FileStore.Draft(
                filename.orElseThrow(),
                purpose,
                life.isPresent() ? life : otherwise.apply(purpose));
    }

    private static Problem noPurpose() {
        return Problem.invalid("purpose is not one of those of uploads", "purpose")
                .fix(
                        "send the field purpose: "
                                + Purpose.ofUploads().stream()
                                        .map(Purpose::id)
                                        .collect(Collectors.joining(", ")));
    }

    private OptionalLong life() {
        String anchor = fields.getOrDefault(ANCHOR, "");
        String seconds = fields.getOrDefault(SECONDS, "");
        if (anchor.isEmpty() && seconds.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!anchor.equals("created_at")) {
            throw Problem.invalid("anchor of expires_after is not known", ANCHOR)
                    .fix("send created_at");
        }
        return OptionalLong.of(Lifetimes.seconds(seconds, SECONDS));
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(content);
    }
}
