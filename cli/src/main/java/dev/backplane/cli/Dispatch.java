package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.util.List;
import java.util.Optional;

/// Finds the code of a command. The switch is exhaustive, so a command of the table that nothing
/// implements does not compile.
final class Dispatch {
    private final Terminal terminal;
    private final Output output;
    private final Optional<Agent> agent;

    Dispatch(Terminal terminal, Output output, Optional<Agent> agent) {
        this.terminal = terminal;
        this.output = output;
        this.agent = agent;
    }

    /// Runs the command.
    ///
    /// @return the exit code of a command that ended as it should; failures are thrown
    int run(Invocation invocation) {
        try {
            return perform(invocation);
        } catch (Failure failure) {
            throw Advice.on(failure, invocation);
        }
    }

    private int perform(Invocation invocation) {
        return switch (invocation.command().name()) {
            case UP -> new ServerCommands(invocation, output, terminal).up();
            case DEMO -> new BenchCommand(invocation, output).demo(client(invocation));
            case BENCH_GENERATE -> new BenchCommand(invocation, output).generate();
            case BENCH_INGEST -> new BenchCommand(invocation, output).ingest(client(invocation));
            case BENCH_QUERY -> new BenchCommand(invocation, output).query(client(invocation));
            case BENCH_KERNELS -> new BenchCommand(invocation, output).kernels();
            case BENCH_ENGINE -> new BenchCommand(invocation, output).engine();
            case BENCH_ANSWERS -> new BenchCommand(invocation, output).answers();
            case BENCH_GRAMMAR -> new BenchCommand(invocation, output).grammar();
            case BENCH_TRACE -> new BenchCommand(invocation, output).trace(client(invocation));
            case BENCH_GATEWAY -> new BenchCommand(invocation, output).gateway();
            case BENCH_CHECK -> new BenchCommand(invocation, output).check();
            case CONFIG_CHECK -> new ServerCommands(invocation, output, terminal).check();
            case VERSION -> version();
            case HELP -> help(invocation);
            case COMPLETIONS -> completions(invocation);
            case TEST -> throw launcherOnly();
            case DOCTOR -> new DoctorCommand(terminal, output, agent).run(invocation);
            case IMPORT -> importer(invocation).run();
            case TRACES_LIST, SPANS_LIST, SEARCH -> lists(invocation).list();
            case TRACES_SHOW -> new TraceCommand(invocation, client(invocation), output).show();
            case SPANS_SHOW -> payloads(invocation).show();
            case STORE_EXPORT -> payloads(invocation).export();
            case TRACES_DELETE -> changes(invocation).deleteTraces();
            case SPANS_DELETE -> changes(invocation).deleteSpan();
            case FEEDBACK -> changes(invocation).feedback();
            case SQL -> new SqlCommand(invocation, client(invocation), output, terminal).run();
            case DATASETS_LIST -> datasets(invocation).list();
            case DATASETS_ADD -> datasets(invocation).add(terminal.clock());
            case DATASETS_EXPORT -> payloads(invocation).exportDataset();
            case DATASETS_DELETE -> datasets(invocation).delete();
            case PROJECTS_LIST -> administration(invocation).projects();
            case PROJECTS_CREATE -> administration(invocation).createProject();
            case PROJECTS_UPDATE -> administration(invocation).updateProject();
            case PROJECTS_DELETE -> administration(invocation).deleteProject();
            case KEYS_LIST -> administration(invocation).keys();
            case KEYS_CREATE -> administration(invocation).createKey();
            case KEYS_REVOKE -> administration(invocation).revokeKey();
            case PROVIDERS_LIST -> administration(invocation).providers();
            case PROVIDERS_TEST -> administration(invocation).testProviders();
            case ROUTES_EXPLAIN -> administration(invocation).explainRoute();
            case CHAT -> new ChatCommand(invocation, client(invocation), output, terminal).run();
            case PULL -> new PullCommand(invocation, client(invocation), output, terminal).run();
            case MODELS_LIST -> models(invocation).list();
            case MODELS_SHOW -> models(invocation).show();
            case MODELS_CREATE -> create(invocation).run();
            case MODELS_QUANTIZE -> create(invocation).quantize();
            case MODELS_COPY -> models(invocation).copy();
            case MODELS_REMOVE -> models(invocation).remove();
            case RUN -> new ChatCommand(invocation, client(invocation), output, terminal).run();
            case MODELS_PS -> new ResidentCommands(invocation, client(invocation), output).list();
            case MODELS_STOP -> new ResidentCommands(invocation, client(invocation), output).stop();
            case USAGE -> administration(invocation).usage(terminal.clock());
            case FILES_LIST -> files(invocation).files();
            case FILES_UPLOAD -> files(invocation).upload();
            case FILES_DOWNLOAD -> files(invocation).download();
            case FILES_DELETE -> files(invocation).delete();
            case BATCHES_CREATE -> files(invocation).create();
            case BATCHES_LIST -> files(invocation).batches();
            case BATCHES_SHOW -> files(invocation).showBatch();
            case BATCHES_CANCEL -> files(invocation).cancel();
            case BATCHES_RESULTS -> files(invocation).results();
            case STORE_STATS -> store(invocation).stats();
            case STORE_COMPACT -> store(invocation).compact();
            case STORE_VERIFY -> store(invocation).verify();
        };
    }

