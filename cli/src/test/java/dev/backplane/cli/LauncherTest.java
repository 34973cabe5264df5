package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher script in a made-up source tree, with JDKs and a Maven that only say what they were
/// asked.
class LauncherTest {
    private static final Path SCRIPT = Path.of("../backplane");

    @TempDir private Path directory = Path.of("");
    private Path root = directory;
    private final Map<String, String> environment = new TreeMap<>();

    private record Ran(int exit, String out, String error) {}

    @BeforeEach
    void makeTree() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a POSIX shell");
        root = Files.createDirectories(directory.resolve("a tree"));
        script(root.resolve("backplane"), Files.readString(SCRIPT));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.createDirectories(root.resolve("core/src/main"));
        Files.writeString(root.resolve("core/src/main/A.java"), "class A {}");
        script(
                root.resolve("mvnw"),
                """
                #!/bin/sh
                echo "maven $* $JAVA_HOME" >>"$(dirname "$0")/maven.log"
                [ ! -f "$(dirname "$0")/broken" ] || { echo "[ERROR] no such symbol"; exit 1; }
                [ "$1" = package ] || { echo "Tests run: 1"; exit 3; }
                echo "[INFO] Building core 0.1.0     [1/2]"
                lib="$(dirname "$0")/cli/target/dist/lib"
                mkdir -p "$lib"
                for jar in backplane-cli-1 backplane-core-1 jackson-core-1 lucene-1; do
                    echo $jar >"$lib/$jar.jar"
                done
                """);
        for (String source : List.of("pom.xml", "core/src/main/A.java", "core/src/main")) {
            setAge(root.resolve(source), Duration.ofHours(2));
        }
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.3"));
        environment.put("PATH", System.getenv("PATH"));
        environment.put("HOME", directory.toString());
    }

    private String jdk(String name, String version) throws IOException {
        Path home = directory.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(
                home.resolve("release"),
                "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
        script(home.resolve("bin/javac"), "#!/bin/sh\n");
        script(
                home.resolve("bin/java"),
                """
                #!/bin/sh
                for word in "$@"; do
                    case $word in
                    -XX:AOTCacheOutput=*) echo cache >"${word#*=}"; exit ;;
                    esac
                done
                echo "java of NAME"
                for word in "$@"; do echo "<$word>"; done
                """
                        .replace("NAME", name));
        return home.toString();
    }

    private static void script(Path path, String text) throws IOException {
        Files.writeString(path, text);
        assertThat(path.toFile().setExecutable(true)).isTrue();
    }

    private Ran run(Path script, String... words) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("/bin/sh", script.toString()));
        line.addAll(List.of(words));
        Path out = directory.resolve("out");
        Path error = directory.resolve("error");
        ProcessBuilder builder =
                new ProcessBuilder(line)
                        .directory(directory.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(out.toFile())
                        .redirectError(error.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        int exit = builder.start().waitFor();
        return new Ran(
                exit,
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(error, StandardCharsets.UTF_8));
    }

    private Ran run(String... words) throws IOException, InterruptedException {
        return run(root.resolve("backplane"), words);
    }

    private long builds() throws IOException {
        Path log = root.resolve("maven.log");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void buildsOnceAndSaysSoOnStderrOnly() throws Exception {
        Ran first = run("traces", "list", "a b", "'\"$x");
        assertThat(first.error()).contains("building for the first time", "core 0.1.0");
        assertThat(first.exit()).as(first.error()).isZero();
        assertThat(first.out()).startsWith("java of jdk-25\n");
        assertThat(first.out()).endsWith("<traces>\n<list>\n<a b>\n<'\"$x>\n");

        Ran second = run("--version");
        assertThat(second.error()).isEmpty();
        assertThat(second.out()).endsWith("<dev.backplane.cli.Main>\n<--version>\n");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
        run("--version");
        Path source = root.resolve("core/src/main/A.java");
        anHourLater();
        Files.writeString(source, "class A { }");
        assertThat(run("--version").error()).contains("sources are newer");
        assertThat(builds()).isEqualTo(2);
        anHourLater();
        Files.delete(source);
        run("--version");
        assertThat(builds()).isEqualTo(3);
        run("--version");
        assertThat(builds()).isEqualTo(3);
    }

    /// As if an hour had passed since the newest build.
    private void anHourLater() throws IOException {
        setAge(current().resolve("built"), Duration.ofHours(1));
    }

    private static void setAge(Path path, Duration age) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
    }

    /// A server may run from the old jars, so they are never written over.
    @Test
    void aBuildLeavesTheOneBeforeAlone() throws Exception {
        run("--version");
        Path before = current();
        anHourLater();
        Files.writeString(root.resolve("pom.xml"), "<project> </project>");
        run("--version");
        assertThat(current()).isNotEqualTo(before);
        assertThat(before.resolve("backplane-cli-1.jar")).exists();
    }

    private Path current() throws IOException {
        Path dist = root.resolve("cli/target/dist");
        return dist.resolve(Files.readString(dist.resolve("current")).strip());
    }

    @Test
    void aFailedBuildIsExitCode1WithItsErrors() throws Exception {
        Files.writeString(root.resolve("broken"), "");
        Ran ran = run("--version");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.error()).contains("[ERROR] no such symbol", "error: the build failed");
        Files.delete(root.resolve("broken"));
        assertThat(run("--version").exit()).isZero();
    }

    @Test
    void clientsGetThreeJarsAndTheCacheAndTheServerEverything() throws Exception {
        String client = run("traces", "list").out();
        assertThat(client).contains("backplane-cli-1.jar:", "jackson-core-1.jar>");
        assertThat(client).doesNotContain("lucene", "jdk.incubator");
        assertThat(client).contains("<-XX:AOTCache=" + current() + "/client-25.aot>");

        environment.put("BACKPLANE_JAVA_OPTS", "-Xmx1g -Dx=y");
        String server = run("up", "--listen", "127.0.0.1:0").out();
        assertThat(server).contains("lucene-1.jar", "<--add-modules=jdk.incubator.vector>");
        assertThat(server).contains("<-Xmx1g>\n<-Dx=y>\n");
        assertThat(server).endsWith("<up>\n<--listen>\n<127.0.0.1:0>\n");
    }

    @Test
    void anOldJavaHomeIsPassedOver() throws Exception {
        environment.put("BACKPLANE_JAVA_HOME", jdk("jdk-26", "26-ea"));
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15"));
        assertThat(run("--version").out()).startsWith("java of jdk-26\n");
        environment.remove("JAVA_HOME");
        assertThat(run("--version").out()).startsWith("java of jdk-26\n");
    }

    @Test
    void noJdkIsExitCode78AndSaysWhatToInstall() throws Exception {
        Path script = root.resolve("backplane");
        script(script, Files.readString(SCRIPT).replace("JAVA_WANTED=25", "JAVA_WANTED=9999"));
        Ran ran = run("traces", "list");
        assertThat(ran.exit()).isEqualTo(78);
        assertThat(ran.error()).contains("Temurin 9999", "BACKPLANE_JAVA_HOME");
        assertThat(ran.out()).isEmpty();
    }

    @Test
    void errorsAreJsonInAllFormatsButHuman() throws Exception {
        Path script = root.resolve("backplane");
        script(script, Files.readString(SCRIPT).replace("JAVA_WANTED=25", "JAVA_WANTED=9999"));
        String json = "{\"error\":";
        assertThat(run("traces", "list", "--json").error())
                .startsWith(json)
                .contains("\"kind\":\"config\"");
        assertThat(run("traces", "list", "-q").error()).startsWith(json);
        assertThat(run("--format", "agent", "traces", "list").error()).startsWith(json);
        assertThat(run("traces", "list", "--format=ndjson").error()).startsWith(json);
        assertThat(run("search", "--", "--json").error()).startsWith("error: ");
        environment.put("BACKPLANE_FORMAT", "quiet");
        assertThat(run("traces", "list").error()).startsWith(json);
        assertThat(run("traces", "list", "--format", "human").error()).startsWith("error: ");
    }

    /// The script has a list of its own, because it must know before there is a Java.
    @Test
    void knowsTheAgentsThatTheProgramKnows() throws Exception {
        Path script = root.resolve("backplane");
        script(script, Files.readString(SCRIPT).replace("JAVA_WANTED=25", "JAVA_WANTED=9999"));
        for (String variable : Agent.sureVariables()) {
            environment.put(variable, "1");
            assertThat(run("traces", "list").error()).as(variable).startsWith("{\"error\":");
            environment.put("BACKPLANE_AGENT", "none");
            assertThat(run("traces", "list").error()).as(variable).startsWith("error: ");
            environment.remove("BACKPLANE_AGENT");
            environment.remove(variable);
        }
    }

    @Test
    void aBuildSaysNothingWhereStderrIsJson() throws Exception {
        Files.writeString(root.resolve("broken"), "");
        Ran ran = run("--version", "--json");
        assertThat(ran.error().lines()).singleElement().asString().startsWith("{\"error\":");
    }

    /// What `config check` says about memory must be what a server would say.
    @Test
    void checkingTheConfigurationTakesTheServersHeap() throws Exception {
        assertThat(run("config", "check").out())
                .contains("<-XX:MaxRAMPercentage=40>", "<-XX:+UseG1GC>");
    }

    @Test
    void aSymbolicLinkLeadsHome() throws Exception {
        Path link = directory.resolve("bin/backplane");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of("../a tree/backplane"));
        Ran ran = run(link, "--version");
        assertThat(ran.exit()).as(ran.error()).isZero();
        assertThat(root.resolve("cli/target/dist/current")).exists();
    }

    @Test
    void testsGoToMavenWithTheRightJdk() throws Exception {
        Ran ran = run("test", "-pl", "core");
        assertThat(ran.exit()).isEqualTo(3);
        assertThat(ran.out()).isEqualTo("Tests run: 1\n");
        assertThat(Files.readString(root.resolve("maven.log")))
                .isEqualTo("maven verify -pl core %s\n".formatted(environment.get("JAVA_HOME")));
    }

    @Test
    void aDistributionWithoutSourcesRunsAsItIs() throws Exception {
        run("--version");
        Files.delete(root.resolve("pom.xml"));
        Files.delete(root.resolve("mvnw"));
        Files.writeString(root.resolve("core/src/main/B.java"), "");
        Ran ran = run("--version");
        assertThat(ran.exit()).isZero();
        assertThat(ran.error()).isEmpty();
    }

    @Test
    void theLockOfADeadBuildIsTakenOver() throws Exception {
        Path lock = Files.createDirectories(root.resolve("cli/target/dist/lock"));
        Process dead = new ProcessBuilder("/bin/sh", "-c", "exit").start();
        dead.waitFor();
        Files.writeString(lock.resolve("pid"), dead.pid() + "\n");
        assertThat(run("--version").exit()).isZero();
        assertThat(lock).doesNotExist();
    }

    @Test
    void twoFirstRunsBuildOnce() throws Exception {
        Stream.of("one", "two")
                .parallel()
                .forEach(name -> {
                    ProcessBuilder builder =
                            new ProcessBuilder(
                                            "/bin/sh",
                                            root.resolve("backplane").toString(),
                                            "--version")
                                    .redirectErrorStream(true)
                                    .redirectOutput(directory.resolve(name).toFile());
                    builder.environment().clear();
                    builder.environment().putAll(environment);
                    try {
                        assertThat(builder.start().waitFor()).isZero();
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
        assertThat(builds()).isEqualTo(1);
    }
}
