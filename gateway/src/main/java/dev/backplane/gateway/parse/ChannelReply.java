package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Reads replies in OpenAI's Harmony, the language of gpt-oss: messages, each with a header that
/// names its channel and, if it is a call, its recipient.
///
/// ```
/// <|channel|>analysis<|message|>I need the weather.<|end|>
/// <|start|>assistant<|channel|>commentary to=functions.now <|constrain|>json<|message|>{}<|call|>
/// <|start|>assistant<|channel|>final<|message|>It is sunny.<|return|>
/// ```
///
/// The prompt ends with `<|start|>assistant`, so the first header begins after that. The recipient
/// may stand before the channel or after it. `analysis` is thought; `commentary` without a
/// recipient is for the user to read, as is `final`. Source: openai/harmony, docs/format.md.
final class ChannelReply implements ReplyParser.Engine {
    private static final String CHANNEL = "<|channel|>";
    private static final String START = "<|start|>";
    private static final String MESSAGE = "<|message|>";
    private static final String FUNCTIONS = "functions.";
    private static final String TO = "to=";
    private static final int HEADER_CHARS_MAX = 1_000;
    private static final List<String> BEGINS = List.of(CHANNEL, START, MESSAGE, TO);
    private static final List<String> ENDS =
            List.of("<|end|>", "<|call|>", "<|return|>", START, CHANNEL);
    private static final Pattern RECIPIENT = Pattern.compile("\\bto=([^\\s<]+)");
    private static final Pattern NAMED = Pattern.compile("<\\|channel\\|>\\s*(\\w+)");

    /// What a header may have, once each.
    private static final List<Pattern> KNOWN =
            Stream.of(
                            "^<\\|start\\|>assistant",
                            "<\\|message\\|>",
                            "\\bto=[^\\s<]+",
                            "<\\|channel\\|>(analysis|commentary|final)\\b",
                            "<\\|constrain\\|>",
                            "\\b(json|code)\\b")
                    .map(Pattern::compile)
                    .toList();

    private enum State {
        BETWEEN,
        HEADER,
        TEXT,
        THOUGHT,
        CALL
    }

    private final ReplyOut out;
    private final StringBuilder header = new StringBuilder();
    private final StringBuilder plain = new StringBuilder();
    private State state = State.BETWEEN;
    private State last = State.CALL;
    private MarkerFinder finder = new MarkerFinder(BEGINS);
    private JsonScan scan = new JsonScan();
    private Step scanned = Step.MORE;

    ChannelReply(ReplyOut out) {
        this.out = out;
    }

    @Override
    public void take(char next) {
        plain.setLength(0);
        int marker = finder.take(next, plain);
        switch (state) {
            case BETWEEN -> between(marker);
            case HEADER -> header(marker);
            case TEXT, THOUGHT, CALL -> content(marker);
        }
    }

    /// Text without a header is for the user.
    private void between(int marker) {
        if (!plain.toString().isBlank()) {
            begin(State.TEXT);
            content(MarkerFinder.NONE);
        }
        if (marker == MarkerFinder.NONE) {
            return;
        }
        header.setLength(0);
        header.append(BEGINS.get(marker));
        if (BEGINS.get(marker).equals(MESSAGE)) {
            message();
        } else {
            finder = new MarkerFinder(List.of(MESSAGE));
            state = State.HEADER;
        }
    }

    private void header(int marker) {
        header.append(plain);
        if (marker != MarkerFinder.NONE) {
            message();
        } else if (header.length() > HEADER_CHARS_MAX) {
            out.note("a message has no end of its header");
            headless();
        }
    }

    private void headless() {
        begin(State.TEXT);
        out.text(header.toString() + finder.release());
        finder = new MarkerFinder(ENDS);
    }

    private void message() {
        String more = header.toString();
        for (Pattern known : KNOWN) {
            more = known.matcher(more).replaceFirst(" ").strip();
        }
        if (!more.isEmpty()) {
            out.note("a message has more in its header: " + more);
        }
        Matcher recipient = RECIPIENT.matcher(header);
        Matcher channel = NAMED.matcher(header);
        String name = recipient.find() ? recipient.group(1) : "";
        name = name.startsWith(FUNCTIONS) ? name.substring(FUNCTIONS.length()) : name;
        if (name.equals("assistant") || !name.isEmpty() && !CallBody.isName(name)) {
            out.note("a message has a recipient that is no tool: " + header);
            begin(State.TEXT);
        } else if (!name.isEmpty()) {
            begin(State.CALL);
            out.startCall("", name);
            scan = new JsonScan();
            scanned = Step.MORE;
        } else {
            boolean analysis = channel.find() && channel.group(1).equals("analysis");
            begin(analysis ? State.THOUGHT : State.TEXT);
        }
    }

    /// Messages of one kind that follow each other are lines.
    private void begin(State next) {
        out.marker();
        if (next == last && next != State.CALL) {
            out.line();
        }
        state = next;
        last = next;
        finder = new MarkerFinder(ENDS);
    }

    private void content(int marker) {
        for (int i = 0; i < plain.length(); i++) {
            char one = plain.charAt(i);
            switch (state) {
                case TEXT -> out.text(one);
                case THOUGHT -> out.thought(one);
                case CALL -> argument(one);
                case BETWEEN, HEADER -> throw new IllegalStateException("no content");
            }
        }
        if (marker == MarkerFinder.NONE) {
            return;
        }
        if (state == State.CALL) {
            endCall();
        } else {
            out.marker();
        }
        finder = new MarkerFinder(BEGINS);
        state = State.BETWEEN;
        String ending = ENDS.get(marker);
        if (ending.equals(START) || ending.equals(CHANNEL)) {
            between(BEGINS.indexOf(ending));
        }
    }

    private void argument(char one) {
        if (scanned == Step.MORE) {
            scanned = scan.take(one);
        } else if (!JsonScan.isSpace(one)) {
            scanned = Step.BAD;
        }
        if (scanned == Step.MORE && scan.inText() && one < ' ') {
            JsonWords.escape(one).chars().forEach(part -> out.argument((char) part));
        } else {
            out.argument(one);
        }
    }

    private void endCall() {
        if (scanned == Step.DONE) {
            out.endCall();
        } else {
            out.endBrokenCall("a call has arguments that are not JSON");
        }
    }

    @Override
    public void end() {
        switch (state) {
            case BETWEEN -> {
                String rest = finder.release();
                if (!rest.isEmpty()) {
                    begin(State.TEXT);
                    out.text(rest);
                }
            }
            case HEADER -> {
                out.note("a message was not finished");
                headless();
            }
            case TEXT, THOUGHT -> {
                plain.setLength(0);
                plain.append(finder.release());
                content(MarkerFinder.NONE);
            }
            case CALL -> {
                finder.release().chars().forEach(part -> argument((char) part));
                if (scanned == Step.DONE) {
                    out.endCall();
                } else {
                    out.cutCall("a call was not finished");
                }
            }
        }
    }
}
