package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.text.LongIntMap;
import dev.backplane.text.tokenizer.Families.Family;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/// Reads the tokenizer of a GGUF file from its `tokenizer.ggml.*` keys.
///
/// | `model` | what it is here |
/// |---|---|
/// | `gpt2` | byte-level BPE; `merges`; `pre` names the pre-tokenizer ([Families]) |
/// | `llama` | SentencePiece's BPE over characters: neighbours are merged by `scores` |
/// | `gemma4` | BPE over characters with `merges`, spaces written as `▁` |
/// | `t5` | Unigram by `scores`, with `precompiled_charsmap` |
/// | `bert` | WordPiece; `▁` marks what begins a word |
///
/// `token_type` says of each token whether it is 1 text, 2 unknown, 3 control, 4 found before
/// anything is cut, 5 unused, 6 a byte. Source: llama.cpp (src/llama-vocab.cpp, docs of GGUF).
public final class TokenizerGguf {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final String SPACE = "▁";
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    private final Metadata metadata;
    private final Vocabulary vocabulary;
    private final double[] scores;
    private final long[] types;

    private TokenizerGguf(Metadata metadata) {
        this.metadata = metadata;
        List<String> pieces = metadata.texts(PREFIX + "tokens", Vocabulary.ID_MAX + 1);
        if (pieces.isEmpty()) {
            throw refused("no tokens", "tokens", "use a file that has its tokenizer with it");
        }
        Vocabulary.Builder builder = new Vocabulary.Builder();
        for (int id = 0; id < pieces.size(); id++) {
            builder.add(pieces.get(id), id, metadata.source());
        }
        vocabulary = builder.build();
        scores = metadata.reals(PREFIX + "scores", Vocabulary.ID_MAX + 1);
        long[] declared = metadata.integers(PREFIX + "token_type", Vocabulary.ID_MAX + 1, 0, 6);
        types = declared.length == 0 ? new long[pieces.size()] : declared;
        if (declared.length == 0) {
            Arrays.fill(types, NORMAL);
        }
        if (types.length != pieces.size() || scores.length != 0 && scores.length != pieces.size()) {
            throw refused(
                    "%,d tokens with %,d types and %,d scores"
                            .formatted(pieces.size(), types.length, scores.length),
                    "token_type",
                    "give each token a type and a score");
        }
    }

    private Problem refused(String what, String key, String fix) {
        return Problem.invalid(what, metadata.source() + ", " + PREFIX + key).fix(fix);
    }

    /// Whether the file has a tokenizer.
    public static boolean isIn(Metadata metadata) {
        return metadata.has(PREFIX + "model") && metadata.has(PREFIX + "tokens");
    }

    public static Tokenizer read(Metadata metadata) {
        String model = metadata.text(PREFIX + "model");
        TokenizerGguf reader = new TokenizerGguf(metadata);
        return switch (model) {
            case "gpt2" -> reader.byteLevel();
            case "llama" -> reader.sentencePieceBpe();
            case "gemma4" -> reader.characterBpe();
            case "t5" -> reader.unigram();
            case "bert" -> reader.wordPiece();
            default ->
                    throw Problem.of(
                                    Problem.Kind.UNSUPPORTED,
                                    "the tokenizer '" + model + "'",
                                    metadata.source() + ", " + PREFIX + "model")
                            .fix("accepted are gpt2, llama, gemma4, t5 and bert");
        };
    }

    private Tokenizer byteLevel() {
        String name =
                metadata.findText(PREFIX + "pre")
                        .orElseThrow(() ->
                                refused(
                                        "no name of a pre-tokenizer",
                                        "pre",
                                        "convert the model again: a guess would cut text in other"
                                                + " places than the model has learnt"));
        Family family =
                Families.byName(name)
                        .orElseThrow(() ->
                                Problem.of(
                                                Problem.Kind.UNSUPPORTED,
                                                "the pre-tokenizer '" + name + "'",
                                                metadata.source() + ", " + PREFIX + "pre")
                                        .fix("known are " + String.join(", ", Families.names())));
        String where = "the pre-tokenizer '" + name + "'";
        List<PreTokenizer> steps = new ArrayList<>();
        for (String expression : family.expressions()) {
            steps.add(
                    new PreTokenizer.Split(
                            SplitPattern.expression(expression, where),
                            PreTokenizer.Behavior.ISOLATED,
                            false));
        }
        steps.add(
                new PreTokenizer.ByteLevel(
                        metadata.flag(PREFIX + "add_space_prefix", false), false));
        Bpe.Options options = new Bpe.Options(true, -1, false, false, family.wholeWords());
        boolean composed = metadata.flag(PREFIX + "normalizer.nfc", family.composed());
        return tokenizer(
                composed ? new Normalizer.Composition(Form.NFC) : Normalizer.NONE,
                new PreTokenizer.Sequence(steps),
                new Bpe(vocabulary, merges(), new LongIntMap(0), options),
                new Decoder(List.of(new Decoder.ByteLevel()), 0),
                family.begins(),
                false);
    }

