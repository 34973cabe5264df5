package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// What a model is called: `[[HOST/]NAMESPACE/]MODEL[:TAG]`, as in `llama3.2:1b`,
/// `hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0` or `models.example.com:5000/team/writer`.
///
/// What is left out is `registry.ollama.ai`, `library` and `latest`. Each part begins with a
/// letter, a digit or an underscore and has nothing in it that means something in a path, so that
/// the parts can be one.
public record ModelName(String host, String namespace, String model, String tag) {
    public static final String HOST = "registry.ollama.ai";
    public static final String NAMESPACE = "library";
    public static final String TAG = "latest";

    private static final int LENGTH_MAX = 600;
    private static final Pattern HOSTS = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}");
    private static final Pattern PARTS = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final String FIX =
            "a name is [[HOST/]NAMESPACE/]MODEL[:TAG] of letters, digits, _, . and -, such as"
                    + " llama3.2:1b or hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0";

    /// @throws Problem `INVALID` when a part has what no name has
    public ModelName {
        check(HOSTS, host, "host");
        check(PARTS, namespace, "namespace");
        check(PARTS, model, "model");
        check(PARTS, tag, "tag");
    }

    private static void check(Pattern form, String part, String what) {
        if (!form.matcher(part).matches()) {
            String shown = part.length() > 80 ? part.substring(0, 80) + "…" : part;
            throw Problem.invalid("no " + what + " is called '" + shown + "'", "model name")
                    .fix(FIX);
        }
    }

    /// Reads a name as people write it; the address of a model's page works as well.
    ///
    /// @throws Problem `INVALID` if it is none
    public static ModelName parse(String text) {
        String name = text.strip().replaceFirst("^https?://", "");
        if (name.isEmpty() || name.length() > LENGTH_MAX) {
            throw Problem.invalid(name.isEmpty() ? "no name" : "name is too long", "model name")
                    .fix(FIX);
        }
        int colon = name.lastIndexOf(':');
        String tag = TAG;
        if (colon > name.lastIndexOf('/')) {
            tag = name.substring(colon + 1);
            name = name.substring(0, colon);
        }
        String[] parts = name.split("/", -1);
        return switch (parts.length) {
            case 1 -> new ModelName(HOST, NAMESPACE, parts[0], tag);
            case 2 -> new ModelName(HOST, parts[0], parts[1], tag);
            case 3 -> new ModelName(parts[0], parts[1], parts[2], tag);
            default ->
                    throw Problem.invalid("name has %d parts".formatted(parts.length), "model name")
                            .fix(FIX);
        };
    }

    /// Where its manifest is, below the folder of manifests.
    Path path() {
        return Path.of(host, namespace, model, tag);
    }

    /// Whether the tag says nothing.
    public boolean isLatest() {
        return tag.equals(TAG);
    }

    /// The repository, as a hub knows it.
    public String repository() {
        return namespace + "/" + model;
    }

    /// The shortest text that means it, with its tag.
    @Override
    public String toString() {
        String name = model + ":" + tag;
        if (!host.equals(HOST)) {
            return host + "/" + namespace + "/" + name;
        }
        return namespace.equals(NAMESPACE) ? name : namespace + "/" + name;
    }
}
