package dev.backplane.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SteadyFileTest {
    @TempDir Path directory;

    @Test
    void survivesThreadsThatAreInterrupted() throws Exception {
        byte[] text = "0123456789".repeat(10_000).getBytes(StandardCharsets.UTF_8);
        try (SteadyFile file =
                SteadyFile.open(
                        directory.resolve("file"),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(text), 0);
            AtomicBoolean over = new AtomicBoolean();
            ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> users = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int first = i * 1_000;
                users.add(Thread.ofVirtual().start(() -> use(file, text, first, over, failures)));
            }
            for (int i = 0; i < 2_000; i++) {
                users.get(i % users.size()).interrupt();
                Thread.yield();
            }
            over.set(true);
            for (Thread user : users) {
                user.join();
            }
            assertThat(failures).isEmpty();
            assertThat(file.read(0, text.length).bytes()).isEqualTo(text);
        }
        assertThat(Files.readAllBytes(directory.resolve("file"))).isEqualTo(text);
    }

    private static void use(
            SteadyFile file,
            byte[] text,
            int first,
            AtomicBoolean over,
            ConcurrentLinkedQueue<Throwable> failures) {
        try {
            while (!over.get()) {
                file.write(ByteBuffer.wrap(text, first, 1_000), first);
                assertThat(file.read(first, 1_000))
                        .isEqualTo(Slice.of(text).slice(first, first + 1_000));
                file.force(false);
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            failures.add(e);
        }
    }

    @Test
    void isReadToTheEndByThoseWhoHaveItWhenItIsRemoved() throws Exception {
        byte[] text = "0123456789".repeat(10_000).getBytes(StandardCharsets.UTF_8);
        Path path = Files.write(directory.resolve("file"), text);
        try (SteadyFile file = SteadyFile.open(path, StandardOpenOption.READ)) {
            AtomicBoolean over = new AtomicBoolean();
            ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int first = i * 1_000;
                readers.add(
                        Thread.ofVirtual().start(() -> read(file, text, first, over, failures)));
            }
            file.remove();
            for (int i = 0; i < 2_000; i++) {
                readers.get(i % readers.size()).interrupt();
                Thread.yield();
            }
            over.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            assertThat(failures).isEmpty();
            assertThat(path).doesNotExist();
            assertThatThrownBy(() -> file.read(text.length, 1)).isInstanceOf(EOFException.class);
        }
    }

    private static void read(
            SteadyFile file,
            byte[] text,
            int first,
            AtomicBoolean over,
            ConcurrentLinkedQueue<Throwable> failures) {
        try {
            while (!over.get()) {
                assertThat(file.read(first, 1_000))
                        .isEqualTo(Slice.of(text).slice(first, first + 1_000));
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            failures.add(e);
        }
    }

    @Test
    void leavesTheInterruptionToItsThread() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "text");
        try (SteadyFile file = SteadyFile.open(path, StandardOpenOption.READ)) {
            Thread.currentThread().interrupt();
            assertThat(file.read(0, 4)).isEqualTo(Slice.of("text"));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(file.size()).isEqualTo(4);
        }
    }

    @Test
    void saysWhereItEnds() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "text");
        SteadyFile file = SteadyFile.open(path, StandardOpenOption.READ);
        assertThatThrownBy(() -> file.read(2, 4))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("4");
        file.close();
        assertThatThrownBy(() -> file.read(0, 4)).isInstanceOf(ClosedChannelException.class);
    }
}
