package dev.backplane.bench.runs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Sentences from the templates of `grammar.txt`, whose head explains the notation. Earlier
/// alternatives come more often, and technical terms follow Zipf's law over 4,000 words, so that
/// both compressors and full-text indexes meet frequencies as in real text. Immutable.
final class Grammar {
    private static final int TERMS = 4_000;
    private static final List<String> ONSETS =
            List.of(
                    "kub", "ter", "post", "cas", "rab", "doc", "pro", "flu", "gra", "ela", "red",
                    "mon", "ans", "ver", "lam", "spar", "had", "con", "val", "zep", "quor", "nim",
                    "ori", "bas", "hel", "syn", "tor", "vex", "lum", "arc");
    private static final List<String> MIDDLES =
            List.of("e", "a", "ana", "eto", "ira", "ogra", "i", "uni", "ome", "as", "ibe", "ula");
    private static final List<String> ENDS =
            List.of(
                    "base",
                    "form",
                    "net",
                    "dra",
                    "bit",
                    "ker",
                    "theus",
                    "fana",
                    "stic",
                    "is",
                    "doop",
                    "sul",
                    "graph",
                    "mesh",
                    "flow",
                    "stack",
                    "cast",
                    "gate",
                    "line",
                    "store",
                    "lytics",
                    "form-{d}",
                    " {D}.{d}",
                    "-{x}{x}");
    private static final List<String> NAME_PARTS =
            List.of(
                    "get",
                    "set",
                    "value",
                    "name",
                    "item",
                    "list",
                    "user",
                    "data",
                    "request",
                    "index",
                    "count",
                    "result",
                    "node",
                    "key",
                    "token",
                    "file",
                    "path",
                    "state",
                    "next",
                    "load",
                    "parse",
                    "write",
                    "read",
                    "buffer",
                    "offset",
                    "time",
                    "page",
                    "cache",
                    "session",
                    "retry",
                    "limit",
                    "size",
                    "start",
                    "end",
                    "handler",
                    "queue",
                    "lock",
                    "entry",
                    "record",
                    "segment",
                    "flush",
                    "commit",
                    "merge",
                    "cursor",
                    "open",
                    "close",
                    "lease",
                    "batch",
                    "delta",
                    "schema",
                    "field",
                    "lookup",
                    "apply",
                    "resolve",
                    "pending",
                    "expired",
                    "worker",
                    "channel",
                    "digest",
                    "snapshot",
                    "config",
                    "timeout",
                    "backoff",
                    "bucket",
                    "shard");

    static final Grammar ENGLISH = load("grammar.txt");

    private sealed interface Piece {
        record Literal(String text) implements Piece {}

        record Slot(String name) implements Piece {}
    }

    private final Map<String, List<List<Piece>>> slots;
    private final List<String> terms;

    private Grammar(Map<String, List<List<Piece>>> slots) {
        this.slots = slots;
        this.terms = terms();
        slots.values().forEach(all -> all.forEach(this::check));
    }