    private Tokenizer characterBpe() {
        Bpe.Options options = new Bpe.Options(false, unknown(-1), true, true, false);
        return tokenizer(
                new Normalizer.Replace(SplitPattern.literal(" ", "gemma4"), SPACE),
                new PreTokenizer.Split(
                        SplitPattern.expression("[^\\n]+|[\\n]+", "gemma4"),
                        PreTokenizer.Behavior.ISOLATED,
                        false),
                new Bpe(vocabulary, merges(), new LongIntMap(0), options),
                sentencePieceDecoder(0),
                true,
                false);
    }

    private Merges merges() {
        List<String> lines = metadata.texts(PREFIX + "merges", Vocabulary.ID_MAX);
        if (lines.isEmpty()) {
            throw refused("no merges", "merges", "use a file that was converted with its merges");
        }
        Merges.Builder builder = new Merges.Builder(lines.size());
        for (int rank = 0; rank < lines.size(); rank++) {
            String line = lines.get(rank);
            int space = line.indexOf(' ', 1);
            int left = space < 0 ? -1 : vocabulary.id(line.substring(0, space));
            int right = space < 0 ? -1 : vocabulary.id(line.substring(space + 1));
            int result =
                    space < 0
                            ? -1
                            : vocabulary.id(line.substring(0, space) + line.substring(space + 1));
            if (left < 0 || right < 0 || result < 0) {
                throw refused(
                        "a merge of or to no token",
                        "merges[%d]".formatted(rank),
                        "a merge is two tokens with a space between, which make a third");
            }
            builder.add(left, right, rank, result);
        }
        return builder.build();
    }

    private Tokenizer sentencePieceBpe() {
        if (scores.length == 0) {
            throw refused("no scores", "scores", "use a file that was converted with scores");
        }
        LongIntMap strangers = new LongIntMap(16);
        Merges merges = mergesByScore(strangers);
        boolean prefix = metadata.flag(PREFIX + "add_space_prefix", true);
        List<Normalizer> steps = new ArrayList<>();
        if (prefix) {
            steps.add(new Normalizer.Prepend(SPACE));
        }
        steps.add(new Normalizer.Replace(SplitPattern.literal(" ", "llama"), SPACE));
        Bpe.Options options = new Bpe.Options(false, unknown(0), true, true, false);
        return tokenizer(
                new Normalizer.Sequence(steps),
                PreTokenizer.NONE,
                new Bpe(vocabulary, merges, strangers, options),
                sentencePieceDecoder(prefix ? 1 : 0),
                true,
                false);
    }

    private static Decoder sentencePieceDecoder(int stripped) {
        return new Decoder(
                List.of(
                        new Decoder.Replace(SplitPattern.literal(SPACE, "decoder"), " "),
                        new Decoder.ByteFallback()),
                stripped);
    }

    /// Every way in which a token is two tokens, or characters that are none, is a merge; tokens of
    /// one score have one rank.
    private Merges mergesByScore(LongIntMap strangers) {
        double[] order = Arrays.stream(scores).distinct().sorted().toArray();
        Merges.Builder builder = new Merges.Builder(2 * vocabulary.size());
        for (int id = 0; id < vocabulary.size(); id++) {
            String piece = vocabulary.piece(id);
            // Of two tokens with one text the first counts; controls and bytes are not in text.
            if (!isText(id) || vocabulary.id(piece) != id) {
                continue;
            }
            int rank = order.length - 1 - Arrays.binarySearch(order, scores[id]);
            for (int cut = 1; cut < piece.length(); cut++) {
                if (Character.isLowSurrogate(piece.charAt(cut))) {
                    continue;
                }
                int left = symbol(piece.substring(0, cut), strangers);
                int right = symbol(piece.substring(cut), strangers);
                if (left >= 0 && right >= 0) {
                    builder.add(left, right, rank, id);
                }
            }
        }
        return builder.build();
    }

    private int symbol(String piece, LongIntMap strangers) {
        int id = vocabulary.id(piece);
        if (id >= 0) {
            return isText(id) ? id : -1;
        }
        int point = piece.codePointAt(0);
        if (piece.length() != Character.charCount(point)) {
            return -1;
        }
        strangers.putIfAbsent(point, 0);
        return vocabulary.size() + point;
    }

    private boolean isText(int id) {
        return types[id] != CONTROL && types[id] != UNKNOWN && types[id] != BYTE;
    }

