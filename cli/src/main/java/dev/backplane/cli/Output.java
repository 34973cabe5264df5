package dev.backplane.cli;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The one renderer: commands hand it data and messages, it decides how they look in the chosen
/// [Format]. Data goes to stdout, everything else to stderr.
final class Output {
    private final Format format;
    private final Terminal terminal;
    private final Screen data;
    private final Screen messages;

    Output(Format format, Terminal terminal) {
        this.format = format;
        this.terminal = terminal;
        boolean isHuman = format == Format.HUMAN;
        this.data = screen(terminal.out(), isHuman && terminal.isOutputTerminal());
        this.messages = screen(terminal.error(), isHuman && terminal.isErrorTerminal());
    }

    private Screen screen(OutputStream stream, boolean isTerminal) {
        return new Screen(
                stream,
                isTerminal,
                terminal.hasColour(isTerminal),
                terminal.hasUnicode(),
                terminal.columns());
    }

    Format format() {
        return format;
    }

    boolean isHuman() {
        return format == Format.HUMAN;
    }

    /// stdout, for payloads and for text that has its own form (help, completions).
    Screen data() {
        return data;
    }

    /// stderr, for what has its own form there: a chat's prompt, the thoughts of a model.
    Screen messages() {
        return messages;
    }

    /// Whether somebody sees stderr change.
    boolean isWatched() {
        return messages.isTerminal() && !terminal.variable("TERM").equals("dumb");
    }

    /// Begins a table. `chosen` are the columns that the user asked for, or none for the usual.
    TableWriter table(Table table, List<String> chosen) {
        List<Column> columns = columns(table, chosen);
        return switch (format) {
            case HUMAN -> new HumanTable(columns, data, this::hint, terminal.zone());
            case AGENT -> new TabTable(columns, data);
            case JSON -> new JsonTable(table.name(), chosen, data);
            case NDJSON -> new LineTable(chosen, data);
            case QUIET ->
                    new IdentityTable(
                            chosen.isEmpty() ? table.identity() : columns.subList(0, 1), data);
        };
    }

    private List<Column> columns(Table table, List<String> chosen) {
        if (chosen.isEmpty()) {
            return table.columns().stream()
                    .filter(column -> column.isBrief() || format.isMachine())
                    .toList();
        }
        Map<String, Column> known = new LinkedHashMap<>();
        table.columns().forEach(column -> known.put(column.id(), column));
        List<Column> columns = new ArrayList<>();
        for (String name : chosen) {
            Column column = known.get(name);
            if (column == null) {
                Failure failure =
                        Failure.usage("no column '%s'".formatted(name))
                                .hint("one of: " + String.join(", ", known.keySet()));
                throw Suggestion.closest(name, known.keySet())
                        .map(near -> failure.hint("did you mean '" + near + "'?"))
                        .orElse(failure);
            }
            columns.add(column);
        }
        return columns;
    }

    /// Prints one object: a line a member for people, `member<TAB>value` for agents, and
    /// `identity`'s value alone in quiet.
    void object(Node.Fields object, Map<String, Unit> units, String identity) {
        switch (format) {
            case HUMAN -> {
                int width =
                        object.values().keySet().stream().mapToInt(String::length).max().orElse(0);
                object.values()
                        .forEach((name, value) -> {
                            Unit unit = units.getOrDefault(name, Unit.TEXT);
                            String label = name.replace('_', ' ');
                            data.print(
                                    data.faint(label + " ".repeat(width - name.length()))
                                            + "  "
                                            + DisplayText.cell(value, unit, terminal.zone())
                                            + "\n");
                        });
            }
            case AGENT -> {
                data.print("field\tvalue\n");
                object.values()
                        .forEach((name, value) ->
                                data.print(name + "\t" + TabTable.cell(value.plain()) + "\n"));
            }
            case JSON, NDJSON -> data.print(object.json() + "\n");
            case QUIET -> data.print(TabTable.cell(object.get(identity).plain()) + "\n");
        }
    }

    /// Says that something was done: a sentence for people, the facts for everyone else.
    void done(String sentence, Node.Fields facts, String identity) {
        if (isHuman()) {
            String mark = data.hasUnicode() ? "✓ " : "ok: ";
            data.print(data.green(mark) + DisplayText.line(sentence) + "\n");
        } else {
            object(facts, Map.of(), identity);
        }
    }

    /// A step of what is being done, for people only.
    void say(String text) {
        if (isHuman()) {
            messages.print(DisplayText.visible(text) + "\n");
            flush();
        }
    }

    /// A part of long work that was finished, on a line that stays; quiet leaves it out.
    void step(String label, String text) {
        if (format != Format.QUIET) {
            message("progress", messages.faint(label + ": "), text);
        }
    }

    /// Something said in passing, for people only.
    void remark(String text) {
        if (isHuman()) {
            messages.print(messages.faint(DisplayText.visible(text)) + "\n");
            flush();
        }
    }

    /// Something the user should know, though the command goes on.
    void warn(String text) {
        message("warning", messages.yellow("warning: "), text);
    }

    /// What to do next, or what was left out; quiet leaves it out.
    void hint(String text) {
        if (format != Format.QUIET) {
            message("hint", messages.faint("hint: "), text);
        }
    }

    private void message(String kind, String label, String text) {
        if (format.isJson()) {
            messages.print(Node.fields(kind, text).json() + "\n");
        } else {
            messages.print(label + DisplayText.line(text) + "\n");
        }
        flush();
    }

    /// Reports why the command ends: the envelope, or two or three lines for people.
    void failure(Failure failure) {
        if (format.isMachine()) {
            messages.print(failure.envelope().json() + "\n");
        } else {
            messages.print(messages.red("error: ") + DisplayText.line(failure.message()) + "\n");
            line("hint", failure.hint());
            line("try", failure.next());
            line("request", failure.requestId());
        }
        messages.flush();
    }

    private void line(String label, String text) {
        if (!text.isEmpty()) {
            messages.print(messages.faint(label + ": ") + DisplayText.line(text) + "\n");
        }
    }

    /// A progress line on stderr, or one that shows nothing when nobody watches.
    Progress progress(String label) {
        return new Progress(label, isWatched() ? Optional.of(messages) : Optional.empty());
    }

    /// The answer to a question that is asked only where someone can answer it.
    ///
    /// @throws Failure off a terminal, with the command that needs no question
    boolean confirm(String question, String repair) {
        if (!isHuman() || !terminal.canAsk()) {
            throw Failure.usage(question + " needs a yes")
                    .hint("give --yes; nobody can be asked here")
                    .next(repair);
        }
        messages.print(question + "? [y/N] ");
        messages.flush();
        return Answers.isYes(terminal.in());
    }

    void flush() {
        data.flush();
        messages.flush();
    }
}