    private static Grammar load(String resource) {
        Map<String, List<List<Piece>>> slots = new HashMap<>();
        try (var in = Objects.requireNonNull(Grammar.class.getResourceAsStream(resource));
                var reader =
                        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line : reader.lines().toList()) {
                int colon = line.indexOf(": ");
                if (colon > 0 && !line.startsWith("#")) {
                    slots.put(line.substring(0, colon), alternatives(line.substring(colon + 2)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Grammar(slots);
    }

    private static List<List<Piece>> alternatives(String line) {
        List<List<Piece>> alternatives = new ArrayList<>();
        for (String alternative : line.split(" \\| ")) {
            alternatives.add(pieces(alternative.replace("\\n", "\n")));
        }
        return alternatives;
    }

    /// A brace that opens no slot name (as code has) is text.
    private static List<Piece> pieces(String template) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            int end = template.charAt(i) == '{' ? slotEnd(template, i + 1) : -1;
            if (end < 0) {
                literal.append(template.charAt(i));
            } else {
                pieces.add(new Piece.Literal(literal.toString()));
                literal.setLength(0);
                pieces.add(new Piece.Slot(template.substring(i + 1, end)));
                i = end;
            }
        }
        pieces.add(new Piece.Literal(literal.toString()));
        return List.copyOf(pieces);
    }

    private static int slotEnd(String template, int from) {
        int end = from;
        while (end < template.length() && isNameCharacter(template.charAt(end))) {
            end++;
        }
        return end > from && end < template.length() && template.charAt(end) == '}' ? end : -1;
    }

    private static boolean isNameCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || c == '_'
                || (c >= '0' && c <= '9');
    }

    private void check(List<Piece> pieces) {
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Slot(String name)
                    && !slots.containsKey(name)
                    && !List.of("d", "D", "U", "x", "term", "identifier").contains(name)) {
                throw new IllegalStateException("grammar.txt has no slot " + name);
            }
        }
    }

    private static List<String> terms() {
        Dice dice = new Dice(20_261_124);
        List<String> terms = new ArrayList<>(TERMS);
        while (terms.size() < TERMS) {
            String end = dice.pick(ENDS);
            String word = dice.pick(ONSETS) + dice.pick(MIDDLES) + end;
            terms.add(Character.toUpperCase(word.charAt(0)) + builtIn(word.substring(1), dice));
        }
        return List.copyOf(terms);
    }

    private static String builtIn(String template, Dice dice) {
        StringBuilder out = new StringBuilder();
        for (Piece piece : pieces(template)) {
            switch (piece) {
                case Piece.Literal(String text) -> out.append(text);
                case Piece.Slot(String name) -> character(name.charAt(0), dice, out);
            }
        }
        return out.toString();
    }

    private static void character(char slot, Dice dice, StringBuilder out) {
        switch (slot) {
            case 'd' -> out.append((char) ('0' + dice.below(10)));
            case 'D' -> out.append((char) ('1' + dice.below(9)));
            case 'U' -> out.append((char) ('A' + dice.below(26)));
            case 'x' -> out.append("0123456789abcdef".charAt(dice.below(16)));
            default -> throw new IllegalStateException("no built-in slot " + slot);
        }
    }

    /// One text for the slot.
    String text(String slot, Dice dice) {
        StringBuilder out = new StringBuilder();
        expand(slot, dice, out);
        return out.toString();
    }

    /// Texts for the slot, joined by `separator`, until at least `length` characters are there.
    String texts(String slot, int length, String separator, Dice dice) {
        StringBuilder out = new StringBuilder(length + 200);
        while (out.length() < length) {
            if (!out.isEmpty()) {
                out.append(separator);
            }
            int start = out.length();
            expand(slot, dice, out);
            out.setCharAt(start, Character.toUpperCase(out.charAt(start)));
        }
        return out.toString();
    }

    /// A name as in source code, of one to three words.
    String identifier(Dice dice) {
        StringBuilder name = new StringBuilder(zipfPick(NAME_PARTS, dice));
        for (int more = dice.below(3); more > 0; more--) {
            String part = zipfPick(NAME_PARTS, dice);
            name.append(Character.toUpperCase(part.charAt(0))).append(part, 1, part.length());
        }
        return name.toString();
    }

    private void expand(String slot, Dice dice, StringBuilder out) {
        List<List<Piece>> alternatives = slots.get(slot);
        if (alternatives != null) {
            for (Piece piece : alternatives.get(rank(alternatives.size(), dice))) {
                switch (piece) {
                    case Piece.Literal(String text) -> out.append(text);
                    case Piece.Slot(String name) -> expand(name, dice, out);
                }
            }
        } else if (slot.equals("term")) {
            out.append(zipfPick(terms, dice));
        } else if (slot.equals("identifier")) {
            out.append(identifier(dice));
        } else {
            character(slot.charAt(0), dice, out);
        }
    }

    /// Mostly even, the rest by rank: lists of names stay varied.
    private static int rank(int count, Dice dice) {
        return dice.chance(0.7) ? dice.below(count) : dice.zipf(count);
    }

    private static String zipfPick(List<String> list, Dice dice) {
        return list.get(rank(list.size(), dice));
    }
}