    private Tokenizer unigram() {
        if (scores.length == 0) {
            throw refused("no scores", "scores", "use a file that was converted with scores");
        }
        BitSet usable = new BitSet();
        boolean bytes = false;
        for (int id = 0; id < vocabulary.size(); id++) {
            usable.set(id, isText(id));
            bytes |= types[id] == BYTE;
        }
        List<Normalizer> steps = new ArrayList<>();
        long[] map = metadata.integers(PREFIX + "precompiled_charsmap", 1 << 26, -128, 255);
        if (map.length > 0) {
            byte[] table = new byte[map.length];
            for (int i = 0; i < map.length; i++) {
                table[i] = (byte) map[i];
            }
            String where = metadata.source() + ", " + PREFIX + "precompiled_charsmap";
            steps.add(new Normalizer.Precompiled(CharsMap.read(table, where)));
        }
        if (metadata.flag(PREFIX + "remove_extra_whitespaces", true)) {
            steps.add(new Normalizer.Replace(SplitPattern.expression(" {2,}", "t5"), " "));
            steps.add(new Normalizer.Replace(SplitPattern.expression("\\A | \\z", "t5"), ""));
        }
        boolean prefix = metadata.flag(PREFIX + "add_space_prefix", true);
        PreTokenizer.Metaspace.Prefix where =
                prefix ? PreTokenizer.Metaspace.Prefix.ALWAYS : PreTokenizer.Metaspace.Prefix.NEVER;
        return tokenizer(
                new Normalizer.Sequence(steps),
                new PreTokenizer.Metaspace(SPACE, where, false),
                new Unigram(vocabulary, scores, usable, unknown(2), bytes),
                sentencePieceDecoder(prefix ? 1 : 0),
                false,
                true);
    }

    private Tokenizer wordPiece() {
        int unknown = unknown(100);
        if (unknown >= vocabulary.size()) {
            throw refused("no unknown token", "unknown_token_id", "name a token of the vocabulary");
        }
        return tokenizer(
                new Normalizer.Bert(
                        true,
                        true,
                        metadata.flag(PREFIX + "normalizer.strip_accents", true),
                        metadata.flag(PREFIX + "normalizer.lowercase", true)),
                StageReader.BERT,
                new WordPiece(vocabulary, "", SPACE, unknown, 100),
                new Decoder(
                        List.of(new Decoder.Replace(SplitPattern.literal(SPACE, "bert"), " ")), 1),
                true,
                true);
    }

    private int unknown(int otherwise) {
        OptionalInt declared = id("unknown_token_id");
        return declared.orElse(otherwise < vocabulary.size() ? otherwise : -1);
    }

    private OptionalInt id(String key) {
        return metadata.has(PREFIX + key)
                ? OptionalInt.of((int) metadata.integer(PREFIX + key, 0, vocabulary.size() - 1L))
                : OptionalInt.empty();
    }

    private Tokenizer tokenizer(
            Normalizer normalizer,
            PreTokenizer preTokenizer,
            Model model,
            Decoder decoder,
            boolean beginsByDefault,
            boolean endsByDefault) {
        List<AddedToken> added = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            boolean special = types[id] == CONTROL || types[id] == UNKNOWN;
            if (special || types[id] == USER_DEFINED) {
                added.add(
                        new AddedToken(
                                id, vocabulary.piece(id), special, false, false, false, false));
            }
        }
        boolean isWordPiece = model instanceof WordPiece;
        SpecialTokens specials = specials(isWordPiece ? begin() : id("bos_token_id"));
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        if (metadata.flag(PREFIX + "add_bos_token", beginsByDefault)) {
            specials.begin().ifPresent(before::add);
        }
        if (metadata.flag(PREFIX + "add_eos_token", endsByDefault)) {
            (isWordPiece ? separator(specials) : specials.end()).ifPresent(after::add);
        }
        return new Tokenizer(
                new Tokenizer.Stages(
                        added,
                        normalizer,
                        preTokenizer,
                        model,
                        PostProcessor.around(before, after),
                        decoder,
                        specials));
    }

    /// What stands before a text of BERT's: files since April 2024 say it by another key than those
    /// before, and some by none (llama.cpp, issues 6498 and 10930).
    private OptionalInt begin() {
        return first(id("bos_token_id"), id("cls_token_id"), named("[CLS]"));
    }

    /// What stands after it.
    private OptionalInt separator(SpecialTokens specials) {
        return first(id("seperator_token_id"), specials.end(), named("[SEP]"));
    }

    private static OptionalInt first(OptionalInt... ids) {
        return Arrays.stream(ids)
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    private OptionalInt named(String piece) {
        int id = vocabulary.id(piece);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private SpecialTokens specials(OptionalInt begin) {
        OptionalInt end = id("eos_token_id");
        Set<Integer> ends = new TreeSet<>();
        end.ifPresent(ends::add);
        id("eot_token_id").ifPresent(ends::add);
        id("eom_token_id").ifPresent(ends::add);
        for (String text : SpecialTokens.TURN_ENDS) {
            int id = vocabulary.id(text);
            if (id >= 0 && types[id] == CONTROL) {
                ends.add(id);
            }
        }
        return new SpecialTokens(begin, end, id("unknown_token_id"), id("padding_token_id"), ends);
    }
}
