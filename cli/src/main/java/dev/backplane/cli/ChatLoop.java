package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// A conversation with a person at a terminal. Lines that begin with `/` are for this program, the
/// others for the model.
///
/// Ctrl-C stops the answer that is coming; a second one, or one where nothing is written, is a wish
/// to leave, which is asked back once. A call that fails takes its question back.
final class ChatLoop {
    /// What a line that begins with `/` may ask for.
    private enum Order {
        HELP("", "show this"),
        SYSTEM("TEXT", "instructions for the model; alone, show them"),
        MODEL("NAME", "go on with another model; alone, show which"),
        IMAGE("FILE", "send an image with the next message"),
        UNDO("", "take back your last message and its answer"),
        CLEAR("", "begin anew, in another session"),
        SAVE("FILE", "write it all, as backplane import reads it"),
        BYE("", "leave; so does Ctrl-D");

        private final String argument;
        private final String summary;

        Order(String argument, String summary) {
            this.argument = argument;
            this.summary = summary;
        }

        String word() {
            return "/" + name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String PROMPT = "> ";
    private static final String CONTINUATION = ". ";
    private static final String QUOTES = "\"\"\"";

    private final Chat chat;
    private final Output output;
    private final Terminal terminal;
    private final boolean hasReasoning;
    private int interrupts;
    private int answers;

    ChatLoop(Chat chat, Output output, Terminal terminal, boolean hasReasoning) {
        this.chat = chat;
        this.output = output;
        this.terminal = terminal;
        this.hasReasoning = hasReasoning;
    }

    int run() {
        chat.requireModel(chat.model());
        output.remark("chatting with " + chat.model() + "; /help explains, /bye leaves");
        Optional<RawMode.Raw> raw = terminal.rawMode().enter();
        try {
            if (raw.isPresent()) {
                edited(raw.get());
            } else {
                plain();
            }
        } finally {
            raw.ifPresent(RawMode.Raw::close);
        }
        if (answers > 0) {
            output.remark(
                    "this was session %s; backplane spans list --filter \"session_id = '%s'\""
                            .formatted(
                                    chat.conversation().session(), chat.conversation().session()));
        }
        return 0;
    }

    private void edited(RawMode.Raw raw) {
        Keyboard keyboard = Keyboard.start(new KeyReader(terminal.in()));
        List<String> words = Arrays.stream(Order.values()).map(Order::word).toList();
        LineEditor editor = new LineEditor(keyboard, output.messages(), raw, words);
        Asker asker = view -> interruptible(keyboard, view);
        while (true) {
            switch (message(editor)) {
                case LineEditor.Result.End _ -> {
                    return;
                }
                case LineEditor.Result.Interrupted(boolean isEmpty) -> {
                    interrupts += isEmpty ? 1 : 0;
                    if (interrupts > 1) {
                        return;
                    }
                    if (isEmpty) {
                        output.remark("Ctrl-C again, Ctrl-D or /bye leaves");
                    }
                }
                case LineEditor.Result.Text(String text) -> {
                    interrupts = 0;
                    boolean goesOn = handle(text, asker);
                    // Both may have come while the answer did.
                    if (!goesOn || interrupts > 1) {
                        return;
                    }
                }
            }
        }
    }

    /// One message; what begins with three quotes goes on to the next three.
    private static LineEditor.Result message(LineEditor editor) {
        LineEditor.Result result = editor.read(PROMPT, CONTINUATION);
        while (result instanceof LineEditor.Result.Text(String text) && isOpen(text)) {
            LineEditor.Result more = editor.read(CONTINUATION, CONTINUATION);
            result =
                    more instanceof LineEditor.Result.Text(String rest)
                            ? new LineEditor.Result.Text(text + "\n" + rest)
                            : more;
        }
        return result;
    }

    private static boolean isOpen(String text) {
        return text.startsWith(QUOTES) && text.indexOf(QUOTES, QUOTES.length()) < 0;
    }

    /// Where the terminal cannot hand over keys: lines, of which it edits each itself.
    private void plain() {
        Optional<String> line = Optional.of("");
        while (line.isPresent()) {
            output.messages().print(PROMPT);
            output.flush();
            line = line();
            while (line.filter(ChatLoop::isOpen).isPresent()) {
                output.messages().print(CONTINUATION);
                output.flush();
                String begun = line.get();
                line = line().map(more -> begun + "\n" + more);
            }
            if (line.isPresent() && !handle(line.get(), chat::ask)) {
                return;
            }
        }
        output.messages().print("\n");
    }

    /// Empty at the end of the input.
    private Optional<String> line() {
        try {
            return InputLine.read(terminal.in());
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private interface Asker {
        ChatAnswer ask(ChatCall.Listener view);
    }

    /// Whether the conversation goes on.
    private boolean handle(String typed, Asker asker) {
        String text = unquoted(typed).strip();
        if (text.isEmpty()) {
            return true;
        }
        if (text.startsWith("/") && !typed.startsWith(QUOTES)) {
            try {
                return order(text);
            } catch (Failure failure) {
                output.failure(failure);
                return true;
            }
        }
        say(text, asker);
        return true;
    }

    private static String unquoted(String text) {
        if (!text.startsWith(QUOTES)) {
            return text;
        }
        String inside = text.substring(QUOTES.length());
        int end = inside.indexOf(QUOTES);
        return end < 0 ? inside : inside.substring(0, end) + inside.substring(end + 3);
    }

    private void say(String text, Asker asker) {
        Conversation conversation = chat.conversation();
        conversation.ask(text);
        AnswerView view = new AnswerView(output, hasReasoning);
        view.begin();
        try {
            ChatAnswer answer = asker.ask(view);
            if (answer.text().isEmpty() && answer.finish().equals(ChatAnswer.CANCELLED)) {
                conversation.undo();
                view.endLine();
                output.remark("stopped; your message is taken back");
                return;
            }
            conversation.answer(answer.text());
            answers++;
            view.end(answer, conversation.session(), chat.cost(answer));
            switch (answer.finish()) {
                case ChatAnswer.CANCELLED -> output.remark("stopped; /undo takes it back");
                case "length" -> output.warn("the answer is cut at its limit of tokens");
                case "content_filter" -> output.warn("the provider filtered the answer");
                default -> {}
            }
        } catch (Failure failure) {
            conversation.undo();
            view.endLine();
            output.failure(failure);
            output.remark("your message is taken back");
        }
    }

    /// Asks on a thread of its own, which Ctrl-C interrupts.
    private ChatAnswer interruptible(Keyboard keyboard, ChatCall.Listener view) {
        AtomicReference<Optional<ChatAnswer>> answer = new AtomicReference<>(Optional.empty());
        AtomicReference<Optional<RuntimeException>> thrown =
                new AtomicReference<>(Optional.empty());
        Thread asking =
                Thread.ofVirtual()
                        .name("answer")
                        .unstarted(() -> {
                            try {
                                answer.set(Optional.of(chat.ask(view)));
                            } catch (RuntimeException e) {
                                thrown.set(Optional.of(e));
                            }
                        });
        keyboard.watch(
                () -> {
                    interrupts++;
                    asking.interrupt();
                },
                () -> {
                    asking.start();
                    join(asking);
                });
        if (thrown.get().isPresent()) {
            throw thrown.get().get();
        }
        return answer.get().orElseThrow();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            thread.interrupt();
        }
    }

    /// Whether the conversation goes on.
    private boolean order(String line) {
        int blank = line.indexOf(' ');
        String word = blank < 0 ? line : line.substring(0, blank);
        String argument = blank < 0 ? "" : line.substring(blank + 1).strip();
        Order order = find(word);
        boolean isMissing = argument.isEmpty() && (order == Order.IMAGE || order == Order.SAVE);
        if (isMissing || order.argument.isEmpty() && !argument.isEmpty()) {
            throw Failure.usage("%s takes %s".formatted(word, isMissing ? "a file" : "nothing"))
                    .hint("%s %s: %s".formatted(word, order.argument, order.summary));
        }
        switch (order) {
            case HELP -> help();
            case SYSTEM -> system(argument);
            case MODEL -> model(argument);
            case IMAGE -> {
                chat.conversation().attach(ImageFile.read(argument));
                output.remark(argument + " goes with your next message");
            }
            case UNDO ->
                    output.remark(
                            chat.conversation().undo()
                                    ? "taken back"
                                    : "there is nothing to take back");
            case CLEAR -> {
                chat.conversation().clear();
                output.remark("all is forgotten; the session is now " + session());
            }
            case SAVE -> save(argument);
            case BYE -> {
                return false;
            }
        }
        return true;
    }

    private String session() {
        return chat.conversation().session();
    }

    private static Order find(String word) {
        List<String> words = Arrays.stream(Order.values()).map(Order::word).toList();
        int index = words.indexOf(word);
        if (index >= 0) {
            return Order.values()[index];
        }
        if (word.equals("/exit") || word.equals("/quit")) {
            return Order.BYE;
        }
        Failure failure =
                Failure.usage("no order " + word)
                        .hint(
                                "one of: "
                                        + String.join(", ", words)
                                        + "; a message that begins with / stands in "
                                        + QUOTES);
        throw Suggestion.closest(word, words)
                .map(near -> failure.hint("did you mean " + near + "?"))
                .orElse(failure);
    }

    private void help() {
        Screen messages = output.messages();
        for (Order order : Order.values()) {
            String usage = order.word() + " " + order.argument;
            messages.print("  " + usage + " ".repeat(15 - usage.length()) + order.summary + "\n");
        }
        messages.print(
                """

                  Enter sends. Alt-Enter or Ctrl-J begins another line, pasted
                  text keeps its lines, and so does what stands between three
                  quotes. The arrow keys bring back what you wrote. Ctrl-C stops
                  an answer.
                """);
        messages.flush();
    }

    private void system(String text) {
        if (!text.isEmpty()) {
            chat.conversation().system(text);
            output.remark("from the next message on");
        } else {
            String system = chat.conversation().system();
            output.remark(system.isEmpty() ? "there are no instructions" : system);
        }
    }

    private void model(String name) {
        if (!name.isEmpty()) {
            chat.model(name);
        }
        output.remark("chatting with " + chat.model());
    }

    /// Never over another file.
    private void save(String file) {
        String line = chat.conversation().record(chat.model()).json() + "\n";
        try {
            Files.writeString(Path.of(file), line, StandardOpenOption.CREATE_NEW);
            output.remark("wrote " + file + "; backplane import reads it");
        } catch (FileAlreadyExistsException e) {
            throw Failure.of(Problem.Kind.CONFLICT, "the file exists", file + " exists")
                    .hint("give another name");
        } catch (IOException e) {
            throw Failure.of(Problem.Kind.INVALID, "cannot write the file", "cannot write " + file)
                    .hint("check that its directory exists and can be written to");
        }
    }
}
