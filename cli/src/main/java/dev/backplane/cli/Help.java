package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Explains the command table to people and, as the manifest, to programs.
final class Help {
    private static final int COLUMNS_DEFAULT = 88;
    private static final int COLUMNS_MAX = 100;

    private final Screen screen;
    private final int columns;

    Help(Screen screen) {
        this.screen = screen;
        int width = screen.columns() == 0 ? COLUMNS_DEFAULT : screen.columns();
        this.columns = Math.clamp(width, 60, COLUMNS_MAX);
    }

    /// All commands, a line each.
    void overview() {
        screen.print("Backplane: the backend of AI agents as one self-hosted system.\n\n");
        heading("usage");
        screen.print("  backplane COMMAND [options]\n");
        heading("start here");
        List<String[]> start = new ArrayList<>();
        for (Command.Name name : CommandTable.FIRST_STEPS) {
            Command command = CommandTable.get(name);
            start.add(new String[] {"backplane " + command.path(), command.summary()});
        }
        rows(start);
        heading("commands");
        rows(
                CommandTable.all().stream()
                        .map(command -> new String[] {command.path(), command.summary()})
                        .toList());
        heading("formats, with --format, --json or -q on every command");
        List<String[]> formats = new ArrayList<>();
        for (Format format : Format.values()) {
            formats.add(new String[] {format.id(), format.summary()});
        }
        rows(formats);
        screen.print(
                "\nbackplane COMMAND --help explains a command; backplane help --json is the"
                        + " manifest.\n");
    }

    void group(String group) {
        screen.print(CommandTable.groupSummary(group) + ".\n");
        heading("commands");
        rows(
                CommandTable.all().stream()
                        .filter(command -> command.isInGroup() && command.group().equals(group))
                        .map(command -> new String[] {command.usage(), command.summary()})
                        .toList());
        heading("examples");
        CommandTable.all().stream()
                .filter(command -> command.isInGroup() && command.group().equals(group))
                .forEach(command ->
                        screen.print("  " + command.examples().getFirst().line() + "\n"));
    }

    void command(Command command) {
        screen.print(command.summary() + ".\n");
        heading("usage");
        screen.print("  " + command.usage() + "\n");
        heading("examples");
        for (Command.Example example : command.examples()) {
            screen.print("  " + example.line() + "\n");
            screen.print("      " + screen.faint(example.purpose()) + "\n");
        }
        if (!command.details().isEmpty()) {
            screen.print("\n");
            wrap(command.details(), 0).forEach(line -> screen.print(line + "\n"));
        }
        if (!command.arguments().isEmpty()) {
            heading("arguments");
            rows(
                    command.arguments().stream()
                            .map(argument -> new String[] {argument.usage(), argument.summary()})
                            .toList());
        }
        options("options", CommandTable.ownOptions(command));
        options("options of many commands", CommandTable.commonOptions(command));
        command.table()
                .filter(table -> !table.columns().isEmpty())
                .ifPresent(table -> {
                    heading("columns");
                    rows(
                            table.columns().stream()
                                    .map(column -> new String[] {column.id(), column.summary()})
                                    .toList());
                });
        heading("exit codes");
        rows(
                CommandTable.exitsOf(command).stream()
                        .map(exit -> new String[] {Integer.toString(exit.code()), exit.meaning()})
                        .toList());
    }

    private void options(String title, List<Option> options) {
        if (options.isEmpty()) {
            return;
        }
        heading(title);
        rows(
                options.stream()
                        .map(option -> new String[] {option.usage(), explanation(option)})
                        .toList());
    }

    /// The summary with choices, default and variable.
    static String explanation(Option option) {
        StringBuilder text = new StringBuilder(option.summary());
        if (!option.choices().isEmpty()) {
            text.append(": ").append(String.join(", ", option.choices()));
        }
        List<String> facts = new ArrayList<>();
        if (option.isRepeatable()) {
            facts.add("repeatable");
        }
        if (!option.initial().isEmpty()) {
            facts.add("default " + option.initial());
        }
        if (!option.environment().isEmpty()) {
            facts.add(option.environment());
        }
        return facts.isEmpty()
                ? text.toString()
                : text.append(" (").append(String.join(", ", facts)).append(')').toString();
    }

    private void heading(String title) {
        screen.print("\n" + screen.bold(title) + "\n");
    }

