package dev.backplane.local.library.pull;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.local.library.Digest;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.ModelName;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/// Repositories of Hugging Face, by the API of its hub:
///
/// ```
/// GET /api/models/ORG/REPO/revision/main?blobs=true   the commit; files with sizes, digests
/// GET /ORG/REPO/resolve/COMMIT/PATH                   a file; sends to where large ones are
/// ```
///
/// Large files have a SHA-256 (LFS), small ones git's SHA-1 only. All are asked for by the commit,
/// so that they belong together whatever is pushed meanwhile.
final class HuggingFace implements Hub {
    private static final int LISTING_BYTES_MAX = 32 << 20;
    private static final long SMALL_BYTES_MAX = 32 << 20;

    private final Fetch fetch;
    private final URI base;
    private final Supplier<Optional<String>> token;

    HuggingFace(Fetch fetch, Hosts hosts, Supplier<Optional<String>> token) {
        this.fetch = fetch;
        this.base = hosts.hub();
        this.token = token;
    }

    /// A file of a repository.
    ///
    /// @param sha256 of large ones
    private record Entry(String path, long size, Optional<Digest> sha256, String gitId) {}

    @Override
    public Plan plan(ModelName name) {
        String repository = name.repository();
        Optional<String> secret = token.get();
        URI address = base.resolve("/api/models/" + repository + "/revision/main?blobs=true");
        Access listing = new Access(address, "application/json", secret);
        Slice bytes = fetch.read(listing, LISTING_BYTES_MAX);
        String where = "hf.co/" + repository;
        JsonTree json = JsonTree.parse(new String(bytes.bytes(), StandardCharsets.UTF_8), where);
        if (!(json instanceof JsonTree.Fields fields)) {
            throw malformed(where);
        }
        String commit = text(fields, "sha");
        if (!commit.matches("[0-9a-f]{40,64}")) {
            throw malformed(where);
        }
        Map<String, Entry> files = files(fields, where);
        List<String> chosen =
                Choice.of(List.copyOf(files.keySet()), name.isLatest() ? "" : name.tag(), where);
        boolean isGguf = chosen.getFirst().endsWith(".gguf");
        List<Plan.Part> parts = new ArrayList<>();
        for (String path : chosen) {
            Access source =
                    new Access(
                            base.resolve(
                                    "/" + repository + "/resolve/" + commit + "/" + encoded(path)),
                            "",
                            secret);
            parts.add(
                    part(
                            Objects.requireNonNull(files.get(path), path),
                            isGguf ? LayerKind.MODEL : LayerKind.FILE,
                            isGguf && chosen.size() == 1 ? "" : fileName(path, isGguf, where),
                            source));
        }
        license(fields)
                .ifPresent(
                        text -> parts.add(new Plan.Part.Text(LayerKind.LICENSE, Slice.of(text))));
        return new Plan(parts, Optional.empty());
    }

    private static Plan.Part part(Entry entry, LayerKind kind, String name, Access source) {
        if (entry.sha256().isPresent()) {
            Layer layer = Layer.of(kind, entry.sha256().get(), entry.size()).named(name);
            return new Plan.Part.Blob(layer, source);
        }
        if (entry.size() > SMALL_BYTES_MAX) {
            throw Problem.invalid(
                            "file '%s' of %,d bytes has no SHA-256"
                                    .formatted(entry.path(), entry.size()),
                            source.toString())
                    .fix("choose another repository");
        }
        return new Plan.Part.Small(name, kind, entry.size(), entry.gitId(), source);
    }

    private static Map<String, Entry> files(JsonTree.Fields model, String where) {
        if (!(model.find("siblings").orElse(JsonTree.NOTHING)
                instanceof JsonTree.Items(List<JsonTree> items))) {
            throw malformed(where);
        }
        Map<String, Entry> files = new LinkedHashMap<>();
        for (JsonTree item : items) {
            if (!(item instanceof JsonTree.Fields file)) {
                throw malformed(where);
            }
            String path = text(file, "rfilename");
            Optional<JsonTree.Fields> lfs =
                    file.find("lfs")
                            .filter(JsonTree.Fields.class::isInstance)
                            .map(JsonTree.Fields.class::cast);
            String sha256 = lfs.map(of -> text(of, "sha256")).orElse("");
            long size = number(lfs.orElse(file), "size");
            files.put(
                    path,
                    new Entry(
                            path,
                            size < 0 ? number(file, "size") : size,
                            sha256.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(Digest.parse("sha256:" + sha256, where)),
                            text(file, "blobId")));
        }
        return files;
    }

    private static Optional<String> license(JsonTree.Fields model) {
        if (model.find("cardData").orElse(JsonTree.NOTHING) instanceof JsonTree.Fields card) {
            String name = text(card, "license_name");
            String license = name.isEmpty() ? text(card, "license") : name;
            String link = text(card, "license_link");
            if (!license.isEmpty()) {
                return Optional.of(link.isEmpty() ? license : license + "\n" + link);
            }
        }
        return Optional.empty();
    }

    /// A name without a folder: of a GGUF file its own, as parts name each other by it; of others
    /// the whole path, as `1_Pooling.config.json`, which is not `config.json`.
    private static String fileName(String path, boolean isGguf, String where) {
        String name = isGguf ? path.substring(path.lastIndexOf('/') + 1) : path.replace('/', '.');
        if (!Layer.isFileName(name)) {
            throw Problem.invalid("a file with a name that is not taken", where)
                    .fix("choose a repository whose files have letters, digits, _, . and -");
        }
        return name;
    }

    /// Each part of the path by itself.
    private static String encoded(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            parts.add(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
        }
        return String.join("/", parts);
    }

    private static String text(JsonTree.Fields fields, String name) {
        return fields.find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Text(String value)
                ? value
                : "";
    }

    private static long number(JsonTree.Fields fields, String name) {
        return fields.find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Number(String digits)
                        && digits.matches("[0-9]{1,15}")
                ? Long.parseLong(digits)
                : -1;
    }

    private static Problem malformed(String where) {
        return Problem.unavailable("the hub's answer is not understood", where)
                .fix("check the address of the hub (HF_ENDPOINT, library.hub)");
    }
}
