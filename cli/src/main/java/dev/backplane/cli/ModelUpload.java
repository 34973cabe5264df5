package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Sends the files of a model to the server, which keeps them by their digests. What it has already
/// is not sent.
final class ModelUpload {
    private static final Pattern PART = Pattern.compile("(.*)-\\d{5}-of-(\\d{5})\\.gguf");
    private static final int CHUNK_BYTES = 1 << 20;

    private final Client client;
    private final Output output;

    ModelUpload(Client client, Output output) {
        this.client = client;
        this.output = output;
    }

    /// What the model of a path is called when nobody says.
    static String name(Path path) {
        Path file = path.toAbsolutePath().normalize().getFileName();
        String text = file == null ? "model" : file.toString();
        Matcher part = PART.matcher(text);
        String stem =
                part.matches()
                        ? part.group(1)
                        : text.endsWith(".gguf") ? text.substring(0, text.length() - 5) : text;
        String name = stem.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_.-]+", "-");
        return name.matches("[a-z0-9_].*") ? name : "model" + name;
    }

    /// @return digests by file name, as `/api/create` takes them
    Node.Fields send(Path path) {
        Map<String, Node> digests = new LinkedHashMap<>();
        for (Path file : files(path)) {
            digests.put(String.valueOf(file.getFileName()), Node.of(sendFile(file)));
        }
        return new Node.Fields(digests);
    }

    /// The digest of one file, which the server has then.
    String sendFile(Path file) {
        String name = String.valueOf(file.getFileName());
        try (Progress progress = output.progress("reading " + name)) {
            long size = Files.size(file);
            String digest = "sha256:" + hash(file, size, progress);
            if (!isThere(digest)) {
                progress.clear();
                upload(file, size, digest);
            }
            return digest;
        } catch (IOException e) {
            throw Failure.of(
                            Problem.Kind.NOT_FOUND,
                            "cannot read the file",
                            "cannot read %s".formatted(file))
                    .hint("check that it is there and readable");
        }
    }

    private boolean isThere(String digest) {
        try {
            client.ask("HEAD", "/api/blobs/" + digest, Optional.empty());
            return true;
        } catch (Failure absent) {
            if (absent.kind() == Problem.Kind.NOT_FOUND) {
                return false;
            }
            throw absent;
        }
    }

    private void upload(Path file, long size, String digest) throws IOException {
        try (Progress progress = output.progress("sending " + file.getFileName());
                InputStream in = Files.newInputStream(file)) {
            Client.Body body =
                    new Client.Body(
                            "application/octet-stream", size, out -> copy(in, out, size, progress));
            client.ask("POST", "/api/blobs/" + digest, Optional.of(body));
        }
    }

    private static void copy(InputStream in, OutputStream out, long size, Progress progress)
            throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long sent = 0;
        for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
            out.write(chunk, 0, length);
            sent += length;
            progress.bytes(sent, size);
        }
    }

    private static String hash(Path file, long size, Progress progress) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK_BYTES];
            long done = 0;
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                sha256.update(chunk, 0, length);
                done += length;
                progress.bytes(done, size);
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException(missing);
        }
    }

    /// The file with the other parts of a split one; of a folder its GGUF files if they are one
    /// model, else all that a model of safetensors consists of.
    private static List<Path> files(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                return parts(path);
            }
            List<Path> all = inFolder(path);
            List<Path> gguf = all.stream().filter(file -> isNamed(file, ".gguf")).toList();
            if (gguf.isEmpty()) {
                return safetensors(path, all);
            }
            List<Path> parts = parts(gguf.getFirst());
            if (parts.size() < gguf.size()) {
                throw Failure.usage("there are %d models in %s".formatted(gguf.size(), path))
                        .hint("name the file of one");
            }
            return parts;
        } catch (IOException e) {
            throw Failure.of(
                            Problem.Kind.NOT_FOUND,
                            "no such file",
                            "no such file or folder: " + path)
                    .hint("nothing was sent");
        }
    }

    private static boolean isNamed(Path file, String end) {
        return String.valueOf(file.getFileName()).endsWith(end);
    }

    private static List<Path> inFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Path> parts(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Failure.of(Problem.Kind.NOT_FOUND, "no such file", "no such file: " + file)
                    .hint("nothing was sent");
        }
        Matcher part = PART.matcher(String.valueOf(file.getFileName()));
        if (!part.matches()) {
            return List.of(file);
        }
        List<Path> parts = new ArrayList<>();
        int count = Integer.parseInt(part.group(2));
        for (int i = 1; i <= count; i++) {
            String digits = Integer.toString(100_000 + i).substring(1);
            Path sibling =
                    file.resolveSibling(
                            part.group(1) + "-" + digits + "-of-" + part.group(2) + ".gguf");
            if (!Files.isRegularFile(sibling)) {
                throw Failure.of(
                                Problem.Kind.NOT_FOUND,
                                "a part is missing",
                                "a part of the model is missing: " + sibling)
                        .hint("nothing was sent");
            }
            parts.add(sibling);
        }
        return parts;
    }

    private static List<Path> safetensors(Path folder, List<Path> all) {
        List<Path> chosen =
                all.stream()
                        .filter(file ->
                                isNamed(file, ".safetensors")
                                        || isNamed(file, ".json")
                                        || isNamed(file, ".jinja")
                                        || isNamed(file, "tokenizer.model")
                                        || isNamed(file, "merges.txt"))
                        .toList();
        if (chosen.stream().noneMatch(file -> isNamed(file, ".safetensors"))) {
            throw Failure.usage("no GGUF or safetensors files in " + folder)
                    .hint("name a .gguf file, or the folder of a model");
        }
        return chosen;
    }
}
