package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which files of a repository are meant.
///
/// A repository often has one model in many quantisations, one a file, or one a set of
/// `NAME-00001-of-00003.gguf`. The tag chooses: the name of a quantisation, as it stands in the
/// file's name between separators, or a file's name. Without one it is Q4_K_M, as for llama.cpp and
/// Ollama, then what is nearest to it in size and quality. Without a GGUF file it is what a model
/// of safetensors consists of.
final class Choice {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final Pattern QUANTISATION =
            Pattern.compile(
                    "(?:^|[-._/])((?:UD-)?(?:I?Q\\d_[0-9A-Z_]+|TQ\\d_\\d|BF16|F16|F32"
                            + "|FP16|MXFP4[A-Z0-9_]*|NVFP4))"
                            + "(?=[-._]|$)");
    private static final List<String> USUAL =
            List.of("Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "Q8_0", "MXFP4", "F16", "BF16");
    private static final Pattern SHARD = Pattern.compile("model(-\\d{5}-of-\\d{5})?\\.safetensors");
    private static final List<String> BESIDE =
            List.of(
                    "config.json",
                    "modules.json",
                    "1_Pooling/config.json",
                    "generation_config.json",
                    "model.safetensors.index.json",
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "tokenizer.model",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "vocab.json",
                    "merges.txt",
                    "chat_template.jinja",
                    "chat_template.json");

    private Choice() {}

    /// @param files paths in the repository
    /// @param tag of the model's name; empty for none
    /// @param where for messages
    /// @return one GGUF file, its parts in order, or the files of a model of safetensors
    /// @throws Problem `NOT_FOUND` that says what there is
    static List<String> of(List<String> files, String tag, String where) {
        Map<String, List<String>> models = models(files);
        if (models.isEmpty()) {
            return safetensors(files, where);
        }
        List<String> chosen =
                tag.isEmpty()
                        ? usual(models)
                        : named(models, tag).orElseThrow(() -> none(models, tag, where));
        if (chosen.contains("")) {
            throw Problem.of(
                            Problem.Kind.NOT_FOUND,
                            "a part of the model's file is missing in the repository",
                            where)
                    .fix("choose another: " + labels(models));
        }
        return chosen;
    }

    /// Whether the file is a part of a model that was split.
    static boolean isPart(String path) {
        return PART.matcher(path).matches();
    }

    /// Models by name, each with its files; an empty one where a part is missing.
    private static Map<String, List<String>> models(List<String> files) {
        Map<String, List<String>> models = new LinkedHashMap<>();
        for (String file : files.stream().sorted().toList()) {
            String lower = file.toLowerCase(Locale.ROOT);
            String name = lower.substring(lower.lastIndexOf('/') + 1);
            if (!lower.endsWith(".gguf") || name.contains("mmproj") || name.contains("imatrix")) {
                continue;
            }
            Matcher part = PART.matcher(file);
            if (!part.matches()) {
                models.put(file.substring(0, file.length() - 5), List.of(file));
            } else if (!models.containsKey(part.group(1))) {
                models.put(part.group(1), parts(files, part));
            }
        }
        return models;
    }

    private static List<String> parts(List<String> files, Matcher part) {
        List<String> parts = new ArrayList<>();
        int count = Integer.parseInt(part.group(3));
        for (int i = 1; i <= Math.min(count, files.size()); i++) {
            String path = "%s-%05d-of-%s.gguf".formatted(part.group(1), i, part.group(3));
            parts.add(files.contains(path) ? path : "");
        }
        if (parts.size() < count || parts.isEmpty()) {
            parts.add("");
        }
        return parts;
    }

    private static List<String> usual(Map<String, List<String>> models) {
        for (String label : USUAL) {
            Optional<List<String>> found = named(models, label);
            if (found.isPresent()) {
                return found.get();
            }
        }
        return models.values().iterator().next();
    }

    /// Of several the one with the shortest name: it has the least besides.
    private static Optional<List<String>> named(Map<String, List<String>> models, String tag) {
        String wanted = tag.toLowerCase(Locale.ROOT);
        String stem = wanted.endsWith(".gguf") ? wanted.substring(0, wanted.length() - 5) : wanted;
        Pattern form = Pattern.compile("(^|.*[-._/])" + Pattern.quote(stem) + "([-._/].*|$)");
        Comparator<String> shortest = Comparator.comparingInt(String::length);
        return models.keySet().stream()
                .filter(name -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    return lower.equals(stem)
                            || lower.endsWith("/" + stem)
                            || form.matcher(lower).matches();
                })
                .min(shortest.thenComparing(Comparator.naturalOrder()))
                .map(models::get);
    }

    private static Problem none(Map<String, List<String>> models, String tag, String where) {
        return Problem.notFound("no GGUF file for '" + tag + "'", where)
                .fix("choose one of " + labels(models));
    }

    private static String labels(Map<String, List<String>> models) {
        TreeSet<String> labels = new TreeSet<>();
        for (String name : models.keySet()) {
            String label = label(name);
            labels.add(label.isEmpty() ? name.substring(name.lastIndexOf('/') + 1) : label);
        }
        return String.join(", ", labels.stream().limit(40).toList());
    }

    /// The quantisation in a file's name, or empty.
    static String label(String name) {
        Matcher matcher = QUANTISATION.matcher(name.toUpperCase(Locale.ROOT));
        String last = "";
        while (matcher.find()) {
            last = matcher.group(1);
        }
        return last;
    }

    private static List<String> safetensors(List<String> files, String where) {
        List<String> chosen = new ArrayList<>();
        files.stream().filter(file -> SHARD.matcher(file).matches()).sorted().forEach(chosen::add);
        if (chosen.isEmpty() || !files.contains("config.json")) {
            throw Problem.notFound("no model in GGUF or safetensors", where)
                    .fix("choose a repository of GGUF files; many models have one");
        }
        files.stream().filter(BESIDE::contains).sorted().forEach(chosen::add);
        return chosen;
    }
}
