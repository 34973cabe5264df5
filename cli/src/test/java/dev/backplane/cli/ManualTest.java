package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ManualTest {
    /// After a wanted change: `-Dgolden.update=true`.
    @Test
    void docsCliIsCurrent() throws IOException {
        Path manual = Path.of("../docs/cli.md");
        String made = TestRun.plain().run("help", "--manual").out();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(manual, made);
        }
        assertThat(Files.readString(manual)).isEqualTo(made);
    }

    @Test
    void everyCommandHasAnExampleThatParses() {
        for (Command command : CommandTable.all()) {
            assertThat(command.examples()).as(command.path()).isNotEmpty();
            for (Command.Example example : command.examples()) {
                assertThat(example.line()).as(command.path()).contains("backplane ");
            }
        }
    }

    @Test
    void versionIsTheBuilds() throws IOException {
        assertThat(Files.readString(Path.of("pom.xml")))
                .contains("<version>" + Version.current() + "</version>");
        assertThat(TestRun.plain().run("--version").out())
                .isEqualTo("backplane " + Version.current() + "\n");
    }
}
