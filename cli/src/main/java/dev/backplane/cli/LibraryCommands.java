package dev.backplane.cli;

import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.List;

/// The commands for models of this machine, as data.
final class LibraryCommands {
    static final Table MODELS =
            Table.of(
                    "models",
                    Column.of("name", Unit.ID, "as it is called"),
                    Column.of("size", Unit.BYTES, "on disk"),
                    Column.of("family", Unit.TEXT, "the architecture"),
                    Column.of("parameters", Unit.TEXT, "how many numbers it has"),
                    Column.of("quantization", Unit.TEXT, "how they are stored"),
                    Column.of("modified", Unit.TIME, "when it came"),
                    Column.more("format", Unit.TEXT, "gguf or safetensors"),
                    Column.more("digest", Unit.TEXT, "SHA-256 of its manifest"));

    private LibraryCommands() {}

    static List<Command> all() {
        return List.of(pull(), list(), show(), create(), quantize(), copy(), remove());
    }

    private static Command pull() {
        return Command.of(Name.PULL, "pull", Effect.WRITE, "Bring a model to this machine")
                .details(
                        "From Ollama's registry, from Hugging Face (GGUF: the quantisation after"
                                + " the colon, Q4_K_M without one; else safetensors), or from a"
                                + " file or folder here. The server fetches it, in parts and"
                                + " several at a time, and checks its SHA-256; what was stopped"
                                + " goes on where it was when it is pulled again. For models that"
                                + " need a login set HF_TOKEN where the server runs, or put a token"
                                + " there with `hf auth login`. Then it is a model like any other:"
                                + " `model: \"NAME\"`. Needs an admin key.")
                .arguments(required("NAME", "[[HOST/]NAMESPACE/]MODEL[:TAG], or a file or folder"))
                .options(
                        Option.of(
                                "as",
                                Type.TEXT,
                                "NAME",
                                "what it will be called; default for files: the file's name"))
                .example("backplane pull llama3.2:1b", "from Ollama's registry")
                .example(
                        "backplane pull hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0",
                        "from Hugging Face, in this quantisation")
                .example("backplane pull ./writer.gguf --as writer", "a file of this machine")
                .build();
    }

    private static Command list() {
        return Command.of(
                        Name.MODELS_LIST,
                        "models list",
                        Effect.READ,
                        "List the models of this machine")
                .details("Those that Ollama pulled on this machine are among them.")
                .options(Option.flag("all", "also models that providers of the gateway have"))
                .table(MODELS)
                .example("backplane models list", "what there is")
                .example("backplane models list -q", "names only")
                .build();
    }

    private static Command show() {
        return Command.of(
                        Name.MODELS_SHOW,
                        "models show",
                        Effect.READ,
                        "Show what a model is, and what it needs")
                .details(
                        "Memory is that of the weights and of a cache of 4,096 positions, or of"
                                + " the model's own length if that is shorter; a longer context"
                                + " takes `cache bytes per token` more for each.")
                .arguments(required("NAME", "the model"))
                .example("backplane models show llama3.2:1b", "size, context, template, licence")
                .build();
    }

    private static Command create() {
        return Command.of(
                        Name.MODELS_CREATE,
                        "models create",
                        Effect.WRITE,
                        "Make a model of another one, or of files, with settings of its own")
                .details(
                        "Reads a Modelfile: FROM (a model, a file or a folder), PARAMETER, SYSTEM,"
                                + " MESSAGE, ADAPTER, LICENSE, and TEMPLATE, which is kept and"
                                + " shown but not used: the chat template is the model file's own."
                                + " Weights are shared with the model that it is made of. Needs an"
                                + " admin key.")
                .arguments(required("NAME", "what it will be called"))
                .options(
                        Option.of("file", Type.FILE, "FILE", "the Modelfile, or - for stdin")
                                .withLetter("f")
                                .withInitial("Modelfile"),
                        Option.of(
                                "from",
                                Type.TEXT,
                                "MODEL",
                                "instead of a Modelfile: a copy of this"),
                        Option.of(
                                "system", Type.TEXT, "TEXT", "with --from: what it is told first"),
                        Option.of("parameter", Type.PAIR, "NAME=VALUE", "with --from: a setting")
                                .repeatable())
                .example("backplane models create pirate -f Modelfile", "as the file says")
                .example(
                        "backplane models create calm --from llama3.2:1b --parameter temperature=0",
                        "another with one setting changed")
                .build();
    }

    private static Command quantize() {
        return Command.of(
                        Name.MODELS_QUANTIZE,
                        "models quantize",
                        Effect.WRITE,
                        "Make a smaller model of one whose numbers are floats")
                .details(
                        "The server writes the model again with numbers of TYPE, such as Q8_0,"
                                + " Q6_K, Q5_K_M, Q4_K_M, Q4_K_S, Q4_0 or F16; a name means what"
                                + " it means in llama.cpp. Memory does not grow with the model, and"
                                + " the new one is there when it is whole. What is said of the"
                                + " model besides is taken over. Needs an admin key.")
                .arguments(
                        required("MODEL", "a model, or a GGUF file, of F32, F16 or BF16"),
                        required("TYPE", "of the new one's numbers"))
                .options(
                        Option.of(
                                "as",
                                Type.TEXT,
                                "NAME",
                                "what the new one will be called; default: MODEL:TYPE"))
                .example("backplane models quantize writer Q4_K_M", "makes writer:q4_k_m")
                .example(
                        "backplane models quantize ./writer-f16.gguf Q8_0 --as writer",
                        "of a file that is sent to the server")
                .build();
    }

    private static Command copy() {
        return Command.of(
                        Name.MODELS_COPY, "models copy", Effect.WRITE, "Give a model a second name")
                .details("Takes no room: the bytes are shared. Needs an admin key.")
                .arguments(required("NAME", "the model"), required("NEW", "its second name"))
                .example("backplane models copy llama3.2:1b fast", "as model fast")
                .build();
    }

    private static Command remove() {
        return Command.of(
                        Name.MODELS_REMOVE,
                        "models remove",
                        Effect.DELETE,
                        "Remove models, and the bytes that no other has")
                .details(
                        "Models of Ollama's own store are left to `ollama rm`. Needs an admin key.")
                .arguments(required("NAME", "the model").repeated())
                .example("backplane models remove llama3.2:1b", "asks first")
                .build();
    }
}