    /// Two columns, the second wrapped beside the first.
    private void rows(List<String[]> rows) {
        int width = 0;
        for (String[] row : rows) {
            width = Math.max(width, row[0].length() <= columns / 2 ? row[0].length() : 0);
        }
        for (String[] row : rows) {
            List<String> lines = wrap(row[1], width + 4);
            boolean isLong = row[0].length() > width;
            screen.print("  " + row[0]);
            for (int i = 0; i < lines.size(); i++) {
                boolean isOwnLine = i > 0 || isLong;
                int indent = isOwnLine ? width + 4 : width - row[0].length() + 2;
                screen.print((isOwnLine ? "\n" : "") + " ".repeat(indent) + lines.get(i));
            }
            screen.print("\n");
        }
    }

    private List<String> wrap(String text, int indent) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > columns - indent) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    /// All commands, or those under a path, as data.
    static Node.Fields manifest(String path) {
        List<Node> commands = new ArrayList<>();
        for (Command command : CommandTable.all()) {
            boolean isWanted =
                    path.isEmpty()
                            || command.path().equals(path)
                            || command.path().startsWith(path + " ");
            if (isWanted) {
                commands.add(describe(command));
            }
        }
        List<Node> exits = new ArrayList<>();
        for (CommandTable.Exit exit : CommandTable.EXITS) {
            exits.add(Node.fields("code", exit.code(), "meaning", exit.meaning()));
        }
        List<Node> formats = new ArrayList<>();
        for (Format format : Format.values()) {
            formats.add(Node.fields("name", format.id(), "summary", format.summary()));
        }
        return Node.fields(
                "program", "backplane",
                "version", Version.current(),
                "formats", new Node.Items(formats),
                "exit_codes", new Node.Items(exits),
                "commands", new Node.Items(commands));
    }

    private static Node describe(Command command) {
        List<Node> arguments = new ArrayList<>();
        for (Argument argument : command.arguments()) {
            arguments.add(
                    Node.fields(
                            "name", argument.name(),
                            "required", argument.isRequired(),
                            "repeated", argument.isRepeated(),
                            "summary", argument.summary()));
        }
        List<Node> options = new ArrayList<>();
        CommandTable.optionsOf(command).values().forEach(option -> options.add(describe(option)));
        List<Node> examples = new ArrayList<>();
        for (Command.Example example : command.examples()) {
            examples.add(Node.fields("line", example.line(), "purpose", example.purpose()));
        }
        List<Node> exits = new ArrayList<>();
        CommandTable.exitsOf(command).forEach(exit -> exits.add(Node.of(exit.code())));
        Node.Fields described =
                Node.fields(
                        "command", command.path(),
                        "summary", command.summary(),
                        "details", command.details(),
                        "effect", command.effect().name().toLowerCase(java.util.Locale.ROOT),
                        "usage", command.usage(),
                        "arguments", new Node.Items(arguments),
                        "options", new Node.Items(options),
                        "examples", new Node.Items(examples),
                        "exit_codes", new Node.Items(exits));
        return command.table()
                .map(table -> described.with("output", describe(table)))
                .orElse(described);
    }

    private static Node describe(Option option) {
        Map<String, Node> fields = new LinkedHashMap<>();
        fields.put("name", Node.of("--" + option.name()));
        if (!option.letter().isEmpty()) {
            fields.put("short", Node.of("-" + option.letter()));
        }
        fields.put("type", Node.of(option.type().name().toLowerCase(java.util.Locale.ROOT)));
        if (!option.value().isEmpty()) {
            fields.put("value", Node.of(option.value()));
        }
        if (!option.choices().isEmpty()) {
            List<Node> choices = new ArrayList<>();
            option.choices().forEach(choice -> choices.add(Node.of(choice)));
            fields.put("choices", new Node.Items(choices));
        }
        if (!option.initial().isEmpty()) {
            fields.put("default", Node.of(option.initial()));
        }
        if (!option.environment().isEmpty()) {
            fields.put("environment", Node.of(option.environment()));
        }
        if (option.isRepeatable()) {
            fields.put("repeatable", Node.of(true));
        }
        fields.put("summary", Node.of(option.summary()));
        return new Node.Fields(fields);
    }

    private static Node describe(Table table) {
        List<Node> columns = new ArrayList<>();
        for (Column column : table.columns()) {
            columns.add(
                    Node.fields(
                            "name", column.id(),
                            "unit", column.unit().name().toLowerCase(java.util.Locale.ROOT),
                            "summary", column.summary()));
        }
        return Node.fields("key", table.name(), "columns", new Node.Items(columns));
    }
}
