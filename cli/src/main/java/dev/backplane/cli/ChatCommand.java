package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `chat`: one question and its answer, or a conversation where there is a person to have it with.
/// `run` is the same with a model that is loaded first, or with a file, which is a model meanwhile.
final class ChatCommand {
    private static final int PROMPT_BYTES_MAX = 16 << 20;

    private final Invocation invocation;
    private final Client client;
    private final Output output;
    private final Terminal terminal;

    ChatCommand(Invocation invocation, Client client, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.client = client;
        this.output = output;
        this.terminal = terminal;
    }

    int run() {
        requireHeader("session", "");
        requireHeader("tag", ",");
        Optional<String> prompt = prompt();
        Conversation conversation =
                new Conversation(invocation.text("system"), invocation.text("session"));
        invocation.values("image").forEach(file -> conversation.attach(ImageFile.read(file)));
        if (invocation.command().name() != Command.Name.RUN) {
            return talk(invocation.argument(0), conversation, prompt);
        }
        ResidentCommands residents = new ResidentCommands(invocation, client, output);
        try (ResidentCommands.Opened model = residents.open(invocation.argument(0))) {
            residents.load(model.name());
            return talk(model.name(), conversation, prompt);
        }
    }

    private int talk(String model, Conversation conversation, Optional<String> prompt) {
        Chat chat = new Chat(client, model, conversation, settings(), invocation.values("tag"));
        boolean hasReasoning = !invocation.has("hide-reasoning");
        if (prompt.isEmpty()) {
            return new ChatLoop(chat, output, terminal, hasReasoning).run();
        }
        conversation.ask(prompt.get());
        return answer(chat, new AnswerView(output, hasReasoning));
    }

    /// Values that are sent as a header hold what a header can.
    private void requireHeader(String option, String besides) {
        for (String value : invocation.values(option)) {
            boolean isPlain =
                    value.chars()
                            .allMatch(letter ->
                                    letter >= ' ' && letter < 0x7f && besides.indexOf(letter) < 0);
            if (!isPlain || value.isBlank()) {
                throw Failure.usage("--%s does not take '%s'".formatted(option, value))
                        .hint("give letters, digits and signs of ASCII, without commas in a tag");
            }
        }
    }

    private Map<String, Node> settings() {
        Map<String, Node> settings = new LinkedHashMap<>();
        if (invocation.has("temperature")) {
            settings.put(
                    "temperature",
                    new Node.Number(Double.toString(invocation.number("temperature"))));
        }
        if (invocation.has("max-tokens")) {
            settings.put("max_tokens", Node.of(invocation.count("max-tokens")));
        }
        if (invocation.has("json-schema")) {
            settings.put(
                    "response_format", SchemaFile.responseFormat(invocation.text("json-schema")));
        }
        return settings;
    }

    /// What to ask, or empty for a conversation.
    private Optional<String> prompt() {
        List<String> words =
                new ArrayList<>(invocation.arguments().subList(1, invocation.arguments().size()));
        boolean isPiped = words.remove("-") || words.isEmpty() && !terminal.isInputTerminal();
        if (words.isEmpty() && !isPiped) {
            if (output.isHuman() && terminal.canAsk()) {
                return Optional.empty();
            }
            throw missing();
        }
        String text = String.join(" ", words);
        if (isPiped) {
            text = text.isEmpty() ? piped() : text + "\n\n" + piped();
        }
        if (text.isBlank()) {
            throw missing();
        }
        return Optional.of(text);
    }

    private Failure missing() {
        return Failure.usage("no prompt given")
                .hint("give it as an argument, or on stdin; a conversation needs a terminal")
                .next(
                        "backplane %s MODEL \"why is the sky blue?\""
                                .formatted(invocation.command().path()));
    }

    private String piped() {
        try {
            byte[] bytes = terminal.in().readNBytes(PROMPT_BYTES_MAX + 1);
            if (bytes.length > PROMPT_BYTES_MAX) {
                throw Failure.of(
                                Problem.Kind.TOO_LARGE,
                                "the prompt on stdin is longer than 16 MiB",
                                "the prompt on stdin is longer than 16 MiB")
                        .hint("give less");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw Failure.of(Problem.Kind.INVALID, "cannot read stdin", "cannot read stdin");
        }
    }

    private int answer(Chat chat, AnswerView view) {
        ChatAnswer answer;
        view.begin();
        try {
            answer = chat.ask(view);
        } finally {
            view.endLine();
        }
        view.end(answer, chat.conversation().session(), chat.cost(answer));
        if (answer.finish().equals("content_filter")) {
            throw Failure.of(
                            Problem.Kind.BLOCKED,
                            "the provider filtered the answer",
                            "the provider filtered the answer")
                    .hint("what came before stands above; ask another way");
        }
        if (answer.finish().equals("length")) {
            output.warn("the answer is cut at its limit of tokens; raise it with --max-tokens");
        }
        if (invocation.has("json-schema") && !AnswerView.isJson(answer.text())) {
            throw Failure.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "the answer is no JSON",
                            "the answer is no JSON, though a schema was given")
                    .hint("check that the provider follows schemas, and --max-tokens");
        }
        return 0;
    }
}
