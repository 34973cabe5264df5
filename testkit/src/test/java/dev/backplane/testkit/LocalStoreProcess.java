package dev.backplane.testkit;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A second process on the directory of a store, for tests that need one or kill it.
final class LocalStoreProcess {
    private LocalStoreProcess() {}

    static Process start(Path root, String mode, String argument) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        java,
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LocalStoreProcess.class.getName(),
                        root.toString(),
                        mode,
                        argument)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] arguments) throws IOException {
        try (ObjectStore store = LocalObjectStore.open(Path.of(arguments[0]))) {
            if (arguments[1].equals("count")) {
                count(store, Integer.parseInt(arguments[2]));
            } else {
                write(store, arguments[2]);
            }
        }
    }

    private static void count(ObjectStore store, int times) throws IOException {
        for (int done = 0; done < times; ) {
            ObjectStore.Tagged tagged = store.get("counter").orElseThrow();
            byte[] next = number(number(tagged.bytes()) + 1);
            if (store.putIfMatch("counter", next, tagged.tag()).isPresent()) {
                done++;
            }
        }
    }

    /// Writes until it is killed; says each number after the object is durable.
    private static void write(ObjectStore store, String folder) throws IOException {
        for (long number = 1; number < 1_000_000; number++) {
            store.putIfAbsent(folder + "/" + number, content(number));
            System.out.println(number);
            System.out.flush();
        }
    }

    static byte[] content(long number) {
        return Gen.bytes(Gen.random(number), (int) (number * 7919 % 200_000));
    }

    static long numberOf(String key) {
        return Long.parseLong(key.substring(key.indexOf('/') + 1));
    }

    static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }

    static long number(byte[] bytes) {
        return Long.parseLong(new String(bytes, StandardCharsets.US_ASCII));
    }
}
