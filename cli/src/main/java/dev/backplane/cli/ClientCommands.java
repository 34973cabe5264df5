package dev.backplane.cli;

import static dev.backplane.cli.Argument.optional;
import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.List;

/// The commands that ask a server, as data.
final class ClientCommands {
    // Columns stand in the order of their importance: a narrow terminal shows the first ones.
    static final Table TRACES =
            Table.of(
                    "traces",
                    start("when the first span began"),
                    Column.of("trace_id", Unit.ID, "for `traces show`"),
                    Column.of("name", Unit.TEXT, "of the root span"),
                    duration("from first start to last end"),
                    Column.of("error_count", Unit.COUNT, "spans that failed").labelled("ERRORS"),
                    Column.of("span_count", Unit.COUNT, "spans").labelled("SPANS"),
                    Column.of("cost", Unit.COST, "US dollars by the price table"),
                    input("sent to models, cached ones included"),
                    output("written by models"),
                    Column.of("models", Unit.JSON, "models called"),
                    Column.more("llm_count", Unit.COUNT, "model calls").labelled("LLM CALLS"),
                    Column.more("cached_tokens", Unit.TOKENS, "of the input, read from a cache"),
                    Column.more("reasoning_tokens", Unit.TOKENS, "of the output, reasoning"),
                    Column.more("end_time", Unit.TIME, "when the last span ended"),
                    Column.more("status", Unit.TEXT, "ok or error"),
                    Column.more("session_id", Unit.TEXT, "session"),
                    Column.more("user_id", Unit.TEXT, "user"),
                    Column.more("agent", Unit.TEXT, "agent"),
                    Column.more("tags", Unit.JSON, "tags"),
                    Column.more("scores", Unit.JSON, "scores"));

    static final Table TREE =
            Table.of(
                    "spans",
                    Column.of("name", Unit.TEXT, "operation; people see the tree before it"),
                    Column.of("kind", Unit.TEXT, "llm, tool, agent, chain, …"),
                    duration("empty while the span is open"),
                    input("sent to the model"),
                    output("written by the model"),
                    Column.of("cost", Unit.COST, "US dollars"),
                    Column.of("model", Unit.TEXT, "model"),
                    Column.of("span_id", Unit.ID, "for `spans show`"),
                    Column.more("parent_id", Unit.TEXT, "the span above"),
                    Column.more("depth", Unit.COUNT, "0 for a root"),
                    Column.more("children", Unit.COUNT, "spans right below"),
                    Column.more("status", Unit.TEXT, "ok or error"),
                    Column.more("start_time", Unit.TIME, "when it began"),
                    Column.more("end_time", Unit.TIME, "when it ended"),
                    Column.more("error", Unit.TEXT, "why it failed"),
                    Column.more("input_preview", Unit.TEXT, "the beginning of the input"),
                    Column.more("output_preview", Unit.TEXT, "the beginning of the output"));

    static final Table SPANS =
            Table.of(
                            "spans",
                            start("when it began"),
                            Column.of("span_id", Unit.ID, "for `spans show`"),
                            Column.of("trace_id", Unit.ID, "the trace it belongs to"),
                            Column.of("name", Unit.TEXT, "operation"),
                            Column.of("kind", Unit.TEXT, "llm, tool, agent, chain, …"),
                            duration("empty while the span is open"),
                            Column.of("status", Unit.TEXT, "ok or error"),
                            Column.of("model", Unit.TEXT, "model"),
                            input("sent to the model"),
                            output("written by the model"),
                            Column.of("cost", Unit.COST, "US dollars"),
                            Column.more("parent_id", Unit.TEXT, "the span above"),
                            Column.more("end_time", Unit.TIME, "when it ended"),
                            Column.more("error", Unit.TEXT, "why it failed"),
                            Column.more("input_preview", Unit.TEXT, "the beginning of the input"),
                            Column.more("output_preview", Unit.TEXT, "the beginning of the output"))
                    .identifiedBy("trace_id", "span_id");

