package dev.backplane.gateway.batch;

import dev.backplane.core.Slice;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.Purpose;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.OptionalLong;

/// Makes the two files of a batch from its results: answers in the order in which they came, and
/// what failed or was not asked. May be done again: the files have the ids that the batch names.
final class Outcome {
    private static final long LIFE_SECONDS = 30L * 24 * 3_600;

    private final Batch batch;
    private final FileStore files;
    private final Path temporary;

    Outcome(Batch batch, FileStore files, Path temporary) {
        this.batch = batch;
        this.files = files;
        this.temporary = temporary;
    }

    /// What is read of a request that nobody asked.
    interface CustomIds {
        String customId(int position) throws IOException;
    }

    /// Writes both; an id is empty where there would be nothing in its file.
    ///
    /// @return the batch at its end
    Batch write(Journal journal, CustomIds customIds, long now) throws IOException {
        Files.createDirectories(temporary);
        Path answers = Files.createTempFile(temporary, "batch-", ".jsonl");
        Path errors = Files.createTempFile(temporary, "batch-", ".jsonl");
        try {
            BitSet seen = new BitSet();
            Progress[] progress = {Progress.NONE.of(batch.progress().total())};
            Status end;
            try (OutputStream toAnswers = open(answers);
                    OutputStream toErrors = open(errors)) {
                journal.read(result -> {
                    if (!seen.get(result.position())) {
                        seen.set(result.position());
                        progress[0] = progress[0].with(result);
                        line(result.succeeded() ? toAnswers : toErrors, result.json());
                    }
                });
                int total = progress[0].total();
                end = end(seen.cardinality() == total);
                for (int at = seen.nextClearBit(0); at < total; at = seen.nextClearBit(at + 1)) {
                    String id = "batch_req_" + batch.id().substring(6) + "_" + at;
                    line(toErrors, ResultLine.unasked(id, customIds.customId(at), end));
                }
            }
            return batch.with(progress[0])
                    .withFiles(
                            put(answers, batch.outputFile(), "output"),
                            put(errors, batch.errorFile(), "error"))
                    .to(end, now);
        } finally {
            Files.deleteIfExists(answers);
            Files.deleteIfExists(errors);
        }
    }

    private Status end(boolean complete) {
        if (batch.status() == Status.CANCELLING) {
            return Status.CANCELLED;
        }
        return complete ? Status.COMPLETED : Status.EXPIRED;
    }

    private static OutputStream open(Path file) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(file));
    }

    private static void line(OutputStream out, Slice json) throws IOException {
        json.writeTo(out);
        out.write('\n');
    }

    private String put(Path file, String id, String kind) throws IOException {
        if (Files.size(file) == 0) {
            return "";
        }
        files.put(
                batch.order().project(),
                id,
                new FileStore.Draft(
                        batch.id() + "_" + kind + ".jsonl",
                        Purpose.BATCH_OUTPUT,
                        OptionalLong.of(batch.order().outputExpires().orElse(LIFE_SECONDS))),
                file);
        return id;
    }
}
