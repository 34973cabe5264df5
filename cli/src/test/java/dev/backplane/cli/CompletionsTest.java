package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionsTest {
    @TempDir private Path directory = Path.of("");

    /// What bash offers for a line whose last word is being typed.
    private List<String> offered(String... words) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash");
        Path script =
                Files.writeString(
                        directory.resolve("complete.sh"),
                        TestRun.plain().run("completions", "bash").out()
                                + """
                                COMP_WORDS=("$@")
                                COMP_CWORD=$(($# - 1))
                                _backplane
                                printf '%s\\n' "${COMPREPLY[@]}"
                                """);
        List<String> line = new java.util.ArrayList<>(List.of("/bin/bash", script.toString()));
        line.add("backplane");
        line.addAll(List.of(words));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(out).isZero();
        return out.lines().toList();
    }

    @Test
    void bashOffersCommandsOptionsAndChoices() throws Exception {
        assertThat(offered("tr")).containsExactly("traces");
        assertThat(offered("traces", "")).containsExactly("list", "show", "delete");
        assertThat(offered("--json", "traces", "l")).containsExactly("list");
        assertThat(offered("traces", "list", "--li")).containsExactly("--limit");
        assertThat(offered("traces", "list", "--format", "nd")).containsExactly("ndjson");
        assertThat(offered("completions", "")).containsExactly("bash", "zsh", "fish");
    }

    @Test
    void everyShellGetsEveryCommand() {
        for (String shell : List.of("bash", "zsh", "fish")) {
            String script = TestRun.plain().run("completions", shell).out();
            for (Command command : CommandTable.all()) {
                String word = command.path().substring(command.path().lastIndexOf(' ') + 1);
                assertThat(script).as(shell + " " + command.path()).contains(word);
            }
        }
        assertThat(TestRun.plain().run("completions", "tcsh").exit()).isEqualTo(2);
    }
}
