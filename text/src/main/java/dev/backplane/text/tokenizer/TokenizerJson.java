package dev.backplane.text.tokenizer;

import dev.backplane.core.Json;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.LongIntMap;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Reads Hugging Face's `tokenizer.json`.
///
/// ```
/// { "added_tokens": [ {id, content, special, single_word, lstrip, rstrip, normalized}, … ],
///   "normalizer": {type, …}, "pre_tokenizer": {type, …},
///   "model": { "type": "BPE", "vocab": {piece: id, …}, "merges": [ "a b" | ["a", "b"], … ], … },
///   "post_processor": {type, …}, "decoder": {type, …} }
/// ```
///
/// Vocabulary and merges are streamed; members may stand in any order. Accepted are at most
/// [Vocabulary#ID_MAX] tokens and as many merges.
public final class TokenizerJson {
    private static final int ADDED_MAX = 1 << 20;

    private final String source;
    private final Map<String, JsonTree> stages = new LinkedHashMap<>();
    private final Map<String, JsonTree> modelOptions = new LinkedHashMap<>();
    private final Vocabulary.Builder vocabulary = new Vocabulary.Builder();
    private final List<Double> scores = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();
    private boolean hasMerges;

    private TokenizerJson(String source) {
        this.source = source;
    }

    /// The tokenizer of a model's folder: `tokenizer.json`, and what `tokenizer_config.json` and
    /// `generation_config.json` beside it say about special tokens.
    public static Tokenizer readFolder(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw Problem.notFound("no tokenizer.json", folder.toString())
                    .fix("use a model with a file tokenizer.json");
        }
        Optional<Config> config = config(folder.resolve("tokenizer_config.json"));
        Optional<Config> generation = config(folder.resolve("generation_config.json"));
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return new TokenizerJson(file.toString()).read(in, config, generation);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param source where the bytes come from, for messages
    public static Tokenizer read(InputStream in, String source) {
        return new TokenizerJson(source).read(in, Optional.empty(), Optional.empty());
    }

    private static Optional<Config> config(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    Config.of(
                            JsonTree.parse(Files.readString(file), file.toString()),
                            file.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Tokenizer read(InputStream in, Optional<Config> config, Optional<Config> generation) {
        try (JsonParser parser = Json.parser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw Problem.invalid("no JSON object", source).fix("use a tokenizer.json");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals("model") && parser.currentToken() == JsonToken.START_OBJECT) {
                    readModel(parser);
                } else {
                    stages.put(name, JsonTree.read(parser));
                }
            }
        } catch (StreamReadException e) {
            throw Json.malformed(e, source);
        } catch (JacksonException e) {
            throw Problem.invalid("JSON that cannot be read", source)
                    .fix("use the file as it was written")
                    .causedBy(e);
        }
        return build(config, generation);
    }

