package dev.backplane.text.tokenizer;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.tokenizer.PreTokenizer.Behavior;
import dev.backplane.text.tokenizer.PreTokenizer.Metaspace;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/// Reads the stages around the model out of a `tokenizer.json`.
final class StageReader {
    private static final String SPACE = "▁";

    private StageReader() {}

    static Normalizer normalizer(Config config) {
        String type = config.text("type");
        return switch (type) {
            case "Sequence" ->
                    new Normalizer.Sequence(
                            config.children("normalizers").stream()
                                    .map(StageReader::normalizer)
                                    .toList());
            case "NFC", "NFD", "NFKC", "NFKD" -> new Normalizer.Composition(Form.valueOf(type));
            case "Lowercase" -> new Normalizer.Lowercase();
            case "StripAccents" -> new Normalizer.StripAccents();
            case "Prepend" -> new Normalizer.Prepend(config.text("prepend"));
            case "Strip" ->
                    new Normalizer.Strip(
                            config.flag("strip_left", true), config.flag("strip_right", true));
            case "Replace" -> new Normalizer.Replace(pattern(config), config.text("content"));
            case "Nmt" -> new Normalizer.Nmt();
            case "BertNormalizer" -> {
                boolean lowercase = config.flag("lowercase", true);
                yield new Normalizer.Bert(
                        config.flag("clean_text", true),
                        config.flag("handle_chinese_chars", true),
                        config.flag("strip_accents", lowercase),
                        lowercase);
            }
            case "Precompiled" -> precompiled(config);
            default ->
                    throw config.unknownType(
                            type,
                            "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Prepend,"
                                    + " Strip, Replace, Nmt, BertNormalizer and Precompiled");
        };
    }

    private static Normalizer precompiled(Config config) {
        String where = config.path() + ".precompiled_charsmap";
        String text = config.text("precompiled_charsmap", "");
        if (text.isEmpty()) {
            return Normalizer.NONE;
        }
        try {
            return new Normalizer.Precompiled(
                    CharsMap.read(Base64.getDecoder().decode(text), where));
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("text that is no base64", where)
                    .fix("use the file as it was written")
                    .causedBy(e);
        }
    }

    private static SplitPattern pattern(Config config) {
        Config pattern = config.required("pattern");
        if (pattern.has("String")) {
            String text = pattern.text("String");
            if (text.isEmpty()) {
                throw pattern.refused("String", "a text that is not empty");
            }
            return SplitPattern.literal(text, pattern.path());
        }
        return SplitPattern.expression(pattern.text("Regex"), pattern.path());
    }

    /// All steps in order, sequences resolved.
    static List<PreTokenizer> preTokenizers(Config config) {
        String type = config.text("type");
        if (!type.equals("Sequence")) {
            return List.of(preTokenizer(type, config));
        }
        List<PreTokenizer> steps = new ArrayList<>();
        config.children("pretokenizers").forEach(child -> steps.addAll(preTokenizers(child)));
        for (int i = 0; i + 1 < steps.size(); i++) {
            if (steps.get(i) instanceof PreTokenizer.ByteLevel) {
                throw Problem.of(
                                Problem.Kind.UNSUPPORTED,
                                "a ByteLevel pre-tokenizer that is not the last",
                                config.path())
                        .fix("put ByteLevel at the end");
            }
        }
        return steps;
    }

    private static PreTokenizer preTokenizer(String type, Config config) {
        return switch (type) {
            case "ByteLevel" ->
                    new PreTokenizer.ByteLevel(
                            config.flag("add_prefix_space", true), config.flag("use_regex", true));
            case "Split" ->
                    new PreTokenizer.Split(
                            pattern(config), behavior(config), config.flag("invert", false));
            case "Digits" ->
                    new PreTokenizer.Characters(
                            Unicode::isNumber,
                            config.flag("individual_digits", false)
                                    ? Behavior.ISOLATED
                                    : Behavior.CONTIGUOUS);
            case "Punctuation" ->
                    new PreTokenizer.Characters(
                            Unicode::isPunctuation,
                            config.has("behavior") ? behavior(config) : Behavior.ISOLATED);
            case "WhitespaceSplit" -> PreTokenizer.Characters.WHITE_SPACE;
            case "Whitespace" ->
                    new PreTokenizer.Split(SplitPattern.words(), Behavior.REMOVED, true);
            case "BertPreTokenizer" -> BERT;
            case "CharDelimiterSplit" ->
                    new PreTokenizer.Split(
                            SplitPattern.literal(config.text("delimiter"), config.path()),
                            Behavior.REMOVED,
                            false);
            case "Metaspace" ->
                    new Metaspace(
                            config.text("replacement", SPACE),
                            prefix(config),
                            config.flag("split", true));
            default ->
                    throw config.unknownType(
                            type,
                            "Sequence, ByteLevel, Split, Digits, Punctuation, Whitespace,"
                                    + " WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit and"
                                    + " Metaspace");
        };
    }