    static final Table HITS =
            Table.of(
                            "hits",
                            Column.of("trace_id", Unit.ID, "for `traces show`"),
                            Column.of("span_id", Unit.ID, "for `spans show`"),
                            Column.of("name", Unit.TEXT, "operation"),
                            Column.of("field", Unit.TEXT, "input, output, …"),
                            Column.of("snippet", Unit.TEXT, "the text around the match"),
                            Column.more("kind", Unit.TEXT, "llm, tool, agent, chain, …"),
                            Column.more("model", Unit.TEXT, "model"),
                            Column.more("start_time", Unit.TIME, "when the span began"),
                            Column.more(
                                    "highlights",
                                    Unit.JSON,
                                    "matches in the snippet: [start, end] in characters"))
                    .identifiedBy("trace_id", "span_id");

    static final Table IMPORTS =
            Table.of(
                    "imports",
                    Column.of("file", Unit.TEXT, "as given"),
                    Column.of("traces", Unit.COUNT, "traces touched"),
                    Column.of("spans", Unit.COUNT, "spans stored"),
                    Column.of("rejected", Unit.COUNT, "records refused"),
                    Column.of("bytes", Unit.BYTES, "read by the server, expanded"),
                    duration("time taken"));

    static final Table PROJECTS =
            Table.of(
                    "projects",
                    Column.of("name", Unit.ID, "name"),
                    Column.of("stored_bytes", Unit.BYTES, "on disk").labelled("STORED"),
                    Column.of("retention_days", Unit.COUNT, "0 keeps for ever"),
                    Column.of("quota_bytes", Unit.BYTES, "0 is unlimited").labelled("QUOTA"));

    static final Table KEYS =
            Table.of(
                    "keys",
                    Column.of("id", Unit.ID, "for `keys revoke`"),
                    Column.of("name", Unit.TEXT, "what it is for"),
                    Column.of("project", Unit.TEXT, "the only project it opens; empty for all"),
                    Column.of("scopes", Unit.JSON, "ingest, read, call, admin"),
                    Column.of("created_time", Unit.TIME, "when it was made"),
                    Column.of("budgets", Unit.JSON, "most it may spend"),
                    Column.more("models", Unit.JSON, "the only ones it may ask; empty for all"),
                    Column.more("rpm", Unit.COUNT, "most requests a minute"),
                    Column.more("tpm", Unit.TOKENS, "most tokens a minute"),
                    Column.more("concurrency", Unit.COUNT, "most calls at a time"));

    static final Option LIMIT =
            Option.of("limit", Type.COUNT, "N", "at most so many rows; 0 for all")
                    .withLetter("n")
                    .withInitial("20");
    private static final Option CURSOR =
            Option.of("cursor", Type.TEXT, "CURSOR", "go on where a cut list ended");
    private static final Option FILTER =
            Option.of(
                    "filter",
                    Type.TEXT,
                    "SQL",
                    "a condition over the columns of `spans`, as in a where clause");
    static final Option SINCE =
            Option.of("since", Type.TIME, "TIME", "begun at or after: RFC 3339, a date, or 2h, 7d");
    static final Option UNTIL = Option.of("until", Type.TIME, "TIME", "begun before");
    private static final Argument TRACE = required("TRACE_ID", "the trace");
    private static final Argument SPAN = required("SPAN_ID", "the span");

    private ClientCommands() {}

    private static Column start(String summary) {
        return Column.of("start_time", Unit.TIME, summary).labelled("STARTED");
    }

    private static Column duration(String summary) {
        return Column.of("duration_ms", Unit.DURATION_MS, summary).labelled("DURATION");
    }

    static Column input(String summary) {
        return Column.of("input_tokens", Unit.TOKENS, summary).labelled("TOKENS IN");
    }