    private void readModel(JsonParser parser) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (name.equals("vocab") && token == JsonToken.START_OBJECT) {
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String piece = parser.currentName();
                    if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
                        throw unfit("model.vocab", "a whole number for each piece");
                    }
                    vocabulary.add(piece, parser.getLongValue(), source + ", model.vocab");
                }
            } else if (name.equals("vocab") && token == JsonToken.START_ARRAY) {
                readScores(parser);
            } else if (name.equals("merges") && token == JsonToken.START_ARRAY) {
                hasMerges = true;
                readMerges(parser);
            } else {
                modelOptions.put(name, JsonTree.read(parser));
            }
        }
    }

    private void readScores(JsonParser parser) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_ARRAY
                    || parser.nextToken() != JsonToken.VALUE_STRING) {
                throw unfit("model.vocab", "an array of a piece and its score for each");
            }
            String piece = parser.getString();
            if (!parser.nextToken().isNumeric() || !Double.isFinite(parser.getDoubleValue())) {
                throw unfit("model.vocab", "an array of a piece and its score for each");
            }
            vocabulary.add(piece, scores.size(), source + ", model.vocab");
            scores.add(parser.getDoubleValue());
            if (parser.nextToken() != JsonToken.END_ARRAY) {
                throw unfit("model.vocab", "an array of a piece and its score for each");
            }
        }
    }

    /// Left and right parts, one after the other.
    private void readMerges(JsonParser parser) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (merges.size() > 2 * Vocabulary.ID_MAX) {
                throw unfit("model.merges", "at most %,d merges".formatted(Vocabulary.ID_MAX));
            }
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
                String merge = parser.getString();
                int space = merge.indexOf(' ');
                if (space < 1 || space == merge.length() - 1) {
                    throw unfit("model.merges", "two pieces with a space between");
                }
                merges.add(merge.substring(0, space));
                merges.add(merge.substring(space + 1));
            } else if (parser.currentToken() == JsonToken.START_ARRAY) {
                int before = merges.size();
                while (parser.nextToken() == JsonToken.VALUE_STRING) {
                    merges.add(parser.getString());
                }
                if (merges.size() != before + 2 || parser.currentToken() != JsonToken.END_ARRAY) {
                    throw unfit("model.merges", "an array of two pieces for each merge");
                }
            } else {
                throw unfit("model.merges", "an array of two pieces for each merge");
            }
        }
    }

    private Problem unfit(String key, String wanted) {
        return Problem.invalid("a value of another form", source + ", " + key)
                .fix(wanted + " is accepted");
    }

    private Tokenizer build(Optional<Config> config, Optional<Config> generation) {
        if (vocabulary.size() == 0) {
            throw Problem.invalid("no vocabulary", source + ", model.vocab")
                    .fix("use a complete tokenizer.json");
        }
        Config top = new Config(new JsonTree.Fields(stages), source);
        List<AddedToken> added = added(top);
        Map<String, Integer> addedIds = new LinkedHashMap<>();
        added.forEach(token -> addedIds.put(token.content(), token.id()));
        List<PreTokenizer> steps =
                top.child("pre_tokenizer").map(StageReader::preTokenizers).orElse(List.of());
        boolean byteLevel = !steps.isEmpty() && steps.getLast() instanceof PreTokenizer.ByteLevel;
        Model model = model(byteLevel);
        return new Tokenizer(
                new Tokenizer.Stages(
                        added,
                        top.child("normalizer")
                                .map(StageReader::normalizer)
                                .orElse(Normalizer.NONE),
                        new PreTokenizer.Sequence(steps),
                        model,
                        top.child("post_processor")
                                .map(child ->
                                        StageReader.postProcessor(
                                                child,
                                                text -> id(text, addedIds, model.vocabulary())))
                                .orElse(PostProcessor.NONE),
                        top.child("decoder")
                                .map(StageReader::decoder)
                                .orElseGet(() -> new Decoder(List.of(new Decoder.Spaced()), 0)),
                        specials(added, addedIds, model, config, generation)));
    }

    private static int id(String text, Map<String, Integer> added, Vocabulary vocabulary) {
        Integer id = added.get(text);
        return id != null ? id : vocabulary.id(text);
    }

    private static List<AddedToken> added(Config top) {
        List<AddedToken> added = new ArrayList<>();
        Set<Integer> ids = new TreeSet<>();
        List<Config> entries = top.children("added_tokens");
        if (entries.size() > ADDED_MAX) {
            throw Problem.tooLarge("%,d added tokens".formatted(entries.size()), top.path())
                    .fix("at most %,d are accepted".formatted(ADDED_MAX));
        }
        for (Config entry : entries) {
            int id = entry.integer("id");
            if (id > Vocabulary.ID_MAX || !ids.add(id)) {
                throw entry.refused("id", "an id of its own up to " + Vocabulary.ID_MAX);
            }
            boolean special = entry.flag("special", false);
            added.add(
                    new AddedToken(
                            id,
                            entry.text("content"),
                            special,
                            entry.flag("single_word", false),
                            entry.flag("lstrip", false),
                            entry.flag("rstrip", false),
                            entry.flag("normalized", !special)));
        }
        return added;
    }

    private Model model(boolean byteLevel) {
        Config options = new Config(new JsonTree.Fields(modelOptions), source + ", model");
        String type = options.text("type", hasMerges ? "BPE" : scores.isEmpty() ? "" : "Unigram");
        if (byteLevel && !type.equals("BPE")) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "a ByteLevel pre-tokenizer before a " + type + " model",
                            source)
                    .fix("byte-level models are of the type BPE");
        }
        return switch (type) {
            case "BPE" -> bpe(options, byteLevel);
            case "Unigram" -> unigram(options);
            case "WordPiece" ->
                    new WordPiece(
                            vocabulary.build(),
                            options.text("continuing_subword_prefix", "##"),
                            "",
                            required(options, "unk_token", "[UNK]"),
                            options.integer("max_input_chars_per_word", 100));
            default -> throw options.unknownType(type, "BPE, Unigram and WordPiece");
        };
    }

    private int required(Config options, String name, String otherwise) {
        String text = options.text(name, otherwise);
        if (vocabulary.id(text) < 0) {
            throw Problem.invalid("no token '" + text + "'", options.path() + "." + name)
                    .fix("name a token of the vocabulary");
        }
        return vocabulary.id(text);
    }

    private Model bpe(Config options, boolean byteLevel) {
        for (String name : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!options.text(name, "").isEmpty()) {
                throw Problem.of(
                                Problem.Kind.UNSUPPORTED,
                                "a BPE with '%s'".formatted(name),
                                options.path())
                        .fix("byte-level and SentencePiece BPEs have none");
            }
        }
        if (options.has("dropout")
                && !(options.fields().values().get("dropout") instanceof JsonTree.Number number
                        && number.real() == 0)) {
            throw options.refused("dropout", "no dropout, which is for training,");
        }
        Vocabulary pieces = vocabulary.build();
        Merges.Builder table = new Merges.Builder(merges.size() / 2);
        for (int i = 0; i < merges.size(); i += 2) {
            String where = "%s, model.merges[%d]".formatted(source, i / 2);
            int left = mergeId(pieces, merges.get(i), where);
            int right = mergeId(pieces, merges.get(i + 1), where);
            int result = mergeId(pieces, merges.get(i) + merges.get(i + 1), where);
            table.add(left, right, i / 2, result);
        }
        int unknown = options.has("unk_token") ? required(options, "unk_token", "") : -1;
        return new Bpe(
                pieces,
                table.build(),
                new LongIntMap(0),
                new Bpe.Options(
                        byteLevel,
                        unknown,
                        options.flag("fuse_unk", false),
                        options.flag("byte_fallback", false),
                        options.flag("ignore_merges", false)));
    }

    private static int mergeId(Vocabulary pieces, String piece, String where) {
        int id = pieces.id(piece);
        if (id < 0) {
            throw Problem.invalid("a merge of or to a piece without an id", where)
                    .fix("put every merged piece into the vocabulary");
        }
        return id;
    }

    private Model unigram(Config options) {
        Vocabulary pieces = vocabulary.build();
        if (scores.size() != pieces.size()) {
            throw unfit("model.vocab", "an array of pieces with scores");
        }
        int unknown = options.integer("unk_id", -1);
        if (unknown >= pieces.size()) {
            throw options.refused("unk_id", "the id of a piece");
        }
        BitSet usable = new BitSet();
        usable.set(0, pieces.size());
        return new Unigram(
                pieces,
                scores.stream().mapToDouble(Double::doubleValue).toArray(),
                usable,
                unknown,
                options.flag("byte_fallback", false));
    }

    private static SpecialTokens specials(
            List<AddedToken> added,
            Map<String, Integer> ids,
            Model model,
            Optional<Config> config,
            Optional<Config> generation) {
        OptionalInt begin = named(config, "bos_token", ids, model);
        OptionalInt end = named(config, "eos_token", ids, model);
        Set<Integer> ends = new TreeSet<>();
        end.ifPresent(ends::add);
        for (AddedToken token : added) {
            if (token.special() && SpecialTokens.TURN_ENDS.contains(token.content())) {
                ends.add(token.id());
            }
        }
        generation.ifPresent(file -> {
            JsonTree listed = file.fields().find("eos_token_id").orElse(JsonTree.NOTHING);
            for (JsonTree id :
                    listed instanceof JsonTree.Items(List<JsonTree> values)
                            ? values
                            : List.of(listed)) {
                if (id instanceof JsonTree.Number number && number.digits().matches("\\d{1,7}")) {
                    ends.add(Integer.parseInt(number.digits()));
                }
            }
        });
        return new SpecialTokens(
                begin,
                end,
                named(config, "unk_token", ids, model),
                named(config, "pad_token", ids, model),
                ends);
    }

    /// A token that the configuration names by its text, or by an object with it.
    private static OptionalInt named(
            Optional<Config> config, String name, Map<String, Integer> ids, Model model) {
        JsonTree value = config.flatMap(file -> file.fields().find(name)).orElse(JsonTree.NOTHING);
        if (value instanceof JsonTree.Fields fields) {
            value = fields.find("content").orElse(JsonTree.NOTHING);
        }
        if (value instanceof JsonTree.Text(String text)) {
            int id = id(text, ids, model.vocabulary());
            return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
        }
        return OptionalInt.empty();
    }
}
