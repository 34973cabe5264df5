package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The whole command line as data: global options, groups, commands and exit codes. The commands
/// themselves stand in [LocalCommands], [ClientCommands], [DatasetCommands], [LibraryCommands],
/// [GatewayCommands], [FileCommandTable] and [MeasureCommands].
final class CommandTable {
    /// An exit code, the `kind` values of the error envelope that lead to it, and what it means.
    record Exit(int code, String meaning) {}

    static final List<Exit> EXITS =
            List.of(
                    new Exit(0, "done"),
                    new Exit(1, "failed, or done in part"),
                    new Exit(2, "the command line or the input is wrong"),
                    new Exit(4, "not found"),
                    new Exit(5, "conflict with what is there"),
                    new Exit(6, "blocked by policy"),
                    new Exit(69, "the server cannot be reached or is not ready"),
                    new Exit(75, "try again later: limit or timeout"),
                    new Exit(77, "not authenticated or not permitted"),
                    new Exit(78, "the configuration or the installation is wrong"),
                    new Exit(130, "stopped by Ctrl-C; a server has closed its store"),
                    new Exit(143, "stopped by SIGTERM; a server has closed its store"));

    /// `backplane --version`, with no command.
    static final Option VERSION_FLAG = Option.flag("version", "print the version");

    /// What a new user runs, in this order.
    static final List<Command.Name> FIRST_STEPS =
            List.of(
                    Command.Name.UP,
                    Command.Name.DEMO,
                    Command.Name.IMPORT,
                    Command.Name.TRACES_LIST,
                    Command.Name.TRACES_SHOW,
                    Command.Name.SEARCH,
                    Command.Name.SQL);

    private static final Option HELP_FLAG =
            Option.flag("help", "explain the command and do nothing").withLetter("h");
    private static final Option YES_FLAG =
            Option.flag("yes", "do not ask; needed when there is no terminal to ask on")
                    .withLetter("y");
    private static final Option COLUMNS =
            Option.of(
                    "columns",
                    Option.Type.TEXT,
                    "A,B",
                    "these columns in this order, in every format");

    private static final List<Option> EVERYWHERE =
            List.of(
                    Option.choice(
                                    "format",
                                    Arrays.stream(Format.values()).map(Format::id).toList(),
                                    "how output looks; agent when an agent is detected, else"
                                            + " human")
                            .withEnvironment("BACKPLANE_FORMAT"),
                    Option.flag("json", "short for --format json"),
                    Option.flag("quiet", "short for --format quiet").withLetter("q"),
                    HELP_FLAG);

    private static final List<Option> WITH_SERVER =
            List.of(
                    Option.of("url", Option.Type.TEXT, "URL", "the server")
                            .withEnvironment("BACKPLANE_URL")
                            .withInitial("http://127.0.0.1:7700"),
                    Option.of("project", Option.Type.TEXT, "NAME", "the project to work in")
                            .withLetter("p")
                            .withEnvironment("BACKPLANE_PROJECT"),
                    Option.of(
                                    "api-key-file",
                                    Option.Type.FILE,
                                    "FILE",
                                    "read the API key from a file, or from stdin with -;"
                                            + " BACKPLANE_API_KEY holds the key itself")
                            .withEnvironment("BACKPLANE_API_KEY_FILE"),
                    Option.of(
                                    "timeout",
                                    Option.Type.DURATION,
                                    "TIME",
                                    "longest silence of the server")
                            .withEnvironment("BACKPLANE_TIMEOUT")
                            .withInitial("60s"));

    /// What each first word of several commands is about.
    private static final Map<String, String> GROUPS = groups();

    private static final Map<String, Command> COMMANDS = commands();
    private static final Map<Command.Name, Map<String, Option>> OPTIONS =
            new EnumMap<>(Command.Name.class);

    private CommandTable() {}

    private static Map<String, String> groups() {
        Map<String, String> groups = new LinkedHashMap<>();
        groups.put("traces", "Agent runs: trees of spans");
        groups.put("spans", "Single calls and their payloads");
        groups.put("datasets", "Copies of spans, to test with and to train on");
        groups.put("projects", "Separate stores with their own keys, retention and quota");
        groups.put("keys", "API keys");
        groups.put("models", "Models of this machine");
        groups.put("providers", "Services that answer requests to models");
        groups.put("routes", "Which provider answers for a model's name");
        groups.put("files", "Files that requests to models can name");
        groups.put("batches", "Many requests in a file, answered in their own time");
        groups.put("store", "The trace database's own files");
        groups.put("bench", "The published benchmark of agent traces, re-runnable");
        groups.put("config", "The server's configuration");
        return groups;
    }