    static Column output(String summary) {
        return Column.of("output_tokens", Unit.TOKENS, summary).labelled("OUT");
    }

    /// Putting data in and getting it out.
    static List<Command> data() {
        return List.of(
                importFiles(),
                tracesList(),
                tracesShow(),
                Command.of(
                                Name.TRACES_DELETE,
                                "traces delete",
                                Effect.DELETE,
                                "Delete traces with all their spans")
                        .details(
                                "They are gone from every answer at once and from the disk after"
                                        + " the next compaction; messages that other traces share"
                                        + " stay.")
                        .arguments(TRACE.repeated())
                        .example("backplane traces delete 4f2a… --yes", "without asking")
                        .build(),
                Command.of(Name.SPANS_LIST, "spans list", Effect.READ, "List spans, newest first")
                        .options(FILTER, SINCE, UNTIL, LIMIT, CURSOR)
                        .table(SPANS)
                        .example(
                                "backplane spans list --filter \"status = 'error'\" --since 1d",
                                "what failed since yesterday")
                        .build(),
                spansShow(),
                Command.of(Name.SPANS_DELETE, "spans delete", Effect.DELETE, "Delete one span")
                        .arguments(TRACE, SPAN)
                        .example("backplane spans delete 4f2a… 91c0… --yes", "without asking")
                        .build(),
                search(),
                sql(),
                feedback());
    }

    private static Command importFiles() {
        return Command.of(Name.IMPORT, "import", Effect.WRITE, "Import files of traces")
                .details(
                        "Takes JSON or JSONL of chat trajectories, OTLP-JSON files and span NDJSON,"
                                + " plain or gzipped; the server tells them apart. Files are"
                                + " streamed, so size does not matter. Importing a file again adds"
                                + " nothing. Exit code 1 when records were refused.")
                .arguments(required("FILE", "a file, or - for stdin").repeated())
                .table(IMPORTS)
                .example("backplane import runs.jsonl", "one file")
                .example("zcat old.json.gz | backplane import -", "from another program")
                .build();
    }

    private static Command tracesList() {
        return Command.of(Name.TRACES_LIST, "traces list", Effect.READ, "List traces, newest first")
                .details("A filter keeps the traces of which at least one span fits.")
                .options(FILTER, SINCE, UNTIL, LIMIT, CURSOR)
                .table(TRACES)
                .example("backplane traces list --limit 10", "the ten newest")
                .example(
                        "backplane traces list --filter \"model = 'gpt-4o' and match(input,"
                                + " 'refund')\" --since 7d",
                        "last week's about refunds")
                .example("backplane traces list -q -n 0", "every trace id")
                .build();
    }

    private static Command tracesShow() {
        return Command.of(
                        Name.TRACES_SHOW,
                        "traces show",
                        Effect.READ,
                        "Show a trace as a tree of spans")
                .arguments(TRACE)
                .options(
                        Option.of("offset", Type.COUNT, "N", "skip so many spans of the tree")
                                .withInitial("0"),
                        LIMIT.withInitial("200"),
                        Option.of("match", Type.TEXT, "QUERY", "only spans whose text matches"),
                        Option.flag("previews", "show the beginning of input and output"))
                .table(TREE)
                .example("backplane traces show 4f2a…", "the tree")
                .example("backplane traces show 4f2a… --match refund", "search inside the trace")
                .example("backplane traces show 4f2a… --offset 500 --limit 500", "the second page")
                .build();
    }

    private static Command spansShow() {
        return Command.of(
                        Name.SPANS_SHOW,
                        "spans show",
                        Effect.READ,
                        "Print a span, or one of its payloads")
                .details(
                        "Streams, so a payload of any size goes through. Without `--field` it is"
                                + " everything known of the span as JSON, indented for people; with"
                                + " it, the payload's bytes as they were received, in every"
                                + " format.")
                .arguments(TRACE, SPAN)
                .options(
                        Option.of("field", Type.TEXT, "FIELD", "input, output, attributes, …"),
                        Option.of("output", Type.FILE, "FILE", "write to a file, not to stdout"))
                .example("backplane spans show 4f2a… 91c0…", "everything")
                .example(
                        "backplane spans show 4f2a… 91c0… --field input | jq .",
                        "one payload, byte for byte")
                .build();
    }