    static final PreTokenizer BERT =
            new PreTokenizer.Sequence(
                    List.of(
                            PreTokenizer.Characters.WHITE_SPACE,
                            PreTokenizer.Characters.PUNCTUATION));

    private static Behavior behavior(Config config) {
        String label = config.text("behavior");
        for (Behavior behavior : Behavior.values()) {
            if (behavior.label().equals(label)) {
                return behavior;
            }
        }
        throw config.refused(
                "behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    }

    private static Metaspace.Prefix prefix(Config config) {
        // Files from before 2024 have a flag instead.
        if (!config.has("prepend_scheme")) {
            return config.flag("add_prefix_space", true)
                    ? Metaspace.Prefix.ALWAYS
                    : Metaspace.Prefix.NEVER;
        }
        return switch (config.text("prepend_scheme")) {
            case "always" -> Metaspace.Prefix.ALWAYS;
            case "first" -> Metaspace.Prefix.FIRST;
            case "never" -> Metaspace.Prefix.NEVER;
            default -> throw config.refused("prepend_scheme", "always, first or never");
        };
    }

    /// @param ids the id of a token's text, or -1
    static PostProcessor postProcessor(Config config, ToIntFunction<String> ids) {
        String type = config.text("type");
        switch (type) {
            case "ByteLevel" -> {
                return PostProcessor.NONE;
            }
            case "BertProcessing" -> {
                PostProcessor.Part cls = new PostProcessor.Token(pairId(config, "cls"), 0);
                int sep = pairId(config, "sep");
                PostProcessor.Part text = new PostProcessor.Text(false, 0);
                PostProcessor.Part end = new PostProcessor.Token(sep, 0);
                return new PostProcessor(
                        List.of(cls, text, end),
                        List.of(
                                cls,
                                text,
                                end,
                                new PostProcessor.Text(true, 1),
                                new PostProcessor.Token(sep, 1)));
            }
            case "RobertaProcessing" -> {
                PostProcessor.Part cls = new PostProcessor.Token(pairId(config, "cls"), 0);
                PostProcessor.Part sep = new PostProcessor.Token(pairId(config, "sep"), 0);
                PostProcessor.Part text = new PostProcessor.Text(false, 0);
                return new PostProcessor(
                        List.of(cls, text, sep),
                        List.of(cls, text, sep, sep, new PostProcessor.Text(true, 0), sep));
            }
            case "TemplateProcessing" -> {
                return new PostProcessor(
                        template(config, "single", ids), template(config, "pair", ids));
            }
            case "Sequence" -> {
                List<PostProcessor> steps = new ArrayList<>();
                for (Config child : config.children("processors")) {
                    Optional.of(postProcessor(child, ids))
                            .filter(step -> !step.equals(PostProcessor.NONE))
                            .ifPresent(steps::add);
                }
                if (steps.size() > 1) {
                    throw Problem.of(
                                    Problem.Kind.UNSUPPORTED,
                                    "two post-processors that add tokens",
                                    config.path())
                            .fix("put the tokens into one TemplateProcessing");
                }
                return steps.isEmpty() ? PostProcessor.NONE : steps.getFirst();
            }
            default ->
                    throw config.unknownType(
                            type,
                            "Sequence, ByteLevel, BertProcessing, RobertaProcessing and"
                                    + " TemplateProcessing");
        }
    }

    private static int pairId(Config config, String name) {
        List<JsonTree> pair = config.items(name);
        if (pair.size() == 2
                && pair.get(1) instanceof JsonTree.Number number
                && number.digits().matches("\\d{1,7}")) {
            return Integer.parseInt(number.digits());
        }
        throw config.refused(name, "an array of a token and its id");
    }

    private static List<PostProcessor.Part> template(
            Config config, String name, ToIntFunction<String> ids) {
        List<PostProcessor.Part> parts = new ArrayList<>();
        for (Config item : config.children(name)) {
            Optional<Config> token = item.child("SpecialToken");
            if (token.isPresent()) {
                String text = token.get().text("id");
                int segment = token.get().integer("type_id", 0);
                for (int id : templateIds(config, text, ids)) {
                    parts.add(new PostProcessor.Token(id, segment));
                }
            } else {
                Config sequence = item.required("Sequence");
                parts.add(
                        new PostProcessor.Text(
                                sequence.text("id").equals("B"), sequence.integer("type_id", 0)));
            }
        }
        return parts;
    }

    private static List<Integer> templateIds(
            Config config, String text, ToIntFunction<String> ids) {
        Optional<Config> declared =
                config.child("special_tokens").flatMap(tokens -> tokens.child(text));
        List<Integer> found = new ArrayList<>();
        if (declared.isPresent()) {
            for (JsonTree id : declared.get().items("ids")) {
                if (!(id instanceof JsonTree.Number number)
                        || !number.digits().matches("\\d{1,7}")) {
                    throw declared.get().refused("ids", "an array of token ids");
                }
                found.add(Integer.parseInt(number.digits()));
            }
        } else if (ids.applyAsInt(text) >= 0) {
            found.add(ids.applyAsInt(text));
        } else {
            throw Problem.invalid("no token '" + text + "'", config.path() + ".special_tokens")
                    .fix("declare the token that the template names");
        }
        return found;
    }

    static Decoder decoder(Config config) {
        DecoderReader reader = new DecoderReader();
        reader.read(config);
        return new Decoder(reader.steps, reader.stripped);
    }

    /// Collects steps, up to and after the point where pieces become one text.
    private static final class DecoderReader {
        private final List<Decoder.Step> steps = new ArrayList<>();
        private int stripped;
        private boolean fused;

        private void read(Config config) {
            String type = config.text("type");
            if (fused && !type.equals("Strip") && !type.equals("Fuse")) {
                throw unstreamable(config, type + " after Fuse");
            }
            switch (type) {
                case "Sequence" -> config.children("decoders").forEach(this::read);
                case "Fuse" -> fused = true;
                case "ByteLevel" -> steps.add(new Decoder.ByteLevel());
                case "ByteFallback" -> steps.add(new Decoder.ByteFallback());
                case "Replace" ->
                        steps.add(new Decoder.Replace(pattern(config), config.text("content")));
                case "Strip" -> strip(config);
                case "WordPiece" ->
                        steps.add(
                                new Decoder.WordPiece(
                                        config.text("prefix", "##"), config.flag("cleanup", true)));
                case "Metaspace" -> {
                    steps.add(
                            new Decoder.Replace(
                                    SplitPattern.literal(
                                            config.text("replacement", SPACE), config.path()),
                                    " "));
                    stripped += prefix(config) == Metaspace.Prefix.NEVER ? 0 : 1;
                }
                default ->
                        throw config.unknownType(
                                type,
                                "Sequence, Fuse, ByteLevel, ByteFallback, Replace, Strip, WordPiece"
                                        + " and Metaspace");
            }
        }

        private void strip(Config config) {
            String content = config.text("content", " ");
            int left = config.integer("start", 0);
            int right = config.integer("stop", 0);
            if (content.length() != 1) {
                throw config.refused("content", "one character");
            }
            if (!fused) {
                steps.add(new Decoder.Strip(content.charAt(0), left, right));
            } else if (right > 0 || !content.equals(" ")) {
                throw unstreamable(config, "Strip after Fuse of anything but spaces in front");
            } else {
                stripped += left;
            }
        }

        private static Problem unstreamable(Config config, String what) {
            return Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "a decoder that needs the whole text: " + what,
                            config.path())
                    .fix("use decoders that work piece by piece");
        }
    }
}
