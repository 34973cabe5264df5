package dev.backplane.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.architecture.SourceTree.File;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/// The style of this repository's own files; the rules are explained in CONTRIBUTING.md.
class StyleTest {
    private final SourceTree tree = SourceTree.here();

    @Test
    void textsFollowTheHouseStyle() {
        assertThat(tree.files().stream().flatMap(file -> StyleRules.text(file).stream()).toList())
                .isEmpty();
    }

    @Test
    void sourcesFollowTheHouseStyle() {
        assertThat(StyleRules.grammar(tree.javaFiles())).isEmpty();
    }

    /// Not an error: the list is there to be looked at when one of them is touched.
    @Test
    void longFilesAreListed(TestReporter reporter) {
        List<File> sources = tree.javaFiles();
        sources.stream()
                .filter(file -> StyleRules.lineCount(file) > StyleRules.FILE_LINES_WARN)
                .forEach(file ->
                        reporter.publishEntry(
                                "long file", file.path() + " " + StyleRules.lineCount(file)));
        assertThat(sources).isNotEmpty();
    }

    @Test
    void everyPackageOfMainCodeSaysWhatItIsAndIsNullMarked() {
        Set<String> packages =
                tree.javaFiles().stream()
                        .filter(File::isMain)
                        .map(file -> file.path().substring(0, file.path().lastIndexOf('/')))
                        .collect(Collectors.toSet());
        Set<String> marked =
                tree.javaFiles().stream()
                        .filter(file -> file.path().endsWith("/package-info.java"))
                        .filter(file -> file.text().startsWith("///"))
                        .filter(file -> file.text().contains("@NullMarked"))
                        .map(file -> file.path().substring(0, file.path().lastIndexOf('/')))
                        .collect(Collectors.toSet());

        assertThat(packages).isNotEmpty();
        assertThat(marked).containsAll(packages);
    }

    @Test
    void onlyTheWrapperNamesAPlaceToDownloadFrom() {
        List<String> naming =
                tree.files().stream()
                        .filter(file ->
                                file.text()
                                        .matches(
                                                "(?s).*(repo1?\\.[m]aven|[n]exus"
                                                        + "|[a]rtifactory|<reposi[t]ory>"
                                                        + "|<mirr[o]r>).*"))
                        .map(File::path)
                        .toList();

        assertThat(naming).isSubsetOf("mvnw", ".mvn/wrapper/maven-wrapper.properties");
    }
}