    private static Command search() {
        return Command.of(Name.SEARCH, "search", Effect.READ, "Search the text of all payloads")
                .details(
                        "Words are combined with and; \"quoted words\" must follow each other."
                                + " Quote the quotes for the shell.")
                .arguments(required("QUERY", "words and phrases").repeated())
                .options(LIMIT, CURSOR)
                .table(HITS)
                .example("backplane search '\"basic economy\" refund'", "a phrase and a word")
                .example(
                        "backplane search refund -q | xargs -L1 backplane spans show",
                        "everything of each span found")
                .build();
    }

    private static Command sql() {
        return Command.of(Name.SQL, "sql", Effect.READ, "Run one SQL query over the store")
                .details(
                        "Tables: spans, traces, scores, messages; docs/sql.md describes them. A"
                                + " query can only read; memory, time and rows are bounded by the"
                                + " server.")
                .arguments(optional("QUERY", "a select, or - to read it from stdin"))
                .options(
                        Option.of(
                                "output",
                                Type.FILE,
                                "FILE",
                                "write the result to a file: .parquet, .jsonl or .json"))
                .table(new Table("rows", List.of()))
                .example(
                        "backplane sql \"select model, count(*) n, sum(input_tokens) t from spans"
                                + " group by model order by t desc\"",
                        "tokens by model")
                .example("backplane sql - < report.sql", "a query from a file")
                .example(
                        "backplane sql \"select * from spans\" --output spans.parquet",
                        "a file for other tools")
                .build();
    }

    private static Command feedback() {
        return Command.of(Name.FEEDBACK, "feedback", Effect.WRITE, "Judge a span or a trace")
                .arguments(TRACE, optional("SPAN_ID", "the span; the root when absent"))
                .options(
                        Option.of("score", Type.PAIR, "NAME=NUMBER", "a score from 0 to 1")
                                .repeatable(),
                        Option.of("tag", Type.TEXT, "TAG", "a tag").repeatable(),
                        Option.of("comment", Type.TEXT, "TEXT", "a remark"),
                        Option.of(
                                "expected",
                                Type.TEXT,
                                "VALUE",
                                "what the output should have been: JSON, or text"))
                .example(
                        "backplane feedback 4f2a… --score correct=1 --comment \"as promised\"",
                        "judge a run")
                .build();
    }

    /// Projects and keys.
    static List<Command> administration() {
        Argument project = required("NAME", "lower-case letters, digits, dots, dashes");
        Option retention =
                Option.of("retention", Type.COUNT, "DAYS", "delete idle traces; 0 keeps all");
        Option quota = Option.of("quota", Type.COUNT, "BYTES", "refuse data above; 0 is unlimited");
        return List.of(
                Command.of(Name.PROJECTS_LIST, "projects list", Effect.READ, "List projects")
                        .table(PROJECTS)
                        .example("backplane projects list", "all projects")
                        .build(),
                Command.of(
                                Name.PROJECTS_CREATE,
                                "projects create",
                                Effect.WRITE,
                                "Create a project")
                        .arguments(project)
                        .options(
                                retention,
                                quota,
                                Option.flag("exist-ok", "succeed when it is there already"))
                        .example("backplane projects create support --retention 30", "a month")
                        .build(),
                Command.of(
                                Name.PROJECTS_UPDATE,
                                "projects update",
                                Effect.WRITE,
                                "Change a project's retention or quota")
                        .arguments(project)
                        .options(retention, quota)
                        .example("backplane projects update support --retention 90", "longer")
                        .build(),
                Command.of(
                                Name.PROJECTS_DELETE,
                                "projects delete",
                                Effect.DELETE,
                                "Delete a project with everything in it")
                        .arguments(project)
                        .example("backplane projects delete support --yes", "without asking")
                        .build(),
                Command.of(Name.KEYS_LIST, "keys list", Effect.READ, "List API keys")
                        .details("Keys themselves are not stored and cannot be shown again.")
                        .table(KEYS)
                        .example("backplane keys list", "all keys")
                        .build(),
                keysCreate(),
                Command.of(Name.KEYS_REVOKE, "keys revoke", Effect.DELETE, "Revoke an API key")
                        .arguments(required("ID", "from `keys list`"))
                        .example("backplane keys revoke k_3f… --yes", "without asking")
                        .build());
    }