    private Client client(Invocation invocation) {
        return Client.of(invocation, terminal, output, agent);
    }

    private ListCommands lists(Invocation invocation) {
        return new ListCommands(invocation, client(invocation), output, terminal.clock());
    }

    private ImportCommand importer(Invocation invocation) {
        return new ImportCommand(invocation, client(invocation), output, terminal);
    }

    private PayloadCommands payloads(Invocation invocation) {
        return new PayloadCommands(invocation, client(invocation), output);
    }

    private DatasetCommands datasets(Invocation invocation) {
        return new DatasetCommands(invocation, client(invocation), output);
    }

    private ChangeCommands changes(Invocation invocation) {
        return new ChangeCommands(invocation, client(invocation), output);
    }

    private AdministrationCommands administration(Invocation invocation) {
        return new AdministrationCommands(invocation, client(invocation), output);
    }

    private CreateCommand create(Invocation invocation) {
        return new CreateCommand(invocation, client(invocation), output, terminal);
    }

    private ModelCommands models(Invocation invocation) {
        return new ModelCommands(invocation, client(invocation), output);
    }

    private FileCommands files(Invocation invocation) {
        return new FileCommands(invocation, client(invocation), output);
    }

    private StoreCommands store(Invocation invocation) {
        return new StoreCommands(client(invocation), output);
    }

    private int version() {
        if (output.isHuman()) {
            output.data().print("backplane " + Version.current() + "\n");
        } else {
            output.object(
                    Node.fields("version", Version.current(), "java", Version.java()),
                    java.util.Map.of(),
                    "version");
        }
        return 0;
    }

    private int help(Invocation invocation) {
        String path = String.join(" ", invocation.arguments());
        Optional<Command> command = CommandTable.find(path);
        if (!path.isEmpty() && command.isEmpty() && !CommandTable.isGroup(path)) {
            throw Failure.of(
                            Problem.Kind.INVALID,
                            "no command '%s'".formatted(path),
                            "no command '%s' to explain".formatted(path))
                    .hint("one of: " + String.join(", ", CommandTable.wordsAfter("")))
                    .next("backplane help");
        }
        if (invocation.has("manual")) {
            output.data().print(Manual.markdown());
            return 0;
        }
        switch (output.format()) {
            case JSON -> output.data().print(Help.manifest(path).json() + "\n");
            case NDJSON -> {
                if (Help.manifest(path).get("commands")
                        instanceof Node.Items(List<Node> commands)) {
                    commands.forEach(each -> output.data().print(each.json() + "\n"));
                }
            }
            case QUIET ->
                    CommandTable.all().stream()
                            .map(Command::path)
                            .filter(each ->
                                    (each + " ").startsWith(path.isEmpty() ? "" : path + " "))
                            .forEach(each -> output.data().print(each + "\n"));
            case HUMAN, AGENT -> {
                Help help = new Help(output.data());
                if (command.isPresent()) {
                    help.command(command.get());
                } else if (path.isEmpty()) {
                    help.overview();
                } else {
                    help.group(path);
                }
            }
        }
        return 0;
    }

    private int completions(Invocation invocation) {
        output.data().print(Completions.of(invocation.argument(0)));
        return 0;
    }

    private static Failure launcherOnly() {
        return Failure.of(
                        Problem.Kind.CONFIG,
                        "tests are run by the launcher",
                        "tests are run by the launcher script of a source tree")
                .hint("run ./backplane test in the source tree");
    }
}
