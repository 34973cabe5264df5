package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// A Modelfile: instructions of Ollama's that say what a model is made of.
///
/// ```
/// # a comment
/// FROM llama3.2:1b
/// PARAMETER temperature 0.7
/// SYSTEM """of
/// several lines"""
/// MESSAGE user Hello
/// ```
///
/// @param parameters by name; of those that come twice, a list
/// @param messages each an object with role and content
record Modelfile(
        String from,
        List<String> adapters,
        Map<String, Node> parameters,
        String template,
        String system,
        List<String> licenses,
        List<Node> messages) {
    private static final Set<String> LISTS = Set.of("stop");
    private static final Set<String> INSTRUCTIONS =
            Set.of(
                    "FROM",
                    "ADAPTER",
                    "PARAMETER",
                    "TEMPLATE",
                    "SYSTEM",
                    "LICENSE",
                    "MESSAGE",
                    "REQUIRES");

    Modelfile {
        adapters = List.copyOf(adapters);
        parameters = Map.copyOf(parameters);
        licenses = List.copyOf(licenses);
        messages = List.copyOf(messages);
    }

    /// @throws Failure that names the line
    static Modelfile parse(String text) {
        return new Reader(text).read();
    }

    private static final class Reader {
        private final List<String> lines;
        private int line;
        private String from = "";
        private String template = "";
        private String system = "";
        private final List<String> adapters = new ArrayList<>();
        private final List<String> licenses = new ArrayList<>();
        private final Map<String, Node> parameters = new LinkedHashMap<>();
        private final List<Node> messages = new ArrayList<>();

        Reader(String text) {
            lines = text.lines().toList();
        }

        Modelfile read() {
            while (line < lines.size()) {
                String text = lines.get(line).strip();
                line++;
                if (!text.isEmpty() && !text.startsWith("#")) {
                    instruction(text);
                }
            }
            if (from.isEmpty()) {
                throw Failure.usage("the Modelfile has no FROM")
                        .hint("say what the model is made of: FROM llama3.2:1b");
            }
            return new Modelfile(from, adapters, parameters, template, system, licenses, messages);
        }

        private void instruction(String text) {
            int space = text.indexOf(' ');
            String word = (space < 0 ? text : text.substring(0, space)).toUpperCase(Locale.ROOT);
            if (!INSTRUCTIONS.contains(word)) {
                throw wrong("no instruction '" + word + "'")
                        .hint(
                                "one of "
                                        + String.join(
                                                ", ", INSTRUCTIONS.stream().sorted().toList()));
            }
            String rest = space < 0 ? "" : text.substring(space + 1).strip();
            if (rest.isEmpty()) {
                throw wrong(word + " says nothing").hint("write " + word + " and a value");
            }
            switch (word) {
                case "FROM" -> from = value(rest);
                case "ADAPTER" -> adapters.add(value(rest));
                case "PARAMETER" -> parameter(rest);
                case "TEMPLATE" -> template = value(rest);
                case "SYSTEM" -> system = value(rest);
                case "LICENSE" -> licenses.add(value(rest));
                case "MESSAGE" -> message(rest);
                default -> {}
            }
        }

        private void parameter(String rest) {
            String[] parts = rest.split("\\s+", 2);
            if (parts.length < 2) {
                throw wrong("PARAMETER has no value").hint("write PARAMETER NAME VALUE");
            }
            put(parameters, parts[0].toLowerCase(Locale.ROOT), value(parts[1]));
        }

        private void message(String rest) {
            String[] parts = rest.split("\\s+", 2);
            if (parts.length < 2 || !Set.of("system", "user", "assistant").contains(parts[0])) {
                throw wrong("MESSAGE has no role, or no text")
                        .hint("write MESSAGE user|assistant|system TEXT");
            }
            messages.add(Node.fields("role", parts[0], "content", value(parts[1])));
        }

        /// Text to the end of the line, between quotes, or between triple quotes over lines.
        private String value(String rest) {
            if (rest.startsWith("\"\"\"")) {
                return several(rest.substring(3));
            }
            boolean isQuoted = rest.length() >= 2 && rest.startsWith("\"") && rest.endsWith("\"");
            return isQuoted ? rest.substring(1, rest.length() - 1) : rest;
        }

        private String several(String first) {
            int begun = line;
            StringBuilder text = new StringBuilder();
            String piece = first;
            while (true) {
                int end = piece.indexOf("\"\"\"");
                if (end >= 0) {
                    return text.append(piece, 0, end).toString();
                }
                text.append(piece).append('\n');
                if (line >= lines.size()) {
                    throw Failure.usage("Modelfile, line %d: text does not end".formatted(begun))
                            .hint("end it with \"\"\"");
                }
                piece = lines.get(line);
                line++;
            }
        }

        private Failure wrong(String what) {
            return Failure.usage("Modelfile, line %d: %s".formatted(line, what));
        }
    }

    /// A setting under its name: numbers and truth values as such.
    static void put(Map<String, Node> parameters, String name, String text) {
        Node value =
                text.matches("-?\\d{1,18}(\\.\\d{1,18})?")
                        ? new Node.Number(text)
                        : text.equals("true") || text.equals("false")
                                ? Node.of(text.equals("true"))
                                : Node.of(text);
        if (!LISTS.contains(name)) {
            parameters.put(name, value);
            return;
        }
        List<Node> all = new ArrayList<>();
        if (parameters.get(name) instanceof Node.Items(List<Node> before)) {
            all.addAll(before);
        }
        all.add(Node.of(text));
        parameters.put(name, new Node.Items(all));
    }
}
