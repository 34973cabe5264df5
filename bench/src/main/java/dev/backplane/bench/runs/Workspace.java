package dev.backplane.bench.runs;

import java.util.ArrayList;
import java.util.List;

/// The source files that a coding agent reads and edits. A file read again after an edit is the
/// same but for a few lines, which is what makes coding agents' traces repetitive.
final class Workspace {
    private final Dice dice;
    private final int fileLength;
    private final List<String> paths = new ArrayList<>();
    private final List<List<String>> files = new ArrayList<>();

    Workspace(int count, int fileLength, Dice dice) {
        this.dice = dice;
        this.fileLength = fileLength;
        for (int i = 0; i < count; i++) {
            paths.add(Grammar.ENGLISH.text("path", dice));
            files.add(new ArrayList<>());
        }
    }

    int pick() {
        return dice.zipf(paths.size());
    }

    String path(int file) {
        return paths.get(file);
    }

    /// The file with line numbers, as tools show it.
    String read(int file) {
        List<String> lines = lines(file);
        StringBuilder out = new StringBuilder(fileLength + lines.size() * 8);
        for (int i = 0; i < lines.size(); i++) {
            out.append(" ".repeat(i < 9 ? 4 : i < 99 ? 3 : 2)).append(i + 1).append("  ");
            out.append(lines.get(i)).append('\n');
        }
        return out.toString();
    }

    /// Replaces one line and says how, as arguments of an edit tool.
    String edit(int file) {
        List<String> lines = lines(file);
        int line = dice.between(1, lines.size() - 2);
        String before = lines.get(line);
        String after = "        " + Grammar.ENGLISH.text("statement_short", dice);
        lines.set(line, after);
        StringBuilder out = new StringBuilder("{\"path\":\"").append(path(file));
        JsonString.append(out.append("\",\"old\":"), before);
        return JsonString.append(out.append(",\"new\":"), after).append('}').toString();
    }

    private List<String> lines(int file) {
        List<String> lines = files.get(file);
        if (lines.isEmpty()) {
            write(lines);
        }
        return lines;
    }

    private void write(List<String> lines) {
        Grammar english = Grammar.ENGLISH;
        lines.add("/// " + english.texts("sentence", 80, " ", dice));
        lines.add("class " + english.text("type_name", dice) + dice.below(10) + " {");
        int length = 0;
        while (length < fileLength || lines.size() < 4) {
            String head =
                    "    %s %s(%s %s) {"
                            .formatted(
                                    english.text("type", dice),
                                    english.identifier(dice),
                                    english.text("type", dice),
                                    english.identifier(dice));
            int from = lines.size();
            lines.add(head);
            for (int statement = dice.between(2, 9); statement > 0; statement--) {
                lines.addAll(("        " + english.text("statement", dice)).lines().toList());
            }
            lines.add("    }");
            lines.add("");
            for (String line : lines.subList(from, lines.size())) {
                length += line.length() + 8;
            }
        }
        lines.add("}");
    }
}
