package dev.backplane.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchFolderTest {
    /// Above what Linux gives to processes.
    private static final long NOBODY = 99_999_999;

    @TempDir private Path parent;

    @Test
    void deletesWhatItHolds() throws IOException {
        Path path;
        try (ScratchFolder folder = ScratchFolder.make(parent)) {
            path = folder.path();
            Files.createDirectories(path.resolve("tiles"));
            Files.writeString(path.resolve("tiles").resolve("a.tiles"), "tiles");
        }

        assertThat(path).doesNotExist();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void sweepsWhatKilledProcessesLeftAndNothingElse() throws IOException {
        Path left = Files.createDirectories(parent.resolve("backplane-measure-" + NOBODY));
        Files.writeString(left.resolve("synthetic.gguf"), "weights");
        long running = ProcessHandle.current().parent().orElseThrow().pid();
        Path used = Files.createDirectories(parent.resolve("backplane-measure-" + running));
        Path other = Files.createDirectories(parent.resolve("backplane-measure-notes"));

        try (ScratchFolder folder = ScratchFolder.make(parent)) {
            assertThat(left).doesNotExist();
            assertThat(used).exists();
            assertThat(other).exists();
            assertThat(folder.path()).isEmptyDirectory();
        }
    }

    /// Only who may give files away can try.
    @Test
    void leavesWhatIsOthers() throws IOException {
        Path others = Files.createDirectories(parent.resolve("backplane-measure-" + NOBODY));
        try {
            Files.setOwner(
                    others,
                    others.getFileSystem()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByName("nobody"));
        } catch (IOException notAllowed) {
            Assumptions.abort("files cannot be given away here");
        }
        ScratchFolder.make(parent).close();
        assertThat(others).exists();
    }
}
