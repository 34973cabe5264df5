package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Tokenizers as they are published, which are too large for the repository: with
/// `-Dtokenizers=FOLDER`, each `tokenizer.json` below it against the `expected.json` that
/// `tokenizer_vectors.py --published FOLDER` wrote beside it.
@EnabledIfSystemProperty(named = "tokenizers", matches = ".+")
class PublishedTokenizersTest {
    @TestFactory
    List<DynamicTest> cutAndReadAsHuggingFaceDoes() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(System.getProperty("tokenizers")))) {
            return files.filter(file -> file.endsWith("tokenizer.json"))
                    .filter(file -> Files.exists(file.resolveSibling("expected.json")))
                    .sorted()
                    .map(file -> DynamicTest.dynamicTest(file.toString(), () -> check(file)))
                    .toList();
        }
    }

    private static void check(Path file) throws IOException {
        Tokenizer tokenizer = TokenizerJson.readFolder(file.getParent());
        JsonTree expected =
                JsonTree.parse(
                        Files.readString(file.resolveSibling("expected.json")), file.toString());
        for (JsonTree one : Vectors.items(expected, "cases")) {
            String text = Vectors.text(one, "text");
            int[] ids = Vectors.ids(one, "ids");
            assertThat(tokenizer.encode(text, true)).as("ids of '%s'", text).isEqualTo(ids);
            assertThat(tokenizer.decode(ids, true))
                    .as("text of '%s'", text)
                    .isEqualTo(Vectors.text(one, "decoded"));
        }
    }
}
