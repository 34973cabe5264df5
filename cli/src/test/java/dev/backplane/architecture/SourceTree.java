package dev.backplane.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/// The repository as files: what is written by hand, without what a build or an editor leaves.
record SourceTree(Path root) {
    private static final Set<String> SKIPPED_FOLDERS =
            Set.of(".git", "target", "node_modules", ".idea", ".vscode", ".settings");
    private static final Set<String> TEXT_SUFFIXES =
            Set.of(
                    "java",
                    "md",
                    "xml",
                    "yaml",
                    "yml",
                    "json",
                    "sh",
                    "properties",
                    "txt",
                    "config",
                    "js",
                    "css",
                    "html",
                    "test",
                    "sql");

    /// A text file; `path` is relative to the root, with forward slashes.
    record File(String path, String text) {
        boolean isJava() {
            return path.endsWith(".java");
        }

        boolean isMain() {
            return path.contains("/src/main/");
        }
    }

    /// The tree that this test was compiled from: the nearest folder above that holds `mvnw`.
    static SourceTree here() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("no mvnw above the working directory");
            }
        }
        return new SourceTree(folder);
    }

    /// Every text file, sorted by path.
    List<File> files() {
        List<Path> paths = new ArrayList<>();
        try {
            Files.walkFileTree(
                    root,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path folder, BasicFileAttributes attributes) {
                            return SKIPPED_FOLDERS.contains(folder.getFileName().toString())
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            if (attributes.isRegularFile() && isText(file)) {
                                paths.add(file);
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return paths.stream().sorted().map(path -> new File(relative(path), read(path))).toList();
    }

    List<File> javaFiles() {
        return files().stream().filter(File::isJava).toList();
    }

    String text(String path) {
        return read(root.resolve(path));
    }

    boolean has(String path) {
        return Files.exists(root.resolve(path));
    }

    /// The names in the root pom's module list, in build order.
    List<String> modules() {
        return texts(pom("pom.xml"), "module");
    }

    /// `group:artifact` of everything that a pom of ours names as a dependency, a plugin or an
    /// annotation processor, our own modules left out.
    Set<String> foreignArtifacts() {
        List<String> poms = new ArrayList<>(List.of("pom.xml"));
        modules().forEach(module -> poms.add(module + "/pom.xml"));
        return poms.stream()
                .map(this::pom)
                .flatMap(pom ->
                        List.of("dependency", "plugin", "path").stream()
                                .flatMap(tag -> elements(pom, tag).stream()))
                .map(SourceTree::coordinates)
                .filter(name -> !name.startsWith("dev.backplane:"))
                .collect(Collectors.toSet());
    }

    private static String coordinates(Element element) {
        List<String> group = children(element, "groupId");
        List<String> artifact = children(element, "artifactId");
        return (group.isEmpty() ? "org.apache.maven.plugins" : group.getFirst())
                + ":"
                + artifact.getFirst();
    }

    private static List<String> children(Element element, String tag) {
        NodeList nodes = element.getChildNodes();
        return IntStream.range(0, nodes.getLength())
                .mapToObj(nodes::item)
                .filter(node -> node.getNodeName().equals(tag))
                .map(node -> node.getTextContent().strip())
                .toList();
    }

    private static List<String> texts(Document document, String tag) {
        return elements(document, tag).stream().map(e -> e.getTextContent().strip()).toList();
    }

    private static List<Element> elements(Document document, String tag) {
        NodeList nodes = document.getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private Document pom(String path) {
        try {
            return DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(root.resolve(path).toFile());
        } catch (ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(path, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isText(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 || TEXT_SUFFIXES.contains(name.substring(dot + 1));
    }

    private String relative(Path path) {
        return root.relativize(path).toString().replace('\\', '/');
    }

    /// Bytes that are not UTF-8 become U+FFFD: the rules look at ASCII only.
    private static String read(Path path) {
        try {
            return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
