package dev.backplane.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ThreadNiceTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void changesTheCallingThreadAlone() {
        int before = nice();
        CompletableFuture<Integer> behind = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> {
                    ThreadNice.behind();
                    behind.complete(nice());
                });
        assertThat(behind.join()).isGreaterThan(before);
        assertThat(nice()).isEqualTo(before);
    }

    /// Of the calling thread: the 19th word, the 17th after the name in parentheses.
    private static int nice() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Integer.parseInt(words[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