    private static Map<String, Command> commands() {
        List<Command> all = new ArrayList<>(LocalCommands.server());
        all.addAll(ClientCommands.data());
        all.addAll(DatasetCommands.all());
        all.addAll(ClientCommands.administration());
        all.addAll(LibraryCommands.all());
        all.addAll(GatewayCommands.all());
        all.addAll(FileCommandTable.files());
        all.addAll(FileCommandTable.batches());
        all.addAll(RunCommands.all());
        all.addAll(ClientCommands.store());
        all.addAll(MeasureCommands.all());
        all.addAll(LocalCommands.program());
        Map<String, Command> commands = new LinkedHashMap<>();
        all.forEach(command -> commands.put(command.path(), command));
        return commands;
    }

    /// All commands in the order of the manual.
    static List<Command> all() {
        return List.copyOf(COMMANDS.values());
    }

    static Optional<Command> find(String path) {
        return Optional.ofNullable(COMMANDS.get(path));
    }

    static Command get(Command.Name name) {
        return COMMANDS.values().stream()
                .filter(command -> command.name() == name)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no command " + name));
    }

    static boolean isGroup(String path) {
        return GROUPS.containsKey(path);
    }

    static String groupSummary(String group) {
        return GROUPS.getOrDefault(group, "");
    }

    /// The words that may follow a group, or with the empty string those that may come first.
    static Set<String> wordsAfter(String group) {
        Set<String> words = new LinkedHashSet<>();
        for (Command command : COMMANDS.values()) {
            if (group.isEmpty()) {
                words.add(command.group());
            } else if (command.isInGroup() && command.group().equals(group)) {
                words.add(command.path().substring(group.length() + 1));
            }
        }
        return words;
    }

    /// Whether the command talks to a server and so takes its address, key and project.
    static boolean hasServer(Command command) {
        return command.effect() != Command.Effect.RUN || command.name() == Command.Name.DOCTOR;
    }

    /// The options that may stand before the command.
    static Map<String, Option> globalOptions() {
        Map<String, Option> options = new LinkedHashMap<>();
        EVERYWHERE.forEach(option -> options.put(option.name(), option));
        WITH_SERVER.forEach(option -> options.put(option.name(), option));
        return options;
    }

    /// The options by which a command differs from others.
    static List<Option> ownOptions(Command command) {
        List<Option> own = new ArrayList<>(command.options());
        if (command.table().isPresent()) {
            own.add(COLUMNS);
        }
        if (command.effect() == Command.Effect.DELETE) {
            own.add(YES_FLAG);
        }
        return own;
    }

    /// The options that the command shares with others.
    static List<Option> commonOptions(Command command) {
        List<Option> common = new ArrayList<>();
        if (hasServer(command)) {
            common.addAll(WITH_SERVER);
        }
        common.addAll(EVERYWHERE);
        // A command may have its own idea of an option that others share.
        List<String> own = command.options().stream().map(Option::name).toList();
        common.removeIf(option -> own.contains(option.name()));
        return common;
    }

    /// Every option the command accepts, by name. Not thread-safe, as nothing here needs to be.
    static Map<String, Option> optionsOf(Command command) {
        return OPTIONS.computeIfAbsent(
                command.name(),
                _ -> {
                    Map<String, Option> options = new LinkedHashMap<>();
                    ownOptions(command).forEach(option -> options.put(option.name(), option));
                    commonOptions(command).forEach(option -> options.put(option.name(), option));
                    return options;
                });
    }

    /// The exit codes that the command can end with.
    static List<Exit> exitsOf(Command command) {
        if (hasServer(command)) {
            return EXITS;
        }
        Set<Integer> local = Set.of(0, 1, 2, Problem.Kind.CONFIG.exitCode(), 130, 143);
        return EXITS.stream().filter(exit -> local.contains(exit.code())).toList();
    }
}