    private static Command keysCreate() {
        return Command.of(Name.KEYS_CREATE, "keys create", Effect.WRITE, "Create an API key")
                .details(
                        "Prints the key once: it is not stored and cannot be shown again. Without"
                                + " `--scope` it may ingest and read.")
                .arguments(required("NAME", "what it is for"))
                .options(
                        Option.choice(
                                        "scope",
                                        List.of("ingest", "read", "call", "admin"),
                                        "what it permits; more than one may be given")
                                .repeatable(),
                        Option.of(
                                "for-project",
                                Type.TEXT,
                                "NAME",
                                "the only project it opens, or * for all; default without it"),
                        Option.of(
                                        "model",
                                        Type.TEXT,
                                        "NAME",
                                        "a model it may ask for, and no others; more than one may"
                                                + " be given")
                                .repeatable(),
                        Option.of(
                                        "budget",
                                        Type.TEXT,
                                        "AMOUNT/PERIOD",
                                        "US dollars such as 5/day, or '2000000 tokens/month'; a"
                                                + " period is day, month or total")
                                .repeatable(),
                        Option.of("rpm", Type.COUNT, "N", "most requests in any 60 seconds"),
                        Option.of("tpm", Type.COUNT, "N", "most tokens in any 60 seconds"),
                        Option.of("concurrency", Type.COUNT, "N", "most calls at a time"))
                .example("backplane keys create laptop --scope ingest --scope read", "no admin")
                .example(
                        "backplane keys create mia --scope call --model fast --budget 5/day --rpm"
                                + " 60",
                        "one model, five dollars a day")
                .example(
                        "backplane keys create ci --scope ingest -q > key.txt",
                        "only the key, into a file")
                .build();
    }

    /// The store's own files.
    static List<Command> store() {
        return List.of(
                Command.of(
                                Name.STORE_STATS,
                                "store stats",
                                Effect.READ,
                                "Show what the store holds and how well it is packed")
                        .example("backplane store stats", "counts and bytes")
                        .build(),
                Command.of(
                                Name.STORE_COMPACT,
                                "store compact",
                                Effect.WRITE,
                                "Fold the log and small segments into large segments now")
                        .example("backplane store compact", "with progress")
                        .build(),
                Command.of(
                                Name.STORE_VERIFY,
                                "store verify",
                                Effect.READ,
                                "Read everything back and check every checksum")
                        .example("backplane store verify", "exit code 1 when something is damaged")
                        .build(),
                Command.of(Name.STORE_EXPORT, "store export", Effect.READ, "Export spans")
                        .options(
                                Option.choice(
                                                "as",
                                                List.of("jsonl", "parquet"),
                                                "the format of the file")
                                        .withInitial("jsonl"),
                                FILTER,
                                Option.of(
                                        "output", Type.FILE, "FILE", "write to a file, not stdout"))
                        .example("backplane store export > spans.jsonl", "everything")
                        .example(
                                "backplane store export --as parquet --filter \"kind = 'llm'\""
                                        + " --output llm.parquet",
                                "the model calls, for other tools")
                        .build());
    }
}
