package dev.backplane.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The rooms and the arrows between them, as ARCHITECTURE.md draws them, held against the compiled
/// classes.
class ArchitectureTest {
    private static final String ROOT = "dev.backplane.";

    /// Each room with those that it may know; `testkit` is for tests, so no main class knows it.
    private static final Map<String, Set<String>> ARROWS =
            Map.ofEntries(
                    Map.entry("core", Set.of()),
                    Map.entry("testkit", Set.of("core")),
                    Map.entry("http", Set.of("core")),
                    Map.entry("web", Set.of("core", "http")),
                    Map.entry("ingest", Set.of("core")),
                    Map.entry("store", Set.of("core")),
                    Map.entry("s3", Set.of("core")),
                    Map.entry("tensor", Set.of("core")),
                    Map.entry("engine", Set.of("core", "tensor")),
                    Map.entry("text", Set.of("core", "tensor")),
                    Map.entry("gateway", Set.of("core", "http")),
                    Map.entry(
                            "local", Set.of("core", "http", "tensor", "engine", "text", "gateway")),
                    Map.entry(
                            "server",
                            Set.of(
                                    "core", "http", "web", "ingest", "store", "s3", "gateway",
                                    "local")),
                    Map.entry("bench", Set.of("core", "tensor", "engine", "text")),
                    Map.entry("cli", Set.of("core", "server", "bench")),
                    Map.entry("browser", Set.of("core", "server", "local", "bench")));

    /// Foreign packages that only the named rooms may touch, so that a part can be replaced by
    /// changing one room.
    private static final Map<String, Set<String>> OWNERS =
            Map.of(
                    "org.eclipse.jetty..", Set.of("http"),
                    "software.amazon.awssdk..", Set.of("s3"),
                    "org.apache.lucene..", Set.of("store"),
                    "org.duckdb..", Set.of("store"),
                    "com.github.luben.zstd..", Set.of("store", "http"),
                    "jdk.incubator.vector..", Set.of("tensor"),
                    "java.util.logging..", Set.of("server"));

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("dev.backplane");

    @Test
    void everyClassLivesInARoomOfTheMap() {
        Set<String> rooms = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            rooms.add(type.getPackageName().substring(ROOT.length()).split("\\.")[0]);
        }
        assertThat(rooms).contains("core").isSubsetOf(ARROWS.keySet());
    }

    @Test
    void modulesOfTheBuildAreTheRoomsOfTheMap() {
        assertThat(SourceTree.here().modules())
                .containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
    }

    @TestFactory
    List<DynamicTest> roomsKnowOnlyThoseBelowThem() {
        return ARROWS.entrySet().stream()
                .map(arrow ->
                        DynamicTest.dynamicTest(
                                arrow.getKey(), () -> check(arrow.getKey(), arrow.getValue())))
                .toList();
    }

    private static void check(String room, Set<String> known) {
        String[] forbidden =
                ARROWS.keySet().stream()
                        .filter(other -> !other.equals(room) && !known.contains(other))
                        .map(other -> ROOT + other + "..")
                        .sorted()
                        .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(ROOT + room + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .because("arrows point one way: %s may know %s".formatted(room, known))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @TestFactory
    List<DynamicTest> foreignPartsStayBehindTheirRoom() {
        return OWNERS.entrySet().stream()
                .map(owner ->
                        DynamicTest.dynamicTest(
                                owner.getKey(),
                                () ->
                                        noClasses()
                                                .that()
                                                .resideOutsideOfPackages(
                                                        packagesOf(owner.getValue()))
                                                .should()
                                                .dependOnClassesThat()
                                                .resideInAPackage(owner.getKey())
                                                .check(CLASSES)))
                .toList();
    }

    /// Within a room, too: its parts may share the types of the room's root package, but no part
    /// may need another that needs it.
    @Test
    void partsOfARoomFormNoCycles() {
        slices().matching("dev.backplane.(*).(*)..")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void onlyCommandsWriteToTheTerminal() {
        noClasses()
                .that()
                .resideOutsideOfPackages(packagesOf(Set.of("cli", "bench")))
                .should(ACCESS_STANDARD_STREAMS)
                .because("a library returns, throws or logs through System.Logger")
                .check(CLASSES);
    }

    @Test
    void nothingIsWiredByReflection() {
        Set<String> reflective =
                Set.of(
                        "java.lang.reflect.Constructor",
                        "java.lang.reflect.Field",
                        "java.lang.reflect.Method",
                        "java.lang.reflect.Proxy",
                        "java.util.ServiceLoader");
        noClasses()
                .should()
                .dependOnClassesThat(
                        describe("are reflective", type -> reflective.contains(type.getName())))
                .orShould()
                .callMethod(Class.class, "forName", String.class)
                .because("parts are handed over by constructors, which the compiler can check")
                .check(CLASSES);
    }

    @Test
    void mainCodeDoesNotUseTestLibraries() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "testkit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.junit..", "org.assertj..", ROOT + "testkit..")
                .check(CLASSES);
    }

    private static String[] packagesOf(Set<String> rooms) {
        return rooms.stream().map(room -> ROOT + room + "..").toArray(String[]::new);
    }
}
