package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The line editor by what is typed and what is then on the terminal.
class LineEditorTest {
    private static final String ESCAPE = "\u001b";
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";

    /// The keys of one run, and the terminal after it.
    private record Run(List<LineEditor.Result> results, VirtualTerminal terminal) {
        List<String> texts() {
            List<String> texts = new ArrayList<>();
            for (LineEditor.Result result : results) {
                if (result instanceof LineEditor.Result.Text(String text)) {
                    texts.add(text);
                }
            }
            return texts;
        }
    }

    private static Run type(byte[] keys, int rows, int columns) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Screen screen = new Screen(out, true, true, true, columns);
        RawMode.Raw raw =
                new RawMode.Raw() {
                    @Override
                    public RawMode.Size size() {
                        return new RawMode.Size(rows, columns);
                    }

                    @Override
                    public void close() {}
                };
        Keyboard keyboard = Keyboard.start(new KeyReader(new ByteArrayInputStream(keys)));
        LineEditor editor = new LineEditor(keyboard, screen, raw, List.of("/save", "/system"));
        List<LineEditor.Result> results = new ArrayList<>();
        do {
            results.add(editor.read("> ", ". "));
        } while (!(results.getLast() instanceof LineEditor.Result.End));
        VirtualTerminal terminal = new VirtualTerminal(rows, columns);
        terminal.write(out.toString(StandardCharsets.UTF_8));
        return new Run(results, terminal);
    }

    private static List<String> texts(String keys) {
        return type(keys.getBytes(StandardCharsets.UTF_8), 24, 80).texts();
    }

    /// `^X` is a control character, `\e` an escape, `|` ends a message.
    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '`',
            textBlock =
                    """
                    abc| ! abc
                    über 🛫 北京| ! über 🛫 北京
                    abc\\e[D\\e[DX| ! aXbc
                    abc^AX| ! Xabc
                    abc^A^EX| ! abcX
                    abc\\e[HX\\e[FY| ! XabcY
                    abc\\eOHX| ! Xabc
                    one two^WX| ! one X
                    one two\\ebX| ! one Xtwo
                    one two^A\\efX| ! oneX two
                    one two\\e[1;5DX| ! one Xtwo
                    one two^A\\e[1;5CX| ! oneX two
                    one two^A\\edX| ! X two
                    one two^UX| ! X
                    one^A^K^YX^Y| ! oneXone
                    abc^A\\e[3~| ! bc
                    abc^A^D| ! bc
                    abc^?| ! ab
                    a👩‍👩‍👧^?b| ! ab
                    e\u0301^?x| ! x
                    one|\\e[A| ! one,one
                    one|two|^P^P| ! one,two,one
                    one|two|^P^P^NX| ! one,two,twoX
                    one|dra^P^Nft| ! one,draft
                    /sy\\t| ! /system
                    /s\\tX| ! /sX
                    \\e[?62c\\e[99~\\e\\exa| ! xa
                    """)
    void keysDoWhatReadlineBindsThemTo(String keys, String expected) {
        String bytes =
                keys.replace("\\e", ESCAPE)
                        .replace("\\t", "\t")
                        .replace("^?", "\u007f")
                        .replace("|", "\r");
        for (char letter = 'A'; letter <= 'Z'; letter++) {
            bytes = bytes.replace("^" + letter, Character.toString(letter - '@'));
        }
        assertThat(texts(bytes).stream().map(String::strip)).containsExactly(expected.split(","));
    }

    @Test
    void linesAreBrokenAndGoneThrough() {
        String below = ESCAPE + "[B";
        String above = ESCAPE + "[A";
        assertThat(texts("one\ntwo" + ESCAPE + "\rthree\r")).containsExactly("one\ntwo\nthree");
        assertThat(texts("ab\ncd\u0001" + above + "X" + below + "Y\r")).containsExactly("Xab\ncYd");
        assertThat(texts("ab\ncd" + ESCAPE + "[13;2uX\r")).containsExactly("ab\ncd\nX");
    }

    @Test
    void whatIsPastedIsNotSent() {
        String paste = ESCAPE + "[200~one\r\ntwo\rthr\u0007ee\t" + ESCAPE + "[2" + ESCAPE + "[201~";
        assertThat(texts(paste + "!\r")).containsExactly("one\ntwo\nthree\t[2!");
    }

    @Test
    void leavingAndGivingUpAreTold() {
        assertThat(type((CTRL_C + "a" + CTRL_C + CTRL_D).getBytes(), 24, 80).results())
                .containsExactly(
                        new LineEditor.Result.Interrupted(true),
                        new LineEditor.Result.Interrupted(false),
                        new LineEditor.Result.End());
    }

    /// Whatever is typed: the last row of the terminal that is not empty, and all before it, show
    /// what was sent.
    @Test
    void theTerminalShowsWhatIsSent() {
        Gen.check(
                300,
                random -> {
                    int columns = 4 + random.nextInt(30);
                    StringBuilder keys = new StringBuilder();
                    int count = random.nextInt(60);
                    for (int i = 0; i < count; i++) {
                        keys.append(key(random));
                    }
                    byte[] bytes = (keys + "\r").getBytes(StandardCharsets.UTF_8);
                    Run run = type(bytes, 200, columns);
                    String sent = run.texts().getFirst();
                    EditLayout layout = EditLayout.of("> ", ". ", sent, sent.length(), columns);
                    assertThat(layout.rows())
                            .allSatisfy(row ->
                                    assertThat(DisplayText.width(row))
                                            .isLessThanOrEqualTo(columns));
                    assertThat(run.terminal().text().strip())
                            .isEqualTo(
                                    (String.join(
                                                            "\n",
                                                            layout.rows().stream()
                                                                    .map(String::stripTrailing)
                                                                    .toList())
                                                    + "\n>")
                                            .strip());
                });
    }

    private static String key(RandomGenerator random) {
        List<String> moves =
                List.of("\u0001", "\u0005", "\u007f", "\u0002", "\u0006", "\u0017", "\u0019", "\n");
        return switch (random.nextInt(4)) {
            case 0 -> moves.get(random.nextInt(moves.size()));
            case 1 -> List.of("北", "🛫", "é", "\t").get(random.nextInt(3));
            case 2 -> ESCAPE + "[" + "ABCD".charAt(random.nextInt(4));
            default -> Character.toString('a' + random.nextInt(26));
        };
    }

    /// The cursor is drawn where the next character goes, also in a text higher than the terminal.
    @Test
    void theCursorStandsWhereTheNextCharacterGoes() {
        Gen.check(
                300,
                random -> {
                    int columns = 4 + random.nextInt(30);
                    StringBuilder text = new StringBuilder();
                    int count = random.nextInt(100);
                    for (int i = 0; i < count; i++) {
                        text.append(List.of("a", "b", "北", "\n", " ").get(random.nextInt(5)));
                    }
                    int cursor = random.nextInt(text.length() + 1);
                    EditLayout layout = EditLayout.of("> ", ". ", text.toString(), cursor, columns);
                    StringBuilder marked = new StringBuilder(text).insert(cursor, 'X');
                    EditLayout after =
                            EditLayout.of("> ", ". ", marked.toString(), cursor, columns);
                    assertThat(at(after)).isEqualTo('X');
                    if (cursor < text.length() && text.charAt(cursor) != '\n') {
                        assertThat(at(layout)).isEqualTo(text.charAt(cursor));
                    }
                    int height = 1 + random.nextInt(6);
                    assertThat(at(after.window(height))).isEqualTo('X');
                    assertThat(after.window(height).rows()).hasSizeLessThanOrEqualTo(height);
                });
    }

    /// The character on which the cursor stands.
    private static char at(EditLayout layout) {
        String row = layout.rows().get(layout.cursorRow());
        int index = 0;
        while (DisplayText.width(row.substring(0, index)) < layout.cursorColumn()) {
            index++;
        }
        return row.charAt(index);
    }

    /// Bytes that no keyboard sends neither stop nor break it.
    @Test
    void anyBytesAreRead() {
        Gen.check(
                300,
                random -> {
                    byte[] bytes = new byte[random.nextInt(200)];
                    random.nextBytes(bytes);
                    KeyReader reader = new KeyReader(new ByteArrayInputStream(bytes));
                    int keys = 0;
                    try {
                        Optional<Key> key = reader.next();
                        while (key.isPresent()) {
                            keys++;
                            key = reader.next();
                        }
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    assertThat(keys).isLessThanOrEqualTo(bytes.length);
                });
    }
}
