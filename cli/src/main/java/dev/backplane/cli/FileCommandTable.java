package dev.backplane.cli;

import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.List;

/// The commands around files and batches, as data.
final class FileCommandTable {
    static final Table FILES =
            Table.of(
                    "files",
                    Column.of("id", Unit.ID, "for `files download`, and in requests"),
                    Column.of("filename", Unit.TEXT, "as it was uploaded"),
                    Column.of("purpose", Unit.TEXT, "what it is for"),
                    Column.of("bytes", Unit.BYTES, "its length").labelled("SIZE"),
                    Column.of("created_time", Unit.TIME, "when it was uploaded")
                            .labelled("CREATED"),
                    Column.of("expires_time", Unit.TIME, "when it goes; empty if it stays")
                            .labelled("EXPIRES"));

    static final Table BATCHES =
            Table.of(
                    "batches",
                    Column.of("id", Unit.ID, "for `batches show`"),
                    Column.of("status", Unit.TEXT, "validating, in_progress, completed, …"),
                    Column.of("completed", Unit.COUNT, "requests that were answered"),
                    Column.of("failed", Unit.COUNT, "requests that failed"),
                    Column.of("total", Unit.COUNT, "requests"),
                    Column.of("model", Unit.TEXT, "the model of all requests"),
                    Column.of("created_time", Unit.TIME, "when it was made").labelled("CREATED"),
                    Column.more("endpoint", Unit.TEXT, "the path of its requests"),
                    Column.more("expires_time", Unit.TIME, "when what is not done is given up"),
                    Column.more("input_file_id", Unit.TEXT, "the requests"),
                    Column.more("output_file_id", Unit.TEXT, "the answers"),
                    Column.more("error_file_id", Unit.TEXT, "what failed"),
                    Column.more("input_tokens", Unit.TOKENS, "sent to models"),
                    Column.more("output_tokens", Unit.TOKENS, "written by models"));

    private static final Argument BATCH = required("BATCH_ID", "from `batches list`");
    private static final Option OUTPUT =
            Option.of("output", Type.FILE, "FILE", "write there instead of to stdout")
                    .withLetter("o");

    private FileCommandTable() {}

    static List<Command> files() {
        return List.of(
                Command.of(
                                Name.FILES_LIST,
                                "files list",
                                Effect.READ,
                                "List uploaded files, newest first")
                        .options(
                                Option.of("purpose", Type.TEXT, "NAME", "only these"),
                                ClientCommands.LIMIT)
                        .table(FILES)
                        .example("backplane files list --purpose batch", "inputs of batches")
                        .build(),
                Command.of(
                                Name.FILES_UPLOAD,
                                "files upload",
                                Effect.WRITE,
                                "Upload files that requests can name")
                        .arguments(required("FILE", "a file").repeated())
                        .options(
                                Option.of("purpose", Type.TEXT, "NAME", "what they are for")
                                        .withInitial("user_data"))
                        .table(FILES)
                        .example("backplane files upload report.pdf", "for a request's file_id")
                        .build(),
                Command.of(
                                Name.FILES_DOWNLOAD,
                                "files download",
                                Effect.READ,
                                "Print a file as it was uploaded")
                        .arguments(required("FILE_ID", "from `files list`"))
                        .options(OUTPUT)
                        .example("backplane files download file-3f… -o report.pdf", "to a file")
                        .build(),
                Command.of(Name.FILES_DELETE, "files delete", Effect.DELETE, "Delete files")
                        .arguments(required("FILE_ID", "from `files list`").repeated())
                        .example("backplane files delete file-3f… --yes", "without asking")
                        .build());
    }

    static List<Command> batches() {
        return List.of(
                create(),
                Command.of(
                                Name.BATCHES_LIST,
                                "batches list",
                                Effect.READ,
                                "List batches, newest first")
                        .options(ClientCommands.LIMIT)
                        .table(BATCHES)
                        .example("backplane batches list", "the last 20")
                        .build(),
                Command.of(
                                Name.BATCHES_SHOW,
                                "batches show",
                                Effect.READ,
                                "Show how a batch stands")
                        .arguments(BATCH)
                        .table(BATCHES)
                        .example("backplane batches show batch_3f…", "how far it is")
                        .build(),
                Command.of(Name.BATCHES_CANCEL, "batches cancel", Effect.WRITE, "End a batch")
                        .details("What was answered stays; calls under way are ended.")
                        .arguments(BATCH)
                        .table(BATCHES)
                        .example("backplane batches cancel batch_3f…", "at once")
                        .build(),
                Command.of(
                                Name.BATCHES_RESULTS,
                                "batches results",
                                Effect.READ,
                                "Print the answers of a batch that has ended")
                        .details("A JSON object a line, in the order in which the answers came.")
                        .arguments(BATCH)
                        .options(Option.flag("failures", "what failed instead"), OUTPUT)
                        .example("backplane batches results batch_3f… -o out.jsonl", "to a file")
                        .build());
    }

    private static Command create() {
        return Command.of(
                        Name.BATCHES_CREATE,
                        "batches create",
                        Effect.WRITE,
                        "Have the requests of a file answered")
                .details(
                        "Each line of the file is a request with a `custom_id`, as OpenAI's Batch"
                                + " API has them; see docs/gateway.md.")
                .arguments(required("FILE", "a file, or the id of an uploaded one"))
                .options(
                        Option.of("endpoint", Type.TEXT, "PATH", "the path of all requests")
                                .withInitial("/v1/chat/completions"))
                .table(BATCHES)
                .example("backplane batches create requests.jsonl", "uploads it and begins")
                .build();
    }
}
