package dev.backplane.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One run of the program in this process, with everything around it made up.
record TestRun(int exit, String out, String error) {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC);

    /// What surrounds a run; changed by the `with` methods.
    record Around(
            Map<String, String> environment,
            String input,
            boolean isTerminal,
            boolean isOutputTerminal,
            int columns) {
        Around with(String name, String value) {
            Map<String, String> changed = new TreeMap<>(environment);
            changed.put(name, value);
            return new Around(changed, input, isTerminal, isOutputTerminal, columns);
        }

        Around withInput(String text) {
            return new Around(environment, text, isTerminal, isOutputTerminal, columns);
        }

        Around withTerminal(int width) {
            return new Around(environment, input, true, true, width);
        }

        Around withOutputTerminal(int width) {
            return new Around(environment, input, false, true, width);
        }

        TestRun run(String... words) {
            return run(List.of(words));
        }

        TestRun run(List<String> words) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream error = new ByteArrayOutputStream();
            Terminal terminal =
                    new Terminal(
                            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                            out,
                            error,
                            environment,
                            isTerminal,
                            isOutputTerminal,
                            isTerminal,
                            columns,
                            RawMode.NONE,
                            ZoneOffset.UTC,
                            CLOCK);
            int exit = Main.run(words, terminal);
            return new TestRun(
                    exit,
                    out.toString(StandardCharsets.UTF_8),
                    error.toString(StandardCharsets.UTF_8));
        }
    }

    /// No terminal, a UTF-8 locale, no colour.
    static Around plain() {
        return new Around(Map.of("LANG", "C.UTF-8"), "", false, false, 0);
    }
}
