package dev.backplane.cli;

import java.util.List;

/// Writes the command table as Markdown: `docs/cli.md`, which a test keeps current.
final class Manual {
    private final StringBuilder page = new StringBuilder();

    private Manual() {}

    static String markdown() {
        Manual manual = new Manual();
        manual.introduction();
        CommandTable.all().forEach(manual::command);
        return manual.page.toString();
    }

    private void introduction() {
        page.append("# The command line\n\n");
        page.append("Made from the command table by `backplane help --manual`; a test keeps it");
        page.append(" current. The same as data: `backplane help --json`.\n\n");
        page.append("Data goes to stdout, everything else to stderr. Nothing asks a question when");
        page.append(" there is no terminal to ask on.\n\n");
        page.append("## Formats\n\nOn every command: `--format FORMAT`, `--json`, `-q`, or the");
        page.append(" variable `BACKPLANE_FORMAT`. Without any, `agent` when an agent runs the");
        page.append(" program (`backplane doctor` says which), else `human`.\n\n");
        page.append("| format | output |\n|---|---|\n");
        for (Format format : Format.values()) {
            page.append("| `%s` | %s |\n".formatted(format.id(), format.summary()));
        }
        page.append("\nIn every format but `human` an error is one JSON object on stderr:");
        page.append(" `error` (few words), `kind`, `message` (with the place), `hint` (what to");
        page.append(" do), `next` (the command that does it, may be empty), `retryable`,");
        page.append(" `request_id`. In `json` and `ndjson` warnings, hints and finished parts of");
        page.append(" long work are JSON lines, too. A list that is cut says so:");
        page.append(" `\"truncated\":true` and the `cursor` to go on with in `json`, a hint on");
        page.append(" stderr in the others.\n\n");
        page.append("## Exit codes\n\n| code | meaning |\n|---|---|\n");
        for (CommandTable.Exit exit : CommandTable.EXITS) {
            page.append("| %d | %s |\n".formatted(exit.code(), exit.meaning()));
        }
        page.append("\n## Commands\n\n| command | what it does |\n|---|---|\n");
        for (Command command : CommandTable.all()) {
            page.append(
                    "| [`%s`](#%s) | %s |\n"
                            .formatted(
                                    command.path(),
                                    command.path().replace(' ', '-'),
                                    command.summary()));
        }
        page.append("\n## Options of many commands\n\n");
        page.append("Commands that talk to a server take all of these, others those from");
        page.append(" `--format` on.\n\n");
        options(CommandTable.commonOptions(CommandTable.get(Command.Name.TRACES_LIST)));
    }

    private void command(Command command) {
        page.append("\n### %s\n\n%s.".formatted(command.path(), command.summary()));
        if (!command.details().isEmpty()) {
            page.append(' ').append(command.details());
        }
        page.append("\n\n```\n").append(command.usage()).append("\n```\n\n");
        for (Command.Example example : command.examples()) {
            page.append("- `%s`: %s\n".formatted(example.line(), example.purpose()));
        }
        if (!command.arguments().isEmpty()) {
            page.append("\n| argument | meaning |\n|---|---|\n");
            for (Argument argument : command.arguments()) {
                page.append("| `%s` | %s |\n".formatted(argument.usage(), argument.summary()));
            }
        }
        List<Option> own = CommandTable.ownOptions(command);
        if (!own.isEmpty()) {
            page.append('\n');
            options(own);
        }
        command.table()
                .filter(table -> !table.columns().isEmpty())
                .ifPresent(table -> {
                    page.append("\n| column | unit | meaning |\n|---|---|---|\n");
                    for (Column column : table.columns()) {
                        String unit = column.unit().name().toLowerCase(java.util.Locale.ROOT);
                        page.append(
                                "| `%s` | %s | %s |\n"
                                        .formatted(column.id(), unit, column.summary()));
                    }
                });
    }

    private void options(List<Option> options) {
        page.append("| option | meaning |\n|---|---|\n");
        for (Option option : options) {
            page.append(
                    "| `%s` | %s |\n"
                            .formatted(
                                    option.usage(), Help.explanation(option).replace("|", "\\|")));
        }
    }
}
