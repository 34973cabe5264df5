package dev.backplane.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What the documents promise to mention, and whether their links lead somewhere.
class DocumentationTest {
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?://|mailto:|#)([^)\\s#]+)");

    private final SourceTree tree = SourceTree.here();

    @Test
    void theMapNamesEveryModule() {
        String map = tree.text("ARCHITECTURE.md");

        assertThat(tree.modules())
                .contains("core")
                .filteredOn(module -> !map.contains("`" + module + "`"))
                .as("modules that ARCHITECTURE.md does not name")
                .isEmpty();
    }

    @Test
    void everyDependencyIsAccountedFor() {
        String list = tree.text("docs/dependencies.md");
        Set<String> artifacts = tree.foreignArtifacts();

        assertThat(artifacts)
                .contains("tools.jackson.core:jackson-core", "org.duckdb:duckdb_jdbc")
                .filteredOn(artifact -> !list.contains("`" + artifact + "`"))
                .as("dependencies without a line in docs/dependencies.md")
                .isEmpty();
    }

    @Test
    void linksBetweenDocumentsLeadSomewhere() {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (SourceTree.File file : tree.files()) {
            if (!file.path().endsWith(".md")) {
                continue;
            }
            String folder = file.path().replaceFirst("[^/]*$", "");
            Matcher matcher = LINK.matcher(file.text());
            while (matcher.find()) {
                links++;
                if (!tree.has(folder + matcher.group(1))) {
                    broken.add(file.path() + " -> " + matcher.group(1));
                }
            }
        }
        assertThat(links).isPositive();
        assertThat(broken).isEmpty();
    }

    @Test
    void theReadmeTellsTheTestCommandThatContinuousIntegrationRuns() {
        assertThat(tree.text("README.md")).contains("./backplane test");
        assertThat(tree.text(".ci/run")).contains("./backplane test");
    }
}
