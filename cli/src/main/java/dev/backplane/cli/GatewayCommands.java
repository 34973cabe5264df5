package dev.backplane.cli;

import static dev.backplane.cli.Argument.optional;
import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.List;

/// The commands around calls to models, as data.
final class GatewayCommands {
    static final Table USAGE =
            Table.of(
                    "usage",
                    Column.of("name", Unit.ID, "the key, user, model, agent or tag"),
                    Column.of("calls", Unit.COUNT, "calls to models"),
                    Column.of("errors", Unit.COUNT, "calls that failed"),
                    ClientCommands.input("sent to models, cached ones included"),
                    ClientCommands.output("written by models"),
                    Column.of("cached_tokens", Unit.TOKENS, "of the input, read from a cache")
                            .labelled("CACHED"),
                    Column.of("cost", Unit.COST, "US dollars by the price table"));

    static final Table PROVIDERS =
            Table.of(
                    "providers",
                    Column.of("name", Unit.ID, "before the / in PROVIDER/MODEL"),
                    Column.of("type", Unit.TEXT, "how it is spoken to"),
                    Column.of("address", Unit.TEXT, "where it is"),
                    Column.of("has_key", Unit.TEXT, "whether a key is sent").labelled("KEY"),
                    Column.more("dialects", Unit.JSON, "languages it speaks"));

    static final Table TESTS =
            Table.of(
                    "tests",
                    Column.of("name", Unit.ID, "the provider"),
                    Column.of("status", Unit.TEXT, "ok or failed"),
                    millis("connect_ms", "to connect").labelled("CONNECT"),
                    millis("list_ms", "to be told the models").labelled("LIST"),
                    Column.of("models", Unit.COUNT, "how many it has; empty if it does not tell"),
                    millis("first_token_ms", "of the call").labelled("FIRST TOKEN"),
                    millis("call_ms", "until the end of the call").labelled("CALL"),
                    Column.of("address", Unit.TEXT, "where it is"),
                    Column.more("model", Unit.TEXT, "that was called"),
                    Column.more("name_ms", Unit.DURATION_MS, "to find the host"),
                    Column.more("tls_ms", Unit.DURATION_MS, "to agree on TLS"),
                    Column.more("failed", Unit.TEXT, "what failed: reach, list or call"),
                    Column.more("error", Unit.TEXT, "why"),
                    Column.more("hint", Unit.TEXT, "what to do about it"));

    static final Table TARGETS =
            Table.of(
                    "targets",
                    Column.of("provider", Unit.ID, "who is asked"),
                    Column.of("model", Unit.TEXT, "by the provider's name"),
                    Column.of("weight", Unit.COUNT, "share of the calls; 0 without weights"),
                    Column.of("state", Unit.TEXT, "closed: well; open: left alone for a while"));

    private GatewayCommands() {}

    private static Column millis(String id, String summary) {
        return Column.of(id, Unit.DURATION_MS, summary);
    }

    /// Calls to models.
    static List<Command> all() {
        return List.of(
                chat(),
                Command.of(
                                Name.PROVIDERS_LIST,
                                "providers list",
                                Effect.READ,
                                "List the providers of the configuration")
                        .table(PROVIDERS)
                        .example("backplane providers list", "who can be asked")
                        .build(),
                providersTest(),
                Command.of(
                                Name.ROUTES_EXPLAIN,
                                "routes explain",
                                Effect.READ,
                                "Show who would answer for a model's name, and in which order")
                        .arguments(required("MODEL", "as a client names it"))
                        .table(TARGETS)
                        .example("backplane routes explain smart", "targets and their state")
                        .build(),
                usage());
    }

    private static Command providersTest() {
        return Command.of(
                        Name.PROVIDERS_TEST,
                        "providers test",
                        Effect.WRITE,
                        "Look whether providers can be reached, take the key, and answer")
                .details(
                        "The server tries, since it has the keys: it connects, asks for the list of"
                                + " models, and with `--call` asks a model for one token, which"
                                + " costs what it costs and is traced. Needs an admin key. The exit"
                                + " code is that of the first that fails.")
                .arguments(optional("NAME", "a provider; all of them without it"))
                .options(
                        Option.of(
                                "call",
                                Type.TEXT,
                                "MODEL",
                                "also call this model: of provider NAME, or, without NAME, as a"
                                        + " client names it, at each of its targets"))
                .table(TESTS)
                .example("backplane providers test", "all, at no cost")
                .example("backplane providers test openai --call gpt-4o-mini", "with a call")
                .example("backplane providers test --call smart", "everyone who answers for it")
                .build();
    }

    private static Command usage() {
        return Command.of(
                        Name.USAGE, "usage", Effect.READ, "Show what calls to models took and cost")
                .details("A call with several tags counts under each of them.")
                .options(
                        Option.choice(
                                        "by",
                                        List.of("model", "key", "user", "agent", "tag"),
                                        "what to add up by")
                                .withInitial("model"),
                        ClientCommands.SINCE,
                        ClientCommands.UNTIL)
                .table(USAGE)
                .example("backplane usage --since 30d", "the last month by model")
                .example("backplane usage --by key --since 1d", "who spent it today")
                .build();
    }

    private static Command chat() {
        return Command.of(Name.CHAT, "chat", Effect.WRITE, "Ask a model, or talk with it")
                .details(
                        "Asks through the server, so that keys, limits and routes hold and the call"
                                + " is traced. Without a prompt it takes what comes on stdin; on a"
                                + " terminal it holds a conversation, in which /help explains the"
                                + " rest and Ctrl-C stops an answer. The answer goes to stdout as"
                                + " it comes; thoughts, and tokens, speed, cost and trace, to"
                                + " stderr. In json it is one document, in ndjson a line a piece."
                                + " Exit code 6 when the provider filtered the answer.")
                .arguments(
                        required("MODEL", "as the configuration names it, or PROVIDER/MODEL"),
                        optional("PROMPT", "what to ask; a - among it adds what is on stdin")
                                .repeated())
                .options(talk())
                .example("backplane chat fast", "a conversation")
                .example("backplane chat fast \"why is the sky blue?\"", "one question")
                .example(
                        "git diff | backplane chat fast \"Review this:\" -",
                        "about what is on stdin")
                .example(
                        "backplane chat fast --image cat.png --json-schema animal.json -q \"Who is"
                                + " it?\"",
                        "structured output about an image")
                .build();
    }

    /// How an answer is wanted, and what its call belongs to.
    static Option[] talk() {
        return new Option[] {
            Option.of("system", Type.TEXT, "TEXT", "instructions for the model").withLetter("s"),
            Option.of("image", Type.FILE, "FILE", "an image to look at").repeatable(),
            Option.of("json-schema", Type.FILE, "FILE", "what the answer has to follow"),
            Option.of("temperature", Type.NUMBER, "N", "0 for the likeliest words"),
            Option.of("max-tokens", Type.COUNT, "N", "longest answer"),
            Option.flag("hide-reasoning", "leave out what the model thinks"),
            Option.of(
                    "session",
                    Type.TEXT,
                    "NAME",
                    "the session that the calls belong to; a new one without it"),
            Option.of("tag", Type.TEXT, "TAG", "a tag of the calls").repeatable(),
            Option.of("timeout", Type.DURATION, "TIME", "longest silence of the model")
                    .withEnvironment("BACKPLANE_TIMEOUT")
                    .withInitial("10m")
        };
    }
}
